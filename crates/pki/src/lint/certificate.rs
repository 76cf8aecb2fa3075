//! Rules on a certificate as a whole: frame, serial, validity, key (RFC 5280, 4.1).

use der::{Decode, Encode};
use x509_cert::certificate::Version;
use x509_cert::certificate::{CertificateInner, Raw, TbsCertificateInner};
use x509_cert::time::Time;

use super::{Report, extensions, subject};
use crate::certificate::PreparedCertificate;
use crate::instant;
use crate::issuer::IssuerCert;
use crate::keys::PublicKey;
use crate::profile::Profile;

/// The least octets of a serial that was drawn from 128 random bits; shorter ones have odds of one in 2^64.
const SHORTEST_SERIAL: usize = 8;
/// The most octets of a serial (4.1.2.2).
const LONGEST_SERIAL: usize = 20;
const LAST_UTC_YEAR: u16 = 2049;

/// What the rules compare a certificate with.
pub(super) struct Expected<'a> {
    pub(super) profile: &'a Profile,
    pub(super) issuer: Option<&'a IssuerCert>,
    pub(super) key: PublicKey,
}

/// What a certificate is judged by.
pub(super) struct Standard<'a> {
    profile: &'a Profile,
    /// None for a certificate that is signed with its own key.
    issuer: Option<&'a IssuerCert>,
    /// The key that signs it.
    signer: &'a PublicKey,
    /// The key that was ordered; none for a finished certificate, whose own key has to stand the checks.
    ordered: Option<&'a PublicKey>,
}

impl<'a> Standard<'a> {
    /// The facts of an order.
    pub(super) fn of(prepared: &'a PreparedCertificate) -> Self {
        Self {
            profile: &prepared.profile,
            issuer: prepared.issuer.as_ref(),
            signer: prepared.tbs.signer(),
            ordered: Some(&prepared.public_key),
        }
    }

    /// The profile of today and the issuer's certificate at hand.
    pub(super) fn of_issued(profile: &'a Profile, issuer: &'a IssuerCert) -> Self {
        let above = (!profile.self_signed).then_some(issuer);
        Self { profile, issuer: above, signer: issuer.public_key(), ordered: None }
    }
}

/// Reads the sample and applies every rule.
pub(super) fn lint(sample: &[u8], standard: &Standard<'_>, report: &mut Report) {
    let certificate = match CertificateInner::<Raw>::from_der(sample) {
        Ok(certificate) => certificate,
        Err(error) => return report.error("der.parse", format!("it cannot be read: {error}")),
    };
    report.require(certificate.to_der().is_ok_and(|der| der == sample), "der.canonical", "it is not canonical DER");
    let tbs = certificate.tbs_certificate();
    let algorithm = standard.signer.algorithm().signature().identifier();
    report.require(
        tbs.signature() == certificate.signature_algorithm(),
        "algorithm.inner_outer",
        "the two signature algorithms differ",
    );
    report.require(
        *tbs.signature() == algorithm,
        "algorithm.issuer",
        "the signature algorithm does not fit the issuer's key",
    );
    report.require(tbs.version() == Version::V3, "version", "it is not version 3");
    let no_unique_ids = tbs.issuer_unique_id().is_none() && tbs.subject_unique_id().is_none();
    report.require(no_unique_ids, "unique_id", "it has a unique identifier");
    lint_serial(tbs, report);
    lint_validity(tbs, standard, report);
    subject::lint(tbs.subject(), report);
    lint_issuer(tbs, standard.issuer, report);
    if let Some(key) = lint_key(tbs, standard, report) {
        extensions::lint(tbs, &Expected { profile: standard.profile, issuer: standard.issuer, key }, report);
    }
}

fn lint_serial(tbs: &TbsCertificateInner<Raw>, report: &mut Report) {
    let serial = tbs.serial_number().as_bytes();
    let negative = serial.first().is_none_or(|first| first & 0x80 != 0);
    report.require(!negative && serial.iter().any(|byte| *byte != 0), "serial.positive", "the serial is not positive");
    report.require(serial.len() <= LONGEST_SERIAL, "serial.length", "the serial is longer than 20 octets");
    report.require(serial.len() >= SHORTEST_SERIAL, "serial.entropy", "the serial is too short to be random");
}

fn lint_validity(tbs: &TbsCertificateInner<Raw>, standard: &Standard<'_>, report: &mut Report) {
    let (begin, end) = (tbs.validity().not_before, tbs.validity().not_after);
    for time in [begin, end] {
        lint_time(time, report);
    }
    let (begin, end) = (instant::from_x509(begin), instant::from_x509(end));
    report.require(begin < end, "validity.order", "it ends before it begins");
    let in_term = standard.profile.latest_end(begin).is_some_and(|latest| end < latest);
    report.require(in_term, "validity.term", "it lasts longer than the profile's term");
    if let Some(bounds) = standard.issuer.map(IssuerCert::validity) {
        let inside = bounds.not_before <= begin && end <= bounds.not_after;
        report.require(inside, "validity.issuer", "it is not within the issuer's validity");
    }
}

/// UTCTime through 2049, GeneralizedTime from 2050 on (4.1.2.5).
pub(super) fn lint_time(time: Time, report: &mut Report) {
    let utc = matches!(time, Time::UtcTime(_));
    let by_rule = time.to_date_time().year() <= LAST_UTC_YEAR;
    report.require(utc == by_rule, "time.encoding", "a time has the wrong encoding for its year");
}

fn lint_issuer(tbs: &TbsCertificateInner<Raw>, issuer: Option<&IssuerCert>, report: &mut Report) {
    report.require(!tbs.issuer().is_empty(), "issuer.empty", "the issuer's name is empty");
    let Some(issuer) = issuer else {
        report.require(tbs.issuer() == tbs.subject(), "issuer.self", "self-signed, but issuer and subject differ");
        return;
    };
    let same = tbs.issuer().to_der().is_ok_and(|der| der == issuer.name_der());
    report.require(same, "issuer.name", "the issuer's name is not the subject of the issuer's certificate");
    report.require(tbs.issuer() != tbs.subject(), "issuer.loop", "the subject bears the issuer's name");
}

fn lint_key(tbs: &TbsCertificateInner<Raw>, standard: &Standard<'_>, report: &mut Report) -> Option<PublicKey> {
    let der = match tbs.subject_public_key_info().to_der() {
        Ok(der) => der,
        Err(error) => {
            report.error("key.encoding", format!("the key cannot be read: {error}"));
            return None;
        }
    };
    // The key of the order passed the checks on strength already; any other one has to.
    let key = match standard.ordered.filter(|ordered| der == ordered.spki_der()) {
        Some(ordered) => ordered.clone(),
        None => {
            report.require(standard.ordered.is_none(), "key.order", "it is not the key of the order");
            match PublicKey::from_spki_der(&der) {
                Ok(key) => key,
                Err(fault) => {
                    report.error("key.strength", fault.to_string());
                    return None;
                }
            }
        }
    };
    report.require(standard.profile.accepts(key.algorithm()), "key.profile", "the profile does not take such a key");
    let signers = &key == standard.signer;
    report.require(signers == standard.issuer.is_none(), "key.issuer", "the key and the issuer's key do not fit");
    Some(key)
}
