//! The job table: side effects leave through it, in the transaction that caused them.

use domain::{clock::Timestamp, ids::JobId};
use serde_json::Value;
use sqlx::types::Json;
use time::Duration;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};
use crate::rows::parts;

/// How long a worker keeps a job before another may take it.
pub const LEASE: Duration = Duration::seconds(60);

/// A job that a worker holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Identifier.
    pub id: Uuid,
    /// Kind, such as `mail.send`.
    pub kind: String,
    /// What the work needs.
    pub payload: Json<Value>,
    /// Which attempt this is, from 1.
    pub attempt: i64,
}
from_row!(Job { id, kind, payload, attempt });

/// A job that failed for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// Identifier.
    pub id: Uuid,
    /// Kind.
    pub kind: String,
    /// When it was given up, in milliseconds since 1970 UTC.
    pub failed_at: i64,
    /// How often it was tried.
    pub attempt: i64,
    /// What the last attempt said.
    pub last_error: Option<String>,
}
from_row!(Failed { id, kind, failed_at, attempt, last_error });

/// A job that failed and will be tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct TriedAgain {
    /// Identifier.
    pub id: Uuid,
    /// Kind.
    pub kind: String,
    /// When it is tried next, in milliseconds since 1970 UTC.
    pub run_at: i64,
    /// How often it was tried.
    pub attempt: i64,
    /// What the last attempt said.
    pub last_error: Option<String>,
}
from_row!(TriedAgain { id, kind, run_at, attempt, last_error });

/// A job that is to be done once the transaction that notes it is durable.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Identifier.
    pub id: JobId,
    /// Kind, such as `mail.send`.
    pub kind: &'static str,
    /// A job with the same key is there already → this one is not added.
    pub key: Option<String>,
    /// What the work needs.
    pub payload: Value,
    /// When it is due.
    pub at: Timestamp,
}

/// The rows follow.
const INSERT: &str = "INSERT INTO jobs (id, kind, dedup_key, payload, run_at, attempt, leased_until) ";
sql!(
    ENQUEUE = "INSERT INTO jobs (id, kind, dedup_key, payload, run_at, attempt, leased_until)
    VALUES ($1, $2, $3, $4, $5, 0, 0) ON CONFLICT (dedup_key) DO NOTHING"
);
sql!(
    CLAIM = "UPDATE jobs SET leased_by = $1, leased_until = $2, attempt = attempt + 1
    WHERE id = (SELECT id FROM jobs WHERE done_at IS NULL AND failed_at IS NULL AND run_at <= $3 AND leased_until <= $3
                ORDER BY run_at, id LIMIT 1)
      AND done_at IS NULL AND leased_until <= $3
    RETURNING id, kind, payload, attempt"
);
sql!(
    CLAIM_KEYED = "UPDATE jobs SET leased_by = $1, leased_until = $2, attempt = attempt + 1
    WHERE dedup_key = $4 AND done_at IS NULL AND failed_at IS NULL AND run_at <= $3 AND leased_until <= $3
    RETURNING id, kind, payload, attempt"
);
sql!(
    /// A worker that took the job once more after its lease had ended is at another attempt.
    KEEP = "UPDATE jobs SET leased_until = $1 WHERE id = $2 AND leased_by = $3 AND attempt = $4 AND done_at IS NULL"
);
sql!(
    DONE = "UPDATE jobs SET done_at = $1, last_error = NULL
    WHERE id = $2 AND leased_by = $3 AND attempt = $4 AND done_at IS NULL"
);
sql!(
    RETRY = "UPDATE jobs SET leased_until = 0, run_at = $1, last_error = $2
    WHERE id = $3 AND leased_by = $4 AND attempt = $5 AND done_at IS NULL"
);
sql!(
    FAIL = "UPDATE jobs SET failed_at = $1, last_error = $2
    WHERE id = $3 AND leased_by = $4 AND attempt = $5 AND done_at IS NULL"
);
sql!(
    FAILED = "SELECT id, kind, failed_at, attempt, last_error FROM jobs WHERE failed_at IS NOT NULL AND done_at IS NULL
    ORDER BY failed_at, id LIMIT $1"
);
sql!(
    TRIED_AGAIN = "SELECT id, kind, run_at, attempt, last_error FROM jobs
    WHERE last_error IS NOT NULL AND done_at IS NULL AND failed_at IS NULL ORDER BY run_at, id LIMIT $1"
);
sql!(
    AGAIN = "UPDATE jobs SET failed_at = NULL, attempt = 0, run_at = $1, leased_until = 0
    WHERE id = $2 AND failed_at IS NOT NULL AND done_at IS NULL RETURNING id, kind, payload, attempt"
);
sql!(
    REMOVE_DONE = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs
        WHERE done_at IS NOT NULL AND done_at < $1 AND kind <> $2 ORDER BY done_at, id LIMIT $3)"
);
sql!(KNOWN = "SELECT 1 FROM jobs WHERE dedup_key = $1");
sql!(
    WAITING = "SELECT 1 FROM jobs
    WHERE done_at IS NULL AND failed_at IS NULL AND run_at <= $1 AND leased_until <= $1 LIMIT 1"
);

