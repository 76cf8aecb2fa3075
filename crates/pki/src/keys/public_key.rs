//! A public key that passed the checks on its strength.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use const_oid::db::rfc5912;
use der::asn1::{ObjectIdentifier, UintRef};
use der::{Decode, Sequence};
use spki::{Document, EncodePublicKey, SubjectPublicKeyInfoRef};

use super::algorithm::{KeyAlgorithm, SignatureAlgorithm};
use super::{fermat, roca};
use crate::digest;

const LEAST_RSA_BITS: u32 = 2048;
const MOST_RSA_BITS: u32 = 4096;
/// The only exponent that is taken, 65537: with another one the same key would look like one that nobody blocked or used before.
const EXPONENT: &[u8] = &[1, 0, 1];

/// Why a public key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not a SubjectPublicKeyInfo, or the key inside is damaged.
    #[error("公開鍵の形式が正しくありません。")]
    Malformed,
    /// Neither RSA (rsaEncryption) nor ECDSA.
    #[error("この種類の鍵には対応していません。ECDSA（P-256、P-384）またはRSAの鍵を使ってください。")]
    UnsupportedAlgorithm,
    /// An elliptic curve other than P-256 and P-384.
    #[error("この楕円曲線には対応していません。P-256またはP-384を使ってください。")]
    UnsupportedCurve,
    /// The point is compressed, or does not lie on the curve.
    #[error("公開鍵の値が楕円曲線の上にありません。鍵を作り直してください。")]
    BadPoint,
    /// An RSA modulus below 2048 bits.
    #[error("RSAの鍵が短すぎます（{bits}ビット）。2048ビット以上の鍵を使ってください。")]
    RsaTooShort {
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// An RSA modulus above 4096 bits.
    #[error("RSAの鍵が長すぎます（{bits}ビット）。4096ビット以下の鍵を使ってください。")]
    RsaTooLong {
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// An RSA exponent other than 65537.
    #[error("RSAの公開指数が正しくありません。65537を使ってください。")]
    RsaExponent,
    /// The mark of a flawed generator (CVE-2017-15361).
    #[error("この鍵は、欠陥のあるICチップで作られた弱い鍵です（ROCA）。ほかの方法で鍵を作り直してください。")]
    Roca,
    /// The product of two primes that lie close together.
    #[error("この鍵は、もとになる2つの素数が近すぎる弱い鍵です。ほかの方法で鍵を作り直してください。")]
    ClosePrimes,
}

/// A public key as SubjectPublicKeyInfo: RSA of 2048–4096 bits, ECDSA P-256 or P-384; cheap to clone.
#[derive(Clone)]
pub struct PublicKey(Arc<Parts>);

struct Parts {
    spki: Vec<u8>,
    /// Contents of the BIT STRING: the point, or the RSAPublicKey.
    bits: Vec<u8>,
    algorithm: KeyAlgorithm,
    /// Ready to verify what a key of this kind signs here.
    verifier: ParsedPublicKey,
}

impl PublicKey {
    /// Reads and checks a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// The reason why the key is refused.
    pub fn from_spki_der(spki: &[u8]) -> Result<Self, KeyFault> {
        let info = SubjectPublicKeyInfoRef::from_der(spki).map_err(|_| KeyFault::Malformed)?;
        let bits = info.subject_public_key.as_bytes().ok_or(KeyFault::Malformed)?.to_vec();
        let algorithm = match info.algorithm.oid {
            rfc5912::RSA_ENCRYPTION => {
                if !info.algorithm.parameters.is_some_and(|any| any.is_null()) {
                    return Err(KeyFault::Malformed);
                }
                rsa_algorithm(&bits)?
            }
            rfc5912::ID_EC_PUBLIC_KEY => {
                let curve = info.algorithm.parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
                curve_algorithm(curve, &bits)?
            }
            _ => return Err(KeyFault::UnsupportedAlgorithm),
        };
        let verifier = load(algorithm, &bits)?;
        Ok(Self(Arc::new(Parts { spki: spki.to_vec(), bits, algorithm, verifier })))
    }

    /// What kind of key it is.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.0.algorithm
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo as 64 hexadecimal digits, to find reused and blocked keys by.
    pub fn key_hash(&self) -> String {
        digest::sha256_hex(&self.0.spki)
    }

    /// Key identifier of 20 octets: SHA-1 of the key's BIT STRING (RFC 5280, 4.2.1.2, method 1).
    pub(crate) fn key_id(&self) -> Vec<u8> {
        digest::sha1(&self.0.bits)
    }

    /// The octets of the key's BIT STRING.
    pub(crate) fn bits(&self) -> &[u8] {
        &self.0.bits
    }

    pub(crate) fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        let key = &self.0;
        if algorithm == key.algorithm.signature() {
            return key.verifier.verify_sig(message, signature).is_ok();
        }
        let other = algorithm.verifier(key.algorithm).and_then(|other| ParsedPublicKey::new(other, &key.bits).ok());
        other.is_some_and(|other| other.verify_sig(message, signature).is_ok())
    }
}

