//! Each rule is shown bytes that break it; the bytes come from a sound certificate with a few octets changed.

use std::sync::Arc;

use der::DateTime;
use der::asn1::{GeneralizedTime, UtcTime};
use domain::clock::Timestamp;
use x509_cert::time::Time;

use super::*;
use crate::certificate::{CertificateOrder, Urls, prepare, sign};
use crate::crl::{CrlOrder, RevocationReason, RevokedEntry, prepare_crl};
use crate::issuer::IssuerCert;
use crate::names::Subject;
use crate::ocsp::{CertStatus, OcspAnswer, OcspOrder, OcspRequest, Responder, prepare_ocsp};
use crate::profile::{EXAMPLE_POLICY_ARC, Profile, Profiles};
use crate::serial::Serial;

const NOON: Timestamp = Timestamp::from_millis(1_779_246_000_000);
const SERIAL: [u8; 16] = [0x11; 16];

fn profile(name: &str) -> Arc<Profile> {
    Arc::clone(Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap().get(name).unwrap())
}

fn urls() -> Urls {
    let url = |tail: &str| Some(format!("http://pki.example.jp/{tail}"));
    Urls { crl: url("list"), ocsp: url("ocsp"), issuer: url("issuer"), cps: None }
}

/// A prepared certificate of a profile, for a fresh key.
fn prepared(name: &str, issuer: Option<&IssuerCert>, key: &SigningKey, serial: &[u8]) -> PreparedCertificate {
    let profile = profile(name);
    let subject = Subject::terminal("歯科", "1330100016", "PC-1", "R-1");
    let subject =
        subject.with(crate::names::SubjectField::Operator, "運営").with(crate::names::SubjectField::CommonName, name);
    prepare(&CertificateOrder {
        profile: &profile,
        issuer,
        serial: &Serial::from_bytes(serial).unwrap(),
        subject: &subject,
        alternative_names: &[],
        public_key: key.public_key(),
        validity: profile.validity(NOON, issuer).unwrap(),
        urls: &urls(),
    })
    .unwrap()
}

struct House {
    linter: Linter,
    root: IssuerCert,
    root_key: SigningKey,
    issuing: IssuerCert,
    issuing_key: SigningKey,
}

impl House {
    fn build() -> Self {
        let key = || SigningKey::generate(KeyKind::P256).unwrap();
        let (root_key, issuing_key) = (key(), key());
        let root = sign(prepared("root", None, &root_key, &SERIAL), &root_key).unwrap();
        let root = IssuerCert::parse(&root.der).unwrap();
        let issuing = sign(prepared("issuing", Some(&root), &issuing_key, &SERIAL), &root_key).unwrap();
        Self {
            linter: Linter::new().unwrap(),
            issuing: IssuerCert::parse(&issuing.der).unwrap(),
            root,
            root_key,
            issuing_key,
        }
    }

    fn leaf(&self) -> PreparedCertificate {
        prepared("p256", Some(&self.issuing), &SigningKey::generate(KeyKind::P256).unwrap(), &SERIAL)
    }
}

/// The body with one run of octets replaced by another of the same length.
fn changed(tbs: &ToBeSigned, from: &[u8], to: &[u8]) -> ToBeSigned {
    assert_eq!(from.len(), to.len());
    let mut body = tbs.body().to_vec();
    let place =
        body.windows(from.len()).position(|run| run == from).unwrap_or_else(|| panic!("{from:02x?} is not there"));
    body.splice(place..place + from.len(), to.iter().copied());
    ToBeSigned::new(body, tbs.signer().clone())
}

fn rules(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn sound_certificates_have_no_findings() {
    let house = House::build();
    assert_eq!(house.linter.lint(&house.leaf()), []);
    assert_eq!(house.linter.lint(&prepared("root", None, &house.root_key, &SERIAL)), []);
    assert_eq!(house.linter.lint(&prepared("issuing", Some(&house.root), &house.issuing_key, &SERIAL)), []);
}

/// A rule, the octets to change, and what they become.
type Case<'a> = (&'a str, &'a [u8], &'a [u8]);

