//! Letters on their way: those that should have arrived, those in use, and registered-mail numbers that were typed wrong.

use domain::{
    applications::State,
    clock::Timestamp,
    ids::{BatchId, LetterId},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Letter, Row, select_letter};
use crate::convert::word;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// Whom a letter goes to, and its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// The letter.
    pub id: LetterId,
    /// Reference number and state of its case; none for a letter that proves a membership.
    pub case: Option<(Option<String>, State)>,
    /// Name of the institution.
    pub name: String,
    /// Its registered address.
    pub address: String,
}

struct AroundRow {
    id: Uuid,
    reference: Option<String>,
    state: Option<String>,
    name: String,
    address: String,
}
from_row!(AroundRow { id, reference, state, name, address });

sql!(
    OVERDUE = select_letter!(
        "WHERE state = 'posted' AND delivered_at IS NULL AND posted_at <= $1
        AND EXISTS (SELECT 1 FROM applications p WHERE p.id = letters.application_id AND p.state = 'letter_posted')
        ORDER BY posted_at, id LIMIT $2"
    )
);
sql!(
    REISSUED = select_letter!(
        "WHERE state IN ('to_print', 'in_batch', 'printed')
        AND application_id IN (SELECT id FROM applications WHERE kind = 'certificate' AND state = 'letter_reissued')
        ORDER BY created_at, id LIMIT $1"
    )
);
sql!(
    WAITING = "SELECT COUNT(CASE WHEN created_at < $1 THEN 1 END), MIN(created_at) FROM letters
    WHERE state IN ('to_print', 'in_batch', 'printed')"
);
sql!(
    BATCH_WITH =
        "SELECT batch_id FROM letters WHERE state = $1 AND batch_id IS NOT NULL ORDER BY created_at, id LIMIT 1"
);
sql!(/// Only from the number that the person saw.
    CORRECT = "UPDATE letters SET tracking_number = $1 WHERE id = $2 AND state = 'posted' AND tracking_number = $3");
sql!(/// Changes nothing but makes whoever kills the letter wait for this transaction.
    HOLD = "UPDATE letters SET state = state WHERE id = $1 AND state <> 'dead'");

/// What stands around letters, in no order; by one statement for all of a list.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn around(conn: &mut Conn, ids: &[LetterId]) -> Result<Vec<Around>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<AroundRow> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(
            "SELECT l.id, p.reference, p.state, i.name, i.address FROM letters l JOIN institutions i ON i.id = l.institution_id
            LEFT JOIN applications p ON p.id = l.application_id WHERE l.id IN (",
        );
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id.0);
        }
        query.push(")");
        query.build_query_as().persistent(false).fetch_all(c).await
    })?;
    let read = |row: AroundRow| {
        let state = row.state.as_deref().map(word).transpose()?;
        let case = state.map(|state| (row.reference, state));
        Ok(Around { id: LetterId(row.id), case, name: row.name, address: row.address })
    };
    rows.into_iter().map(read).collect()
}

/// Makes others who kill a letter wait until this transaction ends; false when it is dead already.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn hold(tx: &mut Tx, letter: LetterId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(HOLD).bind(letter.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Issuance notices that were posted at an instant or before, of which nobody noted that they arrived and with which
/// nothing was fetched, the longest ago first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn overdue(conn: &mut Conn, posted: Timestamp, limit: i64) -> Result<Vec<Letter>> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(OVERDUE).bind(posted.as_millis()).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Letters not yet posted that replace one that was reported as not arrived or lost, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn reissued(conn: &mut Conn, limit: i64) -> Result<Vec<Letter>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(REISSUED).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many letters that are not posted were ordered before an instant, and when the oldest of all was.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn waiting(conn: &mut Conn, before: Timestamp) -> Result<(i64, Option<Timestamp>)> {
    let (late, oldest): (i64, Option<i64>) =
        on_engine!(conn, |c| sqlx::query_as(WAITING).bind(before.as_millis()).fetch_one(c).await)?;
    Ok((late, oldest.map(Timestamp::from_millis)))
}

/// The batch of the oldest letter in a state.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn batch_with(conn: &mut Conn, state: &str) -> Result<Option<BatchId>> {
    let id: Option<Uuid> = on_engine!(conn, |c| sqlx::query_scalar(BATCH_WITH).bind(state).fetch_optional(c).await)?;
    Ok(id.map(BatchId))
}

/// Replaces the registered-mail number of a posted letter; false when it is not the number that was seen any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn correct_number(tx: &mut Tx, letter: LetterId, seen: &str, number: &str) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CORRECT)
        .bind(number)
        .bind(letter.0)
        .bind(seen)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
