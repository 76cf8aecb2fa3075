//! Certificates that are asked for at the same time are recorded together, and still stand or fall alone.

use axum::http::StatusCode;
use domain::ids::ApplicationId;
use pki::{KeyKind, PublicKey, SigningKey, Subject};
use services::{
    Ctx, Error,
    authority::{Order, block_keys, crl_standing, finish, publish_when_due, reserve, sign},
};
use sqlx::{Connection, Executor, SqliteConnection, types::Uuid};
use storage::{Db, applications::Application, keys::Known};
use time::Duration;

use crate::{
    browser::Browser,
    pickup::{letter_to, request, send_request},
    refused::{certificates, count, without},
    steps::stored,
    support::{House, founding::started_again, on_each_database},
};

fn order(case: &Application, terminal: &str, key: &PublicKey) -> Order {
    Order {
        application: case.id,
        institution: case.institution_id,
        subject: Subject::terminal("さくら歯科", "1330100016", terminal, "REF"),
        terminal: terminal.to_owned(),
        public_key: key.clone(),
        profile: "p256".to_owned(),
        renews: None,
    }
}

fn key() -> PublicKey {
    SigningKey::generate(KeyKind::P256).unwrap().public_key().clone()
}

#[tokio::test]
async fn of_the_records_of_one_statement_only_the_refused_one_fails() {
    on_each_database(async |house| {
        let (path, _) = letter_to(house, "1330100016", "12345678901").await;
        let case = stored(house, &path).await;
        let key = key();
        let [first, second, third] = ["受付", "診察室", "会計"].map(|terminal| order(&case, terminal, &key));
        let ctx = Ctx::system(&house.app, "test");
        // The first is written alone, and the other two wait for it and go together.
        let at_once = async || tokio::join!(reserve(&ctx, &first), reserve(&ctx, &second), reserve(&ctx, &third));
        let refused = ("certificates", "INSERT", "NEW.subject = '会計'");
        let (first, second, third) = without(house, refused, at_once).await;
        assert!(matches!(third, Err(Error::Internal(_))), "{third:?}");
        assert_eq!(count(&certificates(house, &path).await, "prepared"), 2);
        for reserved in [first, second] {
            let signed = sign(&ctx, reserved.unwrap()).await.unwrap();
            let mut tx = house.app.db.write().await.unwrap();
            finish(&ctx, &mut tx, signed).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(count(&certificates(house, &path).await, "valid"), 2);
    })
    .await;
}

#[tokio::test]
async fn of_two_cases_that_ask_with_the_same_key_at_the_same_instant_one_gets_it() {
    on_each_database(async |house| {
        let mut cases = vec![];
        for (code, number) in [("1330100016", "12345678901"), ("2730100019", "12345678902")] {
            cases.push(stored(house, &letter_to(house, code, number).await.0).await);
        }
        let (shared, own, blocked) = (key(), key(), key());
        block_keys(&house.app, &blocked.key_hash()).await.unwrap();
        let ctx = &Ctx::system(&house.app, "test");
        let asked = [
            order(&cases[0], "受付", &key()),
            order(&cases[0], "診察室", &shared),
            order(&cases[1], "診察室", &shared),
            order(&cases[1], "会計", &blocked),
            order(&cases[1], "会計", &own),
        ];
        // The first is written alone, and the others wait for it and go together.
        let [first, second, third, fourth, fifth] = &asked;
        let told = tokio::join!(
            reserve(ctx, first),
            reserve(ctx, second),
            reserve(ctx, third),
            reserve(ctx, fourth),
            reserve(ctx, fifth)
        );
        assert!(told.0.is_ok() && told.4.is_ok(), "{:?} {:?}", told.0.err(), told.4.err());
        assert!(matches!(told.3, Err(Error::KeyRefused(Known::Blocked(_)))), "{:?}", told.3.err());
        let (got, refused, holder, other) =
            if told.1.is_ok() { (told.1, told.2, second, third) } else { (told.2, told.1, third, second) };
        assert!(got.is_ok(), "{:?}", got.err());
        assert!(matches!(refused, Err(Error::KeyRefused(Known::UsedElsewhere))), "{:?}", refused.err());
        assert!(reserve(ctx, holder).await.is_ok(), "whoever holds it may use it again");
        let again = reserve(ctx, other).await;
        assert!(matches!(again, Err(Error::KeyRefused(Known::UsedElsewhere))), "{:?}", again.err());
    })
    .await;
}

#[tokio::test]
async fn of_two_terminals_that_send_the_same_request_at_once_one_reads_why_it_gets_nothing() {
    on_each_database(async |house| {
        let (_, first) = letter_to(house, "1330100016", "12345678901").await;
        let (_, second) = letter_to(house, "2730100019", "12345678902").await;
        let terminal = Browser::terminal(house);
        let request = request(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        let (one, other) =
            tokio::join!(send_request(&terminal, &first, &request), send_request(&terminal, &second, &request));
        let (got, told) = if one.status == StatusCode::OK { (one, other) } else { (other, one) };
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        assert!(told.body.contains("ほかの申請の、端末の電子証明書で使われています"), "{}", told.body);
    })
    .await;
}

#[tokio::test]
async fn keys_that_were_certified_before_the_register_of_holders_have_theirs() {
    const OLD: &str =
        "INSERT INTO certificates (id, authority_id, application_id, serial, profile, state, subject, key_hash, tbs,
        not_before, not_after, prepared_at) VALUES ($1, $1, $2, $3, '', 'valid', '', $4, x'', 0, 0, 0)";
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("old.db").display());
    Db::open_at(&url, Some(9)).await.unwrap().close().await;
    let mut old = SqliteConnection::connect(&url).await.unwrap();
    old.execute("PRAGMA foreign_keys = off").await.unwrap();
    for (id, case, key) in [(1, Some(7), "shared"), (2, Some(8), "shared"), (3, None, "own"), (4, Some(8), "")] {
        let (id, case) = (Uuid::from_u128(id), case.map(Uuid::from_u128));
        let row = sqlx::query(OLD).bind(id).bind(case).bind(id.to_string()).bind(key);
        row.execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    let db = Db::open(&url).await.unwrap();
    let known = async |key: &str, case| {
        let case = ApplicationId(Uuid::from_u128(case));
        storage::keys::known(&mut db.read().await.unwrap(), key, case).await.unwrap()
    };
    assert_eq!([known("shared", 7).await, known("shared", 8).await], [Known::Nothing, Known::UsedElsewhere]);
    assert_eq!([known("own", 7).await, known("", 7).await], [Known::UsedElsewhere, Known::Nothing]);
    db.close().await;
}

async fn taken(house: &House) -> i64 {
    let all = storage::authority::authorities(&mut house.app.db.read().await.unwrap()).await.unwrap();
    all.iter().find(|one| one.id == house.app.authority.issuing.id.0).unwrap().crl_number
}

#[tokio::test]
async fn only_one_node_at_a_time_makes_lists_and_another_takes_over_from_one_that_died() {
    on_each_database(async |house| {
        let other = &started_again(house, house.app.authority.clone()).await;
        assert_ne!(house.app.node, other.app.node);
        let (now, name) = (house.app.clock.now(), format!("crl:{}", house.app.authority.issuing.id));
        let mut tx = house.app.db.write().await.unwrap();
        let until = now + Duration::seconds(60);
        assert!(storage::leases::take(&mut tx, &name, &house.app.node, now, until).await.unwrap());
        tx.commit().await.unwrap();
        let busy = publish_when_due(&other.app).await;
        assert!(matches!(busy, Err(Error::Busy(_))), "{busy:?}");
        assert_eq!(taken(house).await, 0, "and took no number");
        house.clock.pass(Duration::seconds(61));
        assert!(publish_when_due(&other.app).await.unwrap());
        assert_eq!(taken(house).await, house.app.authority.issuing.crl_shards + 1);
        assert!(!publish_when_due(&house.app).await.unwrap(), "what one made is enough for all");
    })
    .await;
}

#[tokio::test]
async fn lists_that_were_made_before_something_failed_are_not_made_again() {
    on_each_database(async |house| {
        let issuing = &house.app.authority.issuing;
        let about = ("crls", "UPDATE", "NEW.number > 42");
        let failed = without(house, about, async || publish_when_due(&house.app).await).await;
        assert!(matches!(failed, Err(Error::Internal(_))), "{failed:?}");
        let made = async || {
            let standing = crl_standing(&house.app, issuing.id).await.unwrap();
            standing.iter().filter(|list| list.number > 0).count()
        };
        assert_eq!((made().await, taken(house).await), (40, 65));
        assert!(publish_when_due(&house.app).await.unwrap());
        assert_eq!((made().await, taken(house).await), (65, 65 + 25), "the others, with new numbers");
    })
    .await;
}