const TERMINAL_CASES: &[Case<'_>] = &[
    ("version", &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1]),
    ("der.parse", &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 7]),
    ("algorithm.issuer", b"\x2a\x86\x48\xce\x3d\x04\x03\x02", b"\x2a\x86\x48\xce\x3d\x04\x03\x03"),
    ("algorithm.inner_outer", b"\x2a\x86\x48\xce\x3d\x04\x03\x02", b"\x2a\x86\x48\xce\x3d\x04\x03\x03"),
    ("serial.positive", &[2, 16, 0x11], &[2, 16, 0x91]),
    ("validity.term", b"290820145959Z", b"290821150000Z"),
    ("validity.order", b"260520030000Z", b"300520030000Z"),
    ("validity.issuer", b"260520030000Z", b"250520030000Z"),
    ("issuer.name", b"issuing", b"issuinG"),
    ("subject.encoding", b"\x13\x03R-1", b"\x0c\x03R-1"),
    ("subject.text", b"PC-1", b"PC\n1"),
    ("subject.text", b"PC-1", b"PC\xff1"),
    ("subject.repeated", b"\x55\x04\x0b", b"\x55\x04\x0a"),
    ("subject.common_name", b"\x55\x04\x03\x0c\x04PC", b"\x55\x04\x2a\x0c\x04PC"),
    ("subject.attribute", b"\x55\x04\x03\x0c\x04PC", b"\x55\x04\x2a\x0c\x04PC"),
    ("key.order", b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2a\x86\x48\xce\x3d\x03\x01\x06"),
    ("key.strength", b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2a\x86\x48\xce\x3d\x03\x01\x06"),
    ("key_usage.profile", &[3, 2, 7, 0x80], &[3, 2, 6, 0x40]),
    ("key_usage.authority", &[3, 2, 7, 0x80], &[3, 2, 2, 0x04]),
    ("key_usage.missing", &[0x55, 0x1d, 15, 1], &[0x55, 0x1d, 54, 1]),
    ("extension.unknown", &[0x55, 0x1d, 15, 1], &[0x55, 0x1d, 54, 1]),
    ("extension.criticality", &[0x55, 0x1d, 15, 1], &[0x55, 0x1d, 37, 1]),
    ("extension.repeated", &[0x55, 0x1d, 14], &[0x55, 0x1d, 35]),
    ("extension.value", &[0x55, 0x1d, 14], &[0x55, 0x1d, 31]),
    ("extended_key_usage.profile", b"\x2b\x06\x01\x05\x05\x07\x03\x02", b"\x2b\x06\x01\x05\x05\x07\x03\x01"),
    ("policies.profile", b"\x81\xfd\x59\x01\x01\x01", b"\x81\xfd\x59\x01\x01\x02"),
    ("distribution_points.form", b"http://pki.example.jp/list", b"ldap://pki.example.jp/list"),
    ("authority_access.form", b"http://pki.example.jp/ocsp", b"file://pki.example.jp/ocsp"),
    ("authority_access.profile", b"\x07\x30\x01\x86", b"\x07\x30\x03\x86"),
];

#[test]
fn octets_changed_in_a_terminals_certificate_are_found() {
    let house = House::build();
    let mut subject_key_id = vec![0x04, 0x16, 0x04, 0x14];
    let leaf = house.leaf();
    let own = PublicKeyIds::of(&leaf);
    subject_key_id.extend(&own.subject);
    let mut other_id = subject_key_id.clone();
    *other_id.last_mut().unwrap() ^= 1;
    let flipped = |bytes: &[u8]| bytes.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>();
    let own_cases: &[Case<'_>] = &[
        ("subject_key_id", &subject_key_id, &other_id),
        ("authority_key_id.issuer", &own.authority, &flipped(&own.authority)),
    ];
    for (rule, from, to) in TERMINAL_CASES.iter().chain(own_cases) {
        let altered = leaf.around(changed(&leaf.tbs, from, to));
        let found = rules(&house.linter.lint(&altered));
        assert!(found.contains(rule), "{rule} is not among {found:?}");
    }
}

struct PublicKeyIds {
    subject: Vec<u8>,
    authority: Vec<u8>,
}

impl PublicKeyIds {
    fn of(leaf: &PreparedCertificate) -> Self {
        let id_after = |mark: &[u8]| {
            let body = leaf.tbs.body();
            let place = body.windows(mark.len()).position(|run| run == mark).unwrap() + mark.len();
            body[place..place + 20].to_vec()
        };
        Self { subject: id_after(&[0x55, 0x1d, 14, 4, 0x16, 4, 0x14]), authority: id_after(&[0x30, 0x16, 0x80, 0x14]) }
    }
}

#[test]
fn a_certificate_that_does_not_fit_profile_or_issuer_is_found() {
    let house = House::build();
    let other = House::build();
    let with_profile = |name: &str| {
        let mut altered = house.leaf();
        altered.profile = profile(name);
        rules(&house.linter.lint(&altered))
    };
    assert!(with_profile("closed-network-server").contains(&"alternative_names.profile"));
    assert!(with_profile("ocsp").contains(&"ocsp_no_check.profile"));
    assert!(with_profile("ocsp").contains(&"distribution_points.profile"));
    assert!(with_profile("issuing").contains(&"basic_constraints.profile"));
    assert!(with_profile("issuing").contains(&"path_length.issuer"));
    assert!(with_profile("rsa2048").contains(&"key.profile"));
    let mut by_other = house.leaf();
    by_other.issuer = Some(other.issuing.clone());
    assert_eq!(rules(&house.linter.lint(&by_other)), ["authority_key_id.issuer"]);
    let mut by_nobody = house.leaf();
    by_nobody.issuer = None;
    let found = rules(&house.linter.lint(&by_nobody));
    assert!(found.contains(&"issuer.self") && found.contains(&"key.issuer"), "{found:?}");
    let short = prepared("p256", Some(&house.issuing), &other.root_key, &[7; 7]);
    assert_eq!(rules(&house.linter.lint(&short)), ["serial.entropy"]);
}

#[test]
fn octets_changed_in_an_authoritys_certificate_are_found() {
    let house = House::build();
    let issuing = prepared("issuing", Some(&house.root), &house.issuing_key, &SERIAL);
    for (rule, from, to) in [
        ("basic_constraints.profile", [1, 1, 0xff, 2, 1, 0], [1, 1, 0xff, 2, 1, 1]),
        ("key_usage.authority", [4, 4, 3, 2, 1, 0x86], [4, 4, 3, 2, 1, 0x82]),
    ] {
        let altered = issuing.around(changed(&issuing.tbs, &from, &to));
        let found = rules(&house.linter.lint(&altered));
        assert!(found.contains(&rule), "{rule} is not among {found:?}");
    }
}

#[test]
fn times_are_encoded_by_their_year() {
    let findings = |time: Time| {
        let mut report = Report::default();
        certificate::lint_time(time, &mut report);
        report.0.len()
    };
    let day = |year| DateTime::new(year, 1, 1, 0, 0, 0).unwrap();
    assert_eq!(findings(Time::UtcTime(UtcTime::from_date_time(day(2049)).unwrap())), 0);
    assert_eq!(findings(Time::GeneralTime(GeneralizedTime::from_date_time(day(2050)))), 0);
    assert_eq!(findings(Time::GeneralTime(GeneralizedTime::from_date_time(day(2049)))), 1);
}

#[test]
fn octets_changed_in_a_list_are_found() {
    let house = House::build();
    let entry =
        |byte: u8, reason| RevokedEntry { serial: Serial::from_bytes(&[byte; 16]).unwrap(), revoked_at: NOON, reason };
    let revoked = [entry(0x21, RevocationReason::Superseded), entry(0x22, RevocationReason::KeyCompromise)];
    let next_update = NOON + ::time::Duration::hours(24);
    let order = CrlOrder {
        issuer: &house.issuing,
        number: 9,
        this_update: NOON,
        next_update,
        revoked: &revoked,
        distribution_point: None,
    };
    assert_eq!(house.linter.lint_crl(&prepare_crl(&order).unwrap()), []);
    let authority_mark = [0x30, 0x16, 0x80, 0x14];
    let cases: &[Case<'_>] = &[
        ("der.parse", b"260521030000Z", b"269921030000Z"),
        ("next_update.order", b"260521030000Z", b"260519030000Z"),
        ("issuer.name", b"issuing", b"issuinG"),
        ("crl_number", &[0x55, 0x1d, 20], &[0x55, 0x1d, 27]),
        ("authority_key_id.issuer", &authority_mark, &[0x30, 0x16, 0x81, 0x14]),
        ("entries.reason", &[10, 1, 4], &[10, 1, 8]),
        ("entries.repeated", &[0x22; 16], &[0x21; 16]),
        ("entries.future", b"260520030000Z\x17\x0d260521030000Z", b"260510030000Z\x17\x0d260511030000Z"),
    ];
    for (rule, from, to) in cases {
        let mut altered = prepare_crl(&order).unwrap();
        altered.tbs = changed(&altered.tbs, from, to);
        let found = rules(&house.linter.lint_crl(&altered));
        assert!(found.contains(rule), "{rule} is not among {found:?}");
    }
    let mut by_other = prepare_crl(&order).unwrap();
    by_other.issuer = house.root.clone();
    let found = rules(&house.linter.lint_crl(&by_other));
    assert!(found.contains(&"issuer.name") && found.contains(&"authority_key_id.issuer"), "{found:?}");
}

/// A request for serial 5 under an issuer, hashes by SHA-1.
fn request_for(issuer: &IssuerCert) -> OcspRequest {
    let mut request = vec![0x30, 0x40, 0x30, 0x3e, 0x30, 0x3c, 0x30, 0x3a, 0x30, 0x38];
    request.extend([0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 4, 0x14]);
    request.extend(&issuer.sha1().name);
    request.extend([4, 0x14]);
    request.extend(&issuer.sha1().key);
    request.extend([2, 1, 5]);
    let lengths = [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10)];
    for (place, after) in lengths {
        request[place] = u8::try_from(request.len() - after).unwrap();
    }
    OcspRequest::parse(&request).unwrap()
}

