//! Batches of letters: what is printed in one go.

use domain::{
    clock::Timestamp,
    ids::{BatchId, LetterId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A batch as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Identifier.
    pub id: Uuid,
    /// Counts the batches from 1, so that two of the same minute can be told apart.
    pub number: i64,
    /// Who made it.
    pub created_by: String,
    /// When, in milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When its print was confirmed, in milliseconds since 1970 UTC.
    pub confirmed_at: Option<i64>,
    /// Letters in it, without those that died before they were posted.
    pub letters: i64,
    /// Letters in it that were posted.
    pub posted: i64,
}
from_row!(Batch { id, number, created_by, created_at, confirmed_at, letters, posted });

sql!(PUT_IN_BATCH = "UPDATE letters SET state = 'in_batch', batch_id = $1 WHERE id = $2 AND state = 'to_print'");
sql!(/// The secret is destroyed in the same statement that marks the letter as printed.
    CONFIRM_PRINTED = "UPDATE letters SET state = 'printed', printed_at = $1, secret_sealed = NULL WHERE batch_id = $2 AND state = 'in_batch'");
sql!(
    INSERT_BATCH = "INSERT INTO letter_batches (id, created_by, created_at, number)
    VALUES ($1, $2, $3, (SELECT COALESCE(MAX(number), 0) + 1 FROM letter_batches))"
);
sql!(OPENED = "UPDATE letters SET opened_at = $1 WHERE batch_id = $2 AND kind = $3 AND state = 'in_batch'");
sql!(UNOPENED = "SELECT COUNT(*) FROM letters WHERE batch_id = $1 AND state = 'in_batch' AND opened_at IS NULL");
sql!(CONFIRM_BATCH = "UPDATE letter_batches SET confirmed_at = $1 WHERE id = $2 AND confirmed_at IS NULL");
sql!(
    BATCHES = "SELECT b.id, b.number, b.created_by, b.created_at, b.confirmed_at,
        COUNT(CASE WHEN l.state <> 'dead' OR l.posted_at IS NOT NULL THEN 1 END) AS letters, COUNT(l.posted_at) AS posted
    FROM letter_batches b LEFT JOIN letters l ON l.batch_id = b.id
    WHERE b.number > (SELECT COALESCE(MAX(number), 0) FROM letter_batches) - $1
    GROUP BY b.id, b.number, b.created_by, b.created_at, b.confirmed_at ORDER BY b.number DESC"
);
sql!(
    BATCH =
        "SELECT b.id, b.number, b.created_by, b.created_at, b.confirmed_at,
        COUNT(CASE WHEN l.state <> 'dead' OR l.posted_at IS NOT NULL THEN 1 END) AS letters, COUNT(l.posted_at) AS posted
    FROM letter_batches b LEFT JOIN letters l ON l.batch_id = b.id WHERE b.id = $1
    GROUP BY b.id, b.number, b.created_by, b.created_at, b.confirmed_at"
);

/// Makes a batch with the next number.
///
/// # Errors
/// [`crate::Error::Duplicate`] when another batch was made at the same moment.
#[boxed]
pub async fn insert_batch(tx: &mut Tx, id: BatchId, by: &str, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_BATCH)
        .bind(id.0)
        .bind(by)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Puts a letter into a batch; false when it is in one already.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn put_in_batch(tx: &mut Tx, batch: BatchId, letter: LetterId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PUT_IN_BATCH)
        .bind(batch.0)
        .bind(letter.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that the sheets of one kind of letter in a batch were opened for the print.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn opened(tx: &mut Tx, batch: BatchId, kind: &str, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(OPENED)
        .bind(now.as_millis())
        .bind(batch.0)
        .bind(kind)
        .execute(c)
        .await
        .map(drop))?)
}

/// How many letters of a batch were never opened for the print.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn unopened(conn: &mut Conn, batch: BatchId) -> Result<i64> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(UNOPENED).bind(batch.0).fetch_one(c).await)?)
}

/// Confirms that a batch was printed and destroys its secrets; false when it was confirmed before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn confirm_batch(tx: &mut Tx, batch: BatchId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CONFIRM_BATCH)
        .bind(now.as_millis())
        .bind(batch.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    on_engine!(&mut **tx, |c| sqlx::query(CONFIRM_PRINTED)
        .bind(now.as_millis())
        .bind(batch.0)
        .execute(c)
        .await
        .map(drop))?;
    Ok(rows == 1)
}

/// Batches, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn batches(conn: &mut Conn, limit: i64) -> Result<Vec<Batch>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(BATCHES).bind(limit).fetch_all(c).await)?)
}

/// A batch.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn batch(conn: &mut Conn, id: BatchId) -> Result<Option<Batch>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(BATCH).bind(id.0).fetch_optional(c).await)?)
}