/// Puts jobs into the table, except those whose key is there already.
pub(crate) async fn append(conn: &mut Conn, jobs: &[NewJob]) -> Result<()> {
    for rows in parts(jobs) {
        on_engine!(conn, |c| {
            let mut statement = sqlx::QueryBuilder::new(INSERT);
            statement.push_values(rows, |mut values, job| {
                values.push_bind(job.id.0).push_bind(job.kind).push_bind(&job.key).push_bind(Json(&job.payload));
                values.push_bind(job.at.as_millis()).push("0").push("0");
            });
            statement.push(" ON CONFLICT (dedup_key) DO NOTHING").build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Puts a job into the table; a job with the same key is there already → nothing happens.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn enqueue(
    tx: &mut Tx,
    id: JobId,
    kind: &str,
    key: Option<&str>,
    payload: Value,
    at: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ENQUEUE)
        .bind(id.0)
        .bind(kind)
        .bind(key)
        .bind(Json(payload))
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes the next due job for [`LEASE`]; none also when another worker took that one at the same moment.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn claim(tx: &mut Tx, worker: &str, now: Timestamp) -> Result<Option<Job>> {
    let until = (now + LEASE).as_millis();
    Ok(on_engine!(&mut **tx, |c| sqlx::query_as(CLAIM)
        .bind(worker)
        .bind(until)
        .bind(now.as_millis())
        .fetch_optional(c)
        .await)?)
}

/// Takes the job with a key for [`LEASE`], if it is due.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn claim_keyed(tx: &mut Tx, worker: &str, key: &str, now: Timestamp) -> Result<Option<Job>> {
    let until = (now + LEASE).as_millis();
    Ok(on_engine!(&mut **tx, |c| sqlx::query_as(CLAIM_KEYED)
        .bind(worker)
        .bind(until)
        .bind(now.as_millis())
        .bind(key)
        .fetch_optional(c)
        .await)?)
}

/// Prolongs the lease of a job that takes longer; false when it went to another worker.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn keep(tx: &mut Tx, job: &Job, worker: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(KEEP)
        .bind((now + LEASE).as_millis())
        .bind(job.id)
        .bind(worker)
        .bind(job.attempt)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Marks a job as done; false when its lease went to another worker.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn done(tx: &mut Tx, job: &Job, worker: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DONE)
        .bind(now.as_millis())
        .bind(job.id)
        .bind(worker)
        .bind(job.attempt)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Lets a job run again later.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn retry(tx: &mut Tx, job: &Job, worker: &str, error: &str, at: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(RETRY)
        .bind(at.as_millis())
        .bind(error)
        .bind(job.id)
        .bind(worker)
        .bind(job.attempt)
        .execute(c)
        .await
        .map(drop))?)
}

/// Gives a job up; it stands in the list of failed jobs. False when its lease went to another worker.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn fail(tx: &mut Tx, job: &Job, worker: &str, error: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(FAIL)
        .bind(now.as_millis())
        .bind(error)
        .bind(job.id)
        .bind(worker)
        .bind(job.attempt)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Removes jobs that were done before an instant, the oldest first, except those of a kind; gives how many.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_done(tx: &mut Tx, before: Timestamp, but: &str, limit: i64) -> Result<i64> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REMOVE_DONE)
        .bind(before.as_millis())
        .bind(but)
        .bind(limit)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Jobs that were given up, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn failed(conn: &mut Conn, limit: i64) -> Result<Vec<Failed>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FAILED).bind(limit).fetch_all(c).await)?)
}

/// Jobs that failed and will be tried again, the next one first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn tried_again(conn: &mut Conn, limit: i64) -> Result<Vec<TriedAgain>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(TRIED_AGAIN).bind(limit).fetch_all(c).await)?)
}

/// Runs a failed job again (「再実行」); gives it, or nothing when it is no longer failed.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn again(tx: &mut Tx, id: JobId, now: Timestamp) -> Result<Option<Job>> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query_as(AGAIN).bind(now.as_millis()).bind(id.0).fetch_optional(c).await)?)
}

/// Whether a job is due that no worker holds.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn is_waiting(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let found: Option<i32> =
        on_engine!(conn, |c| sqlx::query_scalar(WAITING).bind(now.as_millis()).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Whether a job with a key was ever put into the table.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn is_known(conn: &mut Conn, key: &str) -> Result<bool> {
    let found: Option<i32> = on_engine!(conn, |c| sqlx::query_scalar(KNOWN).bind(key).fetch_optional(c).await)?;
    Ok(found.is_some())
}
