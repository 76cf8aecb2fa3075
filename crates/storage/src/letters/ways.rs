//! Letters on their way: those that should have arrived, those in use, and registered-mail numbers that were typed wrong.

use domain::{clock::Timestamp, ids::LetterId};

use super::{Letter, Row, select_letter};
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(
    OVERDUE = select_letter!(
        "WHERE state = 'posted' AND delivered_at IS NULL AND posted_at <= $1
        AND EXISTS (SELECT 1 FROM applications p WHERE p.id = letters.application_id AND p.state = 'letter_posted')
        ORDER BY posted_at, id LIMIT $2"
    )
);
sql!(/// Only from the number that the person saw.
    CORRECT = "UPDATE letters SET tracking_number = $1 WHERE id = $2 AND state = 'posted' AND tracking_number = $3");
sql!(/// Changes nothing but makes whoever kills the letter wait for this transaction.
    HOLD = "UPDATE letters SET state = state WHERE id = $1 AND state <> 'dead'");

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
