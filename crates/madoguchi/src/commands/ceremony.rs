//! `ca ceremony`: makes root and issuing authority, or a new issuing authority, from a reviewed script.

mod outlook;
mod script;

use std::{
    io::{BufRead, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use services::authority::{self, Ceremony, Founding, Held, KeyStore, NewAuthority};
use storage::Db;

use crate::{
    Place,
    config::Config,
    install::{self, Use},
};
use script::{New, Script};

/// Octets that are tried in the folder for the protocol; all that is left there has fewer.
const ROOM: usize = 1 << 20;
/// The fewest digits of the script's hash that are worth typing.
const FEWEST_DIGITS: usize = 16;

/// `ca ceremony SCRIPT`
#[derive(Args)]
pub(crate) struct Hold {
    #[command(flatten)]
    place: Place,
    /// The reviewed script (TOML).
    script: PathBuf,
    /// Rehearse: throw-away keys, the same protocol marked as a rehearsal, nothing stays.
    #[arg(long)]
    dry_run: bool,
    /// SHA-256 of the script as it was reviewed, at least its first 16 digits; asked if none.
    #[arg(long)]
    script_sha256: Option<String>,
    /// Folder for the protocol and the certificates; must be new or empty.
    #[arg(long, default_value = "./ceremony")]
    out: PathBuf,
}

impl Hold {
    /// Holds the ceremony.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.place)?;
        let bytes = std::fs::read(&self.script).with_context(|| self.script.display().to_string())?;
        let script: Script = toml::from_str(std::str::from_utf8(&bytes)?)?;
        let hash = pki::sha256_hex(&bytes);
        let mut faults = script.faults(&config, &config.authority.profiles()?);
        if !super::empty_or_new(&self.out) {
            faults.push(format!("--out: {} is not empty", self.out.display()));
        }
        let reviewed = if faults.is_empty() { self.reviewed(&hash)? } else { Reviewed::NotAsked };
        if reviewed == Reviewed::Other {
            faults.push(format!("the script is not the one that was reviewed: its SHA-256 is {hash}"));
        }
        refuse(&faults)?;
        refuse(&no_room(&self.out))?;
        let profiles = further_profiles(&config)?;
        let told = Told {
            script: &script,
            hash,
            configuration: pki::sha256_hex(config.without_secrets()?.as_bytes()),
            program: own_hash()?,
            profiles: profiles.as_deref().map(pki::sha256_hex),
        };
        let held = if self.dry_run { rehearse(&config, &told).await? } else { real(&config, &told).await? };
        let left = write(&self.out, &held, &bytes, profiles.as_deref());
        if !self.dry_run {
            note(&config, &held).await?;
        }
        left.with_context(|| on_screen(&held))?;
        let protocol = self.out.join("protocol.txt");
        if self.dry_run {
            println!("rehearsed; no key of it is left, and these files are all that stays: {}", protocol.display());
            let hindrances = outlook::outlook(&config, &told).await?;
            ensure!(hindrances.is_empty(), "the ceremony itself could not be held now:\n- {}", hindrances.join("\n- "));
        } else {
            println!("done: {}", protocol.display());
        }
        Ok(())
    }

    fn reviewed(&self, hash: &str) -> anyhow::Result<Reviewed> {
        let typed = match &self.script_sha256 {
            Some(given) => given.clone(),
            None => {
                print!("SHA-256 of the script as it was reviewed (first {FEWEST_DIGITS} digits or more): ");
                std::io::stdout().flush()?;
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line)?;
                line
            }
        };
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        let same = digits.len() >= FEWEST_DIGITS && hash.starts_with(&digits);
        Ok(if same { Reviewed::Same } else { Reviewed::Other })
    }
}

#[derive(PartialEq, Eq)]
enum Reviewed {
    Same,
    Other,
    NotAsked,
}

/// The file of further profiles, if the configuration names one.
fn further_profiles(config: &Config) -> anyhow::Result<Option<Vec<u8>>> {
    let path = config.authority.profiles.as_ref();
    path.map(|path| std::fs::read(path).with_context(|| path.display().to_string())).transpose()
}

/// What keeps files from being left in a folder. Found out before a key is made: a protocol cannot be made again.
fn no_room(out: &Path) -> Vec<String> {
    let probe = || {
        std::fs::create_dir_all(out)?;
        let mut file = tempfile::tempfile_in(out)?;
        file.write_all(&vec![0; ROOM])?;
        file.sync_all()
    };
    probe().err().map(|error| format!("--out: {}: {error}", out.display())).into_iter().collect()
}

/// The protocol for whoever stands there, when its folder failed after everything was made.
fn on_screen(held: &Held) -> String {
    let signature: String = held.signature.iter().map(|octet| format!("{octet:02x}")).collect();
    format!(
        "the protocol could not be written; keep it from here\n{}\nprotocol.sig, hexadecimal: {signature}",
        held.text
    )
}

