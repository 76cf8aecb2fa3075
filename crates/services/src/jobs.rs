//! Background work: workers claim jobs, do them outside any transaction, and mark them.

use std::{convert::Infallible, panic::AssertUnwindSafe};

use domain::ids::JobId;
use futures_util::FutureExt;
use storage::boxed;
use storage::jobs::{self, Failed, Job, TriedAgain};
use time::Duration;

use crate::{
    App, Ctx, Error, Result,
    error::{event_id, panic_words},
};
use domain::permissions::Permission;

/// A job is given up after so many attempts.
const ATTEMPTS: i64 = 12;
/// What waits for another machine is given up after so many attempts: three days, as mail servers wait for each other.
const PATIENT_ATTEMPTS: i64 = 150;

/// How often the lease of a job is prolonged: a third of it.
const KEEP: std::time::Duration = std::time::Duration::from_secs(20);

/// Claims one due job and does it; false when none is due.
///
/// # Errors
/// When the database cannot be reached; a failed job is not an error but is tried again or listed.
#[boxed]
pub async fn work_one(app: &App, worker: &str) -> Result<bool> {
    let Some(job) = claim(app, worker).await? else { return Ok(false) };
    finish(app, worker, &job).await?;
    Ok(true)
}

/// Takes a due job; whoever is beaten to one looks for the next.
async fn claim(app: &App, worker: &str) -> Result<Option<Job>> {
    loop {
        let now = app.clock.now();
        if !jobs::is_waiting(&mut app.db.read().await?, now).await? {
            return Ok(None);
        }
        let mut tx = app.db.write().await?;
        let claimed = jobs::claim(&mut tx, worker, now).await?;
        tx.commit().await?;
        if claimed.is_some() {
            return Ok(claimed);
        }
    }
}

/// The same for the job with a key alone.
///
/// # Errors
/// When the database cannot be reached.
#[boxed]
pub(crate) async fn work_keyed(app: &App, worker: &str, key: &str) -> Result<bool> {
    let mut tx = app.db.write().await?;
    let claimed = jobs::claim_keyed(&mut tx, worker, key, app.clock.now()).await?;
    tx.commit().await?;
    let Some(job) = claimed else { return Ok(false) };
    finish(app, worker, &job).await?;
    Ok(true)
}

async fn finish(app: &App, worker: &str, job: &Job) -> Result<()> {
    let outcome = tokio::select! {
        outcome = caught(run(app, job)) => outcome,
        never = keep(app, worker, job) => match never {},
    };
    settle(app, worker, job, outcome).await
}

/// What panics has failed as any other attempt: one job must not take its worker along.
async fn caught(work: impl Future<Output = Result<()>>) -> Result<()> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|panic| {
        let cause = panic_words(&*panic);
        let event = event_id(cause);
        tracing::error!(event, cause, "a job panicked");
        Err(Error::internal(format!("it broke off by a fault of the program ({event})")))
    })
}

/// Prolongs the lease for as long as the work takes: a scanner may think for minutes.
async fn keep(app: &App, worker: &str, job: &Job) -> Infallible {
    loop {
        tokio::time::sleep(KEEP).await;
        match prolong(app, worker, job).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(job = %job.id, kind = %job.kind, "the lease of a job went to another worker"),
            Err(error) => {
                tracing::warn!(job = %job.id, kind = %job.kind, %error, "the lease of a job could not be prolonged");
            }
        }
    }
}

/// False when the lease went to another worker.
async fn prolong(app: &App, worker: &str, job: &Job) -> Result<bool> {
    let mut tx = app.db.write().await?;
    let kept = jobs::keep(&mut tx, job, worker, app.clock.now()).await?;
    tx.commit().await?;
    Ok(kept)
}

async fn run(app: &App, job: &Job) -> Result<()> {
    match job.kind.as_str() {
        crate::mail::SEND => crate::mail::send(app, &job.payload).await,
        crate::applications::TAKE_EFFECT => crate::applications::take_effect(app, &job.payload).await,
        crate::applications::STRAIGHT_THROUGH => crate::applications::straight_through(app, &job.payload).await,
        crate::applications::SWEEP_DRAFTS => crate::applications::sweep_drafts(app, &job.payload).await,
        crate::content::TELL => crate::content::tell(app, &job.payload).await,
        crate::content::FORGET => crate::content::forget_told(app, &job.payload).await,
        crate::group::SEND => crate::group::send_rows(app, &job.payload).await,
        crate::group::SWEEP => crate::group::sweep(app, &job.payload).await,
        crate::letters::REMIND => crate::letters::remind(app, &job.payload).await,
        crate::letters::ARRIVAL => crate::letters::ask(app, &job.payload).await,
        crate::letters::EXPIRE => crate::letters::expire(app, &job.payload).await,
        crate::mandates::SWEEP => crate::mandates::sweep(app, &job.payload).await,
        crate::master_accounts::END => crate::master_accounts::end(app, &job.payload).await,
        crate::audit::VERIFY => crate::audit::verify_as_asked(app).await,
        crate::audit::PURGE => crate::audit::purge(app, &job.payload).await,
        crate::audit::BLANK_CASES => crate::audit::blank_cases(app, &job.payload).await,
        crate::audit::BLANK_MAILS => crate::audit::blank_mails(app, &job.payload).await,
        crate::audit::PURGE_JOBS => crate::audit::purge_jobs(app, &job.payload).await,
        storage::feed::TELL => crate::feed::tell(app).await,
        crate::feed::DELIVER => crate::feed::deliver(app, &job.payload).await,
        crate::feed::PURGE => crate::feed::purge(app, &job.payload).await,
        crate::reports::SUMMARISE => crate::reports::summarise(app, &job.payload).await,
        crate::authority::PUBLISH_CRL => crate::authority::publish_when_due(app).await.map(drop),
        crate::authority::SIGN_OCSP => crate::authority::sign_ocsp(app, &job.payload).await,
        crate::authority::RECHECK => crate::authority::recheck(app, &job.payload).await,
        crate::content::index::REBUILD => crate::content::index::rebuild(app, &job.payload).await,
        crate::content::search::SWEEP => crate::content::search::sweep(app, &job.payload).await,
        crate::office::reviews::MAKE => crate::office::reviews::make(app, &job.payload).await,
        crate::uploads::SCAN => crate::uploads::scan(app, &job.payload, job.attempt >= attempts(&job.kind)).await,
        crate::uploads::DESTROY => crate::uploads::destroy(app, &job.payload).await,
        crate::uploads::SWEEP => crate::uploads::sweep(app, &job.payload).await,
        crate::closing::STEP => crate::closing::take_step(app, &job.payload).await,
        crate::succession::WARN => crate::succession::warn(app, &job.payload).await,
        crate::succession::END => crate::succession::end(app, &job.payload).await,
        crate::succession::LETTER => crate::succession::letter(app, &job.payload).await,
        crate::terminals::WARN => crate::terminals::warn(app, &job.payload).await,
        other => Err(Error::internal(format!("unknown kind of job: {other}"))),
    }
}