#[test]
fn octets_changed_in_an_ocsp_answer_are_found() {
    let house = House::build();
    let request = request_for(&house.issuing);
    assert!(request.certificates()[0].is_of(&house.issuing) && !request.certificates()[0].is_of(&house.root));
    let status = CertStatus::Revoked { at: NOON, reason: RevocationReason::Superseded };
    let answers = [OcspAnswer { certificate: request.certificates()[0].clone(), status }];
    let order = OcspOrder {
        responder: &Responder::issuer(&house.issuing),
        answers: &answers,
        produced_at: NOON,
        next_update: NOON + ::time::Duration::hours(24),
        nonce: Some(&[9; 8]),
    };
    assert_eq!(house.linter.lint_ocsp(&prepare_ocsp(&order).unwrap()), []);
    let key_hash = &house.issuing.sha1().key;
    let other_hash: Vec<u8> = key_hash.iter().map(|byte| byte ^ 1).collect();
    let cases: &[Case<'_>] = &[
        ("responder.key", key_hash, &other_hash),
        ("next_update.order", b"20260521030000Z", b"20260519030000Z"),
        ("revoked.future", b"20260520030000Z\xa0", b"20260522030000Z\xa0"),
        ("extension.unknown", b"\x07\x30\x01\x02", b"\x07\x30\x01\x04"),
        ("data.parse", b"20260521030000Z", b"20269921030000Z"),
    ];
    for (rule, from, to) in cases {
        let mut altered = prepare_ocsp(&order).unwrap();
        altered.tbs = changed(&altered.tbs, from, to);
        let found = rules(&house.linter.lint_ocsp(&altered));
        assert!(found.contains(rule), "{rule} is not among {found:?}");
    }
}
