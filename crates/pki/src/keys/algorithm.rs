//! Kinds of keys and of signatures.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{self as aws, VerificationAlgorithm};
use const_oid::db::rfc5912;
use der::asn1::Any;
use spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef, ObjectIdentifier};

/// What a public key turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Length of the modulus in bits.
        bits: u32,
    },
}

impl KeyAlgorithm {
    /// Name of the signature that a key of this kind makes here, as RFC 5758 and RFC 4055 write it.
    pub const fn signature_name(self) -> &'static str {
        match self {
            Self::P256 => "ecdsa-with-SHA256",
            Self::P384 => "ecdsa-with-SHA384",
            Self::Rsa { .. } => "sha256WithRSAEncryption",
        }
    }

    /// The signature a key of this kind makes here.
    pub(crate) const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::P256 => SignatureAlgorithm::EcdsaSha256,
            Self::P384 => SignatureAlgorithm::EcdsaSha384,
            Self::Rsa { .. } => SignatureAlgorithm::RsaSha256,
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P256 => f.write_str("ECDSA P-256"),
            Self::P384 => f.write_str("ECDSA P-384"),
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
        }
    }
}

/// A kind of key that a profile names: what to generate, and the least to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// RSA, 2048 bits.
    Rsa2048,
    /// RSA, 3072 bits.
    Rsa3072,
    /// RSA, 4096 bits.
    Rsa4096,
}

impl KeyKind {
    /// Whether a key is of this kind; for RSA, whether it is at least this long.
    pub fn accepts(self, key: KeyAlgorithm) -> bool {
        match (self, key) {
            (Self::P256, KeyAlgorithm::P256) | (Self::P384, KeyAlgorithm::P384) => true,
            (kind, KeyAlgorithm::Rsa { bits }) => kind.rsa_bits().is_some_and(|least| bits >= least),
            _ => false,
        }
    }

    /// Whether every key that the other kind accepts is accepted, too.
    pub(crate) fn covers(self, other: Self) -> bool {
        let least = other.rsa_bits().map(|bits| KeyAlgorithm::Rsa { bits });
        self == other || least.is_some_and(|least| self.accepts(least))
    }

    pub(super) const fn rsa_bits(self) -> Option<u32> {
        match self {
            Self::P256 | Self::P384 => None,
            Self::Rsa2048 => Some(2048),
            Self::Rsa3072 => Some(3072),
            Self::Rsa4096 => Some(4096),
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.rsa_bits()) {
            (_, Some(bits)) => write!(f, "RSA（{bits}ビット以上）"),
            (Self::P384, None) => f.write_str("ECDSA P-384"),
            (_, None) => f.write_str("ECDSA P-256"),
        }
    }
}

impl FromStr for KeyKind {
    type Err = ();

    /// From the word used in profiles: `p256`, `p384`, `rsa2048`, `rsa3072`, `rsa4096`.
    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "p256" => Ok(Self::P256),
            "p384" => Ok(Self::P384),
            "rsa2048" => Ok(Self::Rsa2048),
            "rsa3072" => Ok(Self::Rsa3072),
            "rsa4096" => Ok(Self::Rsa4096),
            _ => Err(()),
        }
    }
}

/// A signature scheme, as named by an AlgorithmIdentifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
    RsaSha256,
    RsaSha384,
    RsaSha512,
}

impl SignatureAlgorithm {
    const ALL: [Self; 6] =
        [Self::EcdsaSha256, Self::EcdsaSha384, Self::EcdsaSha512, Self::RsaSha256, Self::RsaSha384, Self::RsaSha512];

    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::EcdsaSha256 => rfc5912::ECDSA_WITH_SHA_256,
            Self::EcdsaSha384 => rfc5912::ECDSA_WITH_SHA_384,
            Self::EcdsaSha512 => rfc5912::ECDSA_WITH_SHA_512,
            Self::RsaSha256 => rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
            Self::RsaSha384 => rfc5912::SHA_384_WITH_RSA_ENCRYPTION,
            Self::RsaSha512 => rfc5912::SHA_512_WITH_RSA_ENCRYPTION,
        }
    }

    const fn is_rsa(self) -> bool {
        matches!(self, Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512)
    }

    /// Parameters are absent for ECDSA (RFC 5758, 3.2) and NULL for RSA (RFC 4055, 5).
    pub(crate) fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: self.oid(), parameters: self.is_rsa().then(Any::null) }
    }

    /// The scheme an identifier names; RSA with absent parameters is accepted too (RFC 4055, 5).
    pub(crate) fn from_identifier(identifier: &AlgorithmIdentifierRef<'_>) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|algorithm| algorithm.oid() == identifier.oid)?;
        match identifier.parameters {
            None => Some(found),
            Some(parameters) if found.is_rsa() && parameters.is_null() => Some(found),
            Some(_) => None,
        }
    }

    /// What aws-lc verifies such a signature with, if a key of this kind can make it.
    pub(crate) fn verifier(self, key: KeyAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (key, self) {
            (KeyAlgorithm::P256, Self::EcdsaSha256) => &aws::ECDSA_P256_SHA256_ASN1,
            (KeyAlgorithm::P256, Self::EcdsaSha384) => &aws::ECDSA_P256_SHA384_ASN1,
            (KeyAlgorithm::P256, Self::EcdsaSha512) => &aws::ECDSA_P256_SHA512_ASN1,
            (KeyAlgorithm::P384, Self::EcdsaSha256) => &aws::ECDSA_P384_SHA256_ASN1,
            (KeyAlgorithm::P384, Self::EcdsaSha384) => &aws::ECDSA_P384_SHA384_ASN1,
            (KeyAlgorithm::P384, Self::EcdsaSha512) => &aws::ECDSA_P384_SHA512_ASN1,
            (KeyAlgorithm::Rsa { .. }, Self::RsaSha256) => &aws::RSA_PKCS1_2048_8192_SHA256,
            (KeyAlgorithm::Rsa { .. }, Self::RsaSha384) => &aws::RSA_PKCS1_2048_8192_SHA384,
            (KeyAlgorithm::Rsa { .. }, Self::RsaSha512) => &aws::RSA_PKCS1_2048_8192_SHA512,
            _ => return None,
        })
    }
}
