//! Reading certificates, for registers, pages and checks.

use der::{Decode, Encode};
use domain::clock::Timestamp;
use x509_cert::Certificate as X509;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::Name;

use crate::certificate::Validity;
use crate::digest;
use crate::error::Error;
use crate::instant;
use crate::keys::{KeyAlgorithm, PublicKey};
use crate::names::AttributeKind;
use crate::serial::Serial;

/// The parts of a subject that this house writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectInfo {
    /// `C`.
    pub country: Option<String>,
    /// `O`: the institution's name.
    pub organization: Option<String>,
    /// `OU`: the institution's ten-digit code.
    pub organizational_unit: Option<String>,
    /// `CN`: the terminal's name.
    pub common_name: Option<String>,
    /// `serialNumber`: the reference of the application.
    pub serial_number: Option<String>,
}

/// What there is to know about a certificate. Nothing is verified by reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Its serial.
    pub serial: Serial,
    /// The parts of its subject.
    pub subject: SubjectInfo,
    /// The whole subject as text, most specific part first (RFC 4514).
    pub subject_text: String,
    /// The whole issuer as text, most specific part first (RFC 4514).
    pub issuer_text: String,
    /// When it is valid.
    pub validity: Validity,
    /// Kind of its key.
    pub key_algorithm: KeyAlgorithm,
    /// SHA-256 of its SubjectPublicKeyInfo, 64 hexadecimal digits.
    pub key_hash: String,
    /// SHA-256 of the whole certificate, 64 hexadecimal digits.
    pub fingerprint: String,
}

impl CertificateInfo {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`Error::Encoding`], [`Error::Serial`] or [`Error::Key`] for what this house could not have issued.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        let certificate = X509::from_der(der)?;
        let tbs = certificate.tbs_certificate();
        let key = PublicKey::from_spki_der(&tbs.subject_public_key_info().to_der()?)?;
        Ok(Self {
            serial: Serial::from_x509(tbs.serial_number())?,
            subject: SubjectInfo::read(tbs.subject()),
            subject_text: tbs.subject().to_string(),
            issuer_text: tbs.issuer().to_string(),
            validity: Validity {
                not_before: instant::from_x509(tbs.validity().not_before),
                not_after: instant::from_x509(tbs.validity().not_after),
            },
            key_algorithm: key.algorithm(),
            key_hash: key.key_hash(),
            fingerprint: digest::sha256_hex(der),
        })
    }

    /// Whether it is valid at an instant, as far as its dates go.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.validity.not_before <= now && now.as_seconds() <= self.validity.not_after.as_seconds()
    }
}

impl SubjectInfo {
    fn read(name: &Name) -> Self {
        let text = |kind: AttributeKind| {
            name.by_oid::<DirectoryString>(kind.oid()).ok().flatten().map(|value| value.value().into_owned())
        };
        Self {
            country: text(AttributeKind::Country),
            organization: text(AttributeKind::Organization),
            organizational_unit: text(AttributeKind::OrganizationalUnit),
            common_name: text(AttributeKind::CommonName),
            serial_number: text(AttributeKind::SerialNumber),
        }
    }
}
