//! Madoguchi: portal, certification authority, letters and back office in one binary.

mod clock;
mod commands;
mod config;
mod demo;
mod install;
mod serve;
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
    /// Add the first administrator; a link to set a password goes to the mail address.
    AddAdministrator(commands::AddAdministrator),
}

/// What mail servers read as "try again later" (`EX_TEMPFAIL` of sysexits.h).
const TRY_LATER: u8 = 75;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:?}");
            if error.is::<commands::TryLater>() { ExitCode::from(TRY_LATER) } else { ExitCode::FAILURE }
        }
    }
}

fn start() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let quiet = matches!(cli.command, Command::Demo(_));
    log_to_stderr(quiet);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(cli.command))
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(options) => demo::run(options).await,
        Command::Serve(place) => serve::serve(place).await,
        Command::Worker(place) => serve::worker(place).await,
        Command::CheckConfig(place) => commands::check_config(&place),
        Command::Migrate(place) => commands::migrate(place).await,
        Command::Import(import) => import.run().await,
        Command::Ca(ca) => ca.run().await,
        Command::Audit(audit) => audit.run().await,
        Command::Mail(mail) => mail.run().await,
        Command::AddAdministrator(add) => add.run().await,
    }
}

/// Log lines as JSON on standard error; the demo stays readable and logs only warnings.
fn log_to_stderr(quiet: bool) {
    use tracing_subscriber::EnvFilter;
    let fallback = if quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(fallback));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}
