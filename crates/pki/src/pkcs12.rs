//! PKCS#12 files for terminals (RFC 7292): key, certificate and chain under a passphrase (spec 04.4).

use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};
use zeroize::Zeroizing;

use crate::digest;

const SHORTEST: usize = 8;
const LONGEST: usize = 64;
/// Iterations of the key derivations; a file takes a few milliseconds to make and to open.
const ITERATIONS: u32 = 10_000;
/// Stands for characters that the file's UCS-2 names cannot hold.
const SUBSTITUTE: char = '〓';

/// How the file is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkcs12Format {
    /// PBES2 with AES-256-CBC, MAC with HMAC-SHA-256: Windows 10 (1709) and Server 2019 or later, macOS, Linux.
    Modern,
    /// Triple DES and MAC with HMAC-SHA-1: older Windows, which calls a correct passphrase wrong for `Modern`.
    Legacy,
}

/// Why a PKCS#12 file cannot be made or a passphrase is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Fault {
    /// Shorter than 8 or longer than 64 characters.
    #[error("パスワードは{SHORTEST}文字以上{LONGEST}文字以下にしてください。")]
    Length,
    /// A character that is not printable ASCII, blanks included.
    #[error("パスワードには半角の英数字と記号だけを使ってください（空白は使えません）。")]
    Forbidden,
    /// The library refused the key or a certificate.
    #[error("PKCS#12ファイルを作れませんでした（{0}）。")]
    Failed(String),
}

/// A passphrase every reader of PKCS#12 agrees on: 8–64 printable ASCII characters without blanks.
pub struct Pkcs12Passphrase(Zeroizing<String>);

impl Pkcs12Passphrase {
    /// Checks and takes over a passphrase.
    ///
    /// # Errors
    /// [`Pkcs12Fault::Length`] or [`Pkcs12Fault::Forbidden`].
    pub fn new(text: &str) -> Result<Self, Pkcs12Fault> {
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Pkcs12Fault::Forbidden);
        }
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(Pkcs12Fault::Length);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl std::fmt::Debug for Pkcs12Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pkcs12Passphrase(..)")
    }
}

/// What goes into the file.
#[derive(Clone, Copy)]
pub struct Pkcs12Contents<'a> {
    /// The name shown by the operating system: the terminal's.
    pub friendly_name: &'a str,
    /// The private key, unencrypted PKCS#8 in DER; see [`crate::SigningKey::pkcs8_der`].
    pub key_pkcs8: &'a [u8],
    /// The terminal's certificate in DER.
    pub certificate: &'a [u8],
    /// The authorities above it in DER, issuing authority first, root last.
    pub chain: &'a [&'a [u8]],
}

impl Pkcs12Contents<'_> {
    /// The file's bytes. Takes some milliseconds of computing: keep it off the threads that serve pages.
    ///
    /// # Errors
    /// [`Pkcs12Fault::Failed`] when the key or a certificate is not what it should be.
    pub fn write(&self, format: Pkcs12Format, passphrase: &Pkcs12Passphrase) -> Result<Vec<u8>, Pkcs12Fault> {
        let certificates = std::iter::once(&self.certificate)
            .chain(self.chain)
            .map(|der| Certificate::from_der(der))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        let key = PrivateKey::from_der(self.key_pkcs8).map_err(failed)?;
        let key_id = digest::sha1(self.certificate);
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new(key_id, key, certificates);
        store.add_entry(&in_ucs2(self.friendly_name), KeyStoreEntry::PrivateKeyChain(chain));
        let (encryption, mac) = match format {
            Pkcs12Format::Modern => (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256),
            Pkcs12Format::Legacy => (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1),
        };
        store
            .writer(&passphrase.0)
            .encryption_algorithm(encryption)
            .encryption_iterations(ITERATIONS)
            .mac_algorithm(mac)
            .mac_iterations(ITERATIONS)
            .write()
            .map_err(failed)
    }
}

/// friendlyName is a BMPString: characters beyond it (rare kanji, emoji) are replaced, the certificate keeps them.
fn in_ucs2(name: &str) -> String {
    name.chars().map(|c| if u32::from(c) > 0xffff { SUBSTITUTE } else { c }).collect()
}

fn failed(error: impl std::fmt::Display) -> Pkcs12Fault {
    Pkcs12Fault::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passphrases_are_printable_ascii_of_eight_to_sixty_four() {
        let check = |text: &str| Pkcs12Passphrase::new(text).map(drop);
        assert_eq!(check("abcdEF12"), Ok(()));
        assert_eq!(check(&"~".repeat(64)), Ok(()));
        assert_eq!(check("short77"), Err(Pkcs12Fault::Length));
        assert_eq!(check(&"a".repeat(65)), Err(Pkcs12Fault::Length));
        for text in ["pass word1", "パスワード八文字以上", "tab\tinside", "nul\0inside"] {
            assert_eq!(check(text), Err(Pkcs12Fault::Forbidden), "{text:?}");
        }
    }
}
