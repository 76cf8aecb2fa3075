//! Stories of the listener that checks a terminal's certificate (RFC 5280, 6).

use domain::clock::Timestamp;
use pki::{AlternativeName, ChainAnchors, ChainFault, KeyKind, SigningKey, Subject, verify_client_chain};
use time::Duration;
use time::macros::date;

use crate::support::{Authority, NOON, terminal_subject};

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
    let mut forged = authority.issue("p256", &terminal_subject(), key().public_key(), &[]).der;
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(verify_client_chain(&forged, &anchors(&authority), NOON, true), Err(ChainFault::BadSignature));
}