/// Lets aws-lc load the key, which checks that a point lies on its curve.
fn load(algorithm: KeyAlgorithm, bits: &[u8]) -> Result<ParsedPublicKey, KeyFault> {
    let fault = if matches!(algorithm, KeyAlgorithm::Rsa { .. }) { KeyFault::Malformed } else { KeyFault::BadPoint };
    let verifier = algorithm.signature().verifier(algorithm);
    verifier.and_then(|verifier| ParsedPublicKey::new(verifier, bits).ok()).ok_or(fault)
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.spki == other.0.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.0.algorithm, self.key_hash())
    }
}

impl EncodePublicKey for PublicKey {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.spki_der())?)
    }
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017, A.1.1).
#[derive(Sequence)]
pub(super) struct RsaPublicKey<'a> {
    pub(super) modulus: UintRef<'a>,
    pub(super) exponent: UintRef<'a>,
}

fn rsa_algorithm(bits: &[u8]) -> Result<KeyAlgorithm, KeyFault> {
    let key = RsaPublicKey::from_der(bits).map_err(|_| KeyFault::Malformed)?;
    let modulus = key.modulus.as_bytes();
    let leading = modulus.first().map_or(8, |first| first.leading_zeros());
    let length = u32::try_from(modulus.len()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(leading);
    if length < LEAST_RSA_BITS {
        return Err(KeyFault::RsaTooShort { bits: length });
    }
    if length > MOST_RSA_BITS {
        return Err(KeyFault::RsaTooLong { bits: length });
    }
    if key.exponent.as_bytes() != EXPONENT {
        return Err(KeyFault::RsaExponent);
    }
    if modulus.last().is_none_or(|last| last & 1 == 0) {
        return Err(KeyFault::Malformed);
    }
    if roca::marks(modulus) {
        return Err(KeyFault::Roca);
    }
    if fermat::factors(modulus) {
        return Err(KeyFault::ClosePrimes);
    }
    Ok(KeyAlgorithm::Rsa { bits: length })
}

fn curve_algorithm(curve: Option<ObjectIdentifier>, point: &[u8]) -> Result<KeyAlgorithm, KeyFault> {
    let (algorithm, length) = match curve {
        Some(rfc5912::SECP_256_R_1) => (KeyAlgorithm::P256, 65),
        Some(rfc5912::SECP_384_R_1) => (KeyAlgorithm::P384, 97),
        _ => return Err(KeyFault::UnsupportedCurve),
    };
    // RFC 5480, 2.2: every reader must know the uncompressed form; only that one is issued.
    if point.len() != length || point.first() != Some(&4) {
        return Err(KeyFault::BadPoint);
    }
    Ok(algorithm)
}
