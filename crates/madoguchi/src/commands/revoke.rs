//! `ca revoke`: revokes the certificates of a list.

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::Args;
use services::authority;

use crate::{
    Place,
    config::Config,
    install::{self, Use},
};

/// `ca revoke FILE`
#[derive(Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    place: Place,
    /// List of serial numbers, hexadecimal, one a line; lines that begin with `#` are left out.
    file: PathBuf,
    /// Reason of RFC 5280: keyCompromise, affiliationChanged, superseded or cessationOfOperation.
    #[arg(long)]
    reason: String,
    /// Mail address of an officer who answers for it; two are needed.
    #[arg(long)]
    officer: Vec<String>,
}

impl Revoke {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let [first, second] = self.officer.as_slice() else { bail!("--officer: name two officers") };
        let list = std::fs::read_to_string(&self.file).with_context(|| self.file.display().to_string())?;
        let app = install::build(&Config::load(&self.place)?, Use::Command).await?;
        let outcome = authority::revoke_many(&app, &list, &self.reason, [first, second]).await;
        app.db.close().await;
        let done = outcome.context("run the command again: what was revoked stays so")??;
        let told =
            [("revoked", &done.revoked), ("not valid any more before", &done.before), ("unknown", &done.unknown)];
        for (words, serials) in told {
            for serial in serials {
                println!("{serial}: {words}");
            }
        }
        println!("revoked: {}, before: {}, unknown: {}", done.revoked.len(), done.before.len(), done.unknown.len());
        ensure!(
            done.unknown.is_empty(),
            "no certificate of a terminal has {} of the serial numbers",
            done.unknown.len()
        );
        Ok(())
    }
}
