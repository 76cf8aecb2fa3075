//! Commands beside serving.

mod audit;
mod backup;
mod ceremony;
mod check;
mod noted;
mod passphrase;
mod revoke;
mod revoke_issuing;
mod shares;
mod summary;

pub(crate) use audit::Audit;
pub(crate) use backup::{Backup, Database, NotProved, Restore, VerifyBackup};
pub(crate) use check::CouldNotCheck;

use std::{fs::File, io::Read, path::PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use domain::institutions::{Prefecture, RegisterLayout, ScoreTable};
use domain::{clock::Clock, permissions::Role};
use serde_json::json;
use services::{
    Ctx,
    accounts::{self, import::Outcome},
    institutions::import::{self, Options},
    mail::{self, Bounced},
    office::staff::{self, Saved},
};

use crate::{
    Place,
    clock::{Sources, SystemClock},
    config::Config,
    install::{self, Use},
};

/// Octets of a mail server's report that are read.
const LARGEST_REPORT: u64 = 32 << 20;

/// `import …`
#[derive(Subcommand)]
pub(crate) enum Import {
    /// Import the register of institutions from a CSV file.
    Institutions(ImportInstitutions),
    /// Import accounts from a CSV file; each must set a new password at the first login.
    Accounts(ImportAccounts),
}

/// `import institutions FILE`
#[derive(Args)]
pub(crate) struct ImportInstitutions {
    #[command(flatten)]
    place: Place,
    /// CSV file, UTF-8 or Shift_JIS.
    file: PathBuf,
    /// Score table of every row (1, 3, 4 or 6), where the layout has none.
    #[arg(long)]
    score_table: Option<String>,
    /// Prefecture of every row (01 to 47), where neither a column nor the address names it.
    #[arg(long)]
    prefecture: Option<String>,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Where to write the report of rejected and remarked rows; beside the file if none.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// `import accounts FILE`
#[derive(Args)]
pub(crate) struct ImportAccounts {
    #[command(flatten)]
    place: Place,
    /// CSV file.
    file: PathBuf,
    /// Print the summary and the rows that were left out as JSON.
    #[arg(long)]
    json: bool,
}

impl Import {
    /// Runs the import.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Institutions(import) => import.run().await,
            Self::Accounts(import) => import.run().await,
        }
    }
}

impl ImportInstitutions {
    fn options(&self) -> anyhow::Result<Options> {
        let score_table = match &self.score_table {
            None => None,
            Some(text) => Some(ScoreTable::parse(text).with_context(|| format!("--score-table {text}: 1, 3, 4 or 6"))?),
        };
        let prefecture = match &self.prefecture {
            None => None,
            Some(text) => Some(Prefecture::parse(text).with_context(|| format!("--prefecture {text}: 01 to 47"))?),
        };
        let file_name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Options { file_name, layout: None::<RegisterLayout>, score_table, prefecture, encoding: None })
    }

    async fn run(self) -> anyhow::Result<()> {
        let options = self.options()?;
        let file = File::open(&self.file).with_context(|| self.file.display().to_string())?;
        let app = install::build(&Config::load(&self.place)?, Use::Command).await?;
        let outcome = import::run(&Ctx::system(&app, "import"), file, options).await?;
        let imported = match outcome {
            import::Outcome::Refused(fault) => anyhow::bail!("{fault}"),
            import::Outcome::Done(imported) => imported,
        };
        let report = self.report.clone().unwrap_or_else(|| self.file.with_extension("report.csv"));
        std::fs::write(&report, &imported.report).with_context(|| report.display().to_string())?;
        if self.json {
            println!("{}", serde_json::to_string(&imported.summary)?);
        } else {
            println!("{}report: {}", summary::institutions(&imported.summary), report.display());
        }
        app.db.close().await;
        Ok(())
    }
}

impl ImportAccounts {
    async fn run(self) -> anyhow::Result<()> {
        let bytes = std::fs::read(&self.file).with_context(|| self.file.display().to_string())?;
        let app = install::build(&Config::load(&self.place)?, Use::Command).await?;
        let outcome = accounts::import::accounts(&Ctx::system(&app, "import"), &bytes).await?;
        app.db.close().await;
        let (figures, rejected) = match outcome {
            Outcome::Done { summary, rejected } => (summary, rejected),
            Outcome::Unreadable(fault) => anyhow::bail!("{fault}"),
        };
        if self.json {
            println!("{}", serde_json::to_string(&json!({ "summary": figures, "rejected": rejected }))?);
        } else {
            print!("{}", summary::accounts(&figures, &rejected));
        }
        Ok(())
    }
}

/// `ca …`
#[derive(Subcommand)]
pub(crate) enum Ca {
    /// Make root and issuing authority without witnesses, where there has never been any.
    Init(Place),
    /// Make root and issuing authority, or a new issuing authority, before witnesses from a reviewed script.
    Ceremony(ceremony::Hold),
    /// Back key files up, encrypted, under a key split into shares.
    BackupKeys(shares::Backup),
    /// Bring key files back with enough shares.
    RestoreKeys(shares::Restore),
    /// Give key files another passphrase, in two new halves.
    ChangePassphrase(passphrase::ChangePassphrase),
    /// Print the profiles in force.
    Profiles(Place),
    /// Block public keys for ever: a file with one SHA-256 of a SubjectPublicKeyInfo a line.
    BlockKeys(BlockKeys),
    /// Revoke certificates of terminals: a file with one serial number a line.
    Revoke(revoke::Revoke),
    /// Let the root revoke an issuing authority, and publish the root's list.
    RevokeIssuing(revoke_issuing::RevokeIssuing),
    /// Check all certificates in force now, as every night.
    Check(check::CheckNow),
}

