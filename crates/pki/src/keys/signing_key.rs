//! Keys that sign, wherever they live.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
    RSA_PKCS1_SHA256,
};
use zeroize::Zeroizing;

use super::algorithm::KeyKind;
use super::public_key::PublicKey;
use super::token::TokenKey;
use crate::error::Error;

/// A private key that signs: ECDSA P-256 with SHA-256, P-384 with SHA-384, RSA (PKCS#1 v1.5) with SHA-256.
#[derive(Debug)]
#[non_exhaustive]
pub enum SigningKey {
    /// A key held in memory, from a file or just generated.
    File(FileKey),
    /// A key in a token, which this process can use but not read.
    Token(TokenKey),
    /// A key that is not at hand, known from its certificate: it signs nothing.
    Absent(PublicKey),
}

/// A private key in this process's memory.
pub struct FileKey {
    pair: Pair,
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    /// A new key from the library's own generator.
    ///
    /// # Errors
    /// [`Error::Crypto`] when the library fails.
    pub fn generate(kind: KeyKind) -> Result<Self, Error> {
        let pair = match kind {
            KeyKind::P256 => Pair::Ecdsa(new_ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING)?),
            KeyKind::P384 => Pair::Ecdsa(new_ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING)?),
            KeyKind::Rsa2048 => Pair::Rsa(new_rsa(KeySize::Rsa2048)?),
            KeyKind::Rsa3072 => Pair::Rsa(new_rsa(KeySize::Rsa3072)?),
            KeyKind::Rsa4096 => Pair::Rsa(new_rsa(KeySize::Rsa4096)?),
        };
        FileKey::new(pair).map(Self::File)
    }

    /// From an unencrypted PKCS#8 structure in DER.
    ///
    /// # Errors
    /// [`Error::Crypto`] for anything that is not an acceptable private key, [`Error::Key`] for a weak one.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, Error> {
        let pair = if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der) {
            Pair::Ecdsa(pair)
        } else if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, der) {
            Pair::Ecdsa(pair)
        } else {
            Pair::Rsa(RsaKeyPair::from_pkcs8(der).map_err(|_| Error::Crypto)?)
        };
        FileKey::new(pair).map(Self::File)
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        match self {
            Self::File(key) => &key.public,
            Self::Token(key) => key.public_key(),
            Self::Absent(public) => public,
        }
    }

    /// The private key as unencrypted PKCS#8 in DER, for a PKCS#12 file or a TLS listener; none from a token.
    pub fn pkcs8_der(&self) -> Option<&[u8]> {
        match self {
            Self::File(key) => Some(&key.pkcs8),
            Self::Token(_) | Self::Absent(_) => None,
        }
    }

    /// Whether a signature is made elsewhere, so that it takes a while and may fail for now.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Whether it could sign now. Asked before something is recorded that only a signature makes useful.
    ///
    /// # Errors
    /// [`Error::Token`] when a token does not answer or does not hold the key, [`Error::KeyAbsent`] without one.
    pub fn ready(&self) -> Result<(), Error> {
        match self {
            Self::File(_) => Ok(()),
            Self::Token(key) => Ok(key.ready()?),
            Self::Absent(_) => Err(Error::KeyAbsent),
        }
    }

    /// Signs a text for people, such as the protocol of a ceremony: what `openssl dgst -verify` takes, with SHA-384 for a
    /// P-384 key and SHA-256 for all others. For certificates, lists and answers there is no way around their records.
    ///
    /// # Errors
    /// As for [`crate::sign`]; [`Error::Encoding`] for what is no text, so that nothing in DER is signed by mistake.
    pub fn sign_text(&self, text: &str) -> Result<Vec<u8>, Error> {
        if text.bytes().next().is_none_or(|first| first.is_ascii_control() || first == b'0') {
            return Err(Error::Encoding("a text begins with a printed character".to_owned()));
        }
        let signature = self.sign(text.as_bytes())?;
        let public = self.public_key();
        if public.verify(public.algorithm().signature(), text.as_bytes(), &signature) {
            Ok(signature)
        } else {
            Err(Error::BadSignature)
        }
    }

    /// Signs a message with the scheme of the key's kind.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Self::File(key) => key.sign(message),
            Self::Token(key) => Ok(key.sign(message)?),
            Self::Absent(_) => Err(Error::KeyAbsent),
        }
    }
}

impl FileKey {
    fn new(pair: Pair) -> Result<Self, Error> {
        let (pkcs8, spki) = match &pair {
            Pair::Ecdsa(pair) => {
                (pair.to_pkcs8v1().map_err(|_| Error::Crypto)?.as_ref().to_vec(), spki(pair.public_key())?)
            }
            Pair::Rsa(pair) => {
                let der = AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map_err(|_| Error::Crypto)?;
                (der.as_ref().to_vec(), spki(pair.public_key())?)
            }
        };
        let public = PublicKey::from_spki_der(&spki)?;
        Ok(Self { pair, pkcs8: Zeroizing::new(pkcs8), public })
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(pair) => {
                pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()).map_err(|_| Error::Crypto)
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| Error::Crypto)?;
                Ok(signature)
            }
        }
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("public", &self.public).finish_non_exhaustive()
    }
}

fn new_ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> Result<EcdsaKeyPair, Error> {
    EcdsaKeyPair::generate(algorithm).map_err(|_| Error::Crypto)
}

fn new_rsa(size: KeySize) -> Result<RsaKeyPair, Error> {
    RsaKeyPair::generate(size).map_err(|_| Error::Crypto)
}

fn spki(public: &impl AsDer<PublicKeyX509Der<'static>>) -> Result<Vec<u8>, Error> {
    Ok(public.as_der().map_err(|_| Error::Crypto)?.as_ref().to_vec())
}
