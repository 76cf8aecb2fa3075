//! Stories of issuing, with OpenSSL and GnuTLS as judges (spec 04.4).

use std::net::{IpAddr, Ipv4Addr};

use crate::support::{Authority, Folder, NOON, at, everything, openssl, run, terminal_subject, urls};
use domain::clock::Timestamp;
use pki::{
    AlternativeName, CertificateInfo, CertificateOrder, CertificateRequest, Error, KeyAlgorithm, KeyKind, Serial,
    SigningKey, Subject, SubjectFault, Urls, pem, prepare, sign,
};
use time::Duration;
use time::macros::date;

#[test]
fn a_terminal_made_key_and_request_with_openssl_gets_a_certificate_openssl_accepts() {
    let (authority, folder) = (Authority::open(), Folder::of("openssl-accepts"));
    let (key, csr) = (folder.path("key.pem"), folder.path("request.pem"));
    openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &key]);
    openssl(&["req", "-new", "-key", &key, "-subj", "/CN=ignored", "-out", &csr]);
    let request = CertificateRequest::parse(&folder.read("request.pem")).unwrap();
    let certificate = authority.terminal("p256", request.public_key());

    let (root, issuing) = folder.write_chain(&authority);
    let leaf = folder.write("leaf.pem", pem::certificate(&certificate.der));
    let verdict = openssl(&[
        "verify",
        "-x509_strict",
        "-purpose",
        "sslclient",
        "-attime",
        &at(NOON),
        "-CAfile",
        &root,
        "-untrusted",
        &issuing,
        &leaf,
    ]);
    assert!(verdict.contains("leaf.pem: OK"), "{verdict}");
    let public = openssl(&["x509", "-in", &leaf, "-noout", "-pubkey"]);
    assert_eq!(public, openssl(&["pkey", "-in", &key, "-pubout"]), "it certifies the terminal's own key");
}

