//! A backup of key files that only several people together can open: encrypted under a random key, and that key split
//! k-of-n (Shamir). Splitting and encrypting are the libraries'; here are only the papers they stand on.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Write;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use blahaj::{Share, Sharks};
use domain::clock::Randomness;
use rand_core::{TryCryptoRng, TryRng};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{digest, pem};

const LABEL: &str = "MADOGUCHI KEY BACKUP";
const KEY: usize = 32;
/// The most shares: more papers than this nobody keeps apart.
const MOST: u8 = 20;

/// Why there is no backup, or why it stays closed. The words are for operators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareFault {
    /// Numbers that make no sense.
    #[error("shares: at least 2 must be needed, and at most {MOST} can be made, not fewer than are needed")]
    Numbers,
    /// A share whose checksum does not fit, or that is none.
    #[error("{0}: this share is damaged: compare it with its paper")]
    Damaged(String),
    /// A share of another backup.
    #[error("{0}: this share belongs to another backup")]
    Foreign(String),
    /// The same share twice.
    #[error("{0}: this share was given twice")]
    Repeated(String),
    /// Not enough shares.
    #[error("{missing} more share(s) are missing: {needed} are needed")]
    TooFew {
        /// How many are needed.
        needed: u8,
        /// How many more.
        missing: u8,
    },
    /// The file with the encrypted keys is damaged, or is none.
    #[error("the backup itself is damaged")]
    Backup,
    /// A library failed.
    #[error("the cryptographic library failed")]
    Crypto,
}

/// A backup and the shares that open it.
#[derive(Debug)]
pub struct KeyBackup {
    /// The file with the encrypted keys; worthless without shares.
    pub file: String,
    /// The shares, one text each, from the first one on.
    pub shares: Vec<Zeroizing<String>>,
}

/// Files by name.
pub type KeyFiles = BTreeMap<String, Vec<u8>>;

#[derive(Serialize, Deserialize)]
struct Content {
    files: BTreeMap<String, String>,
}

/// Encrypts files and splits the key into `shares` parts, of which any `needed` open them again.
///
/// # Errors
/// [`ShareFault::Numbers`], or [`ShareFault::Crypto`] when a library fails.
pub fn split(files: &KeyFiles, needed: u8, shares: u8, randomness: &dyn Randomness) -> Result<KeyBackup, ShareFault> {
    if needed < 2 || shares < needed || shares > MOST {
        return Err(ShareFault::Numbers);
    }
    let files = files.iter().map(|(name, bytes)| (name.clone(), hex::encode(bytes))).collect();
    let plain = toml::to_string(&Content { files }).map_err(|_| ShareFault::Crypto)?;
    let key = Zeroizing::new(randomness.bytes::<KEY>());
    let nonce = randomness.bytes::<NONCE_LEN>();
    let mut sealed = plain.into_bytes();
    let cipher = cipher(key.as_slice())?;
    cipher
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut sealed)
        .map_err(|_| ShareFault::Crypto)?;
    let der = [&nonce[..], &sealed].concat();
    let backup = digest::sha256_hex(&der)[..16].to_owned();
    let dealer = Sharks(needed).dealer_rng(key.as_slice(), &mut Source(randomness)).take(usize::from(shares));
    let papers = dealer.map(|share| Paper { backup: backup.clone(), needed, shares, value: Vec::from(&share) }.text());
    let papers = papers.collect();
    let head = format!("Madoguchi key backup {backup}: {needed} of {shares} shares open it\n");
    Ok(KeyBackup { file: head + &pem::encode(LABEL, &der), shares: papers })
}

