//! The scanner for viruses: a command, or a server that speaks ICAP. Nobody opens a file before it was called clean.

mod command;
mod icap;

use domain::{ids::UploadId, uploads::UploadState};
use serde_json::Value;
use storage::{Tx, boxed, uploads::UploadRow};

pub use command::CommandScan;
pub use icap::{IcapMethod, IcapScan};

use crate::{
    App, Ctx, Error, Result,
    applications::{facts_for_case, tell},
};

/// Kind of the job that lets a file be scanned.
pub const SCAN: &str = "uploads.scan";
/// Longest words of a scanner that are kept, in characters.
const LONGEST_FINDING: usize = 200;

/// Who scans files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scan {
    /// Nobody.
    #[default]
    None,
    /// A program of this machine.
    Command(CommandScan),
    /// A server (RFC 3507).
    Icap(IcapScan),
}

/// What a scanner said.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    /// With the name of what was found, as the scanner says it.
    Infected(String),
}

/// Lets a file be scanned; the work of a [`SCAN`] job. On its `last` attempt a scanner that gives no answer is noted at the
/// file. Run twice, it changes nothing more.
///
/// # Errors
/// When the scanner gives no answer, or store or database refuse: then it is tried again.
#[boxed]
pub async fn scan(app: &App, payload: &Value, last: bool) -> Result<()> {
    let id = payload["upload"].as_str().and_then(|id| id.parse().ok()).map(UploadId);
    let id = id.ok_or_else(|| Error::internal("no file"))?;
    let ctx = Ctx::system(app, "scan");
    let Some(row) = storage::uploads::find(&mut app.db.read().await?, id).await? else { return Ok(()) };
    match row.upload.state {
        // The process died before it destroyed the content.
        UploadState::Infected => app.uploads.store.delete(id).await.map_err(Error::internal),
        state if !state.is_on_the_way() => Ok(()),
        _ => scan_one(&ctx, &row, last).await,
    }
}

async fn scan_one(ctx: &Ctx<'_>, row: &UploadRow, last: bool) -> Result<()> {
    let app = ctx.app;
    let content = app.uploads.store.get(row.upload.id).await.map_err(Error::internal)?;
    let Some(content) = content else {
        return Err(Error::internal(format!("the content of file {} is not in the store", row.upload.id)));
    };
    let verdict = match &app.settings.scan {
        Scan::None => Ok(Verdict::Clean),
        Scan::Command(command) => command.scan(&app.uploads.spool, row.upload.id, &content).await,
        Scan::Icap(server) => server.scan(row.upload.id, row.upload.kind, &content).await,
    };
    match verdict {
        Ok(verdict) => settle(ctx, row, verdict).await,
        Err(words) => {
            if last {
                give_up(ctx, row, &words).await?;
            }
            Err(Error::Internal(format!("the scanner gave no answer: {words}")))
        }
    }
}

/// Writes down what the scanner said. An infected file is destroyed once everybody who must know is told.
async fn settle(ctx: &Ctx<'_>, row: &UploadRow, verdict: Verdict) -> Result<()> {
    let (to, finding) = match verdict {
        Verdict::Clean => (UploadState::Clean, String::new()),
        Verdict::Infected(name) => (UploadState::Infected, name.chars().take(LONGEST_FINDING).collect()),
    };
    let mut tx = ctx.app.db.write().await?;
    if !storage::uploads::advance(&mut tx, row, to, &finding, ctx.now).await? {
        return Ok(tx.rollback().await?);
    }
    let id = row.upload.id;
    ctx.audit(&mut tx, &format!("upload.{to}"), format!("upload:{id}"), &row.upload.sha256, &finding);
    if to == UploadState::Infected {
        tracing::warn!(upload = %id, finding, "a virus was found in a file; it is destroyed");
        tell_applicant(ctx, &mut tx, row).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    match to {
        UploadState::Infected => ctx.app.uploads.store.delete(id).await.map_err(Error::internal),
        _ => Ok(()),
    }
}

async fn tell_applicant(ctx: &Ctx<'_>, tx: &mut Tx, row: &UploadRow) -> Result<()> {
    let Some(case) = storage::applications::find(tx, row.application).await? else { return Ok(()) };
    let facts = facts_for_case(ctx, &case, &case.answers).await?;
    let sections = case.kind.procedure().sections(&facts, &case.answers);
    let mut fields = sections.iter().flat_map(|section| &section.fields);
    let label = fields.find(|field| field.key == row.upload.field).map(|field| field.label.clone());
    let further = [("file", row.upload.name.clone()), ("field", label.unwrap_or_default())];
    tell::about(ctx, tx, &case, "upload_infected", &further).await
}

async fn give_up(ctx: &Ctx<'_>, row: &UploadRow, words: &str) -> Result<()> {
    let finding: String = words.chars().take(LONGEST_FINDING).collect();
    let mut tx = ctx.app.db.write().await?;
    if storage::uploads::advance(&mut tx, row, UploadState::Failed, &finding, ctx.now).await? {
        ctx.audit(&mut tx, "upload.failed", format!("upload:{}", row.upload.id), "", &finding);
    }
    Ok(tx.commit().await?)
}
