//! Certificates that must open nothing: the cases of RFC 5280, 6 and NIST's PKITS that a terminal's certificate can be.
//! Connection test, renewal page and re-enrolment refuse each of them; TLS would let all of them in (ADR 0007).

use axum::http::StatusCode;
use pki::{
    AlternativeName, CertificateOrder, EXAMPLE_POLICY_ARC, IssuerCert, KeyKind, Profile, Profiles, PublicKey, Serial,
    SigningKey, Subject, Urls, Validity, prepare, sign,
};
use services::authority::Authority;
use time::Duration;

use crate::{
    browser::Browser,
    est::{key, send, wire},
    renewal::{IN_TIME, Installed},
    support::{House, on_each_database},
};

/// Issues what nobody here would: without lint and without a record.
struct Forger<'a> {
    house: &'a House,
    profiles: Profiles,
}

/// Name and key that sign.
type Signer<'a> = (&'a IssuerCert, &'a SigningKey);

fn of_house(authority: &Authority) -> Signer<'_> {
    (&authority.issuing.certificate, &authority.issuing.key)
}

impl Forger<'_> {
    fn profile(&self, changes: &[(&str, &str)]) -> std::sync::Arc<Profile> {
        let mut text = include_str!("../../../crates/pki/profiles/terminal.toml").to_owned();
        for (line, other) in changes {
            assert!(text.contains(line), "{line}");
            text = text.replace(line, other);
        }
        Profiles::parse(&text, EXAMPLE_POLICY_ARC).unwrap().get("p256").unwrap().clone()
    }

    fn issue(
        &self,
        signer: Signer<'_>,
        profile: &std::sync::Arc<Profile>,
        key: &PublicKey,
        serial: &Serial,
    ) -> Vec<u8> {
        let validity = profile.validity(self.house.app.clock.now(), Some(signer.0)).unwrap();
        self.issue_for(signer, profile, key, serial, validity)
    }

    fn issue_for(
        &self,
        (issuer, issuer_key): Signer<'_>,
        profile: &std::sync::Arc<Profile>,
        key: &PublicKey,
        serial: &Serial,
        validity: Validity,
    ) -> Vec<u8> {
        let address = |end: &str| Some(format!("http://elsewhere.example/{end}"));
        let server = [AlternativeName::Dns("localhost".to_owned())];
        let is_server = profile.name() == "closed-network-server";
        let order = CertificateOrder {
            profile,
            issuer: Some(issuer),
            serial,
            subject: &match is_server {
                true => Subject::operator("まどぐち", "localhost"),
                false => Subject::terminal("さくら歯科", "1330100016", "オンライン資格確認パソコン", "AAAA"),
            },
            alternative_names: if is_server { &server } else { &[] },
            public_key: key,
            validity,
            urls: &Urls { crl: address("crl"), ocsp: address("ocsp"), issuer: address("cer"), cps: address("cps") },
        };
        sign(prepare(&order).unwrap(), issuer_key).unwrap().der
    }

    /// An authority of the same names as the house's, with keys of its own.
    fn double(&self) -> (IssuerCert, SigningKey) {
        let own = &self.house.app.authority;
        let (root_key, key) = (new_key(KeyKind::P384), new_key(KeyKind::P256));
        let stamp =
            |profile: &str, issuer: Option<&IssuerCert>, subject: &Subject, key: &SigningKey, by: &SigningKey| {
                let profile = self.profiles.get(profile).unwrap();
                let order = CertificateOrder {
                    profile,
                    issuer,
                    serial: &Serial::from_bytes(&[7; 16]).unwrap(),
                    subject,
                    alternative_names: &[],
                    public_key: key.public_key(),
                    validity: profile.validity(self.house.app.clock.now(), issuer).unwrap(),
                    urls: &own.issuing.urls(0),
                };
                IssuerCert::parse(&sign(prepare(&order).unwrap(), by).unwrap().der).unwrap()
            };
        let operator = &self.house.app.settings.operator.name;
        let root = stamp("root", None, &Subject::operator(operator, "共通認証局 ルート"), &root_key, &root_key);
        let subject = Subject::operator(operator, "共通認証局 発行局");
        let issuing = stamp("issuing", Some(&root), &subject, &key, &root_key);
        assert_eq!(issuing.name_der(), own.issuing.certificate.name_der(), "the very same name");
        (issuing, key)
    }
}

fn new_key(kind: KeyKind) -> SigningKey {
    SigningKey::generate(kind).unwrap()
}

/// Certificates that are not the register's, each with a word of the refusal.
fn strangers(house: &House, own: &Installed) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let forger = Forger { house, profiles: Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap() };
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
        ("another authority", stranger(&forger, key), "この認証局が発行した証明書ではありません"),
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
        ("good, but in no register", forger.issue(signer, &plain, key, &other), "台帳にありません"),
        ("good, with the serial of another", forger.issue(signer, &plain, key, &known.serial), "台帳にありません"),
    ]
}

/// A certificate of an authority of other names.
fn stranger(forger: &Forger<'_>, key: &PublicKey) -> Vec<u8> {
    let (root_key, now) = (new_key(KeyKind::P384), forger.house.app.clock.now());
    let profile = forger.profiles.get("root").unwrap();
    let order = CertificateOrder {
        profile,
        issuer: None,
        serial: &Serial::from_bytes(&[3; 16]).unwrap(),
        subject: &Subject::operator("よその認証局", "ルート"),
        alternative_names: &[],
        public_key: root_key.public_key(),
        validity: profile.validity(now, None).unwrap(),
        urls: &Urls::default(),
    };
    let root = IssuerCert::parse(&sign(prepare(&order).unwrap(), &root_key).unwrap().der).unwrap();
    forger.issue((&root, &root_key), &forger.profile(&[]), key, &Serial::from_bytes(&[4; 16]).unwrap())
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
        let expired = Forger { house, profiles: Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap() };
        let now = house.app.clock.now();
        let validity = Validity { not_before: now - Duration::days(9), not_after: now - Duration::days(1) };
        let (signer, plain) = (of_house(&house.app.authority), expired.profile(&[]));
        let serial = Serial::from_bytes(&[5; 16]).unwrap();
        let unknown = expired.issue_for(signer, &plain, own.key.public_key(), &serial, validity);
        refused_later(house, &unknown).await;
        let id = own.all(house).await[0].id;
        let officer = crate::steps::staff(house, domain::permissions::Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "cessationOfOperation")]).await;
        refused_everywhere(house, "revoked", &own.certificate, "この証明書は失効しています").await;
    })
    .await;
}

/// Expired and unknown to the register: the test names its end, renewal the register.
async fn refused_later(house: &House, certificate: &[u8]) {
    let terminal = Browser::terminal(house).showing(certificate);
    assert!(terminal.get("/connection-test").await.body.contains("有効期間が過ぎています"));
    assert!(terminal.get("/renew").await.body.contains("台帳にありません"));
    send(&terminal, "simplereenroll", None, wire(&key())).await.refused(StatusCode::FORBIDDEN, "台帳にありません");
}
