//! Lint before every signature: read a copy, with a signature that is worth nothing, as a stranger would (spec 04.4).
//!
//! The rules are those of RFC 5280 and RFC 6960 that matter for what is issued here, and that it fits issuer and
//! profile. They look only at the bytes, never at the structures the bytes were built from.

mod certificate;
mod crl;
mod extensions;
mod ocsp;
mod subject;

use std::fmt;
use std::sync::OnceLock;

use self::certificate::Standard;
use crate::certificate::PreparedCertificate;
use crate::crl::PreparedCrl;
use crate::error::Error;
use crate::issued::Issued;
use crate::issuer::IssuerCert;
use crate::keys::{KeyAlgorithm, KeyKind, SigningKey};
use crate::ocsp::PreparedOcsp;
use crate::profile::Profile;
use crate::signed::ToBeSigned;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; does not stop a signature.
    Notice,
    /// A rule is broken: do not sign.
    Error,
}

/// A rule that the linted bytes do not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Short stable name of the rule, such as `serial.entropy`.
    pub rule: &'static str,
    /// What was found.
    pub message: String,
}

impl Finding {
    /// Whether it forbids signing.
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.message)
    }
}

/// Holds one worthless signature of each kind, made with a throw-away key, so that linting costs no signature.
#[derive(Debug)]
pub struct Linter {
    p256: Vec<u8>,
    p384: OnceLock<Vec<u8>>,
    rsa: OnceLock<Vec<u8>>,
}

impl Linter {
    /// Makes the worthless signature of the usual kind; the others are made when first needed.
    ///
    /// # Errors
    /// [`Error::Crypto`] when no key can be made.
    pub fn new() -> Result<Self, Error> {
        Ok(Self { p256: worthless(KeyKind::P256)?, p384: OnceLock::new(), rsa: OnceLock::new() })
    }

    /// Lints a prepared certificate; empty when nothing was found.
    pub fn lint(&self, prepared: &PreparedCertificate) -> Vec<Finding> {
        self.run(&prepared.tbs, |sample, report| certificate::lint(sample, &Standard::of(prepared), report))
    }

    /// Lints a finished certificate by the profile of today; empty when nothing was found. Its signature is not judged.
    pub fn lint_issued(&self, issued: &Issued, profile: &Profile, issuer: &IssuerCert) -> Vec<Finding> {
        let mut report = Report::default();
        certificate::lint(&issued.der, &Standard::of_issued(profile, issuer), &mut report);
        report.0
    }

    /// Lints a prepared revocation list; empty when nothing was found.
    pub fn lint_crl(&self, prepared: &PreparedCrl) -> Vec<Finding> {
        self.run(&prepared.tbs, |sample, report| crl::lint(sample, prepared, report))
    }

    /// Lints a prepared OCSP answer; empty when nothing was found.
    pub fn lint_ocsp(&self, prepared: &PreparedOcsp) -> Vec<Finding> {
        self.run(&prepared.tbs, |sample, report| ocsp::lint(sample, prepared, report))
    }

    fn run(&self, tbs: &ToBeSigned, rules: impl FnOnce(&[u8], &mut Report)) -> Vec<Finding> {
        let mut report = Report::default();
        match self.signature(tbs.signer().algorithm()).and_then(|worthless| tbs.sample(worthless)) {
            Ok(sample) => rules(&sample, &mut report),
            Err(error) => report.error("lint.sample", format!("no copy could be made: {error}")),
        }
        report.0
    }

    fn signature(&self, algorithm: KeyAlgorithm) -> Result<&[u8], Error> {
        match algorithm {
            KeyAlgorithm::P256 => Ok(&self.p256),
            KeyAlgorithm::P384 => lazily(&self.p384, KeyKind::P384),
            KeyAlgorithm::Rsa { .. } => lazily(&self.rsa, KeyKind::Rsa2048),
        }
    }
}

fn lazily(slot: &OnceLock<Vec<u8>>, kind: KeyKind) -> Result<&[u8], Error> {
    if let Some(signature) = slot.get() {
        return Ok(signature);
    }
    let signature = worthless(kind)?;
    Ok(slot.get_or_init(|| signature))
}

/// A signature by a key that is thrown away at once, over nothing.
fn worthless(kind: KeyKind) -> Result<Vec<u8>, Error> {
    SigningKey::generate(kind)?.sign(b"")
}

/// Collects findings.
#[derive(Debug, Default)]
struct Report(Vec<Finding>);

impl Report {
    fn error(&mut self, rule: &'static str, message: impl Into<String>) {
        self.0.push(Finding { severity: Severity::Error, rule, message: message.into() });
    }

    fn notice(&mut self, rule: &'static str, message: impl Into<String>) {
        self.0.push(Finding { severity: Severity::Notice, rule, message: message.into() });
    }

    /// An error unless the condition holds.
    fn require(&mut self, holds: bool, rule: &'static str, message: &str) {
        if !holds {
            self.error(rule, message);
        }
    }
}

#[cfg(test)]
mod tests;
