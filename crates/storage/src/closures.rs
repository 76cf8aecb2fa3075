//! 廃止・休止・再開: what was accepted, and its steps.

use domain::{
    clock::Timestamp,
    closing::{Deed, Step},
    ids::{ApplicationId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An accepted closing, rest or going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The case that was accepted.
    pub application: ApplicationId,
    /// The institution.
    pub institution: InstitutionId,
    /// What it does.
    pub deed: Deed,
    /// The day, `2026-06-30`.
    pub day: String,
    /// Until when it rests, `2026-12-01`; empty when it does not.
    pub until: String,
    /// Whether its certificates are revoked.
    pub revokes: bool,
    /// When the steps begin.
    pub begins_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it was called off.
    pub cancelled_at: Option<Timestamp>,
    /// When its last step was done.
    pub done_at: Option<Timestamp>,
}

/// A step of a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosureStep {
    /// Its place, from 0.
    pub place: i64,
    /// What it does.
    pub step: Step,
    /// How many things it ended, once it is done.
    pub count: i64,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

struct Row {
    application_id: Uuid,
    institution_id: Uuid,
    deed: String,
    day: String,
    until_day: String,
    revokes: bool,
    begins_at: i64,
    accepted_at: i64,
    cancelled_at: Option<i64>,
    done_at: Option<i64>,
}
from_row!(Row {
    application_id,
    institution_id,
    deed,
    day,
    until_day,
    revokes,
    begins_at,
    accepted_at,
    cancelled_at,
    done_at
});

impl Row {
    fn read(self) -> Result<Closure> {
        Ok(Closure {
            application: ApplicationId(self.application_id),
            institution: InstitutionId(self.institution_id),
            deed: word(&self.deed)?,
            day: self.day,
            until: self.until_day,
            revokes: self.revokes,
            begins_at: instant(self.begins_at),
            accepted_at: instant(self.accepted_at),
            cancelled_at: instant_opt(self.cancelled_at),
            done_at: instant_opt(self.done_at),
        })
    }
}

macro_rules! select_closure {
    ($rest:literal) => {
        concat!(
            "SELECT application_id, institution_id, deed, day, until_day, revokes, begins_at, accepted_at, cancelled_at, done_at
            FROM closures ",
            $rest
        )
    };
}

sql!(/// An institution has one planned at a time.
    INSERT = "INSERT INTO closures (application_id, institution_id, deed, day, until_day, revokes, begins_at, accepted_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING");
sql!(INSERT_STEP = "INSERT INTO closure_steps (application_id, place, step, count) VALUES ($1, $2, $3, 0)");
sql!(FIND = select_closure!("WHERE application_id = $1"));
sql!(PLANNED = select_closure!("WHERE institution_id = $1 AND cancelled_at IS NULL AND done_at IS NULL"));
sql!(LATEST = select_closure!("WHERE institution_id = $1 ORDER BY accepted_at DESC, application_id DESC LIMIT 20"));
sql!(STEPS = "SELECT place, step, count, done_at FROM closure_steps WHERE application_id = $1 ORDER BY place LIMIT 20");
sql!(
    STEP_DONE = "UPDATE closure_steps SET done_at = $1, count = $2 WHERE application_id = $3 AND place = $4
    AND done_at IS NULL"
);
sql!(
    CANCEL =
        "UPDATE closures SET cancelled_at = $1 WHERE application_id = $2 AND cancelled_at IS NULL AND done_at IS NULL
    AND begins_at > $1"
);
sql!(DONE = "UPDATE closures SET done_at = $1 WHERE application_id = $2 AND done_at IS NULL AND cancelled_at IS NULL");

/// Notes what was accepted with its steps, in order; false when the institution has another one planned.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, closure: &Closure, steps: &[Step]) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(closure.application.0)
        .bind(closure.institution.0)
        .bind(closure.deed.as_str())
        .bind(&closure.day)
        .bind(&closure.until)
        .bind(closure.revokes)
        .bind(closure.begins_at.as_millis())
        .bind(closure.accepted_at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    if rows != 1 {
        return Ok(false);
    }
    for (place, step) in (0_i64..).zip(steps) {
        on_engine!(&mut **tx, |c| sqlx::query(INSERT_STEP)
            .bind(closure.application.0)
            .bind(place)
            .bind(step.as_str())
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(true)
}

/// What a case led to, once it was accepted.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, application: ApplicationId) -> Result<Option<Closure>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(application.0).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// What is planned at an institution and neither called off nor done.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn planned(conn: &mut Conn, institution: InstitutionId) -> Result<Option<Closure>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(PLANNED).bind(institution.0).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// What was accepted at an institution, latest first, at most 20.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn latest(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Closure>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(LATEST).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The steps of a closure, in order.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn steps(conn: &mut Conn, application: ApplicationId) -> Result<Vec<ClosureStep>> {
    let rows: Vec<(i64, String, i64, Option<i64>)> =
        on_engine!(conn, |c| sqlx::query_as(STEPS).bind(application.0).fetch_all(c).await)?;
    let read = |(place, step, count, done_at): (i64, String, i64, Option<i64>)| {
        Ok(ClosureStep { place, step: word(&step)?, count, done_at: instant_opt(done_at) })
    };
    rows.into_iter().map(read).collect()
}

/// Notes that a step is done; false when it was noted before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn step_done(
    tx: &mut Tx,
    application: ApplicationId,
    place: i64,
    count: i64,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(STEP_DONE)
        .bind(now.as_millis())
        .bind(count)
        .bind(application.0)
        .bind(place)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Calls a closure off; false once its day has come, or when it was called off before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn cancel(tx: &mut Tx, application: ApplicationId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CANCEL)
        .bind(now.as_millis())
        .bind(application.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that the last step is done; false when it was noted before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn done(tx: &mut Tx, application: ApplicationId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DONE)
        .bind(now.as_millis())
        .bind(application.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
