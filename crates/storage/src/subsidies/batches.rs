//! Batches of cases whose grants are decided together.

use domain::{
    clock::Timestamp,
    ids::{AccountId, GrantBatchId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantBatch {
    /// Identifier.
    pub id: Uuid,
    /// Name of the scheme in addresses.
    pub scheme: String,
    /// Cases in it.
    pub cases: i64,
    /// Their sum in yen.
    pub amount_yen: i64,
    /// Who made it.
    pub made_by: Uuid,
    /// Their name.
    pub made_by_name: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// The day of the decision, `YYYY-MM-DD`.
    pub decided_on: Option<String>,
    /// Who decided.
    pub decided_by_name: Option<String>,
    /// When it was decided, in milliseconds since 1970 UTC.
    pub decided_at: Option<i64>,
    /// Who made the payment file first.
    pub filed_by_name: Option<String>,
    /// When it was made first, in milliseconds since 1970 UTC.
    pub filed_at: Option<i64>,
}
from_row!(GrantBatch {
    id,
    scheme,
    cases,
    amount_yen,
    made_by,
    made_by_name,
    made_at,
    decided_on,
    decided_by_name,
    decided_at,
    filed_by_name,
    filed_at
});

macro_rules! select_batch {
    ($rest:literal) => {
        concat!(
            "SELECT id, scheme, cases, amount_yen, made_by, made_by_name, made_at, decided_on, decided_by_name, decided_at,
            filed_by_name, filed_at FROM grant_batches ",
            $rest
        )
    };
}

sql!(
    INSERT = "INSERT INTO grant_batches (id, scheme, cases, amount_yen, made_by, made_by_name, made_at)
    VALUES ($1, $2, 0, 0, $3, $4, $5)"
);
sql!(/// Counts what a batch took in, before it is decided.
    COUNT = "UPDATE grant_batches SET (cases, amount_yen) = (SELECT COUNT(*), CAST(COALESCE(SUM(a.amount_yen), 0) AS BIGINT)
    FROM grant_awards a WHERE a.batch_id = $1) WHERE id = $1 AND decided_at IS NULL");
sql!(FIND = select_batch!("WHERE id = $1"));
sql!(
    NEWEST = select_batch!("WHERE made_at < $1 OR (made_at = $1 AND id < $2) ORDER BY made_at DESC, id DESC LIMIT $3")
);
sql!(/// A batch is decided once; a second time changes nothing.
    DECIDE = "UPDATE grant_batches SET decided_on = $1, decided_by_name = $2, decided_at = $3
    WHERE id = $4 AND decided_at IS NULL");
sql!(DISSOLVE = "DELETE FROM grant_batches WHERE id = $1 AND decided_at IS NULL");
sql!(/// The payment file is made once; a second time changes nothing.
    FILE = "UPDATE grant_batches SET filed_by_name = $1, filed_at = $2
    WHERE id = $3 AND decided_at IS NOT NULL AND filed_at IS NULL");
sql!(/// Whether someone filed, prepared, answered for or accepted one of the cases.
    HAD_HAND_IN = "SELECT COUNT(*) FROM grant_awards a JOIN application_events e ON e.application_id = a.application_id
    WHERE a.batch_id = $1 AND e.actor = $2 AND e.event IN ('submit', 'resubmit', 'answer', 'accept')");

/// Adds an empty batch.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_batch(
    tx: &mut Tx,
    id: GrantBatchId,
    scheme: &str,
    by: (AccountId, &str),
    now: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(id.0)
        .bind(scheme)
        .bind(by.0.0)
        .bind(by.1)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Counts cases and sum of a batch that took its cases in.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_batch(tx: &mut Tx, id: GrantBatchId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(COUNT).bind(id.0).execute(c).await.map(drop))?)
}

/// A batch.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn batch(conn: &mut Conn, id: GrantBatchId) -> Result<Option<GrantBatch>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?)
}

/// Batches, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn batches(conn: &mut Conn, after: Option<(Timestamp, GrantBatchId)>, limit: i64) -> Result<Vec<GrantBatch>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(NEWEST).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
}

/// Notes the decision on a batch; false when it was decided before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn decide_batch(tx: &mut Tx, id: GrantBatchId, on: &str, by: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DECIDE)
        .bind(on)
        .bind(by)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Removes a batch that holds no case any more; false when it was decided.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn dissolve_batch(tx: &mut Tx, id: GrantBatchId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DISSOLVE).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that the payment file of a decided batch was made; false when it was made before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn file_batch(tx: &mut Tx, id: GrantBatchId, by: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(FILE)
        .bind(by)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether someone filed, prepared, answered for or accepted one of a batch's cases.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn had_hand_in_batch(conn: &mut Conn, id: GrantBatchId, account: AccountId) -> Result<bool> {
    let actor = format!("account:{account}");
    let count: i64 = on_engine!(conn, |c| sqlx::query_scalar(HAD_HAND_IN).bind(id.0).bind(&actor).fetch_one(c).await)?;
    Ok(count > 0)
}
