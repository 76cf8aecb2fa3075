//! The key that signs heads of the audit chain: Ed25519, drawn from the installation's vault key, so that it is made, kept and
//! backed up with it.

use std::sync::Arc;

use aws_lc_rs::{
    hmac,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// What the vault key is asked for.
const PURPOSE: &[u8] = b"madoguchi: key of audit heads, 1";
/// A SubjectPublicKeyInfo of Ed25519 before its key (RFC 8410).
const INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Octets of a public key.
const LENGTH: usize = 32;

/// The key that signs.
#[derive(Clone, Debug)]
pub struct HeadKey(Arc<Ed25519KeyPair>);

impl HeadKey {
    /// The key of an installation, whose vault has this key.
    ///
    /// # Errors
    /// When the library refuses it.
    pub fn of_vault(vault_key: &[u8; 32]) -> Result<Self> {
        let seed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, vault_key), PURPOSE);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(Error::internal)?;
        Ok(Self(Arc::new(pair)))
    }

    /// Signs.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(hex::encode(self.0.public_key().as_ref()))
    }
}

/// The public key, as anybody may keep it to check signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(String);

impl PublicKey {
    /// From 64 hexadecimal digits, or a PEM text as [`PublicKey::pem`] gives it.
    pub fn parse(text: &str) -> Option<Self> {
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let body = body.trim();
        let key = match hex::decode(body) {
            Ok(key) => key,
            Err(_) => STANDARD.decode(body).ok()?.strip_prefix(&INFO)?.to_vec(),
        };
        (key.len() == LENGTH).then(|| Self(hex::encode(key)))
    }

    /// The key in hexadecimal digits.
    pub fn as_hex(&self) -> &str {
        &self.0
    }

    fn info(&self) -> Vec<u8> {
        [INFO.as_slice(), &hex::decode(&self.0).unwrap_or_default()].concat()
    }

    /// SHA-256 of the SubjectPublicKeyInfo, to read out.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(self.info()))
    }

    /// The key as PEM, for other programs.
    pub fn pem(&self) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(self.info()))
    }

    /// Whether it made a signature.
    pub(super) fn made(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = hex::decode(&self.0).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_and_its_public_part_is_read_back_in_either_form() {
        let key = HeadKey::of_vault(&[7; 32]).unwrap();
        let public = key.public();
        let signature = key.sign(b"head");
        assert!(public.made(b"head", &signature) && !public.made(b"heed", &signature));
        assert_eq!(PublicKey::parse(public.as_hex()), Some(public.clone()));
        assert_eq!(PublicKey::parse(&public.pem()), Some(public.clone()));
        assert_eq!(PublicKey::parse("00"), None);
        assert!(!HeadKey::of_vault(&[8; 32]).unwrap().public().made(b"head", &signature), "another installation");
    }
}
