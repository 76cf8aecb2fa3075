//! A new issuing authority beside the old one: both are believed, both publish, the new one issues (spec 04.4).

use axum::http::StatusCode;
use domain::{clock::Clock, permissions::Role};
use pki::{CertStatus, OcspQuestion, Serial, Token};
use services::{
    Ctx,
    authority::{Issuing, KeyStore, answer_ocsp, connection_test, crl, publish_when_due, token_watch},
};
use storage::authority::Certificate;
use time::Duration;

use crate::{
    browser::Browser,
    judge,
    pickup::{letter_to, request, send_request},
    softhsm::{PIN, with_softhsm},
    steps::{Paper, staff, stored},
    support::{
        House,
        founding::{
            key_files, not_opened, on_each_database_founded_on, on_each_database_with_keys, reopened_with, rolled_over,
        },
    },
};

#[test]
fn a_rollover_from_files_to_a_token_leaves_everything_valid() {
    let test = "rollover::a_rollover_from_files_to_a_token_leaves_everything_valid";
    with_softhsm(test, &["sqlite", "postgres"], |softhsm| {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(on_each_database_founded_on(
            |engine, _| key_files(&folder.path().join(engine)),
            async |engine, house| {
                let token = Token::new(softhsm.place(engine, PIN), house.clock.clone(), token_watch()).unwrap();
                let new = roll_over(house, &key_files(&folder.path().join(engine)), &KeyStore::Token(token)).await;
                assert_eq!(remote(&new), [true, false]);
            },
        ));
    });
}

