//! Lint before every signature: read a copy, signed with a throw-away key, as a stranger would (spec 04.4).
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

use crate::certificate::PreparedCertificate;
use crate::crl::PreparedCrl;
use crate::error::Error;
use crate::keys::{KeyAlgorithm, KeyKind, SigningKey};
use crate::ocsp::PreparedOcsp;
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

/// Holds one throw-away key of each kind, so that linting costs one signature and no key generation.
#[derive(Debug)]
pub struct Linter {
    p256: SigningKey,
    p384: OnceLock<SigningKey>,
    rsa: OnceLock<SigningKey>,
}

impl Linter {
    /// Makes the throw-away key of the usual kind; the others are made when first needed.
    ///
    /// # Errors
    /// [`Error::Crypto`] when no key can be made.
    pub fn new() -> Result<Self, Error> {
        Ok(Self { p256: SigningKey::generate(KeyKind::P256)?, p384: OnceLock::new(), rsa: OnceLock::new() })
    }

    /// Lints a prepared certificate; empty when nothing was found.
    pub fn lint(&self, prepared: &PreparedCertificate) -> Vec<Finding> {
        self.run(&prepared.tbs, |sample, report| certificate::lint(sample, prepared, report))
    }

    /// Lints a prepared revocation list; empty when nothing was found.
    pub fn lint_crl(&self, prepared: &PreparedCrl) -> Vec<Finding> {
        self.run(&prepared.tbs, |sample, report| crl::lint(sample, &prepared.issuer, report))
    }

    /// Lints a prepared OCSP answer; empty when nothing was found.
    pub fn lint_ocsp(&self, prepared: &PreparedOcsp) -> Vec<Finding> {
        self.run(&prepared.tbs, |sample, report| ocsp::lint(sample, prepared, report))
    }

    fn run(&self, tbs: &ToBeSigned, rules: impl FnOnce(&[u8], &mut Report)) -> Vec<Finding> {
        let mut report = Report::default();
        match self.throwaway(tbs.signer().algorithm()).and_then(|key| tbs.sample(key)) {
            Ok(sample) => rules(&sample, &mut report),
            Err(error) => report.error("lint.sample", format!("no copy could be signed: {error}")),
        }
        report.0
    }

    fn throwaway(&self, algorithm: KeyAlgorithm) -> Result<&SigningKey, Error> {
        match algorithm {
            KeyAlgorithm::P256 => Ok(&self.p256),
            KeyAlgorithm::P384 => lazily(&self.p384, KeyKind::P384),
            KeyAlgorithm::Rsa { .. } => lazily(&self.rsa, KeyKind::Rsa2048),
        }
    }
}

fn lazily(slot: &OnceLock<SigningKey>, kind: KeyKind) -> Result<&SigningKey, Error> {
    if let Some(key) = slot.get() {
        return Ok(key);
    }
    let key = SigningKey::generate(kind)?;
    Ok(slot.get_or_init(|| key))
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
