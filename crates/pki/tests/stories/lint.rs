//! Stories of the linter, from outside: what it says of prepared bytes of every kind.

use pki::{CrlOrder, KeyKind, Linter, RevocationReason, RevokedEntry, Serial, prepare_crl};
use time::Duration;

use crate::support::{Authority, NOON};

#[test]
fn authorities_of_every_key_kind_pass() {
    // Preparing, linting and signing happens inside; a finding fails there.
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa3072] {
        Authority::with_keys(kind, kind);
    }
}

#[test]
fn a_revocation_that_lies_in_the_future_blocks_the_list() {
    let authority = Authority::open();
    let entry = RevokedEntry {
        serial: Serial::from_bytes(&[3; 16]).unwrap(),
        revoked_at: NOON + Duration::hours(2),
        reason: RevocationReason::KeyCompromise,
    };
    let order = CrlOrder {
        issuer: &authority.issuing,
        number: 1,
        this_update: NOON,
        next_update: NOON + Duration::hours(24),
        revoked: &[entry],
        distribution_point: None,
    };
    let findings = Linter::new().unwrap().lint_crl(&prepare_crl(&order).unwrap());
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["entries.future"]);
    assert!(findings.iter().all(pki::Finding::blocks));
}

#[test]
fn a_list_for_a_week_is_only_noted() {
    let authority = Authority::open();
    let order = CrlOrder {
        issuer: &authority.issuing,
        number: 1,
        this_update: NOON,
        next_update: NOON + Duration::days(7),
        revoked: &[],
        distribution_point: None,
    };
    let findings = authority.linter.lint_crl(&prepare_crl(&order).unwrap());
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["next_update.span"]);
    assert!(!findings.iter().any(pki::Finding::blocks));
}
