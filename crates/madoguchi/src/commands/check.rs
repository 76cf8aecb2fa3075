//! `ca check`: the nightly check of stored certificates, now.

use clap::Args;
use serde_json::{Value, json};
use services::{
    App, Ctx, authority,
    rows::{Check, FoundInCheck},
};

use crate::{Place, config::Config, install};

/// Findings that are told at most; the page of the back office has all of them.
const MOST: usize = 1_000;

/// `ca check`
#[derive(Args)]
pub(crate) struct CheckNow {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// No certificate is bad, but some could not be checked.
#[derive(Debug, thiserror::Error)]
#[error("{0} certificates could not be checked")]
pub(crate) struct CouldNotCheck(i64);

impl CheckNow {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let app = install::build(&Config::load(&self.place)?, true).await?;
        let run = authority::recheck_now(&app).await?;
        let found = findings(&app).await?;
        app.db.close().await;
        if self.json {
            println!("{}", as_json(&run, &found));
        } else {
            tell(&run, &found);
        }
        anyhow::ensure!(run.bad == 0, "{} certificates are bad", run.bad);
        if run.unchecked > 0 {
            return Err(CouldNotCheck(run.unchecked).into());
        }
        Ok(())
    }
}

async fn findings(app: &App) -> anyhow::Result<Vec<FoundInCheck>> {
    let ctx = Ctx::system(app, "recheck");
    let mut all: Vec<FoundInCheck> = vec![];
    loop {
        let after = all.last().map(|last| (last.verdict, last.first_seen_at, last.certificate));
        let page = authority::check_findings(&ctx, after).await?;
        if page.is_empty() || all.len() >= MOST {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn as_json(run: &Check, found: &[FoundInCheck]) -> Value {
    let finding = |one: &FoundInCheck| {
        let reasons: Vec<String> = one.reasons.iter().map(|r| format!("{} {}", r.fault, r.detail)).collect();
        json!({ "certificate": one.certificate, "serial": one.serial, "subject": one.subject,
            "institution": one.institution, "verdict": one.verdict, "reasons": reasons,
            "first_seen": one.first_seen_at.as_millis() })
    };
    json!({ "check": run.id, "counted": run.counted, "good": run.counted - run.bad - run.unchecked, "bad": run.bad,
        "could_not_check": run.unchecked, "new": run.fresh, "findings": found.iter().map(finding).collect::<Vec<_>>() })
}

fn tell(run: &Check, found: &[FoundInCheck]) {
    let good = run.counted - run.bad - run.unchecked;
    println!("{} checked: {good} good, {} bad, {} could not be checked", run.counted, run.bad, run.unchecked);
    for one in found {
        println!("{} {} {}", one.verdict, one.serial, one.subject);
        for reason in &one.reasons {
            println!("  {}: {}", reason.fault, reason.detail);
        }
    }
}
