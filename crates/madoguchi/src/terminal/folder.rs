//! The terminal's files: each certificate with its key in a folder of its own, `current` pointing at the one in use.
//!
//! `next/` holds what is under way. When a certificate has arrived, `next/` gets the certificate's serial as its name and
//! `current` is replaced in one step, so that key and certificate always fit together. Earlier folders stay.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use pki::{CertificateInfo, SigningKey, pem};
use serde::{Deserialize, Serialize};

const CURRENT: &str = "current";
const NEW_CURRENT: &str = "current.new";
const NEXT: &str = "next";
const KEY: &str = "key.pem";
const REQUEST: &str = "request.der";
const CERTIFICATE: &str = "certificate.pem";
const CHAIN: &str = "chain.pem";
const BUNDLE: &str = "terminal.p12";
const ROOT: &str = "root.pem";
const ABOUT: &str = "terminal.toml";
const TLS_CA: &str = "tls-ca.pem";
/// Lies beside a certificate that was put where it is used and has passed the connection test.
const TESTED: &str = "tested";

/// What was settled when the terminal enrolled, or later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    /// Address of the closed network.
    pub(super) server: String,
    /// SHA-256 of the root, hexadecimal.
    pub(super) root_fingerprint: String,
    /// File with the passphrase of the PKCS#12 file, if one is written.
    pub(super) p12_passphrase_file: Option<PathBuf>,
    /// Program that puts a certificate where it is used, if there is one.
    pub(super) install: Option<PathBuf>,
}

/// The folder, held by this process alone.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// The certificate in use, with its key.
pub(super) struct Current {
    pub(super) key: SigningKey,
    pub(super) certificate: Vec<u8>,
    pub(super) info: CertificateInfo,
    pub(super) chain: Vec<Vec<u8>>,
}

