//! Tries counted per key in a window of time: the rate limits of all verbs.

use domain::clock::Timestamp;
use time::Duration;

use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

/// Tries under one key in the present window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// How many, this one included.
    pub count: i64,
    /// When the window began.
    pub since: Timestamp,
}

sql!(/// Counts one try in the window that is running, or begins a new one.
    COUNT_TRY = "INSERT INTO throttles (key, window_start, count) VALUES ($1, $2, 1)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN throttles.window_start <= $3 THEN 1 ELSE throttles.count + 1 END,
        window_start = CASE WHEN throttles.window_start <= $3 THEN $2 ELSE throttles.window_start END
    RETURNING count, window_start");
sql!(TRIES = "SELECT count, window_start FROM throttles WHERE key = $1 AND window_start > $2");
sql!(FORGIVE_TRY = "UPDATE throttles SET count = count - 1 WHERE key = $1 AND count > 0");
sql!(FORGET_TRIES = "DELETE FROM throttles WHERE key = $1");
sql!(SWEEP_TRIES = "DELETE FROM throttles WHERE window_start <= $1");

/// Counts a try under a key and gives the tries in the present window.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_try(tx: &mut Tx, key: &str, now: Timestamp, window: Duration) -> Result<Tries> {
    let (count, since): (i64, i64) = on_engine!(&mut **tx, |c| sqlx::query_as(COUNT_TRY)
        .bind(key)
        .bind(now.as_millis())
        .bind((now - window).as_millis())
        .fetch_one(c)
        .await)?;
    Ok(Tries { count, since: instant(since) })
}

/// The tries under a key in the present window, if there were any.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn tries(conn: &mut Conn, key: &str, now: Timestamp, window: Duration) -> Result<Option<Tries>> {
    let row: Option<(i64, i64)> =
        on_engine!(conn, |c| sqlx::query_as(TRIES).bind(key).bind((now - window).as_millis()).fetch_optional(c).await)?;
    Ok(row.map(|(count, since)| Tries { count, since: instant(since) }))
}

/// Takes one try back, because it was none.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forgive_try(tx: &mut Tx, key: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FORGIVE_TRY).bind(key).execute(c).await.map(drop))?)
}

/// Forgets the tries under a key.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_tries(tx: &mut Tx, key: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FORGET_TRIES).bind(key).execute(c).await.map(drop))?)
}

/// Removes counts whose window began before an instant.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_tries(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SWEEP_TRIES)
        .bind(before.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
