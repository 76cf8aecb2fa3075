//! `backup`, `verify-backup`, `restore`, `db copy`.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, Subcommand};
use domain::{calendar::japanese_datetime, clock::Clock};
use serde_json::json;
use services::backup::{self, Caught, Copied, Manifest, Order, Release, Replayed, Restored, Target, Verified};
use storage::Db;

use crate::{
    Place,
    clock::{SystemClock, SystemRandomness},
    config::Config,
    install,
};

/// `backup FILE`
#[derive(Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    place: Place,
    /// New file; it is written with mode 0600 and holds secrets.
    file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// `verify-backup FILE`
#[derive(Args)]
pub(crate) struct VerifyBackup {
    /// Backup.
    file: PathBuf,
    /// Folder with a journal; once for each node.
    #[arg(long)]
    journal: Vec<PathBuf>,
    /// Folder for the scratch copy; the system's if none.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// `restore FILE`, `restore` or `restore --release`
#[derive(Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    place: Place,
    /// Backup; without one, the journal is replayed into the database that was found older than it.
    #[arg(conflicts_with = "release")]
    file: Option<PathBuf>,
    /// Folder with a journal; once for each node.
    #[arg(long)]
    journal: Vec<PathBuf>,
    /// End the quarantine although the journal does not prove that nothing is missing.
    #[arg(long, requires = "officer", requires = "reason")]
    release: bool,
    /// Mail address of an officer who answers for it; two are needed.
    #[arg(long)]
    officer: Vec<String>,
    /// Why the journal cannot be replayed.
    #[arg(long)]
    reason: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// `db …`
#[derive(Subcommand)]
pub(crate) enum Database {
    /// Copy all rows into an empty database of either engine; the service must be stopped.
    Copy(Copy),
}

/// `db copy TO`
#[derive(Args)]
pub(crate) struct Copy {
    #[command(flatten)]
    place: Place,
    /// Address of the empty database: `sqlite:PATH` or `postgres://…`.
    to: String,
}

/// The backup itself is whole, but the journal does not prove that nothing is missing after it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotProved(String);

impl Backup {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.place)?;
        let db = install::open_database(&config).await?;
        let journal = install::journal(&config, &db).await?;
        let files = files(&config, &self.place)?;
        let uploads = install::uploads(&config).await?.store;
        let (to, program) = (self.file.as_path(), env!("CARGO_PKG_VERSION"));
        let order = Order { db: &db, journal: &journal, uploads: &uploads, files, to, program };
        let made = backup::make(&order).await;
        db.close().await;
        let made = made?;
        let (manifest, file) = (made.manifest, self.file.display());
        if self.json {
            println!("{}", json!({ "file": self.file, "sha256": made.sha256, "manifest": manifest }));
        } else {
            let (rows, tables, files) = (manifest.rows(), manifest.tables.len(), manifest.files.len());
            let (uploads, audit) = (manifest.objects.count, manifest.audit.0);
            println!("{file}: {rows} rows of {tables} tables, {files} files, {uploads} uploads, audit row {audit}");
            eprint!("{}", missing_words(&manifest));
        }
        Ok(())
    }
}

/// The files that belong to an installation, by their names in the backup.
fn files(config: &Config, place: &Place) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut files = vec![];
    let keys = config.data_dir.join("keys");
    if keys.is_dir() {
        for entry in std::fs::read_dir(&keys).with_context(|| keys.display().to_string())? {
            let path = entry?.path();
            if path.is_file() {
                files.push((format!("keys/{}", name_of(&path)), path));
            }
        }
    }
    let vault = config.data_dir.join("vault.key");
    if vault.is_file() {
        files.push(("vault.key".to_owned(), vault));
    } else {
        let path = vault.display();
        tracing::warn!(%path, "vault.key is not there: with this backup alone nothing that was sealed can be opened");
    }
    for path in place.config.iter().chain(&config.authority.profiles) {
        files.push((format!("settings/{}", name_of(path)), path.clone()));
    }
    files.sort();
    files.dedup_by(|one, other| one.0 == other.0);
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl VerifyBackup {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let scratch = Scratch::below(&self.scratch.clone().unwrap_or_else(std::env::temp_dir))?;
        let verified = backup::verify(&self.file, &self.journal, &scratch.0, &SystemClock, &SystemRandomness).await?;
        if self.json {
            println!("{}", json!({ "whole": verified.gaps.is_empty(), "found": verified }));
        } else {
            print!("{}", verified_words(&verified));
        }
        proved(&verified.gaps)
    }
}

/// A folder that is removed with everything in it.
struct Scratch(PathBuf);

impl Scratch {
    fn below(folder: &Path) -> anyhow::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let path = folder.join(format!("madoguchi-{}", services::secrets::new_token(&SystemRandomness)));
        std::fs::DirBuilder::new().mode(0o700).create(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::error!(folder = %self.0.display(), %error, "a scratch copy of a backup stays: remove it");
        }
    }
}

fn verified_words(verified: &Verified) -> String {
    let manifest = &verified.manifest;
    let mut text = format!(
        "backup {} of {}: every hash fits\n{} rows of {} tables, {} files, {} uploads\n{} audit rows, their chain is whole\n",
        manifest.id,
        japanese_datetime(manifest.made_at),
        manifest.rows(),
        manifest.tables.len(),
        manifest.files.len(),
        manifest.objects.count,
        verified.audit_rows,
    );
    text += &missing_words(manifest);
    let _ = writeln!(text, "journal: {} chains, {} lines", verified.journal.0, verified.journal.1);
    text + &replayed_words("a restore would bring", &verified.replayed)
}

