//! The certificate of an authority, as needed to issue under it.

use std::sync::Arc;

use der::{Decode, Encode};
use x509_cert::Certificate as X509;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use x509_cert::name::Name;

use crate::certificate::Validity;
use crate::digest;
use crate::error::Error;
use crate::instant;
use crate::keys::PublicKey;
use crate::serial::Serial;

/// An authority's certificate, read once; cheap to clone.
#[derive(Clone, Debug)]
pub struct IssuerCert(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    der: Vec<u8>,
    serial: Serial,
    subject: Name,
    subject_der: Vec<u8>,
    public_key: PublicKey,
    key_id: Vec<u8>,
    validity: Validity,
    path_length: Option<u8>,
    signs_crls: bool,
    sha1: Hashes,
    sha256: Hashes,
}

/// Hashes of name and key, by which OCSP requests name an issuer (RFC 6960, 4.1.1).
#[derive(Debug)]
pub(crate) struct Hashes {
    pub(crate) name: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl IssuerCert {
    /// Reads an authority's certificate in DER. Its own signature is not checked here.
    ///
    /// # Errors
    /// [`Error::IssuerNotAllowed`] when it is no authority, [`Error::Key`] or [`Error::Encoding`] when unreadable.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        let certificate = X509::from_der(der)?;
        let tbs = certificate.tbs_certificate();
        let constraints = tbs.get_extension::<BasicConstraints>()?.map(|(_, constraints)| constraints);
        let Some(constraints) = constraints.filter(|constraints| constraints.ca) else {
            return Err(Error::IssuerNotAllowed("it is not the certificate of an authority"));
        };
        let usage = tbs.get_extension::<KeyUsage>()?.map(|(_, usage)| usage);
        if !usage.is_some_and(|usage| usage.key_cert_sign()) {
            return Err(Error::IssuerNotAllowed("its key usage lacks keyCertSign"));
        }
        let Some((_, identifier)) = tbs.get_extension::<SubjectKeyIdentifier>()? else {
            return Err(Error::IssuerNotAllowed("it has no subject key identifier"));
        };
        let public_key = PublicKey::from_spki_der(&tbs.subject_public_key_info().to_der()?)?;
        let subject_der = tbs.subject().to_der()?;
        let hashes = |hash: fn(&[u8]) -> Vec<u8>| Hashes { name: hash(&subject_der), key: hash(public_key.bits()) };
        Ok(Self(Arc::new(Facts {
            der: der.to_vec(),
            serial: Serial::from_x509(tbs.serial_number())?,
            subject: tbs.subject().clone(),
            key_id: identifier.0.into_bytes().to_vec(),
            validity: Validity {
                not_before: instant::from_x509(tbs.validity().not_before),
                not_after: instant::from_x509(tbs.validity().not_after),
            },
            path_length: constraints.path_len_constraint,
            signs_crls: usage.is_some_and(|usage| usage.crl_sign()),
            sha1: hashes(digest::sha1),
            sha256: hashes(digest::sha256),
            subject_der,
            public_key,
        })))
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The authority's own serial.
    pub fn serial(&self) -> &Serial {
        &self.0.serial
    }

    /// When the authority is valid.
    pub fn validity(&self) -> Validity {
        self.0.validity
    }

    /// The authority's public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// The subject as text, most specific part first (RFC 4514).
    pub fn subject(&self) -> String {
        self.0.subject.to_string()
    }

    pub(crate) fn name(&self) -> &Name {
        &self.0.subject
    }

    /// The subject in DER.
    pub fn name_der(&self) -> &[u8] {
        &self.0.subject_der
    }

    pub(crate) fn key_id(&self) -> &[u8] {
        &self.0.key_id
    }

    pub(crate) fn path_length(&self) -> Option<u8> {
        self.0.path_length
    }

    pub(crate) fn signs_crls(&self) -> bool {
        self.0.signs_crls
    }

    pub(crate) fn sha1(&self) -> &Hashes {
        &self.0.sha1
    }

    pub(crate) fn sha256(&self) -> &Hashes {
        &self.0.sha256
    }
}