/// `ca block-keys FILE`
#[derive(Args)]
pub(crate) struct BlockKeys {
    #[command(flatten)]
    place: Place,
    /// List, hexadecimal; lines that begin with `#` are left out.
    file: PathBuf,
}

/// Whether nothing lies in a folder yet.
fn empty_or_new(folder: &std::path::Path) -> bool {
    !folder.exists() || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

impl Ca {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Init(place) => init(&Config::load(&place)?).await,
            Self::Ceremony(hold) => hold.run().await,
            Self::BackupKeys(backup) => backup.run().await,
            Self::RestoreKeys(restore) => restore.run().await,
            Self::ChangePassphrase(change) => change.run().await,
            Self::Profiles(place) => show_profiles(&Config::load(&place)?),
            Self::BlockKeys(block) => block.run().await,
            Self::Revoke(revoke) => revoke.run().await,
            Self::RevokeIssuing(revoke) => revoke.run().await,
            Self::Check(check) => check.run().await,
        }
    }
}

impl BlockKeys {
    async fn run(self) -> anyhow::Result<()> {
        let list = std::fs::read_to_string(&self.file).with_context(|| self.file.display().to_string())?;
        let app = install::build(&Config::load(&self.place)?, Use::Command).await?;
        let outcome = services::authority::block_keys(&app, &list).await?;
        app.db.close().await;
        println!("blocked: {}, blocked before: {}", outcome.added, outcome.known);
        let lines: Vec<String> = outcome.refused.iter().map(ToString::to_string).collect();
        anyhow::ensure!(lines.is_empty(), "not 64 hexadecimal digits in line {}", lines.join(", "));
        Ok(())
    }
}

async fn init(config: &Config) -> anyhow::Result<()> {
    let machine = Sources::machine();
    let founded = install::found(config, &machine).await?;
    let db = install::open_database(config).await?;
    let authority = install::open_authority(config, &db, &machine).await?;
    if !founded {
        println!("nothing was made: there is an authority already");
    }
    println!("root:    {}\nissuing: {}", authority.root.subject(), authority.issuing.certificate.subject());
    db.close().await;
    Ok(())
}

/// Everything of each profile; those that terminals get say in which place they are asked.
fn show_profiles(config: &Config) -> anyhow::Result<()> {
    for profile in config.authority.profiles()?.iter() {
        let place = config.authority.terminal_profiles.iter().position(|name| name == profile.name());
        let keys = profile.keys().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let for_terminals = place.map(|place| format!("  terminals: {}", place + 1)).unwrap_or_default();
        println!(
            "{:<24} {:>3} months  {keys:<12} {}{for_terminals}",
            profile.name(),
            profile.term().months,
            profile.title()
        );
        for (key, value) in profile.in_words() {
            println!("    {key:<20} {value}");
        }
    }
    Ok(())
}

/// `mail …`
#[derive(Subcommand)]
pub(crate) enum Mail {
    /// Note that a mail came back; the report of the mail server is read from standard input.
    Bounced(Place),
}

impl Mail {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self::Bounced(place) = self;
        match note_bounce(&place).await.map_err(TryLater)? {
            Bounced::Noted(Some(case)) => println!("noted; the mail was about case {case}"),
            Bounced::Noted(None) => println!("noted"),
            Bounced::Nothing => println!("nothing to note: no report about a mail of this portal that failed"),
        }
        Ok(())
    }
}

/// A failure after which a mail server hands the same report over again.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub(crate) struct TryLater(anyhow::Error);

async fn note_bounce(place: &Place) -> anyhow::Result<Bounced> {
    let mut report = vec![];
    std::io::stdin().take(LARGEST_REPORT).read_to_end(&mut report)?;
    let db = install::open_to_note(&Config::load(place)?).await?;
    let outcome = mail::bounced(&db, SystemClock.now(), &report).await?;
    db.close().await;
    Ok(outcome)
}

/// Prints the configuration in force.
pub(crate) fn check_config(place: &Place) -> anyhow::Result<()> {
    print!("{}", Config::load(place)?.without_secrets()?);
    Ok(())
}

/// Brings the tables up to date.
pub(crate) async fn migrate(place: Place) -> anyhow::Result<()> {
    let db = install::open_tables(&Config::load(&place)?).await?;
    db.close().await;
    println!("the tables are up to date");
    Ok(())
}

/// `add-administrator …`
#[derive(Args)]
pub(crate) struct AddAdministrator {
    #[command(flatten)]
    place: Place,
    /// Mail address; the link to set a password goes there.
    email: String,
    /// Name of the person.
    name: String,
}

impl AddAdministrator {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let app = install::build(&Config::load(&self.place)?, Use::Serve).await?;
        let ctx = Ctx::system(&app, "add_administrator");
        let saved = staff::create(&ctx, &self.email, &self.name, &[Role::Administrator]).await?;
        let account = match saved {
            Saved::Done(account) => account,
            Saved::Slips(slips) => anyhow::bail!("not added\n{}", summary::slips(&slips)),
        };
        println!("added; a link to set a password goes to {}", self.email);
        mail::send_newest(&app, account, "add_administrator").await?;
        app.db.close().await;
        Ok(())
    }
}
