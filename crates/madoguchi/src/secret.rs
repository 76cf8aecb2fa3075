//! Files with secrets: nobody but their owner may read them.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use domain::clock::Randomness;

use crate::clock::SystemRandomness;

/// Access of others than the owner.
const OTHERS: u32 = 0o077;

/// What is wrong with who may read a file with a secret, and what to do; none when nothing is, or when there is no file.
pub(crate) fn shared(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    (mode & OTHERS != 0)
        .then(|| format!("{path}: others than its owner have access (mode {mode:03o}): chmod 600 {path}"))
}

/// Reads a file with a secret in text, blanks and line ends around it cut off.
///
/// # Errors
/// In words that name the file: when it cannot be read, or others can.
pub(crate) fn text(path: &PathBuf) -> Result<zeroize::Zeroizing<String>, String> {
    if let Some(fault) = shared(path) {
        return Err(fault);
    }
    let text = std::fs::read_to_string(path).map(zeroize::Zeroizing::new);
    text.map(|text| zeroize::Zeroizing::new(text.trim().to_owned()))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// A secret of 32 octets; made when there is none.
///
/// # Errors
/// When it cannot be read or made, others can read it, or it has another length.
pub(crate) fn standing_or_made(path: &Path) -> anyhow::Result<[u8; 32]> {
    if let Some(secret) = standing(path)? {
        return Ok(secret);
    }
    let secret: [u8; 32] = (&SystemRandomness as &dyn Randomness).bytes();
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = made.with_context(|| path.display().to_string())?;
    file.write_all(&secret)?;
    file.sync_all()?;
    Ok(secret)
}

/// The same if it is there.
///
/// # Errors
/// When it is there and cannot be read, others can read it, or it has another length.
pub(crate) fn standing(path: &Path) -> anyhow::Result<Option<[u8; 32]>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    if let Some(fault) = shared(path) {
        anyhow::bail!(fault);
    }
    bytes.try_into().map(Some).map_err(|_| anyhow::anyhow!("{}: must hold 32 octets", path.display()))
}
