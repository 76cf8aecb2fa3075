//! What is removed or blanked after its period, once a day, page by page (spec 6.5).

use domain::{applications::kept_since, clock::Timestamp, ids::MailId};
use serde_json::{Value, json};
use storage::{
    Tx,
    audit::{HeadKind, end_of_day_before, hash_at, highest_head, insert_head, last_checkpoint, last_head},
    boxed, retention,
};

use time::Duration;

use super::sign::Statement;
use crate::{App, Ctx, Result, daily};

/// Kind of the job that removes audit rows after their period.
pub const PURGE: &str = "audit.purge";
/// Kind of the job that takes the answers from refused and withdrawn cases after their period.
pub const BLANK_CASES: &str = "retention.cases";
/// Kind of the job that takes the text from mails, and the reports from imports, after their period.
pub const BLANK_MAILS: &str = "retention.mails";
/// Kind of the job that removes jobs that were done long ago.
pub const PURGE_JOBS: &str = "retention.jobs";
/// Days for which a job that was done is kept. Its key says until then that it was set; what must not be done twice even later is
/// guarded by its own state, all but the mails about a notice.
const JOBS_DAYS: u32 = 400;
/// Days after which nobody tries to send a mail any more: it was given up after three.
const MAIL_TRIED: Duration = Duration::days(7);
/// Rows of one transaction.
const PAGE: i64 = 5_000;
/// Cases and mails of one job.
const FEW: i64 = 500;
/// Name of the setting that holds where the look through old mails ended.
const MAILS_SEEN: &str = "retention.mails";

/// Begins the work of this day, once, from the morning on; whoever asks again the same day changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn keep_when_due(app: &App) -> Result<()> {
    for kind in [PURGE, BLANK_CASES, BLANK_MAILS, PURGE_JOBS, crate::content::FORGET, crate::feed::PURGE] {
        daily::begin(app, kind, json!({ "page": 1 })).await?;
    }
    Ok(())
}

async fn go_on(ctx: &Ctx<'_>, kind: &str, payload: &Value) -> Result<()> {
    let page = payload["page"].as_i64().unwrap_or(1) + 1;
    daily::go_on(ctx, kind, &page.to_string(), json!({ "page": page })).await
}

/// Removes one page of audit rows that are older than their period and leaves the next to another job; the work of a
/// [`PURGE`] job. First a checkpoint is signed: from it the chain is verified from then on.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn purge(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "retention");
    let since = app.rules().retention.audit_since(ctx.now.date()).to_string();
    let mut tx = app.db.write().await?;
    checkpoint(&ctx, &mut tx, &since).await?;
    let Some(checkpoint) = last_checkpoint(&mut tx).await? else { return Ok(tx.rollback().await?) };
    let rows = storage::audit::remove_rows(&mut tx, checkpoint.seq, PAGE).await?;
    let heads = match rows {
        PAGE => 0,
        _ => storage::audit::remove_heads(&mut tx, checkpoint.first_kept, PAGE).await?,
    };
    storage::audit::remove_counts(&mut tx, &since, checkpoint.seq).await?;
    tx.commit().await?;
    if rows == PAGE || heads == PAGE { go_on(&ctx, PURGE, payload).await } else { Ok(()) }
}

/// Signs that rows before a day are removed, when there are more of them than the last time and a signed head vouches for what
/// follows.
async fn checkpoint(ctx: &Ctx<'_>, tx: &mut Tx, since: &str) -> Result<()> {
    let Some(end) = end_of_day_before(tx, since).await? else { return Ok(()) };
    let before = last_checkpoint(tx).await?.map_or(0, |at| at.seq);
    if end <= before || end >= highest_head(tx).await? {
        return Ok(());
    }
    let Some(hash) = hash_at(tx, end).await? else { return Ok(()) };
    let last = last_head(tx).await?;
    let first_kept = storage::audit::first_kept_above(tx, end).await?.unwrap_or(0);
    let statement = Statement { kind: HeadKind::Checkpoint, seq: end, hash, first_kept };
    let head = statement.signed(&ctx.app.audit_key, last, ctx.now.as_millis());
    insert_head(tx, &head).await?;
    ctx.audit(tx, "audit.purge", format!("audit:{end}"), &head.hash, since);
    Ok(())
}

/// Takes the answers from one page of refused and withdrawn cases after their period; the work of a [`BLANK_CASES`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn blank_cases(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "retention");
    let since = kept_since(ctx.now.date(), app.rules().retention.rejected_days);
    let page = storage::applications::to_blank(&mut app.db.read().await?, Timestamp::start_of_day(since), FEW).await?;
    for id in &page {
        let mut tx = app.db.write().await?;
        if storage::applications::blank(&mut tx, *id, ctx.now).await? {
            crate::uploads::forget_case(&ctx, &mut tx, *id).await?;
            ctx.audit(&mut tx, "application.blank", format!("application:{id}"), "", "");
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
    }
    if page.len() == FEW as usize { go_on(&ctx, BLANK_CASES, payload).await } else { Ok(()) }
}

/// Takes the text from one page of mails after their period, and the reports from old imports; the work of a [`BLANK_MAILS`]
/// job. It waits for a mail that is still tried.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn blank_mails(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "retention");
    let (today, rule) = (ctx.now.date(), app.rules().retention);
    let mut tx = app.db.write().await?;
    let reports =
        retention::blank_reports(&mut tx, Timestamp::start_of_day(kept_since(today, rule.imports_days))).await?;
    if reports > 0 {
        ctx.audit(&mut tx, "retention.imports", "imports", "", &reports.to_string());
    }
    let seen = storage::settings::get(&mut tx, MAILS_SEEN).await?.and_then(|text| place(&text));
    let before = Timestamp::start_of_day(kept_since(today, rule.mails_days));
    let page = retention::old_mails(&mut tx, seen, before, FEW).await?;
    let mut blanked = 0;
    for (_, id) in &page {
        if !retention::blank_mail(&mut tx, *id, ctx.now - MAIL_TRIED).await? {
            break;
        }
        blanked += 1;
    }
    if let Some((at, id)) = page[..blanked].last() {
        storage::settings::set(&mut tx, MAILS_SEEN, &format!("{}_{id}", at.as_millis())).await?;
    }
    if blanked > 0 {
        ctx.audit(&mut tx, "retention.mails", "mails", "", &blanked.to_string());
    }
    tx.commit().await?;
    if blanked == FEW as usize { go_on(&ctx, BLANK_MAILS, payload).await } else { Ok(()) }
}

/// Removes one page of jobs that were done long ago; the work of a [`PURGE_JOBS`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn purge_jobs(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "retention");
    let before = Timestamp::start_of_day(kept_since(ctx.now.date(), JOBS_DAYS));
    let mut tx = app.db.write().await?;
    // Who was told of a notice is forgotten sooner: whoever saves it anew would tell everybody again.
    let removed = storage::jobs::remove_done(&mut tx, before, crate::content::TELL, PAGE).await?;
    tx.commit().await?;
    if removed == PAGE { go_on(&ctx, PURGE_JOBS, payload).await } else { Ok(()) }
}

fn place(text: &str) -> Option<(Timestamp, MailId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?))
}
