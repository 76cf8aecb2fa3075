//! Files with secrets: nobody but their owner may read them.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

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
