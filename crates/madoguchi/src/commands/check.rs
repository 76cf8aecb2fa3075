//! `ca check`: the nightly check of stored certificates, now.

use std::io::{BufWriter, Stdout, Write};

use clap::Args;
use serde_json::{Value, json};
use services::{
    App, Ctx, authority,
    rows::{Check, FoundInCheck},
};

use crate::{
    Place,
    config::Config,
    install::{self, Use},
};

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
        let app = install::build(&Config::load(&self.place)?, Use::Command).await?;
        let run = authority::recheck_now(&app).await?;
        let mut out = Telling { json: self.json, any: false, out: BufWriter::new(std::io::stdout()) };
        let told = tell(&app, &run, &mut out).await;
        app.db.close().await;
        told?;
        anyhow::ensure!(run.bad == 0, "{} certificates are bad", run.bad);
        if run.unchecked > 0 {
            return Err(CouldNotCheck(run.unchecked).into());
        }
        Ok(())
    }
}

/// Tells the figures and every finding, page by page: there may be as many as certificates.
async fn tell(app: &App, run: &Check, out: &mut Telling) -> anyhow::Result<()> {
    let ctx = Ctx::system(app, "recheck");
    out.begin(run)?;
    let mut after = None;
    loop {
        let page = authority::check_findings(&ctx, after).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.verdict, last.first_seen_at, last.certificate));
        for one in &page {
            out.finding(one)?;
        }
    }
    out.end()
}

/// What is printed, as text or as one JSON object.
struct Telling {
    json: bool,
    any: bool,
    out: BufWriter<Stdout>,
}

impl Telling {
    fn begin(&mut self, run: &Check) -> anyhow::Result<()> {
        let good = run.counted - run.bad - run.unchecked;
        if self.json {
            let figures = json!({ "check": run.id, "counted": run.counted, "good": good, "bad": run.bad,
                "could_not_check": run.unchecked, "new": run.fresh })
            .to_string();
            let open = figures.strip_suffix('}').unwrap_or(&figures);
            write!(self.out, "{open},\"findings\":[")?;
        } else {
            let (counted, bad, unchecked) = (run.counted, run.bad, run.unchecked);
            writeln!(self.out, "{counted} checked: {good} good, {bad} bad, {unchecked} could not be checked")?;
        }
        Ok(())
    }

    fn finding(&mut self, one: &FoundInCheck) -> anyhow::Result<()> {
        if self.json {
            let comma = if std::mem::replace(&mut self.any, true) { "," } else { "" };
            write!(self.out, "{comma}{}", as_json(one))?;
        } else {
            writeln!(self.out, "{} {} {}", one.verdict, one.serial, one.subject)?;
            for reason in &one.reasons {
                writeln!(self.out, "  {}: {}", reason.fault, reason.detail)?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        if self.json {
            writeln!(self.out, "]}}")?;
        }
        Ok(self.out.flush()?)
    }
}

fn as_json(one: &FoundInCheck) -> Value {
    let reasons: Vec<String> = one.reasons.iter().map(|r| format!("{} {}", r.fault, r.detail)).collect();
    json!({ "certificate": one.certificate, "serial": one.serial, "subject": one.subject,
        "institution": one.institution, "verdict": one.verdict, "reasons": reasons,
        "first_seen": one.first_seen_at.as_millis() })
}