/// Files of applications that a backup could not take along.
fn missing_words(manifest: &Manifest) -> String {
    let mut text = String::new();
    for id in &manifest.objects.missing {
        let _ = writeln!(text, "missing: objects/{id} was gone or changed in the store when the backup was made");
    }
    text
}

fn replayed_words(verb: &str, replayed: &Replayed) -> String {
    let revoked = replayed.revoked + replayed.revoked_unknown;
    let mut text = format!(
        "{verb}: {revoked} revocations, {} serials on hold, {} given up, new numbers of lists for {} authorities\n",
        replayed.held.len(),
        replayed.abandoned,
        replayed.numbers_raised,
    );
    for serial in &replayed.held {
        let _ = writeln!(text, "on hold: {serial}");
    }
    text
}

fn proved(gaps: &[String]) -> anyhow::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    let words = format!("the journal does not prove that nothing is missing:\n- {}", gaps.join("\n- "));
    Err(NotProved(words).into())
}

impl Restore {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.place)?;
        match &self.file {
            Some(file) => self.restore(&config, file).await,
            None if self.release => self.release(&config).await,
            None => self.catch_up(&config).await,
        }
    }

    async fn catch_up(&self, config: &Config) -> anyhow::Result<()> {
        let db = install::open_tables(config).await?;
        let caught = self.caught(config, &db).await;
        db.close().await;
        let Caught { replayed, gaps } = caught?;
        if self.json {
            println!(
                "{}",
                json!({ "quarantine": !gaps.is_empty(), "backup": null, "gaps": gaps, "replayed": replayed })
            );
        } else {
            print!("{}{}", replayed_words("the journal brought", &replayed), ended_words(&gaps));
        }
        proved(&gaps)
    }

    async fn caught(&self, config: &Config, db: &Db) -> anyhow::Result<Caught> {
        anyhow::ensure!(!db.is_empty().await?, "the database is empty: name the file of a backup");
        let place = install::journal(config, db).await?;
        Ok(backup::catch_up_in_place(db, &place, &self.journal, &SystemRandomness).await?)
    }

    async fn restore(&self, config: &Config, file: &Path) -> anyhow::Result<()> {
        let url = config.database_url();
        let mut journals = self.journal.clone();
        if journals.is_empty() && config.journal().is_dir() {
            journals.push(config.journal());
        }
        let target = Target {
            database: &url,
            folder: &config.data_dir,
            uploads: &|| config.uploads.open(&config.data_dir).map(|uploads| uploads.store),
            journals: &journals,
            clock: &SystemClock,
            randomness: &SystemRandomness,
        };
        let restored = backup::restore(file, &target).await?;
        if self.json {
            let Restored { manifest, replayed, gaps } = &restored;
            println!(
                "{}",
                json!({ "quarantine": !gaps.is_empty(), "backup": manifest.id, "gaps": gaps, "replayed": replayed })
            );
        } else {
            print!("{}", restored_words(&restored));
        }
        proved(&restored.gaps)
    }

    async fn release(&self, config: &Config) -> anyhow::Result<()> {
        let [first, second] = self.officer.as_slice() else {
            anyhow::bail!("--officer: name two officers");
        };
        let db = install::open_tables(config).await?;
        let journals: Vec<PathBuf> = self.journal.iter().cloned().chain([config.journal()]).collect();
        let by = Release {
            officers: [first, second],
            reason: self.reason.as_deref().unwrap_or_default(),
            now: SystemClock.now(),
            randomness: &SystemRandomness,
            folder: &config.data_dir,
            journals: &journals,
        };
        let released = backup::release(&db, &by).await;
        db.close().await;
        released?;
        println!("the quarantine has ended; what was issued or revoked since the backup is not known");
        Ok(())
    }
}

fn restored_words(restored: &Restored) -> String {
    let made_at = japanese_datetime(restored.manifest.made_at);
    let (rows, uploads) = (restored.manifest.rows(), restored.manifest.objects.count);
    let mut text = format!("restored {rows} rows and {uploads} uploads of {made_at}\n");
    text += &missing_words(&restored.manifest);
    text += &replayed_words("the journal brought", &restored.replayed);
    text + ended_words(&restored.gaps)
}

fn ended_words(gaps: &[String]) -> &'static str {
    if gaps.is_empty() {
        "the quarantine has ended: start the service; it publishes new revocation lists before it serves\n"
    } else {
        "the installation is in quarantine: nothing is issued, answered or sent.\n\
        Find the journals of all nodes and run this command again with --journal for each. If they are lost, two officers\n\
        end the quarantine: madoguchi restore --release --officer A --officer B --reason …\n"
    }
}

impl Database {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self::Copy(copy) = self;
        let config = Config::load(&copy.place)?;
        let scratch = Scratch::below(&config.data_dir)?;
        let db = Db::open(&config.database_url()).await.context("the database cannot be opened")?;
        let copied = backup::copy(&db, &copy.to, &scratch.0).await;
        db.close().await;
        let Copied { rows, uploads } = copied?;
        println!("{rows} rows; set `database` in the configuration to the new address");
        if uploads > 0 {
            println!("{uploads} uploads stay in {}", config.uploads.stay(&config.data_dir));
        }
        Ok(())
    }
}