impl Folder {
    /// Opens the folder, makes it if it is not there, waits for no other process, and completes what was cut off.
    ///
    /// # Errors
    /// When the folder cannot be used, is open to others, or another process uses it.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .with_context(|| path.display().to_string())?;
        }
        let mode = fs::metadata(path).with_context(|| path.display().to_string())?.permissions().mode() & 0o777;
        let shown = path.display();
        ensure!(
            mode & 0o077 == 0,
            "{shown} is open to others (mode {mode:o}): do `chmod 700 {shown}`, or name another"
        );
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"));
        let lock = lock.with_context(|| path.display().to_string())?;
        lock.try_lock().with_context(|| format!("another process uses {}", path.display()))?;
        let folder = Self { path: path.to_owned(), _lock: lock };
        folder.settle()?;
        Ok(folder)
    }

    /// Completes an exchange that was cut off: what had arrived is put to use, nothing is lost.
    fn settle(&self) -> anyhow::Result<()> {
        let pointer = self.path.join(NEW_CURRENT);
        match fs::read_link(&pointer) {
            Ok(target) if self.path.join(&target).join(CERTIFICATE).exists() => self.replace_current()?,
            Ok(_) => fs::remove_file(&pointer)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("current.new"),
        }
        if self.path.join(NEXT).join(CERTIFICATE).exists() { self.adopt() } else { Ok(()) }
    }

    fn replace_current(&self) -> anyhow::Result<()> {
        fs::rename(self.path.join(NEW_CURRENT), self.path.join(CURRENT))?;
        sync(&self.path)
    }

    /// Notes server and root.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn note(&self, about: &About, root: &[u8]) -> anyhow::Result<()> {
        self.write(ROOT, pem::certificate(root).as_bytes())?;
        self.write(ABOUT, toml::to_string(about)?.as_bytes())
    }

    /// What was noted, and the root, if its fingerprint still is the one that was checked.
    ///
    /// # Errors
    /// When the terminal never enrolled, or the root's file was changed.
    pub(super) fn noted(&self) -> anyhow::Result<(About, Vec<u8>)> {
        let text =
            fs::read_to_string(self.path.join(ABOUT)).context("this terminal has not enrolled: terminal.toml")?;
        let about: About = toml::from_str(&text)?;
        let root = read_root(&self.path.join(ROOT), &about.root_fingerprint)?;
        Ok((about, root))
    }

    /// Whom the TLS of the counter must lead to: what is given here and kept from now on, what was given before, or else
    /// the root.
    ///
    /// # Errors
    /// When a file cannot be read or holds no certificate.
    pub(super) fn trusted(&self, given: Option<&Path>, root: &[u8]) -> anyhow::Result<Vec<Vec<u8>>> {
        let kept = self.path.join(TLS_CA);
        let Some(path) = given.or_else(|| kept.exists().then_some(kept.as_path())) else {
            return Ok(vec![root.to_vec()]);
        };
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let trusted = pem::decode_all("CERTIFICATE", &text);
        ensure!(!trusted.is_empty(), "{} holds no certificate", path.display());
        if given.is_some() {
            self.write(TLS_CA, text.as_bytes())?;
        }
        Ok(trusted)
    }

    /// Whether the certificate in use was put where it is used and has passed the connection test.
    pub(super) fn is_tested(&self) -> bool {
        self.path.join(CURRENT).join(TESTED).exists()
    }

    /// Notes that.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn note_tested(&self) -> anyhow::Result<()> {
        self.write(&format!("{CURRENT}/{TESTED}"), b"")
    }

    /// The folder of the certificate in use.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn place(&self) -> anyhow::Result<PathBuf> {
        Ok(fs::canonicalize(self.path.join(CURRENT))?)
    }

    /// Whether the certificate in use has a PKCS#12 file.
    pub(super) fn has_bundle(&self) -> bool {
        self.path.join(CURRENT).join(BUNDLE).exists()
    }

    /// Whether there is a certificate in use.
    pub(super) fn has_current(&self) -> bool {
        self.path.join(CURRENT).exists()
    }

    /// The certificate in use.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub(super) fn current(&self) -> anyhow::Result<Current> {
        let place = self.path.join(CURRENT);
        let read =
            |name: &str| fs::read_to_string(place.join(name)).with_context(|| place.join(name).display().to_string());
        let certificate =
            pem::decode("CERTIFICATE", &read(CERTIFICATE)?).context("certificate.pem is no certificate")?;
        Ok(Current {
            key: private_key(&read(KEY)?)?,
            info: CertificateInfo::parse(&certificate)?,
            certificate,
            chain: pem::decode_all("CERTIFICATE", &read(CHAIN)?),
        })
    }

    /// Key and request that were begun and not answered.
    ///
    /// # Errors
    /// When the key's file cannot be read.
    pub(super) fn begun(&self) -> anyhow::Result<Option<(SigningKey, Vec<u8>)>> {
        let place = self.path.join(NEXT);
        let Ok(request) = fs::read(place.join(REQUEST)) else { return Ok(None) };
        let key = private_key(&fs::read_to_string(place.join(KEY)).context("next/key.pem")?)?;
        Ok(Some((key, request)))
    }

    /// Lays key and request down before the request is sent; the request last, as the sign that both are whole.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn begin(&self, key: &SigningKey, request: &[u8]) -> anyhow::Result<()> {
        let place = self.path.join(NEXT);
        if !place.exists() {
            fs::DirBuilder::new().mode(0o700).create(&place)?;
        }
        let key = key.pkcs8_der().context("the key cannot be written")?;
        self.write(&format!("{NEXT}/{KEY}"), pem::encode("PRIVATE KEY", key).as_bytes())?;
        self.write(&format!("{NEXT}/{REQUEST}"), request)
    }

    /// Throws away key and request that the counter will never take.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(super) fn give_up(&self) -> anyhow::Result<()> {
        Ok(fs::remove_dir_all(self.path.join(NEXT))?)
    }

    /// Lays down what arrived; the certificate last, as the sign that all of it is whole. Then puts it to use.
    ///
    /// # Errors
    /// When the disk refuses; running again completes it.
    pub(super) fn receive(&self, certificate: &[u8], chain: &[Vec<u8>], bundle: Option<&[u8]>) -> anyhow::Result<()> {
        let chain: String = chain.iter().map(|der| pem::certificate(der)).collect();
        self.write(&format!("{NEXT}/{CHAIN}"), chain.as_bytes())?;
        if let Some(bundle) = bundle {
            self.write(&format!("{NEXT}/{BUNDLE}"), bundle)?;
        }
        self.write(&format!("{NEXT}/{CERTIFICATE}"), pem::certificate(certificate).as_bytes())?;
        self.adopt()
    }

    fn adopt(&self) -> anyhow::Result<()> {
        let next = self.path.join(NEXT);
        let text = fs::read_to_string(next.join(CERTIFICATE))?;
        let der = pem::decode("CERTIFICATE", &text).context("next/certificate.pem is no certificate")?;
        let name = CertificateInfo::parse(&der)?.serial.to_hex();
        let pointer = self.path.join(NEW_CURRENT);
        if fs::symlink_metadata(&pointer).is_ok() {
            fs::remove_file(&pointer)?;
        }
        symlink(&name, &pointer)?;
        fs::rename(&next, self.path.join(&name))?;
        sync(&self.path)?;
        self.replace_current()
    }

    /// Writes a file whole or not at all; only its owner may read it.
    fn write(&self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let path = self.path.join(name);
        let beside = path.with_extension("part");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        sync(path.parent().unwrap_or(&self.path))
    }
}

fn sync(folder: &Path) -> anyhow::Result<()> {
    Ok(File::open(folder)?.sync_all()?)
}

fn private_key(text: &str) -> anyhow::Result<SigningKey> {
    let der = pem::decode("PRIVATE KEY", text).context("key.pem is no private key")?;
    Ok(SigningKey::from_pkcs8_der(&der)?)
}

/// The root certificate in a file, if its SHA-256 is the expected one.
///
/// # Errors
/// When it is no certificate or another one.
pub(super) fn read_root(path: &Path, fingerprint: &str) -> anyhow::Result<Vec<u8>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let root = pem::decode("CERTIFICATE", &text).with_context(|| format!("{} is no certificate", path.display()))?;
    let (found, expected) = (pki::sha256_hex(&root), plain(fingerprint));
    ensure!(found == expected, "the fingerprint of {} is {found}, not {expected}: do not go on", path.display());
    Ok(root)
}

/// A fingerprint without colons, blanks and capitals.
pub(super) fn plain(fingerprint: &str) -> String {
    fingerprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
}
