//! `terminal …`: the small client that runs on a terminal, enrols by EST and renews by itself (spec 04.6).
//!
//! Key and request lie on the disk before they are sent, and what was received lies there before anything is replaced: a
//! run that was cut off is completed by running it again.

mod counter;
mod enrol;
mod folder;
mod setup;
mod status;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

/// Exit code of a run that must be repeated later (`EX_TEMPFAIL` of sysexits.h).
const TRY_LATER: u8 = 75;
/// Exit code of `status` when it could not find out.
const UNKNOWN: u8 = 3;

/// Marks a failure that may be gone when the same command runs again.
#[derive(Debug, thiserror::Error)]
#[error("run this again later")]
struct Later;

/// `terminal …`
#[derive(Subcommand)]
pub(crate) enum Terminal {
    /// Fetch the first certificate with the pickup ID and the secret of the letter.
    Enroll(Enroll),
    /// Renew the certificate if few days remain; the owner must have agreed to the fee on the portal.
    Renew(Renew),
    /// Tell the certificate's end and whether it is revoked: 0 fine, 1 renew soon, 2 expired or revoked, 3 not known.
    Status(Status),
}

/// Where the terminal's files lie.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// Folder of key and certificates; made with access for its owner only.
    #[arg(long, env = "MADOGUCHI_TERMINAL_DIR")]
    dir: PathBuf,
    /// Certificates (PEM) that the TLS of the closed network must lead to, if it is not the authority's root; kept.
    #[arg(long)]
    tls_ca: Option<PathBuf>,
}

/// `terminal enroll`
#[derive(Args)]
pub(crate) struct Enroll {
    #[command(flatten)]
    place: Place,
    /// Address of the closed network, such as `https://closed.example.jp`.
    #[arg(long)]
    server: String,
    /// Root certificate of the authority (PEM).
    #[arg(long)]
    root: PathBuf,
    /// SHA-256 fingerprint of the root, hexadecimal, as the authority publishes it or tells it by phone.
    #[arg(long)]
    fingerprint: String,
    /// File with the pickup ID in the first line and the secret in the second; asked for when left out.
    #[arg(long)]
    letter: Option<PathBuf>,
    #[command(flatten)]
    uses: Uses,
}

/// `terminal renew`
#[derive(Args)]
pub(crate) struct Renew {
    #[command(flatten)]
    place: Place,
    /// Renew when fewer days remain.
    #[arg(long, default_value_t = 30)]
    days: i64,
    #[command(flatten)]
    uses: Uses,
}

/// What becomes of a certificate that has arrived; kept, so that a renewal does the same.
#[derive(Args)]
pub(crate) struct Uses {
    /// Also write terminal.p12, protected by the passphrase in the first line of this file (8 to 64 ASCII characters).
    #[arg(long)]
    p12_passphrase_file: Option<PathBuf>,
    /// Program that puts the certificate where it is used, such as a browser's store. It runs before the connection test,
    /// with the folder of the new files as its argument; if it fails, the test waits for the next run.
    #[arg(long)]
    install: Option<PathBuf>,
}

/// `terminal status`
#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    place: Place,
    /// Say "renew soon" when fewer days remain.
    #[arg(long, default_value_t = 20)]
    days: i64,
}

impl Terminal {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let done = match self {
            Self::Enroll(enroll) => enrol::enroll(enroll).await,
            Self::Renew(renew) => enrol::renew(renew).await,
            Self::Status(status) => {
                return Ok(status::status(&status).await.unwrap_or_else(|error| {
                    eprintln!("Error: {error:#}");
                    ExitCode::from(UNKNOWN)
                }));
            }
        };
        match done {
            Err(error) if error.is::<Later>() => {
                eprintln!("Error: {error:#}");
                Ok(ExitCode::from(TRY_LATER))
            }
            done => done.map(|()| ExitCode::SUCCESS),
        }
    }
}
