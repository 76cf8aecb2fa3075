//! What is paid of a decided batch: the lines of its payment file, and the day on which each was paid.

use domain::{clock::Timestamp, ids::GrantBatchId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A line of a payment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLine {
    /// The grant.
    pub grant_id: Uuid,
    /// The case.
    pub application_id: Uuid,
    /// Its reference number.
    pub reference: Option<String>,
    /// Ten-digit code of the institution.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// Fiscal year of the grant's number.
    pub fiscal_year: i64,
    /// The grant's number within the year.
    pub number: Option<i64>,
    /// Yen.
    pub amount_yen: i64,
}
from_row!(PaymentLine {
    grant_id,
    application_id,
    reference,
    institution_code,
    institution_name,
    fiscal_year,
    number,
    amount_yen
});

/// Sums of a batch, each counted from its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Yen granted.
    pub granted_yen: i64,
    /// Yen taken back, not negative.
    pub reversed_yen: i64,
    /// Yen in the payment file.
    pub listed_yen: i64,
    /// Yen that were paid.
    pub paid_yen: i64,
    /// Yen of what is in the payment file and was taken back later.
    pub owed_back_yen: i64,
}
from_row!(Sums { granted_yen, reversed_yen, listed_yen, paid_yen, owed_back_yen });

sql!(/// What was taken back before the file is made does not come into it.
    LIST = "INSERT INTO grant_payments (grant_id, batch_id, amount_yen, listed_at)
    SELECT g.id, g.batch_id, g.amount_yen, $1 FROM grants g WHERE g.batch_id = $2 AND g.kind = 'grant'
    AND NOT EXISTS (SELECT 1 FROM grants r WHERE r.reverses = g.id) ON CONFLICT (grant_id) DO NOTHING");
sql!(
    LINES = "SELECT y.grant_id, g.application_id, p.reference, i.code AS institution_code, i.name AS institution_name,
        g.fiscal_year, g.number, y.amount_yen
    FROM grant_payments y JOIN grants g ON g.id = y.grant_id JOIN applications p ON p.id = g.application_id
    JOIN institutions i ON i.id = g.institution_id WHERE y.batch_id = $1 ORDER BY y.grant_id"
);
sql!(/// What was taken back meanwhile was not paid; what was confirmed before stays as it was.
    CONFIRM = "INSERT INTO grant_receipts (grant_id, paid_on, actor_name, at)
    SELECT y.grant_id, $1, $2, $3 FROM grant_payments y WHERE y.batch_id = $4
    AND NOT EXISTS (SELECT 1 FROM grants r WHERE r.reverses = y.grant_id) ON CONFLICT (grant_id) DO NOTHING");
sql!(
    SUMS = "SELECT
        CAST(COALESCE(SUM(CASE WHEN g.kind = 'grant' THEN g.amount_yen END), 0) AS BIGINT) AS granted_yen,
        CAST(COALESCE(SUM(CASE WHEN g.kind <> 'grant' THEN -g.amount_yen END), 0) AS BIGINT) AS reversed_yen,
        CAST(COALESCE(SUM(y.amount_yen), 0) AS BIGINT) AS listed_yen,
        CAST(COALESCE(SUM(CASE WHEN t.grant_id IS NOT NULL THEN y.amount_yen END), 0) AS BIGINT) AS paid_yen,
        CAST(COALESCE(SUM(CASE WHEN y.grant_id IS NOT NULL AND EXISTS (SELECT 1 FROM grants r WHERE r.reverses = g.id)
            THEN y.amount_yen END), 0) AS BIGINT) AS owed_back_yen
    FROM grants g LEFT JOIN grant_payments y ON y.grant_id = g.id LEFT JOIN grant_receipts t ON t.grant_id = g.id
    WHERE g.batch_id = $1"
);

/// Writes the lines of a batch's payment file.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_payments(tx: &mut Tx, batch: GrantBatchId, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(LIST).bind(now.as_millis()).bind(batch.0).execute(c).await.map(drop))?)
}

/// The lines of a batch's payment file, as many as a batch may hold.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn payment_lines(conn: &mut Conn, batch: GrantBatchId) -> Result<Vec<PaymentLine>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(LINES).bind(batch.0).fetch_all(c).await)?)
}

/// Notes that what stands in a payment file was paid; gives how many lines were noted now.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn confirm_payments(
    tx: &mut Tx,
    batch: GrantBatchId,
    paid_on: &str,
    actor: &str,
    now: Timestamp,
) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(CONFIRM)
        .bind(paid_on)
        .bind(actor)
        .bind(now.as_millis())
        .bind(batch.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// The sums of a batch.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn sums_of_batch(conn: &mut Conn, batch: GrantBatchId) -> Result<Sums> {
    Ok(on_engine!(conn, |c| sqlx::query_as(SUMS).bind(batch.0).fetch_one(c).await)?)
}
