//! Certificates that must open nothing, shown over the real socket: the handshake proves possession of the key and nothing
//! else, and the pages refuse what the chain check and the register refuse (ADR 0007; PKITS by section in
//! docs/operate/compatibility.md).

use std::{
    io::{Error, ErrorKind},
    sync::Arc,
};

use domain::permissions::Role;
use pki::{Serial, SigningKey, Validity, pem, request_for};
use rustls::{
    ClientConfig, RootCertStore, SignatureScheme, SupportedProtocolVersion,
    client::ResolvesClientCert,
    crypto::aws_lc_rs::{default_provider, sign::any_supported_type},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::{
    counter::{Counter, run, said},
    forger::{Forger, of_house},
    steps::staff,
    support::on_each_database_today,
};

/// What a terminal shows, and the key it signs with, which need not belong together.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl Shown {
    fn new(chain: &[&[u8]], key: &SigningKey) -> Arc<Self> {
        let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        let key = PrivateKeyDer::Pkcs8(key.pkcs8_der().unwrap().to_vec().into());
        Arc::new(Self(Arc::new(CertifiedKey::new(chain, any_supported_type(&key).unwrap()))))
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Opens a page; an error when the listener ends the connection instead.
async fn open(
    counter: &Counter<'_>,
    shown: &Arc<Shown>,
    version: &'static SupportedProtocolVersion,
    path: &str,
) -> Result<String, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(counter.house.app.authority.root.der().to_vec())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(shown.clone());
    let place = counter.url.strip_prefix("https://").unwrap();
    let socket = TcpStream::connect(place).await?;
    let server = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(server, socket).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = vec![];
    match stream.read_to_end(&mut answer).await {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof || answer.is_empty() => Err(error),
        _ => Ok(String::from_utf8(answer).unwrap()),
    }
}

/// The pages tell why, and the program at the terminal is forbidden.
async fn refused(counter: &Counter<'_>, what: &str, shown: &Arc<Shown>, words: &str) {
    for (path, head) in [("/connection-test", "接続テストは成功していません"), ("/renew", "更新できません")]
    {
        let page = open(counter, shown, &TLS13, path).await.unwrap();
        assert!(page.contains(head) && page.contains(words), "{what}, {path}: {page}");
    }
    let result = open(counter, shown, &TLS13, "/connection-test/result").await.unwrap();
    assert!(result.starts_with("HTTP/1.1 403 "), "{what}: {result}");
}

/// A terminal with its own certificate, not shown to anybody yet.
async fn enrolled(counter: &Counter<'_>) -> (SigningKey, Vec<u8>) {
    let own = SigningKey::generate(pki::KeyKind::P256).unwrap();
    let ctx = services::Ctx::visitor(&counter.house.app, "");
    let (id, secret) = (&counter.paper.id, &counter.paper.secret);
    let request = request_for(&own, None).unwrap();
    let der = services::authority::enrol(&ctx, id, secret, request).await.unwrap().unwrap();
    (own, der)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_expired_future_foreign_misused_and_revoked_certificates_open_nothing_over_tls() {
    on_each_database_today(39, async |house| {
        let counter = Counter::open(house).await;
        let (own, certificate) = enrolled(&counter).await;
        let forger = Forger::new(house);
        let (signer, plain) = (of_house(&house.app.authority), forger.profile(&[]));
        let (key, other, now) = (own.public_key(), Serial::from_bytes(&[9; 16]).unwrap(), house.app.clock.now());
        let dated = |from: Duration, until: Duration| {
            let validity = Validity { not_before: now + from, not_after: now + until };
            forger.issue_for(signer, &plain, key, &other, validity)
        };
        let odd =
            |line: &str, other_line: &str| forger.issue(signer, &forger.profile(&[(line, other_line)]), key, &other);
        let (double, double_key) = forger.double();
        let misused = "端末の認証に使う証明書ではありません";
        let cases = [
            ("4.1.3 damaged", damaged(&certificate), "署名が正しくありません"),
            (
                "4.1.3 same names, other keys",
                forger.issue((&double, &double_key), &plain, key, &other),
                "署名が正しくありません",
            ),
            ("4.2.2 future", dated(Duration::days(1), Duration::days(9)), "まだ始まっていません"),
            ("4.3.1 another authority", forger.stranger(key), "この窓口で発行した端末の電子証明書ではありません"),
            ("wrong usage", odd(r#"["digitalSignature"]"#, r#"["keyEncipherment"]"#), misused),
            ("wrong use", odd(r#"["clientAuth"]"#, "[\"ocspSigning\"]\nocsp_no_check = true"), misused),
            ("in no register", forger.issue(signer, &plain, key, &other), "選ばれたのは、この窓口で発行した"),
        ];
        for (what, der, words) in cases {
            refused(&counter, what, &Shown::new(&[&der], &own), words).await;
        }
        let expired = Shown::new(&[&dated(Duration::days(-9), Duration::days(-1))], &own);
        let page = open(&counter, &expired, &TLS13, "/connection-test").await.unwrap();
        assert!(
            page.contains("接続テストは成功していません") && page.contains("有効期間が過ぎています"),
            "4.2.6: {page}"
        );
        // OpenSSL looks at the machine's clock, which is a little ahead of the house's.
        house.clock.pass(Duration::minutes(11));
        let (second, chain) = signed_by_the_terminal(&counter, &own, &certificate).await;
        let chain = Shown::new(&[&chain, &certificate], &second);
        refused(&counter, "4.6, a terminal as authority", &chain, "この窓口で発行した端末の電子証明書ではありません")
            .await;

        let good = Shown::new(&[&certificate], &own);
        let result = open(&counter, &good, &TLS13, "/connection-test/result").await.unwrap();
        assert!(result.contains("\"installed_now\":true"), "nothing before had installed it: {result}");
        let id = counter.certificates().await[0].id;
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "cessationOfOperation")]).await;
        refused(&counter, "4.4.3 revoked", &good, "この端末の電子証明書は失効しています").await;
        counter.close();
    })
    .await;
}

fn damaged(der: &[u8]) -> Vec<u8> {
    let mut der = der.to_vec();
    *der.last_mut().unwrap() ^= 1;
    der
}

/// A certificate for another key, issued with the terminal's key.
async fn signed_by_the_terminal(counter: &Counter<'_>, own: &SigningKey, der: &[u8]) -> (SigningKey, Vec<u8>) {
    let second = SigningKey::generate(pki::KeyKind::P256).unwrap();
    counter.write("own.pem", &pem::certificate(der));
    counter.write("own.key", &pem::encode("PRIVATE KEY", own.pkcs8_der().unwrap()));
    counter.write("second.csr", &pem::encode("CERTIFICATE REQUEST", &request_for(&second, None).unwrap()));
    counter.write("usage", "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n");
    let words =
        "x509 -req -in second.csr -CA own.pem -CAkey own.key -set_serial 7 -days 30 -extfile usage -out second.pem";
    let made = run("openssl", counter.folder.path(), &words.split(' ').collect::<Vec<_>>()).await;
    assert!(made.status.success(), "{}", said(&made));
    let text = std::fs::read_to_string(counter.path("second.pem")).unwrap();
    (second, pem::decode("CERTIFICATE", &text).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_whose_key_one_does_not_have_ends_the_handshake() {
    on_each_database_today(39, async |house| {
        let counter = Counter::open(house).await;
        let (own, certificate) = enrolled(&counter).await;
        let thief = SigningKey::generate(pki::KeyKind::P256).unwrap();
        for version in [&TLS12, &TLS13] {
            let stolen = Shown::new(&[&certificate], &thief);
            let told = open(&counter, &stolen, version, "/connection-test/result").await;
            assert!(told.is_err(), "{version:?}: {told:?}");
        }
        assert_eq!(counter.certificates().await[0].installed_at, None);
        let usage = r#"key_usage = ["digitalSignature"]"#;
        let critical = r#"extensions = [{ oid = "1.3.6.1.4.1.32473.9", critical = true, value = "0500" }]"#;
        let forger = Forger::new(house);
        let profile = forger.profile(&[(usage, &format!("{usage}\n{critical}"))]);
        let serial = Serial::from_bytes(&[9; 16]).unwrap();
        let unknown = forger.issue(of_house(&house.app.authority), &profile, own.public_key(), &serial);
        let told = open(&counter, &Shown::new(&[&unknown], &own), &TLS13, "/connection-test").await;
        assert!(told.is_err(), "4.16.2, something critical that is unknown: {told:?}");
        let good = Shown::new(&[&certificate], &own);
        for version in [&TLS12, &TLS13] {
            let page = open(&counter, &good, version, "/connection-test").await.unwrap();
            assert!(!page.contains("接続テストは成功していません"), "{version:?}: {page}");
        }
        counter.close();
    })
    .await;
}
