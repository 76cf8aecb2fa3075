//! A key is certified once, except again after an answer that was lost (ADR 0018).

use axum::http::StatusCode;
use pki::{CertificateInfo, SigningKey, request_for};
use storage::authority::Certificate;
use time::Duration;

use crate::{
    browser::Browser,
    est::{key, send, wire},
    pickup::{letter_to, send_request},
    renewal::{IN_TIME, Installed, renew_by_request, test},
    steps::stored,
    support::{House, on_each_database},
};

const SPENT: &str = "この端末の前の電子証明書で使われています";
const WHAT_TO_DO: &str = "端末で新しい鍵を作り";

async fn all(house: &House, case: &str) -> Vec<Certificate> {
    let id = stored(house, case).await.id;
    storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap()
}

fn pem(key: &SigningKey) -> String {
    pki::pem::encode("CERTIFICATE REQUEST", &request_for(key, None).unwrap())
}

#[tokio::test]
async fn a_letter_certifies_a_key_again_only_while_no_other_followed() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        let terminal = Browser::terminal(house);
        let (first, second) = (key(), key());
        for again in [&first, &first, &first, &second, &second] {
            let got = send_request(&terminal, &paper, &pem(again)).await;
            assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        }
        let told = send_request(&terminal, &paper, &pem(&first)).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.body);
        assert!(told.body.contains(SPENT) && told.body.contains(WHAT_TO_DO), "{}", told.body);
        send(&terminal, "simpleenroll", Some(&paper), wire(&first)).await.refused(StatusCode::BAD_REQUEST, SPENT);
        let made = all(house, &case).await;
        assert_eq!(made.len(), 5, "nothing was recorded for the key that was refused");
        let valid: Vec<&str> =
            made.iter().filter(|one| one.state == "valid").map(|one| one.key_hash.as_str()).collect();
        assert_eq!(valid, [second.public_key().key_hash()]);
        let third = send(&terminal, "simpleenroll", Some(&paper), wire(&key())).await.certificates();
        assert!(test(house, &third[0]).await.contains("\"installed_now\":true"));
    })
    .await;
}

#[tokio::test]
async fn a_renewal_never_goes_back_to_a_key_of_before() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let (lost, next) = (key(), key());
        for again in [&lost, &lost, &next] {
            assert_eq!(renew_by_request(&own.terminal(house), again).await.status, StatusCode::OK);
        }
        let told = renew_by_request(&own.terminal(house), &lost).await;
        assert!(told.body.contains(SPENT) && told.body.contains(WHAT_TO_DO), "{}", told.body);
        let made = own.all(house).await;
        let newest = made.iter().find(|one| one.state == "valid" && one.renews.is_some()).unwrap();
        let plan = format!("/certificates/{}/renewal", newest.id);
        let newest = newest.certificate.clone().unwrap();
        assert_eq!(CertificateInfo::parse(&newest).unwrap().key_hash, next.public_key().key_hash());
        assert!(test(house, &newest).await.contains("\"installed_now\":true"));
        house.clock.pass(Duration::days(1130));
        let later = Browser::terminal(house).showing(&newest);
        let told = renew_by_request(&later, &own.key).await;
        assert!(told.body.contains(SPENT), "years later, the key of the certificate before: {}", told.body);
        let agree = [("act", "automatic"), ("automatic_consent", "agree")];
        own.at_the_portal(house, false).await.post(&plan, &agree).await;
        for old in [&own.key, &lost] {
            send(&later, "simplereenroll", None, wire(old)).await.refused(StatusCode::BAD_REQUEST, SPENT);
        }
        assert_eq!(own.all(house).await.len(), made.len(), "nothing was recorded");
        assert_eq!(send(&later, "simplereenroll", None, wire(&key())).await.certificates().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_was_renewed_untested_gives_its_key_to_no_other() {
    on_each_database(async |house| {
        let (case, paper) = letter_to(house, "1330100016", "12345678901").await;
        let (first, second) = (key(), key());
        let got = send(&Browser::terminal(house), "simpleenroll", Some(&paper), wire(&first)).await.certificates();
        house.clock.pass(IN_TIME);
        let renewed = renew_by_request(&Browser::terminal(house).showing(&got[0]), &second).await;
        assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
        let newest = all(house, &case).await.into_iter().find(|one| one.renews.is_some()).unwrap();
        house.clock.pass(IN_TIME);
        let later = Browser::terminal(house).showing(&newest.certificate.unwrap());
        let told = renew_by_request(&later, &first).await;
        assert!(told.body.contains(SPENT), "{}", told.body);
    })
    .await;
}