#[test]
fn a_rollover_from_a_token_to_another_or_to_files_leaves_everything_valid() {
    let test = "rollover::a_rollover_from_a_token_to_another_or_to_files_leaves_everything_valid";
    with_softhsm(test, &["sqlite", "postgres", "sqlite-2", "postgres-2"], |softhsm| {
        let folder = tempfile::tempdir().unwrap();
        let token =
            |label: &str, clock| KeyStore::Token(Token::new(softhsm.place(label, PIN), clock, token_watch()).unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(on_each_database_founded_on(token, async |engine, house| {
            let first = token(engine, house.clock.clone());
            let second = token(&format!("{engine}-2"), house.clock.clone());
            let new = roll_over(house, &first, &second).await;
            assert_eq!(remote(&new), [true, true]);
            let files = key_files(&folder.path().join(engine));
            let earlier = [first, second];
            // Authorities stand in the order in which they were made.
            new.clock.pass(Duration::SECOND);
            let last = rolled_over(&new, &earlier[0], &files, "共通認証局 発行局 G3").await;
            let last = reopened_with(&last, &files, &earlier).await;
            assert_eq!(remote(&last), [false, true, true]);
            last.clock.pass(Duration::hours(13));
            assert!(publish_when_due(&last.app).await.unwrap(), "each of the three makes its lists");
            for issuing in last.app.authority.all() {
                let list = crl(&last.app, issuing.id, 0).await.unwrap();
                assert_eq!(list.this_update, last.clock.now(), "{}", issuing.name);
            }
        }));
    });
}

/// Of each issuing authority, the newest first, whether its key lies in a token.
fn remote(house: &House) -> Vec<bool> {
    house.app.authority.all().map(|one| one.key.is_remote()).collect()
}

#[tokio::test]
async fn after_the_end_of_all_issuing_authorities_no_start_makes_new_ones() {
    on_each_database_with_keys(async |house, folder| {
        let keys = key_files(folder);
        house.clock.pass(Duration::days(3_660));
        let told = not_opened(house, &keys).await;
        assert!(told.contains("all issuing authorities have ended, if it is 20"), "{told}");
        assert!(told.contains("clock") && told.contains("hold a ceremony without [root]"), "{told}");
        let all = storage::authority::authorities(&mut house.app.db.read().await.unwrap()).await.unwrap();
        assert_eq!(all.len(), 2, "no second root");
        let house = rolled_over(house, &keys, &keys, "共通認証局 発行局 G2").await;
        assert_eq!(house.app.authority.all().count(), 1, "the way out is the ceremony");
    })
    .await;
}

async fn roll_over(house: &House, before: &KeyStore, after: &KeyStore) -> House {
    let (first_case, paper) = letter_to(house, "1330100016", "12345678901").await;
    let first = issued(house, &first_case, &paper).await;
    let rolled = rolled_over(house, before, after, "共通認証局 発行局 G2").await;
    let house = &rolled;
    let [new, old] = house.app.authority.all().collect::<Vec<_>>()[..] else { unreachable!("two authorities") };
    let (second_case, paper) = letter_to(house, "2730100019", "12345678902").await;
    let second = issued(house, &second_case, &paper).await;
    assert_eq!((first.authority_id, second.authority_id), (old.id, new.id));
    for one in [&first, &second] {
        let accepted = connection_test(&Ctx::system(&house.app, "test"), one.certificate.as_deref()).await.unwrap();
        assert!(accepted.is_ok(), "{accepted:?}");
    }
    assert!(publish_when_due(&house.app).await.unwrap());
    assert_eq!(
        [judge::with_its_list(house, old, &first).await, judge::with_its_list(house, new, &second).await],
        ["OK", "OK"]
    );
    let officer = staff(house, Role::RaOfficer).await;
    for one in [&first, &second] {
        officer.post(&format!("/office/certificates/{}/revoke", one.id), &[("reason", "superseded")]).await;
    }
    services::jobs::work_all(&house.app, "test").await.unwrap();
    assert_eq!(
        [judge::with_its_list(house, old, &first).await, judge::with_its_list(house, new, &second).await],
        ["revoked", "revoked"]
    );
    let page = Browser::visitor(house).get("/pki").await;
    assert!(page.status == StatusCode::OK && page.body.contains(&old.name) && page.body.contains(&new.name));
    rolled
}

/// Fetches a certificate; the file must hold the authority that issues now.
pub(crate) async fn issued(house: &House, case: &str, paper: &Paper) -> Certificate {
    let request = request(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let fetched = send_request(&Browser::terminal(house), paper, &request).await;
    let issuer = pki::pem::certificate(house.app.authority.issuing.certificate.der());
    assert!(fetched.status == StatusCode::OK && fetched.body.contains(&issuer), "{}", fetched.body);
    let id = stored(house, case).await.id;
    storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap().remove(0)
}

/// What OCSP says of a serial of an authority.
async fn told(house: &House, issuing: &Issuing, certificate: &Certificate) -> CertStatus {
    let serial = Serial::from_hex(&certificate.serial).unwrap();
    let question = OcspQuestion::about_serial(&serial, &issuing.certificate).unwrap();
    let answer = answer_ocsp(&house.app, &question.to_der().unwrap()).await.unwrap();
    question.read(&answer.der, house.app.clock.now()).unwrap()
}

#[tokio::test]
async fn each_authority_answers_for_its_own_certificates_after_a_rollover() {
    on_each_database_with_keys(async |house, keys| {
        let store = key_files(keys);
        publish_when_due(&house.app).await.unwrap();
        let tag = Browser::visitor(house).get("/pki/issuing.crl").await.header("etag").to_owned();
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        let first = issued(house, &case, &paper).await;
        house.clock.pass(Duration::minutes(1));
        let house = &rolled_over(house, &store, &store, "共通認証局 発行局 G2").await;
        let (case, paper) = letter_to(house, "2730100019", "12345678902").await;
        let second = issued(house, &case, &paper).await;
        let [new, old] = house.app.authority.all().collect::<Vec<_>>()[..] else { unreachable!("two authorities") };
        assert_eq!([told(house, old, &first).await, told(house, new, &second).await], [CertStatus::Good; 2]);
        let crossed = [told(house, new, &first).await, told(house, old, &second).await];
        assert_eq!(crossed, [CertStatus::Unknown; 2], "also while the answer of the other is at hand");
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{}/revoke", first.id), &[("reason", "superseded")]).await;
        assert!(matches!(told(house, old, &first).await, CertStatus::Revoked { .. }));
        publish_when_due(&house.app).await.unwrap();
        let (status, new_tag) = Browser::visitor(house).get_if_changed("/pki/issuing.crl", &tag).await;
        let number = |tag: &str| tag.trim_matches('"').rsplit('-').next().unwrap().to_owned();
        assert_eq!((status, number(&new_tag)), (StatusCode::OK, number(&tag)), "another list of the same number");
    })
    .await;
}
