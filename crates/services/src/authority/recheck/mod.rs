//! The nightly check: every certificate that has not ended, the revoked ones too, is read again as it is stored, and judged by
//! what is known today.
//!
//! A run is a row. Each step judges one batch and notes, in one transaction, what it found and how far the run came: a
//! process that dies between two steps loses nothing, and a step that is made twice counts once. Jobs make the steps of the
//! night; the command makes its own, and leaves a job behind that goes on if it is interrupted.

mod judge;

use domain::{
    calendar::japanese_datetime,
    checks::{HOUR, Reason, verdict},
    clock::Timestamp,
    ids::{CertificateId, CheckId, JobId},
    permissions::{Permission, Role},
    text::thousands,
};
use serde_json::{Value, json};
use storage::{
    Tx,
    authority::{self as rows, Check, FindingPlace, FoundInCheck, Step, ToCheck},
    boxed,
};
use time::Duration;

use self::judge::Judge;
use crate::{
    App, Ctx, Error, Result,
    mail::{Letterhead, queue},
};

/// Kind of the job that makes the next step of a check.
pub const RECHECK: &str = "authority.recheck";
/// Certificates that are judged in one step.
const BATCH: i64 = 200;
/// How long a command may go on without its steps being taken over.
const PATIENCE: Duration = Duration::minutes(10);
/// Findings on a page.
const PAGE: i64 = 50;

/// Begins the check of this day, once, from two in the morning on; whoever asks again the same day changes nothing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn recheck_when_due(app: &App) -> Result<()> {
    let ctx = Ctx::system(app, "recheck");
    let night = ctx.now.date().to_string();
    if ctx.now.in_japan().hour() < HOUR || rows::is_checked(&mut app.db.read().await?, &night).await? {
        return Ok(());
    }
    let id = CheckId::new(ctx.now, &*app.randomness);
    let mut tx = app.db.write().await?;
    if rows::begin_check(&mut tx, id, Some(&night), ctx.now).await? {
        go_on(&ctx, &mut tx, id, "", ctx.now).await?;
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// Makes the next step of a check and leaves the one after it to another job; the work of a [`RECHECK`] job.
///
/// # Errors
/// When the payload is not ours or the database refuses.
#[boxed]
pub async fn recheck(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "recheck");
    let id = payload["check"].as_str().and_then(|text| text.parse().ok());
    let id: CheckId = id.ok_or_else(|| Error::internal("the payload is not that of this job"))?;
    step(&ctx, id, true).await.map(drop)
}

/// Checks all certificates now and gives the run; who interrupts it leaves the rest to the workers.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn recheck_now(app: &App) -> Result<Check> {
    let ctx = Ctx::system(app, "recheck");
    let id = CheckId::new(ctx.now, &*app.randomness);
    let mut tx = app.db.write().await?;
    rows::begin_check(&mut tx, id, None, ctx.now).await?;
    go_on(&ctx, &mut tx, id, "", ctx.now + PATIENCE).await?;
    tx.commit().await?;
    while step(&Ctx::system(app, "recheck"), id, false).await? {}
    rows::check(&mut app.db.read().await?, id).await?.ok_or(Error::NotFound)
}

async fn go_on(ctx: &Ctx<'_>, tx: &mut Tx, id: CheckId, place: &str, at: Timestamp) -> Result<()> {
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("recheck:{id}:{place}");
    storage::jobs::enqueue(tx, job, RECHECK, Some(&key), json!({ "check": id }), at).await?;
    Ok(())
}

