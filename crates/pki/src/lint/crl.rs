//! Rules on revocation lists (RFC 5280, 5).

use const_oid::AssociatedOid;
use const_oid::db::rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT;
use der::{Decode, Encode};
use x509_cert::Version;
use x509_cert::certificate::Raw;
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};

use super::Report;
use super::certificate::lint_time;
use crate::crl::PreparedCrl;
use crate::instant;
use crate::issuer::IssuerCert;

/// The longest a list may be relied upon here: 24 hours and an hour of grace (spec 04.5).
const LONGEST_HOURS: i64 = 25;

/// Reads the sample and applies every rule.
pub(super) fn lint(sample: &[u8], prepared: &PreparedCrl, report: &mut Report) {
    let issuer = &prepared.issuer;
    let list = match CertificateList::<Raw>::from_der(sample) {
        Ok(list) => list,
        Err(error) => return report.error("der.parse", format!("it cannot be read: {error}")),
    };
    report.require(list.to_der().is_ok_and(|der| der == sample), "der.canonical", "it is not canonical DER");
    let tbs = &list.tbs_cert_list;
    report.require(tbs.version == Version::V2, "version", "it is not version 2");
    report.require(
        tbs.signature == list.signature_algorithm,
        "algorithm.inner_outer",
        "the two signature algorithms differ",
    );
    let algorithm = issuer.public_key().algorithm().signature().identifier();
    report.require(
        tbs.signature == algorithm,
        "algorithm.issuer",
        "the signature algorithm does not fit the issuer's key",
    );
    let same = tbs.issuer.to_der().is_ok_and(|der| der == issuer.name_der());
    report.require(same, "issuer.name", "the issuer's name is not the subject of the issuer's certificate");
    report.require(issuer.signs_crls(), "issuer.usage", "the issuer may not sign revocation lists");
    lint_times(&list, report);
    lint_extensions(&list, issuer, report);
    lint_scope(&list, prepared, report);
    lint_entries(&list, report);
}

fn lint_times(list: &CertificateList<Raw>, report: &mut Report) {
    let tbs = &list.tbs_cert_list;
    lint_time(tbs.this_update, report);
    let Some(next) = tbs.next_update else { return report.error("next_update.missing", "there is no next update") };
    lint_time(next, report);
    let span = instant::from_x509(next) - instant::from_x509(tbs.this_update);
    report.require(span.is_positive(), "next_update.order", "the next update does not lie after this one");
    if span > time::Duration::hours(LONGEST_HOURS) {
        report.notice("next_update.span", "the list may be relied upon for more than a day");
    }
}

fn lint_extensions(list: &CertificateList<Raw>, issuer: &IssuerCert, report: &mut Report) {
    let extensions = list.tbs_cert_list.crl_extensions.as_deref().unwrap_or_default();
    let find = |oid| extensions.iter().filter(move |one| one.extn_id == oid);
    let number = find(CrlNumber::OID).map(|one| CrlNumber::from_der(one.extn_value.as_bytes()));
    report.require(number.filter(Result::is_ok).count() == 1, "crl_number", "there is not exactly one CRL number");
    let fits = find(AuthorityKeyIdentifier::OID)
        .filter_map(|one| AuthorityKeyIdentifier::from_der(one.extn_value.as_bytes()).ok())
        .filter(|found| found.key_identifier.as_ref().is_some_and(|id| id.as_bytes() == issuer.key_id()));
    report.require(fits.count() == 1, "authority_key_id.issuer", "the authority key identifier is not the issuer's");
    let known = [AuthorityKeyIdentifier::OID, CrlNumber::OID, ID_CE_ISSUING_DISTRIBUTION_POINT];
    let unknown = extensions.iter().any(|one| !known.contains(&one.extn_id));
    report.require(!unknown, "extension.unknown", "there are other extensions than a list has");
    let sound = extensions.iter().all(|one| one.critical == (one.extn_id == ID_CE_ISSUING_DISTRIBUTION_POINT));
    report.require(sound, "extension.criticality", "an extension is critical, or the distribution point is not");
}

/// The list of a shard says so, and the full list does not (5.2.5).
fn lint_scope(list: &CertificateList<Raw>, prepared: &PreparedCrl, report: &mut Report) {
    let extensions = list.tbs_cert_list.crl_extensions.as_deref().unwrap_or_default();
    let points = extensions.iter().filter(|one| one.extn_id == ID_CE_ISSUING_DISTRIBUTION_POINT);
    let found: Vec<&[u8]> = points.map(|one| one.extn_value.as_bytes()).collect();
    let expected: Vec<&[u8]> = prepared.distribution_point.as_deref().into_iter().collect();
    report.require(found == expected, "distribution_point", "the distribution point is not that of the order");
}

fn lint_entries(list: &CertificateList<Raw>, report: &mut Report) {
    let Some(entries) = &list.tbs_cert_list.revoked_certificates else { return };
    report.require(!entries.is_empty(), "entries.empty", "an empty list of entries must be absent");
    let mut serials: Vec<&[u8]> = entries.iter().map(|entry| entry.serial_number.as_bytes()).collect();
    serials.sort_unstable();
    let repeated = serials.iter().zip(serials.iter().skip(1)).any(|(one, next)| one == next);
    report.require(!repeated, "entries.repeated", "a serial stands twice");
    let this_update = instant::from_x509(list.tbs_cert_list.this_update);
    for entry in entries {
        lint_time(entry.revocation_date, report);
        let past = instant::from_x509(entry.revocation_date) <= this_update;
        report.require(past, "entries.future", "a revocation lies in the future");
        report.require(reason_is_sound(entry), "entries.reason", "an entry has an unsound reason or another extension");
    }
}

/// No extension, or a reason that is neither unspecified nor removeFromCRL (5.3.1).
fn reason_is_sound(entry: &RevokedCert<Raw>) -> bool {
    match entry.crl_entry_extensions.as_deref() {
        None => true,
        Some([one]) if one.extn_id == CrlReason::OID && !one.critical => CrlReason::from_der(one.extn_value.as_bytes())
            .is_ok_and(|reason| !matches!(reason, CrlReason::Unspecified | CrlReason::RemoveFromCRL)),
        Some(_) => false,
    }
}
