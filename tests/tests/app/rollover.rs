//! A new issuing authority beside the old one: both are believed, both publish, the new one issues (spec 04.4).

use axum::http::StatusCode;
use domain::permissions::Role;
use pki::{SigningKey, Token};
use services::{
    Ctx,
    authority::{KeyStore, connection_test, publish_when_due, token_watch},
};
use storage::authority::Certificate;

use crate::{
    browser::Browser,
    judge,
    pickup::{letter_to, request, send_request},
    softhsm::{PIN, with_softhsm},
    steps::{Paper, staff, stored},
    support::{
        House,
        founding::{key_files, on_each_database_founded_on, rolled_over},
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
                roll_over(house, &key_files(&folder.path().join(engine)), &KeyStore::Token(token)).await;
            },
        ));
    });
}

async fn roll_over(house: &House, before: &KeyStore, after: &KeyStore) {
    let (first_case, paper) = letter_to(house, "1330100016", "12345678901").await;
    let first = issued(house, &first_case, &paper).await;
    let house = &rolled_over(house, before, after, "共通認証局 発行局 G2").await;
    let [new, old] = house.app.authority.all().collect::<Vec<_>>()[..] else { unreachable!("two authorities") };
    assert!(matches!((&*new.key, &*old.key), (SigningKey::Token(_), SigningKey::File(_))));
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
}

/// Fetches a certificate; the file must hold the authority that issues now.
async fn issued(house: &House, case: &str, paper: &Paper) -> Certificate {
    let request = request(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let fetched = send_request(&Browser::terminal(house), paper, &request).await;
    let issuer = pki::pem::certificate(house.app.authority.issuing.certificate.der());
    assert!(fetched.status == StatusCode::OK && fetched.body.contains(&issuer), "{}", fetched.body);
    let id = stored(house, case).await.id;
    storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap().remove(0)
}
