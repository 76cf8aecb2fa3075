//! `ca backup-keys` and `ca restore-keys`: key files that only several people together bring back.

use std::{
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use pki::{KeyFiles, Passphrase, SigningKey};
use zeroize::Zeroizing;

use services::authority::KeyFileAct;

use super::noted;
use crate::{Place, clock::SystemRandomness, config::Config, install};

/// Name of the file with the encrypted keys.
const BACKUP: &str = "keys.backup";
/// How names of key files end.
const ENDING: &str = ".key.pem";

/// `ca backup-keys`
#[derive(Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    place: Place,
    /// How many shares are made.
    #[arg(long)]
    shares: u8,
    /// How many of them are needed to restore.
    #[arg(long)]
    threshold: u8,
    /// Folder for the backup and its shares; must be new or empty.
    #[arg(long)]
    out: PathBuf,
    /// Folder of the key files, such as the medium with the root's key; that of the installation if none.
    #[arg(long)]
    keys: Option<PathBuf>,
}

/// `ca restore-keys SHARE…`
#[derive(Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    place: Place,
    /// The backup; `keys.backup` beside the first share if none.
    #[arg(long)]
    backup: Option<PathBuf>,
    /// Folder to restore into; that of the installation if none. No file is ever overwritten.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Shares.
    #[arg(required = true)]
    shares: Vec<PathBuf>,
}

/// Both officers' halves. For shares: whoever holds enough of them must not hold the keys by that alone.
pub(super) fn passphrase(config: &Config) -> anyhow::Result<Passphrase> {
    let halves = config.authority.halves().map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
    halves.context("authority.passphrase_files: name the files with both officers' halves; they are needed")
}

impl Backup {
    /// Makes the backup.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.place)?;
        let folder = self.keys.unwrap_or_else(|| config.data_dir.join("keys"));
        let files = key_files(&folder)?;
        let authority = &config.authority;
        let stores = [&authority.key_store, &authority.root_key_store].into_iter().chain(&authority.earlier_key_stores);
        if stores.into_iter().any(|store| !store.is_file()) {
            eprintln!("keys in a token are not in this backup: copy them by the token's own means");
        }
        ensure!(!files.is_empty(), "{}: no key files (*{ENDING}) to back up", folder.display());
        check(&files, &passphrase(&config)?)?;
        ensure!(super::empty_or_new(&self.out), "--out: {} is not empty", self.out.display());
        let made = pki::split_key_backup(&files, self.threshold, self.shares, &SystemRandomness)?;
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        write_new(&self.out.join(BACKUP), made.file.as_bytes())?;
        for (number, share) in (1..).zip(&made.shares) {
            write_new(&self.out.join(format!("share-{number}.txt")), share.as_bytes())?;
        }
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        println!("{} key file(s): {}", names.len(), names.join(", "));
        println!(
            "give each share to another person, keep none here: any {} of {} restore",
            self.threshold, self.shares
        );
        let vouched = pki::sha256_hex(made.file.as_bytes());
        println!("SHA-256 of {BACKUP}: {vouched}");
        noted::note(&config, KeyFileAct::Backup, &names, &vouched).await
    }
}

impl Restore {
    /// Restores the key files.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.place)?;
        let passphrase = passphrase(&config)?;
        let mut shares = vec![];
        for path in &self.shares {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            shares.push((path.display().to_string(), Zeroizing::new(text)));
        }
        let beside = || self.shares.first().and_then(|first| first.parent()).unwrap_or(Path::new(".")).join(BACKUP);
        let backup = self.backup.clone().unwrap_or_else(beside);
        let file = std::fs::read_to_string(&backup).with_context(|| backup.display().to_string())?;
        let files = pki::join_key_backup(&file, &shares)?;
        check(&files, &passphrase)?;
        let folder = match self.keys {
            Some(folder) => folder,
            None => {
                install::private_folder(&config.data_dir)?;
                config.data_dir.join("keys")
            }
        };
        install::private_folder(&folder)?;
        bring_back(&files, &folder)?;
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        noted::note(&config, KeyFileAct::Restore, &names, &pki::sha256_hex(file.as_bytes())).await
    }
}

fn bring_back(files: &KeyFiles, folder: &Path) -> anyhow::Result<()> {
    for (name, bytes) in files {
        ensure!(is_key_file(name), "{name}: not the name of a key file");
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(there) if there == *bytes => println!("{name}: is there already"),
            Ok(_) => anyhow::bail!("{}: another file is there; nothing is overwritten", path.display()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                write_new(&path, bytes)?;
                println!("{name}: restored");
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
    }
    Ok(())
}

fn is_key_file(name: &str) -> bool {
    name.ends_with(ENDING) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
}

/// The key files of a folder, by name.
pub(super) fn key_files(folder: &Path) -> anyhow::Result<KeyFiles> {
    let mut files = KeyFiles::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if is_key_file(&name) {
            files.insert(name, std::fs::read(&path).with_context(|| path.display().to_string())?);
        }
    }
    Ok(files)
}

/// Opens each file with the passphrase: a backup that cannot be used is none.
fn check(files: &KeyFiles, passphrase: &Passphrase) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let text = std::str::from_utf8(bytes).with_context(|| name.clone())?;
        SigningKey::from_encrypted_pem(text, passphrase)
            .map_err(|_| anyhow::anyhow!("{name}: the officers' passphrase does not open this key file"))?;
    }
    Ok(())
}

/// Writes a file that is not there yet, durably and for its owner alone.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().with_context(|| path.display().to_string())
}
