//! Building OCSP answers.

use const_oid::db::rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE};
use der::asn1::{Null, OctetString};
use der::{Decode, Encode};
use domain::clock::Timestamp;
use x509_cert::Certificate;
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

use super::CertId;
use super::asn1::{
    ResponderId, Response, ResponseBytes, ResponseData, ResponseStatus, RevokedInfo, SingleResponse, Status,
};
use crate::crl::RevocationReason;
use crate::digest;
use crate::error::Error;
use crate::instant;
use crate::issuer::IssuerCert;
use crate::keys::{PublicKey, SigningKey};
use crate::signed::ToBeSigned;

/// Why there is no answer; sent unsigned (RFC 6960, 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OcspError {
    /// The request was not understood.
    #[error("malformed OCSP request")]
    MalformedRequest,
    /// Something failed here.
    #[error("internal error of the OCSP responder")]
    InternalError,
    /// For the time being there is no answer.
    #[error("the OCSP responder asks to try later")]
    TryLater,
    /// Not the responder for this issuer.
    #[error("the OCSP responder is not responsible for this certificate")]
    Unauthorized,
}

impl OcspError {
    /// The response to send, in DER.
    pub fn to_der(self) -> Vec<u8> {
        let status = match self {
            Self::MalformedRequest => ResponseStatus::MalformedRequest,
            Self::InternalError => ResponseStatus::InternalError,
            Self::TryLater => ResponseStatus::TryLater,
            Self::Unauthorized => ResponseStatus::Unauthorized,
        };
        Response { status, bytes: None }.to_der().unwrap_or_default()
    }
}

/// What is known of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStatus {
    /// Issued and not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// When.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// Never issued here.
    Unknown,
}

/// Who signs answers about an issuer's certificates.
#[derive(Clone, Debug)]
pub struct Responder {
    key: PublicKey,
    certificate: Option<Vec<u8>>,
}

impl Responder {
    /// The issuer itself.
    pub fn issuer(issuer: &IssuerCert) -> Self {
        Self { key: issuer.public_key().clone(), certificate: None }
    }

    /// A responder to which the issuer gave a certificate of its own (profile `ocsp`); it goes into each answer.
    ///
    /// # Errors
    /// [`Error::IssuerNotAllowed`] when the certificate is not the issuer's or not for signing OCSP answers.
    pub fn delegated(issuer: &IssuerCert, certificate_der: &[u8]) -> Result<Self, Error> {
        let certificate = Certificate::from_der(certificate_der)?;
        let tbs = certificate.tbs_certificate();
        if tbs.issuer() != issuer.name() {
            return Err(Error::IssuerNotAllowed("the responder's certificate was issued by somebody else"));
        }
        let usage = tbs.get_extension::<ExtendedKeyUsage>()?;
        if !usage.is_some_and(|(_, usage)| usage.0.contains(&const_oid::db::rfc5280::ID_KP_OCSP_SIGNING)) {
            return Err(Error::IssuerNotAllowed("the responder's certificate is not for OCSP"));
        }
        let key = PublicKey::from_spki_der(&tbs.subject_public_key_info().to_der()?)?;
        Ok(Self { key, certificate: Some(certificate_der.to_vec()) })
    }
}

/// One certificate's line in an answer.
#[derive(Clone, Debug)]
pub struct OcspAnswer {
    /// As the request named it.
    pub certificate: CertId,
    /// What is known of it.
    pub status: CertStatus,
}

/// Everything an answer is made from.
#[derive(Clone, Copy, Debug)]
pub struct OcspOrder<'a> {
    /// Who signs.
    pub responder: &'a Responder,
    /// At least one line.
    pub answers: &'a [OcspAnswer],
    /// When it is made, and from when what it says is known to be right.
    pub produced_at: Timestamp,
    /// Until when it may be relied upon.
    pub next_update: Timestamp,
    /// The nonce to echo, if any.
    pub nonce: Option<&'a [u8]>,
}

/// An answer that awaits its one signature; see [`crate::PreparedCertificate`] for the discipline.
#[derive(Debug)]
pub struct PreparedOcsp {
    pub(crate) tbs: ToBeSigned,
}

impl PreparedOcsp {
    /// The bytes to be signed, to be stored first where answers are recorded.
    pub fn tbs_der(&self) -> &[u8] {
        self.tbs.body()
    }

    /// Signs once, verifies the signature, and gives the whole OCSPResponse in DER.
    ///
    /// # Errors
    /// As for [`crate::sign`].
    pub fn sign(self, key: &SigningKey) -> Result<Vec<u8>, Error> {
        let basic = self.tbs.sign(key)?;
        let bytes = ResponseBytes { kind: ID_PKIX_OCSP_BASIC, response: OctetString::new(basic)? };
        Ok(Response { status: ResponseStatus::Successful, bytes: Some(bytes) }.to_der()?)
    }
}

/// Builds the bytes of an answer.
///
/// # Errors
/// [`Error::Validity`] for times out of order or an answer without lines.
pub fn prepare_ocsp(order: &OcspOrder<'_>) -> Result<PreparedOcsp, Error> {
    if order.produced_at >= order.next_update {
        return Err(Error::Validity("the next update does not lie after this one"));
    }
    if order.answers.is_empty() {
        return Err(Error::Validity("there is nothing to answer"));
    }
    let data = ResponseData {
        responder: ResponderId::Key(OctetString::new(digest::sha1(order.responder.key.bits()))?),
        produced_at: instant::to_generalized(order.produced_at)?,
        responses: order.answers.iter().map(|answer| line(order, answer)).collect::<Result<_, _>>()?,
        extensions: order.nonce.map(echo).transpose()?.map(|extension| vec![extension]),
    };
    let tbs = ToBeSigned::new(data.to_der()?, order.responder.key.clone());
    Ok(PreparedOcsp {
        tbs: match &order.responder.certificate {
            Some(der) => tbs.with_certificate(der.clone()),
            None => tbs,
        },
    })
}

fn line(order: &OcspOrder<'_>, answer: &OcspAnswer) -> Result<SingleResponse, Error> {
    let status = match answer.status {
        CertStatus::Good => Status::Good(Null),
        CertStatus::Unknown => Status::Unknown(Null),
        CertStatus::Revoked { at, reason } => {
            Status::Revoked(RevokedInfo { revoked_at: instant::to_generalized(at)?, reason: reason.code() })
        }
    };
    Ok(SingleResponse {
        certificate: answer.certificate.0.clone(),
        status,
        this_update: instant::to_generalized(order.produced_at)?,
        next_update: Some(instant::to_generalized(order.next_update)?),
        extensions: None,
    })
}

fn echo(nonce: &[u8]) -> Result<Extension, Error> {
    Ok((ID_PKIX_OCSP_NONCE, false, &OctetString::new(nonce)?).to_extension(&Name::default(), &[])?)
}
