//! Hashes of passwords, seals of secrets, tokens: all cryptography comes from `argon2` and `aws-lc-rs`.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf, hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::clock::Randomness;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use storage::boxed;
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// Length of a nonce of AES-256-GCM in octets.
const NONCE: usize = 12;

/// Memory in KiB of a hash that protects nothing.
const SPARING_KIB: u32 = 64;

/// Hashes that may wait for a place: those who would wait longer have left before it is their turn.
const MOST_WAITING: usize = 600;

/// Hashes and checks passwords, a few at a time, off the threads that answer requests.
#[derive(Clone, Debug)]
pub struct Hasher {
    room: Arc<Room>,
    params: Params,
}

/// Where hashes are made, and those before its door.
#[derive(Debug)]
struct Room {
    /// As many as are made at a time.
    size: usize,
    places: Semaphore,
    /// Those that are made and those that wait.
    door: Semaphore,
}

impl Room {
    fn new(size: usize) -> Arc<Self> {
        Arc::new(Self { size, places: Semaphore::new(size), door: Semaphore::new(size + MOST_WAITING) })
    }
}

impl Hasher {
    /// `memory_kib` KiB of memory per hash and `places` hashes at a time; when too many wait, more fail with [`Error::Crowded`].
    ///
    /// # Errors
    /// When argon2 refuses the figures.
    pub fn new(memory_kib: u32, places: usize) -> Result<Self> {
        let params = Params::new(memory_kib, 2, 1, None).map_err(Error::internal)?;
        Ok(Self { room: Room::new(places), params })
    }

    /// The same with little memory, for secrets that protect nothing: those of made-up letters. A hash says how it was made.
    ///
    /// # Errors
    /// When argon2 refuses the figures.
    pub(crate) fn sparing(&self) -> Result<Self> {
        let params = Params::new(SPARING_KIB, 1, 1, None).map_err(Error::internal)?;
        Ok(Self { room: self.room.clone(), params })
    }

    /// The same with as many places of its own, so that who crowds the one keeps nobody from the other.
    pub(crate) fn apart(&self) -> Self {
        Self { room: Room::new(self.room.size), params: self.params.clone() }
    }

    fn argon2(params: Params) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce(Argon2<'static>) -> T + Send + 'static) -> Result<T> {
        let _inside = self.room.door.try_acquire().map_err(|_| Error::Crowded)?;
        let _place = self.room.places.acquire().await.map_err(Error::internal)?;
        let params = self.params.clone();
        tokio::task::spawn_blocking(move || work(Self::argon2(params))).await.map_err(Error::internal)
    }

    /// argon2id hash of a secret in PHC form.
    ///
    /// # Errors
    /// [`Error::Crowded`]; when argon2 fails.
    #[boxed]
    pub async fn hash(&self, secret: &str, randomness: &dyn Randomness) -> Result<String> {
        let salt: [u8; 16] = randomness.bytes();
        let secret = secret.to_owned();
        self.work(move |argon2| {
            argon2
                .hash_password_with_salt(secret.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(Error::internal)
        })
        .await?
    }

    /// Whether a secret matches a hash; without a hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// [`Error::Crowded`]; when the worker thread fails.
    #[boxed]
    pub async fn matches(&self, secret: &str, hash: Option<&str>) -> Result<bool> {
        let secret = secret.to_owned();
        let hash = hash.map(str::to_owned);
        self.work(move |argon2| match hash.as_deref().map(PasswordHash::new) {
            Some(Ok(stored)) => argon2.verify_password(secret.as_bytes(), &stored).is_ok(),
            _ => {
                let mut waste = [0; 32];
                let _ = argon2.hash_password_into(secret.as_bytes(), b"no such account ", &mut waste);
                false
            }
        })
        .await
    }
}

/// Seals secrets that must come back, such as the secret of a letter until it is printed.
#[derive(Clone, Debug)]
pub struct Vault {
    key: Arc<LessSafeKey>,
    /// Key of codes that are derived instead of stored.
    codes: Arc<hmac::Key>,
}

impl Vault {
    /// A vault with the installation's 256-bit key.
    ///
    /// # Errors
    /// When the library refuses the key.
    pub fn new(key: &[u8; 32]) -> Result<Self> {
        let stretched = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(key);
        let codes = stretched.expand(&[b"madoguchi codes"], hmac::HMAC_SHA256).map_err(Error::internal)?.into();
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(Error::internal)?;
        Ok(Self { key: Arc::new(LessSafeKey::new(key)), codes: Arc::new(codes) })
    }

    /// What nobody without the installation's key can derive from the parts, for one purpose (HMAC-SHA-256).
    pub fn derive(&self, purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.codes);
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }

    /// Seals a secret for one purpose; nonce, ciphertext, tag.
    ///
    /// # Errors
    /// When the library fails.
    pub fn seal(&self, purpose: &str, secret: &[u8], randomness: &dyn Randomness) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = randomness.bytes();
        let mut sealed = secret.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(Error::internal)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the same purpose.
    ///
    /// # Errors
    /// When it was sealed otherwise or changed.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, rest) =
            sealed.split_first_chunk::<NONCE>().ok_or_else(|| Error::internal("sealed value too short"))?;
        let mut rest = rest.to_vec();
        let open = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut rest)
            .map_err(|_| Error::internal("sealed value does not open"))?;
        Ok(open.to_vec())
    }
}

/// A new token of 256 bits for links and cookies.
pub fn new_token(randomness: &dyn Randomness) -> String {
    URL_SAFE_NO_PAD.encode(randomness.bytes::<32>())
}

/// The hash under which a token is stored.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The value that a form carries to prove that it came from a page of the same session.
pub fn csrf_token(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("csrf:{cookie}").as_bytes()))
}

/// Whether two texts are equal, in time that does not tell where they differ.
pub fn same(left: &str, right: &str) -> bool {
    use subtle::ConstantTimeEq;
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Randomness for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.iter_mut().zip(1..).for_each(|(place, number)| *place = number);
        }
    }

    #[tokio::test]
    async fn a_secret_hashed_sparingly_is_known_by_its_hash_to_everyone() {
        let full = Hasher::new(256, 1).unwrap();
        let hash = full.sparing().unwrap().hash("made-up", &Counting).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,"), "{hash}");
        assert!(full.matches("made-up", Some(&hash)).await.unwrap());
        assert!(!full.matches("another", Some(&hash)).await.unwrap());
    }

    #[tokio::test]
    async fn who_crowds_one_hasher_is_sent_away_and_keeps_nobody_from_another() {
        let portal = Hasher::new(64, 1).unwrap();
        let crowd = portal.room.door.try_acquire_many(1 + u32::try_from(MOST_WAITING).unwrap()).unwrap();
        for told in [portal.matches("secret", None).await.map(drop), portal.hash("secret", &Counting).await.map(drop)] {
            assert!(matches!(told, Err(Error::Crowded)), "{told:?}");
        }
        assert!(!portal.apart().matches("secret", None).await.unwrap());
        drop(crowd);
        assert!(!portal.matches("secret", None).await.unwrap());
    }

    #[test]
    fn what_is_derived_hangs_on_key_purpose_and_each_part() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let one = vault.derive("call", &[b"ab", b"c"]);
        assert_eq!(one, vault.derive("call", &[b"ab", b"c"]));
        assert_ne!(one, vault.derive("call", &[b"a", b"bc"]));
        assert_ne!(one, vault.derive("mail", &[b"ab", b"c"]));
        assert_ne!(one, Vault::new(&[8; 32]).unwrap().derive("call", &[b"ab", b"c"]));
    }
}
