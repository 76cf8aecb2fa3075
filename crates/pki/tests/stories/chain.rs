//! Stories of the listener that checks a terminal's certificate (RFC 5280, 6).

use domain::clock::Timestamp;
use pki::{
    AlternativeName, CertificateOrder, ChainAnchors, ChainFault, EXAMPLE_POLICY_ARC, IssuerCert, KeyKind, Profiles,
    PublicKey, Serial, SigningKey, Subject, prepare, sign, verify_client_chain,
};
use time::Duration;
use time::macros::date;

use crate::support::{Authority, NOON, terminal_subject, urls};

fn anchors(authority: &Authority) -> ChainAnchors {
    ChainAnchors::new(&[authority.root.der()], &[authority.issuing.der()]).unwrap()
}

fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

#[test]
fn a_terminal_is_let_in_from_its_first_to_its_last_second() {
    let authority = Authority::open();
    let anchors = anchors(&authority);
    let leaf = authority.terminal("p256", key().public_key()).der;
    let last = Timestamp::end_of_day(date!(2029 - 08 - 20));
    assert_eq!(verify_client_chain(&leaf, &anchors, NOON, false), Ok(()));
    assert_eq!(verify_client_chain(&leaf, &anchors, last, false), Ok(()));
    let early = verify_client_chain(&leaf, &anchors, NOON - Duration::SECOND, false);
    assert_eq!(early, Err(ChainFault::NotYetValid));
    assert_eq!(verify_client_chain(&leaf, &anchors, last + Duration::SECOND, false), Err(ChainFault::Expired));
    assert_eq!(verify_client_chain(&leaf, &anchors, NOON, true), Err(ChainFault::Revoked));
}

#[test]
fn every_kind_of_authority_key_is_understood() {
    for (root, issuing) in
        [(KeyKind::P384, KeyKind::P384), (KeyKind::Rsa3072, KeyKind::P256), (KeyKind::P256, KeyKind::Rsa3072)]
    {
        let authority = Authority::with_keys(root, issuing);
        let leaf = authority.terminal("p256", key().public_key()).der;
        assert_eq!(verify_client_chain(&leaf, &anchors(&authority), NOON, false), Ok(()), "{root:?} {issuing:?}");
    }
}

#[test]
fn strangers_forgeries_and_other_uses_are_turned_away() {
    let (ours, theirs) = (Authority::open(), Authority::open());
    let anchors = anchors(&ours);
    let verdict = |der: &[u8]| verify_client_chain(der, &anchors, NOON, false);

    // Same names as ours, other keys: the signature is what tells them apart.
    assert_eq!(verdict(&theirs.terminal("p256", key().public_key()).der), Err(ChainFault::BadSignature));
    let other_roots = ChainAnchors::new(&[ours.issuing.der()], &[]).unwrap();
    let root_as_leaf = verify_client_chain(ours.root.der(), &other_roots, NOON, false);
    assert!(matches!(root_as_leaf, Err(ChainFault::UnknownIssuer | ChainFault::WrongUsage)), "{root_as_leaf:?}");
    let without_issuer = ChainAnchors::new(&[ours.root.der()], &[]).unwrap();
    let leaf = ours.terminal("p256", key().public_key()).der;
    assert_eq!(verify_client_chain(&leaf, &without_issuer, NOON, false), Err(ChainFault::UnknownIssuer));

    let mut forged = leaf.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(verdict(&forged), Err(ChainFault::BadSignature));
    assert_eq!(verdict(ours.issuing.der()), Err(ChainFault::WrongUsage));
    let names = [AlternativeName::Dns("closed.example.jp".to_owned())];
    let server = Subject::operator("まどぐち運営機構", "closed.example.jp");
    let server = ours.issue("closed-network-server", &server, key().public_key(), &names);
    assert_eq!(verdict(&server.der), Err(ChainFault::WrongUsage));
    assert_eq!(verdict(b"\x30\x03\x02\x01"), Err(ChainFault::Malformed));
    assert!(ChainAnchors::new(&[b"no root"], &[]).is_err());
}

