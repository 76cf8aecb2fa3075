//! Reading OCSP requests, which anybody may send.

use const_oid::db::rfc5912;
use const_oid::db::rfc6960::ID_PKIX_OCSP_NONCE;
use der::asn1::{Any, Int, OctetString, OctetStringRef};
use der::{Decode, Encode};
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::Extension;

use super::OcspError;
use super::asn1::{CertIdentifier, Request};
use crate::error::Error;
use crate::issuer::{Hashes, IssuerCert};
use crate::serial::Serial;

/// A request longer than this is not read.
const LONGEST: usize = 16 * 1024;
/// More certificates are not asked about in one request.
const MOST_CERTIFICATES: usize = 32;
/// The longest nonce to echo (RFC 9654, 2.1).
const LONGEST_NONCE: usize = 128;

/// A request that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRequest {
    certificates: Vec<CertId>,
    nonce: Option<Vec<u8>>,
}

impl OcspRequest {
    /// Reads a request in DER, from the body of a POST or the decoded path of a GET.
    ///
    /// # Errors
    /// [`OcspError::MalformedRequest`] for anything else, for more than 32 certificates or 16 KiB, for nonces outside
    /// 1–128 octets (RFC 9654), and for critical extensions other than the nonce.
    pub fn parse(der: &[u8]) -> Result<Self, OcspError> {
        if der.len() > LONGEST {
            return Err(OcspError::MalformedRequest);
        }
        let request = Request::from_der(der).map_err(|_| OcspError::MalformedRequest)?;
        let tbs = request.tbs;
        if tbs.version != 0 || tbs.requests.is_empty() || tbs.requests.len() > MOST_CERTIFICATES {
            return Err(OcspError::MalformedRequest);
        }
        let nonce = nonce(tbs.extensions.as_deref().unwrap_or_default())?;
        let mut certificates = Vec::with_capacity(tbs.requests.len());
        for single in tbs.requests {
            if single.extensions.unwrap_or_default().iter().any(|extension| extension.critical) {
                return Err(OcspError::MalformedRequest);
            }
            certificates.push(CertId(single.certificate));
        }
        Ok(Self { certificates, nonce })
    }

    /// The certificates asked about, at least one, in the order of the request.
    pub fn certificates(&self) -> &[CertId] {
        &self.certificates
    }

    /// The nonce, if there was one; echoed only when the configuration says so.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }
}

fn nonce(extensions: &[Extension]) -> Result<Option<Vec<u8>>, OcspError> {
    let mut found = None;
    for extension in extensions {
        match extension.extn_id {
            ID_PKIX_OCSP_NONCE if found.is_none() => {
                let value = <&OctetStringRef>::from_der(extension.extn_value.as_bytes())
                    .map_err(|_| OcspError::MalformedRequest)?
                    .as_bytes();
                if !(1..=LONGEST_NONCE).contains(&value.len()) {
                    return Err(OcspError::MalformedRequest);
                }
                found = Some(value.to_vec());
            }
            ID_PKIX_OCSP_NONCE => return Err(OcspError::MalformedRequest),
            _ if extension.critical => return Err(OcspError::MalformedRequest),
            _ => {}
        }
    }
    Ok(found)
}

/// How a request names one certificate: hashes of its issuer, and its serial (RFC 6960, 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId(pub(super) CertIdentifier);

impl CertId {
    /// A certificate of this issuer as requests name it: first with SHA-1, as RFC 5019, 2.1.1 wants, then with SHA-256.
    ///
    /// # Errors
    /// [`Error::Encoding`] when the serial cannot be written.
    pub fn both(issuer: &IssuerCert, serial: &Serial) -> Result<[Self; 2], Error> {
        let id = |oid, hashes: &Hashes| {
            Ok::<_, Error>(Self(CertIdentifier {
                hash: AlgorithmIdentifierOwned { oid, parameters: Some(Any::null()) },
                issuer_name_hash: OctetString::new(hashes.name.as_slice())?,
                issuer_key_hash: OctetString::new(hashes.key.as_slice())?,
                serial: Int::from_der(&serial.to_x509()?.to_der()?)?,
            }))
        };
        Ok([id(rfc5912::ID_SHA_1, issuer.sha1())?, id(rfc5912::ID_SHA_256, issuer.sha256())?])
    }

    /// Whether it means a certificate of this issuer; hashes by SHA-1 and SHA-256 are known.
    pub fn is_of(&self, issuer: &IssuerCert) -> bool {
        let hashes = match self.0.hash.oid {
            rfc5912::ID_SHA_1 => issuer.sha1(),
            rfc5912::ID_SHA_256 => issuer.sha256(),
            _ => return false,
        };
        self.0.issuer_name_hash.as_bytes() == hashes.name && self.0.issuer_key_hash.as_bytes() == hashes.key
    }

    /// The serial; none when no certificate could bear it (zero, negative, too long).
    pub fn serial(&self) -> Option<Serial> {
        let bytes = self.0.serial.as_bytes();
        let positive = bytes.first().is_some_and(|first| first & 0x80 == 0);
        Serial::from_bytes(bytes).ok().filter(|_| positive)
    }
}
