//! The shape that certificates, CRLs, OCSP answers and requests share: body, algorithm, signature.

use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode, Sequence};
use spki::AlgorithmIdentifierOwned;

use crate::error::Error;
use crate::keys::{PublicKey, SigningKey};

/// `SEQUENCE { body, algorithm, signature, certs [0] OPTIONAL }`; only BasicOCSPResponse has the last.
#[derive(Sequence)]
struct Signed<'a> {
    body: AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<Vec<AnyRef<'a>>>,
}

/// Bytes that wait for the one signature of the one key that may make it.
///
/// Neither `Clone` nor readable from storage: whoever holds it can sign it once.
#[derive(Debug)]
pub(crate) struct ToBeSigned {
    body: Vec<u8>,
    signer: PublicKey,
    certificate: Option<Vec<u8>>,
}

impl ToBeSigned {
    pub(crate) fn new(body: Vec<u8>, signer: PublicKey) -> Self {
        Self { body, signer, certificate: None }
    }

    /// Adds the responder's certificate behind the signature (RFC 6960, 4.2.1).
    pub(crate) fn with_certificate(self, der: Vec<u8>) -> Self {
        Self { certificate: Some(der), ..self }
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn signer(&self) -> &PublicKey {
        &self.signer
    }

    /// Signs, verifies what was made, and gives the whole structure as DER.
    pub(crate) fn sign(self, key: &SigningKey) -> Result<Vec<u8>, Error> {
        if key.public_key() != &self.signer {
            return Err(Error::WrongKey);
        }
        let signature = key.sign(&self.body)?;
        if !self.signer.verify(self.signer.algorithm().signature(), &self.body, &signature) {
            return Err(Error::BadSignature);
        }
        self.assemble(&signature)
    }

    /// A copy with a signature of the same algorithm that was made for something else, for linting only.
    pub(crate) fn sample(&self, worthless: &[u8]) -> Result<Vec<u8>, Error> {
        self.assemble(worthless)
    }

    fn assemble(&self, signature: &[u8]) -> Result<Vec<u8>, Error> {
        let signed = Signed {
            body: AnyRef::from_der(&self.body)?,
            algorithm: self.signer.algorithm().signature().identifier(),
            signature: BitStringRef::from_bytes(signature)?,
            certificates: self
                .certificate
                .as_deref()
                .map(|der| AnyRef::from_der(der).map(|any| vec![any]))
                .transpose()?,
        };
        Ok(signed.to_der()?)
    }
}

/// The body of a signed structure, in the bytes that were signed.
pub(crate) fn body_of(der: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(Signed::from_der(der)?.body.to_der()?)
}

/// Whether a key signed a structure, with its usual algorithm; false also for what cannot be read.
pub(crate) fn verifies(der: &[u8], key: &PublicKey) -> bool {
    let Ok(signed) = Signed::from_der(der) else { return false };
    let usual = key.algorithm().signature();
    match (signed.body.to_der(), signed.signature.as_bytes()) {
        (Ok(body), Some(signature)) if signed.algorithm == usual.identifier() => key.verify(usual, &body, signature),
        _ => false,
    }
}
