//! Where the keys of the authorities lie: in encrypted files, or in a token that they never leave.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use domain::clock::Randomness;
use pki::{KeyKind, Passphrase, PublicKey, SigningKey, Token, TokenFault, TokenNews, TokenWatch};
use tokio::sync::Semaphore;

use crate::{Error, Result, heavy::heavy};

/// A place where keys of authorities are made and found by name; cheap to clone.
#[derive(Clone, Debug)]
pub enum KeyStore {
    /// Files in a folder, encrypted with a passphrase (`NAME.key.pem`).
    File {
        /// The folder.
        folder: PathBuf,
        /// The passphrase.
        passphrase: Arc<Passphrase>,
    },
    /// A token; the name is the key's label.
    Token(Token),
    /// Memory alone, for rehearsals: what is made here is gone with it.
    Memory(Arc<Mutex<BTreeMap<String, Arc<SigningKey>>>>),
}

/// Tells the log when a token fails and when it works again; once each, not for each request.
pub fn token_watch() -> TokenWatch {
    Arc::new(|news| match news {
        TokenNews::Failed(fault) => tracing::error!(%fault, "the authority's key cannot sign"),
        TokenNews::Works => tracing::info!("the authority's key signs again"),
    })
}

impl KeyStore {
    /// What kind of place it is, in words for a protocol.
    pub(super) fn in_words(&self) -> &'static str {
        match self {
            Self::File { .. } => "暗号化した鍵ファイル",
            Self::Token(_) => "暗号装置（PKCS#11）",
            Self::Memory(_) => "メモリー（予行演習のみ）",
        }
    }

    /// Makes a key, to be found by its name from now on.
    pub(super) async fn make(&self, name: &str, kind: KeyKind, randomness: &dyn Randomness) -> Result<Arc<SigningKey>> {
        match self {
            Self::File { folder, passphrase } => {
                let key = apart(move || SigningKey::generate(kind)).await?.map_err(Error::internal)?;
                let pem = key.to_encrypted_pem(passphrase, randomness).map_err(Error::internal)?;
                let path = file(folder, name);
                apart(move || write(&path, &pem)).await?.map_err(Error::internal)?;
                Ok(Arc::new(key))
            }
            Self::Token(token) => {
                let (token, name) = (token.clone(), name.to_owned());
                let made = apart(move || token.generate(&name, kind)).await?;
                made.map(|key| Arc::new(SigningKey::Token(key))).map_err(|fault| Error::signing(fault.into()))
            }
            Self::Memory(keys) => {
                let key = Arc::new(apart(move || SigningKey::generate(kind)).await?.map_err(Error::internal)?);
                keys.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), key.clone());
                Ok(key)
            }
        }
    }

    /// Finds a key by its name; `None` while its file lies elsewhere, or its token is not there or does not hold it.
    pub(super) async fn find(&self, name: &str) -> Result<Option<Arc<SigningKey>>> {
        match self {
            Self::File { folder, passphrase } => {
                let path = file(folder, name);
                let pem = match tokio::fs::read_to_string(&path).await {
                    Ok(pem) => pem,
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(Error::Internal(format!("{}: {error}", path.display()))),
                };
                let passphrase = passphrase.clone();
                let open = move || SigningKey::from_encrypted_pem(&pem, &passphrase);
                let opened = apart(open).await?.map(|key| Some(Arc::new(key)));
                opened.map_err(|fault| Error::Internal(format!("{}: {fault}", path.display())))
            }
            Self::Token(token) => {
                let (token, name) = (token.clone(), name.to_owned());
                match apart(move || token.find(&name)).await? {
                    Ok(found) => Ok(found.map(|key| Arc::new(SigningKey::Token(key)))),
                    Err(fault) if fault.passes() => Ok(None),
                    Err(fault) => Err(Error::signing(fault.into())),
                }
            }
            Self::Memory(keys) => Ok(keys.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()),
        }
    }

    /// Whether it holds a key of a name; none while its token cannot be asked.
    pub(super) async fn holds(&self, name: &str) -> Result<Option<bool>> {
        match self {
            Self::File { folder, .. } => {
                Ok(Some(tokio::fs::try_exists(file(folder, name)).await.map_err(Error::internal)?))
            }
            Self::Token(token) => {
                let (token, name) = (token.clone(), name.to_owned());
                match apart(move || token.find(&name)).await? {
                    Ok(found) => Ok(Some(found.is_some())),
                    Err(fault) if fault.passes() || matches!(fault, TokenFault::WrongPin { .. }) => Ok(None),
                    Err(fault) => Err(Error::signing(fault.into())),
                }
            }
            Self::Memory(_) => Ok(Some(self.find(name).await?.is_some())),
        }
    }

    /// Why a key of a kind could not be made in it now, in words for an operator; none when nothing hinders. It is left as it
    /// was.
    pub(super) async fn hindrance(&self, kind: KeyKind) -> Result<Option<String>> {
        match self {
            // A folder of the installation that is not there yet is made.
            Self::File { folder, .. } if !folder.exists() => Ok(None),
            Self::File { folder, .. } => {
                let probe = folder.join(".madoguchi-probe");
                let told = |error| format!("{}: no key file can be written there: {error}", folder.display());
                let written = write(&probe, "").and_then(|()| std::fs::remove_file(&probe));
                Ok(written.err().map(told))
            }
            Self::Token(token) => {
                let token = token.clone();
                Ok(apart(move || token.check(kind)).await?.err().map(|fault| fault.to_string()))
            }
            Self::Memory(_) => Ok(None),
        }
    }

    /// Opens the key of a certificate.
    ///
    /// A token need not be there yet. Nor does a wrong PIN stop the start: a service that is started again and again by
    /// its supervisor would try it each time, until the token is locked. What the token says is in the log.
    pub(super) async fn open(&self, name: &str, certified: &PublicKey) -> Result<Arc<SigningKey>> {
        let found = match self {
            Self::File { .. } | Self::Memory(_) => self.find(name).await?,
            Self::Token(token) => {
                let (asked, label) = (token.clone(), name.to_owned());
                match apart(move || asked.find(&label)).await? {
                    Ok(found) => found.map(|key| Arc::new(SigningKey::Token(key))),
                    Err(fault) if fault.passes() || matches!(fault, TokenFault::WrongPin { .. }) => {
                        return Ok(Arc::new(SigningKey::Token(token.key(name, certified.clone()))));
                    }
                    Err(fault) => return Err(Error::internal(fault)),
                }
            }
        };
        let key = found.ok_or_else(|| Error::Internal(format!("the key {name} is not in its store")))?;
        if key.public_key() != certified {
            return Err(Error::Internal(format!("the key {name} is not the one of its certificate")));
        }
        ready(&key).await?;
        Ok(key)
    }
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.key.pem"))
}