/// One step of a run; false once it has ended.
async fn step(ctx: &Ctx<'_>, id: CheckId, by_job: bool) -> Result<bool> {
    let mut conn = ctx.app.db.read().await?;
    let Some(run) = rows::check(&mut conn, id).await?.filter(|run| run.ended_at.is_none()) else { return Ok(false) };
    let batch = rows::to_check(&mut conn, run.place, BATCH).await?;
    let Some(last) = batch.last().map(|row| (Timestamp::from_millis(row.not_after), CertificateId(row.id))) else {
        drop(conn);
        end(ctx, &run).await?;
        return Ok(false);
    };
    let judge = Judge::read(ctx.app, &mut conn).await?;
    drop(conn);
    // Signatures are checked where that hinders nobody.
    let judged = move || batch.into_iter().map(|row| (judge.judge(&row), row)).collect::<Vec<_>>();
    let judged = tokio::task::spawn_blocking(judged).await.map_err(Error::internal)?;
    let mut tx = ctx.app.db.write().await?;
    let figures = note(ctx, &mut tx, &judged).await?;
    if !rows::note_step(&mut tx, &run, figures, last).await? {
        // Somebody else made this step meanwhile.
        tx.rollback().await?;
        return Ok(true);
    }
    if by_job {
        go_on(ctx, &mut tx, id, &last.1.to_string(), ctx.now).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(true)
}

/// Writes down what was found, and removes what is good again.
async fn note(ctx: &Ctx<'_>, tx: &mut Tx, judged: &[(Vec<Reason>, ToCheck)]) -> Result<Step> {
    let mut figures = Step { counted: i64::try_from(judged.len()).map_err(Error::internal)?, ..Step::default() };
    for (reasons, row) in judged {
        let id = CertificateId(row.id);
        let Some(verdict) = verdict(reasons) else {
            if row.verdict.is_some() {
                rows::clear_finding(tx, id).await?;
            }
            continue;
        };
        rows::note_finding(tx, id, verdict, reasons, ctx.now).await?;
        let is_bad = i64::from(verdict == domain::checks::Verdict::Bad);
        figures.bad += is_bad;
        figures.unchecked += 1 - is_bad;
        figures.fresh += i64::from(row.verdict.as_deref() != Some(verdict.as_str()));
    }
    Ok(figures)
}

/// Ends a run: what it did not see again goes, the audit chain keeps the figures, and administrators hear of what is new.
async fn end(ctx: &Ctx<'_>, run: &Check) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    if !rows::end_check(&mut tx, run, ctx.now).await? {
        return Ok(tx.rollback().await?);
    }
    let figures = format!("{} checked, {} bad, {} unchecked, {} new", run.counted, run.bad, run.unchecked, run.fresh);
    ctx.audit(&mut tx, "certificates.check", format!("check:{}", run.id), "", &figures);
    if run.fresh > 0 {
        tell(ctx, &mut tx, run).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    if run.bad + run.unchecked > 0 {
        tracing::error!(bad = run.bad, unchecked = run.unchecked, "the check of certificates found something");
    }
    Ok(())
}

async fn tell(ctx: &Ctx<'_>, tx: &mut Tx, run: &Check) -> Result<()> {
    let values = [
        ("when", japanese_datetime(run.begun_at)),
        ("counted", thousands(run.counted)),
        ("bad", thousands(run.bad)),
        ("unchecked", thousands(run.unchecked)),
        ("fresh", thousands(run.fresh)),
        ("page_url", format!("{}/office/checks", ctx.app.settings.portal_url)),
    ];
    let staff = storage::accounts::staff(tx).await?.into_iter().filter(|one| !one.disabled);
    for one in staff.filter(|one| one.roles.contains(&Role::Administrator)) {
        let head = Letterhead { account: Some(one.id), ..Letterhead::new("certificates_checked", &one.email) };
        queue(ctx, tx, &head, &[&values[..], &[("person", one.name)]].concat()).await?;
    }
    Ok(())
}

/// The newest runs, newest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn checks(ctx: &Ctx<'_>) -> Result<Vec<Check>> {
    ctx.permit(Permission::ReadChecks)?;
    Ok(rows::newest_checks(&mut ctx.app.db.read().await?, 10).await?)
}

/// What stands against certificates: bad ones first, the oldest first; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn check_findings(ctx: &Ctx<'_>, after: Option<FindingPlace>) -> Result<Vec<FoundInCheck>> {
    ctx.permit(Permission::ReadChecks)?;
    Ok(rows::findings(&mut ctx.app.db.read().await?, after, PAGE).await?)
}

/// How many findings stand, counted up to a number.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn count_findings(ctx: &Ctx<'_>, most: i64) -> Result<i64> {
    ctx.permit(Permission::ReadChecks)?;
    Ok(rows::count_findings(&mut ctx.app.db.read().await?, most).await?)
}
