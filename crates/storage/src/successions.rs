//! 承継: which institution takes the place of which, and codes that are awaited in the register.

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An accepted succession.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The institution with the old code.
    pub old: InstitutionId,
    /// The institution with the new code.
    pub new: InstitutionId,
    /// The case that was accepted.
    pub application: ApplicationId,
    /// Why, a word of `domain::succession::Reason`.
    pub reason: String,
    /// The day of the change, `2026-06-01`.
    pub changed_on: String,
    /// Until when certificates of the old code work.
    pub ends_at: Timestamp,
    /// Whether the history of the old institution is read from the new one.
    pub history: bool,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Days before the end that people were told of last.
    pub told: Option<i64>,
    /// When the certificates of the old code were revoked.
    pub ended_at: Option<Timestamp>,
}

struct Row {
    old_id: Uuid,
    new_id: Uuid,
    application_id: Uuid,
    reason: String,
    changed_on: String,
    ends_at: i64,
    history: bool,
    accepted_at: i64,
    told: Option<i64>,
    ended_at: Option<i64>,
}
from_row!(Row { old_id, new_id, application_id, reason, changed_on, ends_at, history, accepted_at, told, ended_at });

impl From<Row> for Succession {
    fn from(row: Row) -> Self {
        Self {
            old: InstitutionId(row.old_id),
            new: InstitutionId(row.new_id),
            application: ApplicationId(row.application_id),
            reason: row.reason,
            changed_on: row.changed_on,
            ends_at: instant(row.ends_at),
            history: row.history,
            accepted_at: instant(row.accepted_at),
            told: row.told,
            ended_at: instant_opt(row.ended_at),
        }
    }
}

macro_rules! select_succession {
    ($rest:literal) => {
        concat!(
            "SELECT old_id, new_id, application_id, reason, changed_on, ends_at, history, accepted_at, told, ended_at
            FROM successions ",
            $rest
        )
    };
}

sql!(/// Neither an old nor a new institution has a second row.
    INSERT = "INSERT INTO successions (old_id, new_id, application_id, reason, changed_on, ends_at, history, accepted_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING");
sql!(OF_OLD = select_succession!("WHERE old_id = $1"));
sql!(OF_NEW = select_succession!("WHERE new_id = $1"));
sql!(
    RUNNING = select_succession!(
        "WHERE ended_at IS NULL AND ends_at <= $1 AND (ends_at > $2 OR (ends_at = $2 AND old_id > $3))
        ORDER BY ends_at, old_id LIMIT $4"
    )
);
sql!(TOLD = "UPDATE successions SET told = $1 WHERE old_id = $2 AND (told IS NULL OR told > $1)");
sql!(ENDED = "UPDATE successions SET ended_at = $1 WHERE old_id = $2 AND ended_at IS NULL");
sql!(
    AWAIT = "INSERT INTO succession_codes (application_id, code) VALUES ($1, $2)
    ON CONFLICT (application_id) DO UPDATE SET code = excluded.code, told_at = NULL"
);
sql!(
    AWAITED = "SELECT application_id FROM succession_codes WHERE code = $1 AND told_at IS NULL ORDER BY application_id LIMIT 100"
);
sql!(ARRIVED = "UPDATE succession_codes SET told_at = $1 WHERE application_id = $2 AND told_at IS NULL");

/// Links an old institution to a new one; false when one of them has a succession on that side.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, succession: &Succession) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(succession.old.0)
        .bind(succession.new.0)
        .bind(succession.application.0)
        .bind(&succession.reason)
        .bind(&succession.changed_on)
        .bind(succession.ends_at.as_millis())
        .bind(succession.history)
        .bind(succession.accepted_at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// The succession by which an institution gave its place to another.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_old(conn: &mut Conn, old: InstitutionId) -> Result<Option<Succession>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(OF_OLD).bind(old.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// The succession by which an institution took the place of another.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_new(conn: &mut Conn, new: InstitutionId) -> Result<Option<Succession>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(OF_NEW).bind(new.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Successions whose certificates still work and end until an instant, those that end first at the beginning; `after` is
/// the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn running(
    conn: &mut Conn,
    until: Timestamp,
    after: Option<(Timestamp, InstitutionId)>,
    limit: i64,
) -> Result<Vec<Succession>> {
    let (at, id) = after.map_or((i64::MIN, Uuid::nil()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(RUNNING)
        .bind(until.as_millis())
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Notes that people are told of a number of days before the end; false when they were told of it or of a later one.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn told(tx: &mut Tx, old: InstitutionId, rung: i64) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TOLD)
        .bind(rung)
        .bind(old.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that nothing of the old code works any more; false when it was noted before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn ended(tx: &mut Tx, old: InstitutionId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ENDED)
        .bind(now.as_millis())
        .bind(old.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes the code that an application waits for, in place of one that it waited for before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn await_code(tx: &mut Tx, application: ApplicationId, code: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(AWAIT).bind(application.0).bind(code).execute(c).await.map(drop))?)
}

/// The applications that wait for a code, at most 100.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn awaited(conn: &mut Conn, code: &str) -> Result<Vec<ApplicationId>> {
    let ids: Vec<Uuid> = on_engine!(conn, |c| sqlx::query_scalar(AWAITED).bind(code).fetch_all(c).await)?;
    Ok(ids.into_iter().map(ApplicationId).collect())
}

/// Notes that whoever sent an application is told that its code has come; false when they were told before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn arrived(tx: &mut Tx, application: ApplicationId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ARRIVED)
        .bind(now.as_millis())
        .bind(application.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
