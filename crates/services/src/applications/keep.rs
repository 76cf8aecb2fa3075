//! Drafts that nobody writes any more: owners are told, then the draft is removed (spec 08.2).
//!
//! Once a day a job walks through the drafts that were last written long ago, page by page. Each draft is one transaction, and
//! both steps hold only for the draft as it was seen: whoever writes it meanwhile keeps it, and begins a new period.

use domain::{
    applications::{Fate, Kind},
    calendar::japanese_date,
    clock::Timestamp,
    forms::{Progress, go_on_at, progress},
    ids::ApplicationId,
};
use serde_json::{Value, json};
use storage::{
    Tx,
    applications::{Application, Mark},
    boxed,
};
use time::{Date, Duration};

use super::{
    facts::{facts_for_case, facts_of},
    tell,
};
use crate::{App, Ctx, Result, daily};

/// Kind of the job that looks after drafts that nobody writes any more.
pub const SWEEP_DRAFTS: &str = "application.sweep_drafts";
/// Drafts that one job looks at before the next one goes on.
const PAGE: usize = 100;

/// Begins the sweep of this day, once, from the morning on; whoever asks again the same day changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_drafts_when_due(app: &App) -> Result<()> {
    daily::begin(app, SWEEP_DRAFTS, json!({})).await
}

/// Looks after one page of drafts and leaves the next page to another job; the work of a [`SWEEP_DRAFTS`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_drafts(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "draft_sweep");
    let until = Timestamp::end_of_day(app.rules().drafts.first_concerned(ctx.now.date()));
    let after = daily::place(&payload["after"]);
    let page = storage::applications::unwritten(&mut app.db.read().await?, until, after, PAGE as i64).await?;
    for (_, id) in &page {
        look_after(&ctx, *id).await?;
    }
    match page.last().filter(|_| page.len() == PAGE) {
        Some((at, id)) => {
            daily::go_on(&ctx, SWEEP_DRAFTS, &id.to_string(), json!({ "after": [at.as_millis(), id] })).await
        }
        None => Ok(()),
    }
}

/// Does what is due for one draft.
async fn look_after(ctx: &Ctx<'_>, id: ApplicationId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let seen = storage::applications::find(&mut tx, id).await?;
    let mark = storage::applications::mark_of(&mut tx, id).await?;
    let (Some(seen), Some(mark)) = (seen, mark) else { return Ok(tx.rollback().await?) };
    let done = match fate(ctx, &seen, &mark) {
        Fate::Keep => false,
        Fate::Tell(until) => tell_owners(ctx, &mut tx, &seen, &mark, until).await?,
        Fate::Remove => remove(ctx, &mut tx, &seen).await?,
    };
    if !done {
        return Ok(tx.rollback().await?);
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

fn fate(ctx: &Ctx<'_>, seen: &Application, mark: &Mark) -> Fate {
    let rule = ctx.app.rules().drafts;
    rule.fate(seen.updated_at.date(), mark.told_at.map(Timestamp::date), ctx.now.date())
}

async fn tell_owners(ctx: &Ctx<'_>, tx: &mut Tx, seen: &Application, mark: &Mark, until: Date) -> Result<bool> {
    if !storage::applications::told(tx, seen, ctx.now).await? {
        return Ok(false);
    }
    let facts = facts_for_case(ctx, seen, &seen.answers).await?;
    let sections = seen.kind.procedure().sections(&facts, &seen.answers);
    let at = go_on_at(&sections, &seen.answers, &mark.left_at).map(|key| format!("#f-{key}")).unwrap_or_default();
    let further = [
        ("written_on", japanese_date(seen.updated_at.date())),
        ("writer", mark.writer.clone()),
        ("progress", progress(&sections, &seen.answers).words()),
        ("kept_until", japanese_date(until)),
        ("removed_on", japanese_date(until + Duration::DAY)),
        ("edit_url", format!("{}/edit{at}", tell::case_url(ctx, seen.id))),
    ];
    tell::owners_and_applicant_about(ctx, tx, seen, "draft_expiring", &further).await?;
    ctx.audit(tx, "application.warn_draft", format!("application:{}", seen.id), "", &until.to_string());
    Ok(true)
}

async fn remove(ctx: &Ctx<'_>, tx: &mut Tx, seen: &Application) -> Result<bool> {
    if !storage::applications::remove_draft(tx, seen).await? {
        return Ok(false);
    }
    crate::uploads::forget_case(ctx, tx, seen.id).await?;
    ctx.audit(tx, "application.expire_draft", format!("application:{}", seen.id), seen.kind.as_str(), "");
    Ok(true)
}

/// A draft of one's institution, as pages speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The case.
    pub id: ApplicationId,
    /// Procedure.
    pub kind: Kind,
    /// When it was last written.
    pub written_at: Timestamp,
    /// Who wrote it last.
    pub writer: String,
    /// How far it has come.
    pub progress: Progress,
    /// Key of the question at which it goes on; none when everything is answered and nobody knows where it was left.
    pub go_on_at: Option<String>,
    /// The last day on which it is there, unless it is written again.
    pub kept_until: Date,
}

/// The drafts of one's institution.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn drafts(ctx: &Ctx<'_>) -> Result<Vec<Draft>> {
    let institution = ctx.institution()?;
    let found = storage::applications::drafts_of(&mut ctx.app.db.read().await?, institution).await?;
    let mut drafts = Vec::with_capacity(found.len());
    for (case, mark) in found {
        let facts = facts_of(ctx, institution, case.kind).await?;
        let sections = case.kind.procedure().sections(&facts, &case.answers);
        let told = mark.told_at.map(Timestamp::date);
        drafts.push(Draft {
            id: case.id,
            kind: case.kind,
            written_at: case.updated_at,
            writer: mark.writer,
            progress: progress(&sections, &case.answers),
            go_on_at: go_on_at(&sections, &case.answers, &mark.left_at).map(str::to_owned),
            kept_until: ctx.app.rules().drafts.until(case.updated_at.date(), told, ctx.now.date()),
        });
    }
    Ok(drafts)
}
