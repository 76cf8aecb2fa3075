//! Certificates that must open nothing: the cases of RFC 5280, 6 and NIST's PKITS that a terminal's certificate can be.
//! Connection test, renewal page and re-enrolment refuse each of them; TLS would let all of them in (ADR 0007).

use axum::http::StatusCode;
use pki::{Serial, Validity};
use time::Duration;

use crate::{
    browser::Browser,
    est::{key, send, wire},
    forger::{Forger, of_house},
    renewal::{IN_TIME, Installed},
    support::{House, on_each_database},
};

/// Certificates that are not the register's, each with a word of the refusal.
fn strangers(house: &House, own: &Installed) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let forger = Forger::new(house);
    let (signer, plain) = (of_house(&house.app.authority), forger.profile(&[]));
    let (key, other) = (own.key.public_key(), Serial::from_bytes(&[9; 16]).unwrap());
    let known = pki::CertificateInfo::parse(&own.certificate).unwrap();
    let (double, double_key) = forger.double();
    let usage = r#"key_usage = ["digitalSignature"]"#;
    let critical =
        format!(r#"{usage}{}extensions = [{{ oid = "1.3.6.1.4.1.32473.9", critical = true, value = "0500" }}]"#, '\n');
    let odd = |changes: &[(&str, &str)]| forger.issue(signer, &forger.profile(changes), key, &other);
    let now = house.app.clock.now();
    let dated = |from: Duration, until: Duration| {
        let validity = Validity { not_before: now + from, not_after: now + until };
        forger.issue_for(signer, &plain, key, &other, validity)
    };
    let mut damaged = own.certificate.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let server = forger.profiles.get("closed-network-server").unwrap();
    vec![
        ("no certificate", b"nothing".to_vec(), "証明書として読めません"),
        ("signature damaged", damaged, "署名が正しくありません"),
        (
            "same names, other keys",
            forger.issue((&double, &double_key), &plain, key, &known.serial),
            "署名が正しくありません",
        ),
        ("another authority", forger.stranger(key), "この窓口で発行した端末の電子証明書ではありません"),
        ("not yet valid", dated(Duration::days(1), Duration::days(9)), "まだ始まっていません"),
        ("the root itself", house.app.authority.root.der().to_vec(), ""),
        (
            "the issuer itself",
            house.app.authority.issuing.certificate.der().to_vec(),
            "端末の認証に使う証明書ではありません",
        ),
        ("a server's", forger.issue(signer, server, key, &other), "端末の認証に使う証明書ではありません"),
        (
            "not for signatures",
            odd(&[(usage, r#"key_usage = ["keyEncipherment"]"#)]),
            "端末の認証に使う証明書ではありません",
        ),
        (
            "for OCSP, not for clients",
            odd(&[(r#"["clientAuth"]"#, "[\"ocspSigning\"]\nocsp_no_check = true")]),
            "端末の認証に使う証明書ではありません",
        ),
        ("something critical unknown", odd(&[(usage, &critical)]), "検証に失敗しました"),
        ("good, but in no register", forger.issue(signer, &plain, key, &other), "選ばれたのは、この窓口で発行した"),
        (
            "good, with the serial of another",
            forger.issue(signer, &plain, key, &known.serial),
            "選ばれたのは、この窓口で発行した",
        ),
    ]
}

/// Tries a certificate at everything that asks for one.
async fn refused_everywhere(house: &House, what: &str, certificate: &[u8], words: &str) {
    let terminal = Browser::terminal(house).showing(certificate);
    let test = terminal.get("/connection-test").await.body;
    assert!(test.contains("接続テストは成功していません") && test.contains(words), "{what}: {test}");
    assert_eq!(terminal.get("/connection-test/result").await.status, StatusCode::FORBIDDEN, "{what}");
    let page = terminal.get("/renew").await.body;
    assert!(page.contains("更新できません") && page.contains(words), "{what}: {page}");
    let fields = [("consent", "agree"), ("passphrase", "correct-horse-9"), ("passphrase_again", "correct-horse-9")];
    let posted = terminal.post("/renew", &fields).await;
    assert_eq!(posted.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", posted.body);
    send(&terminal, "simplereenroll", None, wire(&key())).await.refused(StatusCode::FORBIDDEN, words);
}

#[tokio::test]
async fn strangers_and_forgeries_open_nothing() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        for (what, certificate, words) in strangers(house, &own) {
            refused_everywhere(house, what, &certificate, words).await;
        }
        assert_eq!(own.all(house).await.len(), 1, "nothing was issued for any of them");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_certificate_opens_nothing_and_an_expired_one_no_page_but_its_renewal() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let expired = Forger::new(house);
        let now = house.app.clock.now();
        let validity = Validity { not_before: now - Duration::days(9), not_after: now - Duration::days(1) };
        let (signer, plain) = (of_house(&house.app.authority), expired.profile(&[]));
        let serial = Serial::from_bytes(&[5; 16]).unwrap();
        let unknown = expired.issue_for(signer, &plain, own.key.public_key(), &serial, validity);
        refused_later(house, &unknown).await;
        let id = own.all(house).await[0].id;
        let officer = crate::steps::staff(house, domain::permissions::Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "cessationOfOperation")]).await;
        refused_everywhere(house, "revoked", &own.certificate, "この端末の電子証明書は失効しています").await;
    })
    .await;
}

/// Expired and unknown to the register: the test names its end, renewal the register.
async fn refused_later(house: &House, certificate: &[u8]) {
    let terminal = Browser::terminal(house).showing(certificate);
    assert!(terminal.get("/connection-test").await.body.contains("有効期間が過ぎています"));
    assert!(terminal.get("/renew").await.body.contains("選ばれたのは、この窓口で発行した"));
    send(&terminal, "simplereenroll", None, wire(&key()))
        .await
        .refused(StatusCode::FORBIDDEN, "選ばれたのは、この窓口で発行した");
}