fn write(path: &Path, pem: &str) -> std::io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()
}

/// Does something slow where waiting hinders nobody.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// How many wait in threads for a token at a time; the others wait for them. A token that hangs must not take the threads that
/// everybody else's slow work is done in.
static AT_A_TOKEN: Semaphore = Semaphore::const_new(64);

/// Goes on only while a key is not known to be unable to sign.
///
/// # Errors
/// As for [`signed`].
pub(super) async fn ready(key: &Arc<SigningKey>) -> Result<()> {
    if key.is_remote() { at_its_token(key, SigningKey::ready).await } else { key.ready().map_err(Error::signing) }
}

/// Lets a key sign: one of this process when a core has time for it, one that lies elsewhere where waiting hinders nobody.
///
/// # Errors
/// [`Error::CannotSign`] when its token does not, for now or until somebody does something about it.
pub(super) async fn signed<T: Send + 'static>(
    key: &Arc<SigningKey>,
    sign: impl FnOnce(&SigningKey) -> Result<T, pki::Error> + Send + 'static,
) -> Result<T> {
    if key.is_remote() { at_its_token(key, sign).await } else { heavy(|| sign(key)).await.map_err(Error::signing) }
}

async fn at_its_token<T: Send + 'static>(
    key: &Arc<SigningKey>,
    ask: impl FnOnce(&SigningKey) -> Result<T, pki::Error> + Send + 'static,
) -> Result<T> {
    let _place = AT_A_TOKEN.acquire().await.map_err(Error::internal)?;
    let key = key.clone();
    apart(move || ask(&key)).await?.map_err(Error::signing)
}

/// The key of the root: its officers keep it elsewhere and bring it back when the root must sign.
#[derive(Clone, Debug)]
pub struct RootKey {
    store: KeyStore,
    name: String,
}

impl RootKey {
    pub(super) fn new(store: &KeyStore, name: &str) -> Self {
        Self { store: store.clone(), name: name.to_owned() }
    }

    /// Opens the key, to be forgotten after use; `None` while it lies elsewhere.
    ///
    /// # Errors
    /// When it cannot be read, or passphrase or PIN do not open it.
    pub(super) async fn open(&self) -> Result<Option<Arc<SigningKey>>> {
        self.store.find(&self.name).await
    }
}
