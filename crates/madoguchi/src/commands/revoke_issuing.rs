//! `ca revoke-issuing`: the root revokes an issuing authority.

use anyhow::bail;
use clap::Args;
use domain::calendar::japanese_datetime;
use services::{
    App,
    authority::{self, IssuingRevoked},
};

use crate::{
    Place,
    config::Config,
    install::{self, Use},
};

/// `ca revoke-issuing NAME`
#[derive(Args)]
pub(crate) struct RevokeIssuing {
    #[command(flatten)]
    place: Place,
    /// Short name of the authority, as in the addresses of its lists.
    name: String,
    /// Reason of RFC 5280: keyCompromise, cACompromise, superseded or cessationOfOperation.
    #[arg(long)]
    reason: String,
    /// Mail address of a CA officer or administrator who answers for it; two, whom the audit chain then names.
    #[arg(long)]
    officer: Vec<String>,
}

impl RevokeIssuing {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let app = install::build(&Config::load(&self.place)?, Use::Command).await?;
        let outcome = self.revoke(&app).await;
        app.db.close().await;
        let revoked = outcome?;
        let when = if revoked.now { "revoked" } else { "revoked before" };
        println!("{}: {when}, serial {}", self.name, revoked.serial);
        println!("list {} of the root names it, until {}", revoked.list, japanese_datetime(revoked.next_update));
        println!(
            "serving processes believe it no more within a minute; one that issues by it issues nothing until it is restarted"
        );
        Ok(())
    }

    async fn revoke(&self, app: &App) -> anyhow::Result<IssuingRevoked> {
        match self.officer.as_slice() {
            [] => {}
            [first, second] => {
                authority::answer_for_issuing(app, &self.name, &self.reason, [first, second]).await??;
            }
            _ => bail!("--officer: name two officers"),
        }
        Ok(authority::revoke_issuing(app, &self.name, &self.reason).await??)
    }
}