fn refuse(faults: &[String]) -> anyhow::Result<()> {
    ensure!(faults.is_empty(), "nothing was made:\n- {}", faults.join("\n- "));
    Ok(())
}

/// A checked script with its hashes.
struct Told<'a> {
    script: &'a Script,
    hash: String,
    configuration: String,
    program: String,
    profiles: Option<String>,
}

impl Told<'_> {
    /// Holds it with keys in these stores, or names what hinders it.
    async fn hold(&self, founding: &Founding<'_>, rehearsal: bool) -> anyhow::Result<Held> {
        let people = self.script.people();
        let ceremony = self.ceremony(founding, &people, rehearsal)?;
        if !rehearsal {
            refuse(&authority::hindrances(founding, &ceremony).await?)?;
        }
        match authority::hold(founding, &ceremony).await {
            Err(services::Error::ChangedMeanwhile) => bail!(
                "a process that serves was started meanwhile and gave the new certificate up: stop it, and hold the ceremony \
                 again with other names"
            ),
            held => Ok(held?),
        }
    }

    fn ceremony<'a>(
        &'a self,
        founding: &Founding<'a>,
        present: &'a [authority::Present],
        rehearsal: bool,
    ) -> anyhow::Result<Ceremony<'a>> {
        fn new<'a>(new: &'a New, store: &'a KeyStore) -> anyhow::Result<NewAuthority<'a>> {
            Ok(NewAuthority { profile: &new.profile, key: new.kind()?, common_name: &new.common_name, store })
        }
        Ok(Ceremony {
            title: &self.script.title,
            present,
            root: self.script.root.as_ref().map(|root| new(root, founding.root_keys)).transpose()?,
            issuing: new(&self.script.issuing, founding.keys)?,
            version: env!("CARGO_PKG_VERSION"),
            program: &self.program,
            script: &self.hash,
            configuration: &self.configuration,
            profiles: self.profiles.as_deref(),
            rehearsal,
        })
    }
}

async fn real(config: &Config, told: &Told<'_>) -> anyhow::Result<Held> {
    let db = install::open_database(config).await?;
    let mut stores = install::key_stores(config)?;
    carried(told.script, &mut stores);
    let held = install::with_founding(config, &db, &stores, async |founding| told.hold(founding, false).await).await;
    db.close().await;
    held
}

/// Takes the root's key file from, or to, the medium that the script names.
fn carried(script: &Script, stores: &mut install::KeyStores) {
    let medium = script.root.as_ref().and_then(|root| root.folder.as_ref()).or(script.root_key_folder.as_ref());
    if let (Some(medium), KeyStore::File { folder, .. }) = (medium, &mut stores.root) {
        folder.clone_from(medium);
    }
}

/// SHA-256 of the program that runs, even if its file was replaced meanwhile.
fn own_hash() -> anyhow::Result<String> {
    let running = std::fs::read("/proc/self/exe").or_else(|_| std::fs::read(std::env::current_exe()?));
    Ok(pki::sha256_hex(&running.context("this program cannot read its own file")?))
}

/// Everything in a database and in keys of its own, gone at the end.
async fn rehearse(config: &Config, told: &Told<'_>) -> anyhow::Result<Held> {
    let folder = tempfile::tempdir()?;
    let db = Db::open(&format!("sqlite:{}", folder.path().join("rehearsal.db").display())).await?;
    let memory = || KeyStore::Memory(Arc::default());
    let stores = install::KeyStores { issuing: memory(), root: memory(), earlier: vec![] };
    let held = install::with_founding(config, &db, &stores, async |founding| told.hold(founding, true).await).await;
    db.close().await;
    held
}

fn write(out: &Path, held: &Held, script: &[u8], profiles: Option<&[u8]>) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let pdf = held.sheet.print(&letters::Press::new()?)?;
    let pem = |der: &[u8]| pki::pem::certificate(der).into_bytes();
    let profiles = profiles.map(|bytes| ("profiles.toml", bytes));
    let all = [
        ("protocol.txt", held.text.as_bytes()),
        ("protocol.sig", &held.signature),
        ("protocol.pdf", &pdf),
        ("root.pem", &pem(&held.root)),
        ("issuing.pem", &pem(&held.issuing)),
        ("root.crl", &held.root_crl),
        ("script.toml", script),
    ];
    for (name, bytes) in all.into_iter().chain(profiles) {
        let path = out.join(name);
        let durably = || {
            let mut file = std::fs::File::create(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        durably().with_context(|| path.display().to_string())?;
    }
    Ok(())
}

async fn note(config: &Config, held: &Held) -> anyhow::Result<()> {
    let app = install::build(config, Use::Command).await?;
    let noted = authority::note_ceremony(&app, held).await;
    app.db.close().await;
    Ok(noted?)
}