#[test]
fn a_certificate_revoked_elsewhere_but_forged_is_called_forged() {
    let authority = Authority::open();
    let mut forged = authority.terminal("p256", key().public_key()).der;
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(verify_client_chain(&forged, &anchors(&authority), NOON, true), Err(ChainFault::BadSignature));
}

/// A certificate as nobody here would make it: the profile of terminals with some of its lines changed, and no lint.
fn odd(authority: &Authority, changes: &[(&str, &str)]) -> Vec<u8> {
    let mut text = include_str!("../../profiles/terminal.toml").to_owned();
    for (line, other) in changes {
        assert!(text.contains(line), "{line}");
        text = text.replace(line, other);
    }
    let profiles = Profiles::parse(&text, EXAMPLE_POLICY_ARC).unwrap();
    signed(&profiles, "p256", (&authority.issuing, &authority.issuing_key), &terminal_subject(), key().public_key())
}

fn signed(
    profiles: &Profiles,
    name: &str,
    (issuer, issuer_key): (&IssuerCert, &SigningKey),
    subject: &Subject,
    key: &PublicKey,
) -> Vec<u8> {
    let profile = profiles.get(name).unwrap();
    let order = CertificateOrder {
        profile,
        issuer: Some(issuer),
        serial: &Serial::from_bytes(&[0x42; 16]).unwrap(),
        subject,
        alternative_names: &[],
        public_key: key,
        validity: profile.validity(NOON, Some(issuer)).unwrap(),
        urls: &urls(),
    };
    sign(prepare(&order).unwrap(), issuer_key).unwrap().der
}

#[test]
fn a_certificate_must_be_for_signing_by_clients_and_hold_nothing_critical_that_is_unknown() {
    let authority = Authority::open();
    let anchors = anchors(&authority);
    let usage = r#"key_usage = ["digitalSignature"]"#;
    let unknown = r#"extensions = [{ oid = "1.3.6.1.4.1.32473.9", critical = true, value = "0500" }]"#;
    let critical = format!("{usage}\n{unknown}");
    let harmless = critical.replace("true", "false");
    let cases = [
        (vec![], Ok(())),
        (vec![(usage, r#"key_usage = ["keyEncipherment"]"#)], Err(ChainFault::WrongUsage)),
        (vec![(usage, r#"key_usage = ["nonRepudiation"]"#)], Err(ChainFault::WrongUsage)),
        (vec![(r#"["clientAuth"]"#, "[\"ocspSigning\"]\nocsp_no_check = true")], Err(ChainFault::WrongUsage)),
        (vec![(usage, &*critical)], Err(ChainFault::Invalid)),
        (vec![(usage, &*harmless)], Ok(())),
    ];
    for (changes, expected) in cases {
        let der = odd(&authority, &changes);
        assert_eq!(verify_client_chain(&der, &anchors, NOON, false), expected, "{changes:?}");
    }
}

#[test]
fn an_issuer_without_the_mark_of_an_authority_vouches_for_nobody() {
    let authority = Authority::open();
    let text = r#"
        [fake]
        title = "name and key of the authority, without its mark"
        subject = ["C=JP", "O={operator}", "CN={common_name}"]
        keys = ["p256"]
        months = 39
        key_usage = ["digitalSignature"]
        extended_key_usage = ["clientAuth"]
        policies = ["{arc}.1.1"]
        publish = ["crl"]"#;
    let profiles = Profiles::parse(text, EXAMPLE_POLICY_ARC).unwrap();
    let subject = Subject::operator("まどぐち運営機構", "まどぐち 端末認証局 G1");
    let root = (&authority.root, &authority.root_key);
    let fake = signed(&profiles, "fake", root, &subject, authority.issuing_key.public_key());
    let leaf = authority.terminal("p256", key().public_key()).der;
    let anchors = ChainAnchors::new(&[authority.root.der()], &[&fake]).unwrap();
    let verdict = verify_client_chain(&leaf, &anchors, NOON, false);
    assert!(verdict.is_err(), "the same name and key as the true issuer: {verdict:?}");
}