/// Opens a backup with shares; each comes with what it is called, such as the name of its file.
///
/// # Errors
/// The first share that cannot be used, how many are missing, or a damaged backup.
pub fn join(file: &str, shares: &[(String, Zeroizing<String>)]) -> Result<KeyFiles, ShareFault> {
    let der = pem::decode(LABEL, file).filter(|der| der.len() > NONCE_LEN).ok_or(ShareFault::Backup)?;
    let backup = &digest::sha256_hex(&der)[..16];
    let (mut numbers, mut held, mut needed) = (BTreeSet::new(), vec![], 2);
    for (name, text) in shares {
        let paper = Paper::parse(text).ok_or_else(|| ShareFault::Damaged(name.clone()))?;
        if paper.backup != backup {
            return Err(ShareFault::Foreign(name.clone()));
        }
        if !numbers.insert(paper.number()) {
            return Err(ShareFault::Repeated(name.clone()));
        }
        needed = paper.needed;
        held.push(Share::try_from(paper.value.as_slice()).map_err(|_| ShareFault::Damaged(name.clone()))?);
    }
    let missing = usize::from(needed).saturating_sub(held.len());
    if missing > 0 {
        return Err(ShareFault::TooFew { needed, missing: u8::try_from(missing).unwrap_or(u8::MAX) });
    }
    let key = Sharks(needed).recover(&held).map(Zeroizing::new).map_err(|_| ShareFault::Crypto)?;
    open(&key, &der)
}

fn open(key: &[u8], der: &[u8]) -> Result<KeyFiles, ShareFault> {
    let (nonce, sealed) = der.split_at(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| ShareFault::Crypto)?;
    let mut sealed = sealed.to_vec();
    let plain = cipher(key)?.open_in_place(nonce, Aad::from(LABEL), &mut sealed).map_err(|_| ShareFault::Backup)?;
    let text = std::str::from_utf8(plain).map_err(|_| ShareFault::Backup)?;
    let content: Content = toml::from_str(text).map_err(|_| ShareFault::Backup)?;
    let bytes = |(name, digits): (String, String)| hex::decode(digits).map(|bytes| (name, bytes));
    content.files.into_iter().map(bytes).collect::<Result<_, _>>().map_err(|_| ShareFault::Backup)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, ShareFault> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| ShareFault::Crypto)
}

/// A share as it stands on paper.
struct Paper {
    backup: String,
    needed: u8,
    shares: u8,
    /// Its number, then its part of the key.
    value: Vec<u8>,
}

impl Paper {
    fn number(&self) -> u8 {
        self.value.first().copied().unwrap_or_default()
    }

    fn checksum(&self) -> String {
        let said = format!("{} {} {} {}", self.backup, self.needed, self.shares, hex::encode(&self.value));
        digest::sha256_hex(said.as_bytes())[..8].to_owned()
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = format!("Madoguchi key share {} of {}\n", self.number(), self.shares);
        let _ = writeln!(text, "backup:   {}\nneeded:   {} of {}", self.backup, self.needed, self.shares);
        let digits: Vec<char> = hex::encode(&self.value).chars().collect();
        for (nth, line) in digits.chunks(24).enumerate() {
            let groups: Vec<String> = line.chunks(4).map(|group| group.iter().collect()).collect();
            let _ = writeln!(text, "value {}:  {}", nth + 1, groups.join(" "));
        }
        let _ = writeln!(text, "checksum: {}", self.checksum());
        Zeroizing::new(text)
    }

    /// Reads it back, as typed from paper: blanks and capitals do not matter.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix(':'));
        let mut digits = Zeroizing::new(String::new());
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("value")) {
            let (_, part) = line.split_once(':')?;
            digits.extend(part.chars().filter(|c| !c.is_whitespace()));
        }
        let (needed, shares) = field("needed")?.split_once("of")?;
        let paper = Self {
            backup: field("backup")?.trim().to_lowercase(),
            needed: needed.trim().parse().ok()?,
            shares: shares.trim().parse().ok()?,
            value: hex::decode(digits.to_lowercase()).ok()?,
        };
        (paper.value.len() == KEY + 1 && field("checksum")?.trim().to_lowercase() == paper.checksum()).then_some(paper)
    }
}

/// Our randomness as the library asks for it.
struct Source<'a>(&'a dyn Randomness);

impl TryRng for Source<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl TryCryptoRng for Source<'_> {}