#[test]
fn subject_validity_and_extensions_are_those_of_the_policy() {
    let (authority, folder) = (Authority::open(), Folder::of("as-the-policy-says"));
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let certificate = authority.terminal("p256", key.public_key());
    let leaf = folder.write("leaf.pem", pem::certificate(&certificate.der));

    let text = openssl(&["x509", "-in", &leaf, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"]);
    for part in [
        "Subject: C=JP,O=医療法人社団 𠮷野歯科医院,OU=1330100016,CN=オンライン資格確認パソコン,serialNumber=C7KM-4X8P-2",
        "Issuer: C=JP,O=まどぐち運営機構,CN=まどぐち 端末認証局 G1",
        "Not Before: May 20 03:00:00 2026 GMT",
        "Not After : Aug 20 14:59:59 2029 GMT",
        "Signature Algorithm: ecdsa-with-SHA256",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Key Identifier",
        "Policy: 1.3.6.1.4.1.32473.1.1.1\n",
        "URI:http://pki.example.jp/pki/terminal-g1.crl",
        "OCSP - URI:http://pki.example.jp/ocsp",
        "CA Issuers - URI:http://pki.example.jp/pki/terminal-g1.cer",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("CA:TRUE"), "{text}");
    let asn1 = openssl(&["asn1parse", "-in", &leaf]);
    assert!(asn1.contains("PRINTABLESTRING   :JP") && asn1.contains("PRINTABLESTRING   :C7KM-4X8P-2"), "{asn1}");
    assert!(asn1.contains("UTF8STRING"), "{asn1}");
    let serial = openssl(&["x509", "-in", &leaf, "-noout", "-serial"]);
    assert_eq!(serial.trim().to_lowercase(), format!("serial={}", certificate.serial.to_hex()));
}

#[test]
fn what_was_issued_is_read_back() {
    let authority = Authority::open();
    let key = SigningKey::generate(KeyKind::Rsa2048).unwrap();
    let certificate = authority.terminal("rsa2048", key.public_key());
    let info = CertificateInfo::parse(&certificate.der).unwrap();
    assert_eq!(info.subject.organization.as_deref(), Some("医療法人社団 𠮷野歯科医院"));
    assert_eq!(info.subject.organizational_unit.as_deref(), Some("1330100016"));
    assert_eq!(info.subject.common_name.as_deref(), Some("オンライン資格確認パソコン"));
    assert_eq!(info.subject.serial_number.as_deref(), Some("C7KM-4X8P-2"));
    assert_eq!(info.subject.country.as_deref(), Some("JP"));
    assert_eq!((&info.serial, &info.key_hash), (&certificate.serial, &certificate.key_hash));
    assert_eq!((info.validity, info.fingerprint.clone()), (certificate.validity, certificate.fingerprint));
    assert_eq!(info.key_algorithm, KeyAlgorithm::Rsa { bits: 2048 });
    assert_eq!(info.key_hash, pki::sha256_hex(key.public_key().spki_der()));
    assert!(info.is_current(NOON) && !info.is_current(NOON - Duration::SECOND));
    assert!(info.is_current(Timestamp::end_of_day(date!(2029 - 08 - 20))));
    assert!(!info.is_current(Timestamp::start_of_day(date!(2029 - 08 - 21))));
}

#[test]
fn a_profile_may_put_the_address_of_the_cps_beside_its_policy() {
    let (authority, folder) = (Authority::stating_its_practice(), Folder::of("cps"));
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let leaf = folder.write("leaf.pem", pem::certificate(&authority.terminal("p256", key.public_key()).der));
    let text = openssl(&["x509", "-in", &leaf, "-noout", "-text"]);
    assert!(
        text.contains("Policy: 1.3.6.1.4.1.32473.1.1.1\n                  CPS: http://pki.example.jp/cps"),
        "{text}"
    );
}

#[test]
fn a_profile_file_alone_gives_certificates_the_role_of_the_healthcare_pki() {
    let (authority, folder) = (Authority::like_hpki(), Folder::of("hpki"));
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let leaf = folder.write("leaf.pem", pem::certificate(&authority.terminal("hpki-like", key.public_key()).der));
    let text = openssl(&["x509", "-in", &leaf, "-noout", "-text"]);
    for part in ["X509v3 Subject Directory Attributes", "Digital Signature, Non Repudiation", "1.3.6.1.4.1.32473.1.1.2"]
    {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let asn1 = openssl(&["asn1parse", "-in", &leaf, "-i"]);
    let offset = asn1.lines().skip_while(|line| !line.contains("X509v3 Subject Directory Attributes")).nth(1).unwrap();
    let at = offset.split(':').next().unwrap().trim();
    let inside = openssl(&["asn1parse", "-in", &leaf, "-strparse", at]);
    assert!(
        inside.contains(":1.0.17090.0.1") && inside.contains("UTF8STRING        :Director of Hospital"),
        "{inside}"
    );
}

#[test]
fn gnutls_reads_the_same() {
    let (authority, folder) = (Authority::with_keys(KeyKind::P256, KeyKind::P384), Folder::of("gnutls"));
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let certificate = authority.terminal("p256", key.public_key());
    let leaf = folder.write("leaf.pem", pem::certificate(&certificate.der));
    let output = run("certtool", &["--certificate-info", "--infile", &leaf], "install the Debian package gnutls-bin");
    let said = everything(&output);
    for part in [
        "CN=オンライン資格確認パソコン,OU=1330100016,O=医療法人社団 𠮷野歯科医院,C=JP",
        "Not After: Mon Aug 20 14:59:59 UTC 2029",
        "TLS WWW Client",
        "Signature Algorithm: ECDSA-SHA384",
        &certificate.fingerprint,
    ] {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
}

#[test]
fn the_closed_networks_listener_gets_a_server_certificate() {
    let (authority, folder) = (Authority::with_keys(KeyKind::P256, KeyKind::Rsa3072), Folder::of("listener"));
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let names =
        [AlternativeName::Dns("closed.example.jp".to_owned()), AlternativeName::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST))];
    let subject = Subject::operator("まどぐち運営機構", "closed.example.jp");
    let certificate = authority.issue("closed-network-server", &subject, key.public_key(), &names);
    let (root, issuing) = folder.write_chain(&authority);
    let leaf = folder.write("leaf.pem", pem::certificate(&certificate.der));
    for name in [["-verify_hostname", "closed.example.jp"], ["-verify_ip", "127.0.0.1"]] {
        let mut arguments = vec!["verify", "-x509_strict", "-purpose", "sslserver", "-attime"];
        let noon = at(NOON);
        arguments.extend([noon.as_str(), "-CAfile", &root, "-untrusted", &issuing]);
        arguments.extend(name);
        arguments.push(&leaf);
        openssl(&arguments);
    }
}

#[test]
fn a_server_is_named_as_its_address_names_it() {
    let dns = |name: &str| Ok(AlternativeName::Dns(name.to_owned()));
    let ip = |address: &str| Ok(AlternativeName::Ip(address.parse().unwrap()));
    for (url, name) in [
        ("https://Closed.example.jp", dns("closed.example.jp")),
        ("https://closed.example.jp:8443/path", dns("closed.example.jp")),
        ("https://127.0.0.1:8443", ip("127.0.0.1")),
        ("https://[2001:db8::5]:8443", ip("2001:db8::5")),
        ("https://:8443", Err(Error::BadDnsName(String::new()))),
        ("https://閉域.example.jp", Err(Error::BadDnsName("閉域.example.jp".to_owned()))),
    ] {
        assert_eq!(format!("{:?}", AlternativeName::of_url(url)), format!("{name:?}"), "{url}");
    }
}

#[test]
fn no_certificate_outlives_its_issuer() {
    let authority = Authority::open();
    let end = authority.issuing.validity().not_after;
    let profile = authority.profile("p256");
    let validity = profile.validity(end - Duration::days(30), Some(&authority.issuing)).unwrap();
    assert_eq!(validity.not_after, end);
    assert!(matches!(profile.validity(end, Some(&authority.issuing)), Err(Error::Validity(_))));
    let before = authority.issuing.validity().not_before - Duration::SECOND;
    assert!(matches!(profile.validity(before, Some(&authority.issuing)), Err(Error::Validity(_))));
}

/// Things that make an order impossible.
struct Spare {
    rsa: SigningKey,
    issuing_key: pki::PublicKey,
    long: Subject,
    no_urls: Urls,
    bad_urls: Urls,
    names: [AlternativeName; 1],
}

impl Spare {
    fn of(authority: &Authority) -> Self {
        Self {
            rsa: SigningKey::generate(KeyKind::Rsa2048).unwrap(),
            issuing_key: authority.issuing_key.public_key().clone(),
            long: Subject::terminal(&"あ".repeat(65), "1330100016", "PC-1", "R"),
            no_urls: Urls::default(),
            bad_urls: Urls { crl: Some("ldap://x".to_owned()), ..urls() },
            names: [AlternativeName::Dns("a".to_owned())],
        }
    }
}

/// Changes one thing in an order that is otherwise right, and gives the refusal.
fn refusal(
    authority: &Authority,
    spare: &Spare,
    change: impl for<'a> FnOnce(&mut CertificateOrder<'a>, &'a Spare),
) -> Error {
    let (key, profile) = (SigningKey::generate(KeyKind::P256).unwrap(), authority.profile("p256"));
    let (serial, subject, urls) = (Serial::from_bytes(&[1; 16]).unwrap(), terminal_subject(), urls());
    let mut order = CertificateOrder {
        profile,
        issuer: Some(&authority.issuing),
        serial: &serial,
        subject: &subject,
        alternative_names: &[],
        public_key: key.public_key(),
        validity: profile.validity(NOON, Some(&authority.issuing)).unwrap(),
        urls: &urls,
    };
    assert!(prepare(&order).is_ok());
    change(&mut order, spare);
    prepare(&order).unwrap_err()
}

#[test]
fn an_order_that_cannot_be_is_refused_with_its_reason() {
    let authority = Authority::open();
    let spare = Spare::of(&authority);
    let refused = |change: fn(&mut CertificateOrder<'_>)| refusal(&authority, &spare, |order, _| change(order));
    assert!(matches!(refused(|order| order.issuer = None), Error::IssuerMismatch(_)));
    assert!(matches!(refused(|order| order.validity.not_after = order.validity.not_before), Error::Validity(_)));
    let longer = refused(|order| order.validity.not_after = order.validity.not_after + Duration::SECOND * 2);
    assert!(matches!(longer, Error::Validity(_)));
    let other_kind = refusal(&authority, &spare, |order, spare| order.public_key = spare.rsa.public_key());
    assert!(matches!(other_kind, Error::KeyNotInProfile { .. }));
    let issuers_key = refusal(&authority, &spare, |order, spare| order.public_key = &spare.issuing_key);
    assert!(matches!(issuers_key, Error::IssuerNotAllowed(_)));
    let long = refusal(&authority, &spare, |order, spare| order.subject = &spare.long);
    assert!(matches!(long, Error::Subject(SubjectFault::TooLong { limit: 64, length: 65, .. })));
    let no_urls = refusal(&authority, &spare, |order, spare| order.urls = &spare.no_urls);
    assert!(matches!(no_urls, Error::MissingUrl(_)));
    let bad_urls = refusal(&authority, &spare, |order, spare| order.urls = &spare.bad_urls);
    assert!(matches!(bad_urls, Error::BadUrl(_)));
    let names = refusal(&authority, &spare, |order, spare| order.alternative_names = &spare.names);
    assert!(matches!(names, Error::AlternativeNames(_)));
}

#[test]
fn an_authority_below_the_issuing_authority_is_refused() {
    let authority = Authority::open();
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let profile = authority.profile("issuing");
    let order = CertificateOrder {
        profile,
        issuer: Some(&authority.issuing),
        serial: &Serial::from_bytes(&[9; 16]).unwrap(),
        subject: &Subject::operator("だれか", "下位認証局"),
        alternative_names: &[],
        public_key: key.public_key(),
        validity: profile.validity(NOON, Some(&authority.issuing)).unwrap(),
        urls: &urls(),
    };
    assert!(matches!(prepare(&order), Err(Error::IssuerNotAllowed(_))));
}

#[test]
fn only_the_issuers_key_signs() {
    let authority = Authority::open();
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let profile = authority.profile("p256");
    let order = CertificateOrder {
        profile,
        issuer: Some(&authority.issuing),
        serial: &Serial::from_bytes(&[9; 16]).unwrap(),
        subject: &terminal_subject(),
        alternative_names: &[],
        public_key: key.public_key(),
        validity: profile.validity(NOON, Some(&authority.issuing)).unwrap(),
        urls: &urls(),
    };
    assert_eq!(sign(prepare(&order).unwrap(), &authority.root_key), Err(Error::WrongKey));
    let prepared = prepare(&order).unwrap();
    let recorded = prepared.tbs_der().to_vec();
    let certificate = sign(prepared, &authority.issuing_key).unwrap();
    assert!(certificate.der.windows(recorded.len()).any(|window| window == recorded), "the recorded bytes were signed");
}