async fn settle(app: &App, worker: &str, job: &Job, outcome: Result<()>) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    match outcome {
        Ok(()) => {
            jobs::done(&mut tx, job, worker, now).await?;
        }
        Err(error) if job.attempt >= attempts(&job.kind) => {
            tracing::error!(job = %job.id, kind = %job.kind, %error, "job given up");
            if jobs::fail(&mut tx, job, worker, &error.to_string(), now).await? && job.kind == crate::mail::SEND {
                crate::mail::give_up(&mut tx, &job.payload).await?;
            }
        }
        Err(error) => {
            tracing::warn!(job = %job.id, kind = %job.kind, attempt = job.attempt, %error, "job will be tried again");
            jobs::retry(&mut tx, job, worker, &error.to_string(), now + back_off(job.attempt)).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

fn attempts(kind: &str) -> i64 {
    let patient = [
        crate::mail::SEND,
        crate::authority::PUBLISH_CRL,
        crate::authority::SIGN_OCSP,
        crate::uploads::SCAN,
        crate::uploads::DESTROY,
    ]
    .contains(&kind);
    if patient { PATIENT_ATTEMPTS } else { ATTEMPTS }
}

/// Waiting time before the next attempt: 5 s, doubled each time, at most 30 minutes.
fn back_off(attempt: i64) -> Duration {
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(10);
    Duration::seconds(5 * 2_i64.pow(doublings)).min(Duration::minutes(30))
}

/// Works until nothing is due; gives the number of jobs done.
///
/// # Errors
/// When the database cannot be reached.
#[boxed]
pub async fn work_all(app: &App, worker: &str) -> Result<usize> {
    let mut count = 0;
    while work_one(app, worker).await? {
        count += 1;
    }
    Ok(count)
}

/// Jobs that were given up, for the administrator.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn failed(ctx: &Ctx<'_>) -> Result<Vec<Failed>> {
    ctx.permit(Permission::ManageJobs)?;
    Ok(jobs::failed(&mut ctx.app.db.read().await?, 200).await?)
}

/// Jobs that failed and will be tried again by themselves, for the administrator.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn tried_again(ctx: &Ctx<'_>) -> Result<Vec<TriedAgain>> {
    ctx.permit(Permission::ManageJobs)?;
    Ok(jobs::tried_again(&mut ctx.app.db.read().await?, 200).await?)
}

/// Runs a failed job again (「再実行」).
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`] when it is no longer failed.
#[boxed]
pub async fn again(ctx: &Ctx<'_>, id: JobId) -> Result<()> {
    ctx.permit(Permission::ManageJobs)?;
    let mut tx = ctx.app.db.write().await?;
    let job = jobs::again(&mut tx, id, ctx.now).await?.ok_or(Error::ChangedMeanwhile)?;
    if job.kind == crate::mail::SEND {
        crate::mail::requeue(&mut tx, &job.payload).await?;
    }
    ctx.audit(&mut tx, "job.again", format!("job:{id}"), "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_waits_three_days_for_a_server_that_is_down() {
        let waits = (1..attempts(crate::mail::SEND)).map(back_off).fold(Duration::ZERO, |sum, wait| sum + wait);
        assert_eq!(waits.whole_days(), 2, "{waits}");
        assert!(waits > Duration::hours(69));
    }

    #[test]
    fn a_job_that_panics_is_an_attempt_that_failed() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let told = runtime.block_on(caught(async { panic!("a fault of ours") })).unwrap_err();
        assert!(told.to_string().contains("broke off"), "{told}");
        assert!(runtime.block_on(caught(async { Ok(()) })).is_ok());
    }

    #[test]
    fn waiting_grows_and_is_bounded() {
        assert_eq!(back_off(1), Duration::seconds(5));
        assert_eq!(back_off(4), Duration::seconds(40));
        assert_eq!(back_off(40), Duration::minutes(30));
    }
}
