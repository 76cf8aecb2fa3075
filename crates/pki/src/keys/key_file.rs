//! Key files: PKCS#8, encrypted, readable by `openssl pkey` (spec 04.4).
//!
//! PKCS#8 has no identifier for argon2id. So the passphrase is stretched by argon2id first, and the result — 64
//! hexadecimal digits — is the password of an ordinary PBES2 file (scrypt, AES-256-CBC). The parameters of argon2id
//! stand on a line above the PEM block, where every PEM reader skips them (RFC 7468, 5.2):
//!
//! ```text
//! Madoguchi-Key: argon2id m=65536 t=3 p=1 salt=<32 hexadecimal digits>
//! -----BEGIN ENCRYPTED PRIVATE KEY-----
//! ```
//!
//! In an emergency the key comes back without this program; the salt is the text of its digits, and m is 2^16 KiB:
//! `printf %s "$PASSPHRASE" | argon2 "$SALT" -id -k 65536 -t 3 -p 1 -l 32 -r` prints the password for
//! `openssl pkey -in FILE`. The inner scrypt (N = 2^14) only has to be what OpenSSL reads: its input is already a key.

use argon2::{Algorithm, Argon2, Params, Version};
use der::{Decode, Encode};
use domain::clock::Randomness;
use pkcs8::EncryptedPrivateKeyInfoOwned;
use pkcs8::pkcs5::{pbes2, scrypt};
use zeroize::Zeroizing;

use super::{Passphrase, SigningKey};
use crate::error::Error;
use crate::pem;

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
const HEADER: &str = "Madoguchi-Key: argon2id";
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// A file cannot make this program spend more than this: 1 GiB, 16 passes, 4 lanes.
const LIMITS: (u32, u32, u32) = (1_048_576, 16, 4);

/// Why a key file cannot be opened or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileFault {
    /// No encrypted PKCS#8 block, no header line, or parameters out of bounds.
    #[error("鍵ファイルの形式が正しくありません。")]
    Malformed,
    /// The passphrase is wrong, or the file was changed.
    #[error("パスフレーズが正しくないか、鍵ファイルが壊れています。")]
    WrongPassphrase,
    /// The key lies in a token and has no file.
    #[error("この鍵はファイルに書き出せません。")]
    NotExportable,
    /// The key inside is refused, or a library failed.
    #[error("鍵ファイルの中の鍵を使えません（{0}）。")]
    Key(#[from] Error),
}

impl SigningKey {
    /// The encrypted PEM file of this key.
    ///
    /// # Errors
    /// [`KeyFileFault::NotExportable`] for a key in a token, [`KeyFileFault::Key`] when a library fails.
    pub fn to_encrypted_pem(
        &self,
        passphrase: &Passphrase,
        randomness: &dyn Randomness,
    ) -> Result<String, KeyFileFault> {
        let pkcs8 = self.pkcs8_der().ok_or(KeyFileFault::NotExportable)?;
        let stretch =
            Stretch { memory: MEMORY_KIB, passes: PASSES, lanes: LANES, salt: hex::encode(randomness.bytes::<16>()) };
        let password = stretch.password(passphrase)?;
        let parameters = scrypt::Params::new(14, 8, 1)
            .ok()
            .and_then(|cost| {
                let (salt, iv): ([u8; 16], [u8; 16]) = (randomness.bytes(), randomness.bytes());
                pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).ok()
            })
            .ok_or(Error::Crypto)?;
        let encrypted = parameters.encrypt(password.as_bytes(), pkcs8).map_err(|_| Error::Crypto)?;
        let file = EncryptedPrivateKeyInfoOwned {
            encryption_algorithm: parameters.into(),
            encrypted_data: der::asn1::OctetString::new(encrypted).map_err(Error::from)?,
        };
        Ok(format!("{stretch}\n{}", pem::encode(LABEL, &file.to_der().map_err(Error::from)?)))
    }

    /// Opens a file that [`SigningKey::to_encrypted_pem`] wrote.
    ///
    /// # Errors
    /// The reason why it stays closed; a wrong passphrase and a damaged file look the same.
    pub fn from_encrypted_pem(text: &str, passphrase: &Passphrase) -> Result<Self, KeyFileFault> {
        let password = key_file_password(text, passphrase)?;
        let der = pem::decode(LABEL, text).ok_or(KeyFileFault::Malformed)?;
        let file = EncryptedPrivateKeyInfoOwned::from_der(&der).map_err(|_| KeyFileFault::Malformed)?;
        let plain = file.decrypt(password.as_bytes()).map_err(|_| KeyFileFault::WrongPassphrase)?;
        Ok(Self::from_pkcs8_der(plain.as_bytes())?)
    }
}

/// The password that `openssl pkey` asks for: argon2id of the passphrase, 64 hexadecimal digits.
///
/// # Errors
/// [`KeyFileFault::Malformed`] when the file has no usable header line.
pub fn key_file_password(text: &str, passphrase: &Passphrase) -> Result<Zeroizing<String>, KeyFileFault> {
    Stretch::parse(text).ok_or(KeyFileFault::Malformed)?.password(passphrase)
}

/// Parameters of argon2id, as they stand on the header line.
struct Stretch {
    memory: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

impl Stretch {
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(HEADER))?;
        let value = |name: &str| line.split_whitespace().find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let number = |name: &str, most: u32| value(name)?.parse().ok().filter(|n| *n <= most);
        let salt = value("salt").filter(|salt| salt.len() == 32 && salt.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some(Self {
            memory: number("m", LIMITS.0)?,
            passes: number("t", LIMITS.1)?,
            lanes: number("p", LIMITS.2)?,
            salt: salt.to_owned(),
        })
    }

    fn password(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>, KeyFileFault> {
        let parameters =
            Params::new(self.memory, self.passes, self.lanes, Some(32)).map_err(|_| KeyFileFault::Malformed)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase.as_bytes(), self.salt.as_bytes(), key.as_mut_slice())
            .map_err(|_| Error::Crypto)?;
        Ok(Zeroizing::new(hex::encode(key.as_slice())))
    }
}

impl std::fmt::Display for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{HEADER} m={} t={} p={} salt={}", self.memory, self.passes, self.lanes, self.salt)
    }
}
