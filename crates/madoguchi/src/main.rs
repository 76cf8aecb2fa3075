//! Madoguchi: portal, certification authority, letters and back office in one binary.

mod clock;
mod commands;
mod config;
mod connections;
mod demo;
mod inbox;
mod install;
mod own_tls;
mod quarantine;
mod secret;
mod serve;
mod terminal;
mod tls;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Madoguchi: the counter where medical institutions apply, get certificates and file.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the installation lies.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Place {
    /// Configuration file (TOML).
    #[arg(long, env = "MADOGUCHI_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of an installation without configuration file.
    #[arg(long, default_value = "./madoguchi-data")]
    data_dir: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Open the working portal with an embedded database and demo content.
    Demo(demo::Options),
    /// Serve portal and closed network, and do background work.
    Serve(Place),
    /// Do background work only.
    Worker(Place),
    /// Print the configuration in force without secrets, or every fault in it.
    CheckConfig(Place),
    /// Bring the database's tables up to date.
    Migrate(Place),
    /// Import the institution register or accounts.
    #[command(subcommand)]
    Import(commands::Import),
    /// The certification authority.
    #[command(subcommand)]
    Ca(commands::Ca),
    /// The audit chain.
    #[command(subcommand)]
    Audit(commands::Audit),
    /// What mail servers report.
    #[command(subcommand)]
    Mail(commands::Mail),
    /// Make a backup of everything, while the portal runs.
    Backup(commands::Backup),
    /// Prove a backup on a scratch copy; nothing of the installation is touched.
    VerifyBackup(commands::VerifyBackup),
    /// Restore a backup into an empty place, in quarantine until the journal was replayed; replay the journal where the
    /// database is, when it was found older; or end the quarantine.
    Restore(commands::Restore),
    /// Move to the other database engine.
    #[command(subcommand)]
    Db(commands::Database),
    /// Add the first administrator; a link to set a password goes to the mail address.
    AddAdministrator(commands::AddAdministrator),
    /// On a terminal: enrol, renew, tell the state of its certificate.
    #[command(subcommand)]
    Terminal(terminal::Terminal),
}

/// What mail servers read as "try again later" (`EX_TEMPFAIL` of sysexits.h).
const TRY_LATER: u8 = 75;
/// A command line that is not understood (`EX_USAGE`): 1 and 2 tell scripts the state of a certificate.
const USAGE: u8 = 64;

/// A backup is whole, but the journal does not prove that nothing is missing after it; or nothing was found, but not
/// everything could be checked.
const NOT_PROVED: u8 = 3;

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Error: {error:?}");
            if error.is::<commands::TryLater>() {
                ExitCode::from(TRY_LATER)
            } else if error.is::<commands::NotProved>() || error.is::<commands::CouldNotCheck>() {
                ExitCode::from(NOT_PROVED)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn start() -> anyhow::Result<ExitCode> {
    if std::env::args_os().skip(1).eq([config::JUDGE]) {
        return Ok(ExitCode::from(services::uploads::judge_input()));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            told.print()?;
            return Ok(if told.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS });
        }
    };
    let quiet = matches!(cli.command, Command::Demo(_) | Command::Terminal(_));
    log_to_stderr(quiet);
    let runtime = services::runtime()?;
    let outcome = runtime.block_on(run(cli.command));
    runtime.shutdown_timeout(serve::FAREWELL);
    leave_in_time();
    outcome
}

/// Ends the process by force if it does not end by itself: libraries of tokens do things at the end, and one whose call hangs may
/// wait there for ever.
fn leave_in_time() {
    std::thread::spawn(|| {
        std::thread::sleep(serve::FAREWELL);
        eprintln!("a library does not let the process end: it is ended by force");
        std::process::abort();
    });
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Terminal(terminal) => return terminal.run().await,
        Command::Demo(options) => demo::run(options).await?,
        Command::Serve(place) => serve::serve(place).await?,
        Command::Worker(place) => serve::worker(place).await?,
        Command::CheckConfig(place) => commands::check_config(&place)?,
        Command::Migrate(place) => commands::migrate(place).await?,
        Command::Import(import) => import.run().await?,
        Command::Ca(ca) => ca.run().await?,
        Command::Audit(audit) => audit.run().await?,
        Command::Mail(mail) => mail.run().await?,
        Command::Backup(backup) => backup.run().await?,
        Command::VerifyBackup(verify) => verify.run().await?,
        Command::Restore(restore) => restore.run().await?,
        Command::Db(database) => database.run().await?,
        Command::AddAdministrator(add) => add.run().await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Log lines as JSON on standard error; the demo stays readable and logs only warnings.
fn log_to_stderr(quiet: bool) {
    use tracing_subscriber::EnvFilter;
    // PostgreSQL remarks at each start that tables are there already.
    let fallback = if quiet { "warn" } else { "info,sqlx::postgres::notice=warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(fallback));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}
