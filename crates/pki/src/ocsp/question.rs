//! The other side of OCSP: asking about one certificate, and believing only an answer that is proved (RFC 6960, 3.2).

use const_oid::db::rfc5280::ID_KP_OCSP_SIGNING;
use const_oid::db::rfc5912::ID_SHA_1;
use const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
use der::asn1::{Any, Int, OctetString};
use der::{Decode, Encode};
use domain::clock::Timestamp;
use spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};
use time::Duration;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{CrlReason, ExtendedKeyUsage};

use super::asn1::{
    BasicResponse, CertIdentifier, Request, Response, ResponseData, SingleRequest, SingleResponse, Status, TbsRequest,
};
use super::{CertStatus, asn1::ResponseStatus};
use crate::crl::RevocationReason;
use crate::error::Error;
use crate::instant;
use crate::issuer::IssuerCert;
use crate::keys::{PublicKey, SignatureAlgorithm};
use crate::serial::Serial;

/// How far the clocks of the two sides may differ.
const SKEW: Duration = Duration::minutes(5);

/// A question about one certificate.
#[derive(Clone, Debug)]
pub struct OcspQuestion {
    certificate: CertIdentifier,
    issuer: IssuerCert,
}

impl OcspQuestion {
    /// Asks about a certificate of an issuer.
    ///
    /// # Errors
    /// [`Error::Encoding`] when the certificate cannot be read, [`Error::IssuerNotAllowed`] when another issued it.
    pub fn about(certificate_der: &[u8], issuer: &IssuerCert) -> Result<Self, Error> {
        let certificate = Certificate::from_der(certificate_der)?;
        let tbs = certificate.tbs_certificate();
        if tbs.issuer() != issuer.name() {
            return Err(Error::IssuerNotAllowed("the certificate was issued by somebody else"));
        }
        Self::with_serial(tbs.serial_number().as_bytes(), issuer)
    }

    /// Asks about whatever an issuer signed with a serial.
    ///
    /// # Errors
    /// [`Error::Encoding`] when the encoder fails.
    pub fn about_serial(serial: &Serial, issuer: &IssuerCert) -> Result<Self, Error> {
        // An INTEGER whose first bit is set would be a negative one.
        let sign: &[u8] = if serial.as_bytes().first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
        Self::with_serial(&[sign, serial.as_bytes()].concat(), issuer)
    }

    fn with_serial(serial: &[u8], issuer: &IssuerCert) -> Result<Self, Error> {
        let hashes = issuer.sha1();
        let certificate = CertIdentifier {
            hash: AlgorithmIdentifierOwned { oid: ID_SHA_1, parameters: Some(Any::null()) },
            issuer_name_hash: OctetString::new(hashes.name.clone())?,
            issuer_key_hash: OctetString::new(hashes.key.clone())?,
            serial: Int::new(serial)?,
        };
        Ok(Self { certificate, issuer: issuer.clone() })
    }

    /// The request to send, in DER.
    ///
    /// # Errors
    /// [`Error::Encoding`] never, unless the encoder fails.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let single = SingleRequest { certificate: self.certificate.clone(), extensions: None };
        let tbs = TbsRequest { version: 0, requestor: None, requests: vec![single], extensions: None };
        Ok(Request { tbs, signature: None }.to_der()?)
    }

    /// What an answer says, once it is proved to be the issuer's, about this certificate, and of now.
    ///
    /// # Errors
    /// [`Error::Encoding`] when it is no answer, [`Error::BadSignature`] when nobody entitled signed it,
    /// [`Error::Validity`] when it says nothing of this certificate or is not of now.
    pub fn read(&self, answer: &[u8], now: Timestamp) -> Result<CertStatus, Error> {
        let response = Response::from_der(answer)?;
        let bytes = response.bytes.filter(|_| response.status == ResponseStatus::Successful);
        let Some(bytes) = bytes.filter(|bytes| bytes.kind == ID_PKIX_OCSP_BASIC) else {
            return Err(Error::Encoding("the responder gives no answer".to_owned()));
        };
        let basic = BasicResponse::from_der(bytes.response.as_bytes())?;
        let data = basic.data.to_der()?;
        self.check_signature(&basic, &data, now)?;
        let data = ResponseData::from_der(&data)?;
        let line = data.responses.iter().find(|line| self.is_about(line));
        let line = line.ok_or(Error::Validity("the answer says nothing of this certificate"))?;
        let current = instant::from_generalized(line.this_update) <= now + SKEW
            && line.next_update.is_none_or(|next| now - SKEW <= instant::from_generalized(next));
        if !current {
            return Err(Error::Validity("the answer is not of now"));
        }
        Ok(status(&line.status))
    }

    fn is_about(&self, line: &SingleResponse) -> bool {
        let (asked, said) = (&self.certificate, &line.certificate);
        asked.serial == said.serial
            && asked.hash.oid == said.hash.oid
            && asked.issuer_name_hash == said.issuer_name_hash
            && asked.issuer_key_hash == said.issuer_key_hash
    }

    fn check_signature(&self, basic: &BasicResponse, data: &[u8], now: Timestamp) -> Result<(), Error> {
        let signature = basic.signature.as_bytes().ok_or(Error::BadSignature)?;
        let algorithm = basic.algorithm.to_der()?;
        let by = |key: &PublicKey| is_signed(key, &algorithm, data, signature);
        if by(self.issuer.public_key()) {
            return Ok(());
        }
        let delegates = basic.certificates.iter().flatten().filter_map(|any| any.to_der().ok());
        let proved = delegates.filter_map(|der| self.delegate(&der, now)).any(|key| by(&key));
        if proved { Ok(()) } else { Err(Error::BadSignature) }
    }

    /// The key of a responder to which the issuer gave a certificate for it (RFC 6960, 4.2.2.2).
    fn delegate(&self, der: &[u8], now: Timestamp) -> Option<PublicKey> {
        let certificate = Certificate::from_der(der).ok()?;
        let tbs = certificate.tbs_certificate();
        let usage = tbs.get_extension::<ExtendedKeyUsage>().ok().flatten()?.1;
        let validity = tbs.validity();
        let current = instant::from_x509(validity.not_before) <= now + SKEW
            && now - SKEW <= instant::from_x509(validity.not_after);
        let algorithm = certificate.signature_algorithm().to_der().ok()?;
        let signature = certificate.signature().as_bytes()?;
        let issued = is_signed(self.issuer.public_key(), &algorithm, &tbs.to_der().ok()?, signature);
        let entitled = issued && current && tbs.issuer() == self.issuer.name() && usage.0.contains(&ID_KP_OCSP_SIGNING);
        let key = PublicKey::from_spki_der(&tbs.subject_public_key_info().to_der().ok()?).ok()?;
        entitled.then_some(key)
    }
}

fn is_signed(key: &PublicKey, algorithm: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let algorithm = AlgorithmIdentifierRef::from_der(algorithm).ok();
    let algorithm = algorithm.and_then(|identifier| SignatureAlgorithm::from_identifier(&identifier));
    algorithm.is_some_and(|algorithm| key.verify(algorithm, message, signature))
}

fn reason(code: Option<CrlReason>) -> RevocationReason {
    let known = RevocationReason::ALL.into_iter().find(|reason| reason.code() == code);
    known.unwrap_or(RevocationReason::Unspecified)
}

fn status(said: &Status) -> CertStatus {
    match said {
        Status::Good(_) => CertStatus::Good,
        Status::Unknown(_) => CertStatus::Unknown,
        Status::Revoked(info) => {
            CertStatus::Revoked { at: instant::from_generalized(info.revoked_at), reason: reason(info.reason) }
        }
    }
}
