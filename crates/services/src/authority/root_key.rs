//! The key of the root: in a file that its officers keep elsewhere and bring back when the root must sign.

use std::{io::ErrorKind, path::PathBuf, sync::Arc};

use pki::{Passphrase, SigningKey};

use crate::{Error, Result};

/// Where the key of the root lies while it is there at all; read anew each time it is needed and forgotten at once.
#[derive(Clone, Debug)]
pub struct RootKey {
    file: PathBuf,
    passphrase: Arc<Passphrase>,
}

impl RootKey {
    pub(super) fn new(file: PathBuf, passphrase: Arc<Passphrase>) -> Self {
        Self { file, passphrase }
    }

    /// Opens the key; `None` while its file lies elsewhere.
    ///
    /// # Errors
    /// When the file cannot be read or the passphrase does not open it.
    pub(super) async fn open(&self) -> Result<Option<SigningKey>> {
        let pem = match tokio::fs::read_to_string(&self.file).await {
            Ok(pem) => pem,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::Internal(format!("{}: {error}", self.file.display()))),
        };
        let passphrase = self.passphrase.clone();
        let open = move || SigningKey::from_encrypted_pem(&pem, &passphrase);
        tokio::task::spawn_blocking(open).await.map_err(Error::internal)?.map(Some).map_err(Error::internal)
    }
}
