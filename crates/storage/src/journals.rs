//! How far each chain of records outside the database had reached when this was last noted here.

use domain::clock::Timestamp;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};
use crate::witness::Position;

struct Row {
    chain: String,
    line: i64,
    hash: String,
}
from_row!(Row { chain, line, hash });

sql!(/// A chain only grows; one that a restore has closed stays closed.
    REACH = "INSERT INTO journals (chain, line, hash, noted_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (chain) DO UPDATE SET line = excluded.line, hash = excluded.hash, noted_at = excluded.noted_at
    WHERE journals.line < excluded.line");
sql!(OPEN = "SELECT chain, line, hash FROM journals WHERE closed_at IS NULL ORDER BY chain");
sql!(CLOSED = "SELECT chain FROM journals WHERE closed_at IS NOT NULL ORDER BY chain");
sql!(
    CLOSE = "INSERT INTO journals (chain, line, hash, noted_at, closed_at) VALUES ($1, $2, $3, $4, $4)
    ON CONFLICT (chain) DO UPDATE SET closed_at = excluded.closed_at"
);
sql!(CLOSE_ALL = "UPDATE journals SET closed_at = $1 WHERE closed_at IS NULL");

/// Notes how far a chain has reached.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reach(tx: &mut Tx, at: &Position, now: Timestamp) -> Result<()> {
    put(tx, REACH, at, now).await
}

/// The chains in use and how far each had reached.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open(conn: &mut Conn) -> Result<Vec<Position>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OPEN).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|row| Position { chain: row.chain, line: row.line, hash: row.hash }).collect())
}

/// The chains that a restore has replayed; they are never continued.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn closed(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(CLOSED).fetch_all(c).await)?)
}

/// Closes a chain that was replayed.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn close(tx: &mut Tx, at: &Position, now: Timestamp) -> Result<()> {
    put(tx, CLOSE, at, now).await
}

/// Closes a chain of which nothing but its name is known.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn close_unread(tx: &mut Tx, chain: &str, now: Timestamp) -> Result<()> {
    put(tx, CLOSE, &Position { chain: chain.to_owned(), line: 0, hash: String::new() }, now).await
}

/// Closes every chain that is in use.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn close_all(tx: &mut Tx, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(CLOSE_ALL).bind(now.as_millis()).execute(c).await.map(drop))?)
}

async fn put(tx: &mut Tx, statement: &'static str, at: &Position, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(statement)
        .bind(&at.chain)
        .bind(at.line)
        .bind(&at.hash)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}
