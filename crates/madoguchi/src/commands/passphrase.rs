//! `ca change-passphrase`: gives key files another passphrase, in two new halves.
//!
//! Each file is replaced in one step, and its earlier form stays beside it until every new one was read back. A run that was
//! cut off is completed by running it again: a file that the new halves open is done already.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use pki::{Passphrase, SigningKey};

use services::authority::KeyFileAct;

use super::{
    noted,
    shares::{key_files, passphrase, write_new},
};
use crate::{Place, clock::SystemRandomness, config::Config, secret};

/// How names of files end that are not in place yet.
const NEW: &str = ".new";
/// How names of files end that still open with the earlier halves.
const OLD: &str = ".old";

/// `ca change-passphrase`
#[derive(Args)]
pub(crate) struct ChangePassphrase {
    #[command(flatten)]
    place: Place,
    /// File with a half of the new passphrase; two are needed, in the order of `authority.passphrase_files`.
    #[arg(long)]
    new_half: Vec<PathBuf>,
    /// Folder of the key files, such as the medium with the root's key; that of the installation if none.
    #[arg(long)]
    keys: Option<PathBuf>,
}

impl ChangePassphrase {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let [first, second] = self.new_half.as_slice() else { bail!("--new-half: name two files") };
        let half = |path: &PathBuf| secret::text(path).map_err(anyhow::Error::msg);
        let fresh = Passphrase::from_halves(&half(first)?, &half(second)?)?;
        let config = Config::load(&self.place)?;
        let folder = self.keys.unwrap_or_else(|| config.data_dir.join("keys"));
        let files = key_files(&folder)?;
        ensure!(!files.is_empty(), "{}: no key files to change", folder.display());
        let earlier = passphrase(&config)?;
        let mut changes = vec![];
        for (name, bytes) in &files {
            let path = folder.join(name);
            let text = std::str::from_utf8(bytes).with_context(|| path.display().to_string())?;
            changes.push((path, name, Key::open(text, &earlier, &fresh).with_context(|| name.clone())?));
        }
        for (path, name, key) in &changes {
            match key {
                Key::Done => println!("{name}: opens with the new halves already"),
                Key::Open(key) => prepare(path, key, &fresh)?,
            }
        }
        // Nothing was touched so far; from here on every file opens with one passphrase or the other.
        for (path, name, key) in &changes {
            if let Key::Open(key) = key {
                replace(path, key, &fresh)?;
                println!("{name}: changed");
            }
        }
        for (path, ..) in &changes {
            remove(&beside(path, OLD))?;
        }
        sync(&folder)?;
        tell_what_is_left(&folder);
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        noted::note(&config, KeyFileAct::ChangePassphrase, &names, "").await
    }
}

fn tell_what_is_left(folder: &Path) {
    println!("put the new halves where authority.passphrase_files points, then restart the service");
    println!("backups in shares (ca backup-keys) and copies of {} still open with the old halves", folder.display());
}

/// A key file as it is found.
enum Key {
    /// Opens with the earlier halves.
    Open(Box<SigningKey>),
    /// Opens with the new ones.
    Done,
}

impl Key {
    fn open(text: &str, earlier: &Passphrase, fresh: &Passphrase) -> anyhow::Result<Self> {
        if let Ok(key) = SigningKey::from_encrypted_pem(text, earlier) {
            return Ok(Self::Open(Box::new(key)));
        }
        match SigningKey::from_encrypted_pem(text, fresh) {
            Ok(_) => Ok(Self::Done),
            Err(_) => {
                bail!("neither the officers' passphrase nor the new one opens this key file; nothing was changed")
            }
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes the new form of a file beside it and reads it back.
fn prepare(path: &Path, key: &SigningKey, fresh: &Passphrase) -> anyhow::Result<()> {
    let new = beside(path, NEW);
    remove(&new)?;
    write_new(&new, key.to_encrypted_pem(fresh, &SystemRandomness)?.as_bytes())?;
    read_back(&new, key, fresh)
}

/// Puts it in place, and reads it back there.
fn replace(path: &Path, key: &SigningKey, fresh: &Passphrase) -> anyhow::Result<()> {
    let old = beside(path, OLD);
    remove(&old)?;
    fs::hard_link(path, &old).with_context(|| old.display().to_string())?;
    fs::rename(beside(path, NEW), path).with_context(|| path.display().to_string())?;
    sync(path.parent().unwrap_or(Path::new(".")))?;
    read_back(path, key, fresh)
}

fn read_back(path: &Path, key: &SigningKey, passphrase: &Passphrase) -> anyhow::Result<()> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let opened = SigningKey::from_encrypted_pem(&text, passphrase).with_context(|| path.display().to_string())?;
    ensure!(opened.public_key() == key.public_key(), "{}: another key was read back", path.display());
    Ok(())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| path.display().to_string()),
        _ => Ok(()),
    }
}

/// Makes new names in a folder durable.
fn sync(folder: &Path) -> anyhow::Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| folder.display().to_string())
}
