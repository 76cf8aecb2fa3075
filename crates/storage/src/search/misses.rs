//! Words that nothing was found for.

use domain::clock::Timestamp;

use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

/// A word that nothing was found for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The word.
    pub word: String,
    /// How often it was looked for since it was last handled.
    pub count: i64,
    /// When it was looked for last.
    pub last_at: Timestamp,
}

sql!(/// A word that was handled and is looked for again begins anew.
    COUNT = "INSERT INTO search_misses (word, count, last_at) VALUES ($1, 1, $2) ON CONFLICT (word) DO UPDATE SET
    count = CASE WHEN search_misses.handled_at IS NULL THEN search_misses.count + 1 ELSE 1 END,
    last_at = excluded.last_at, handled_at = NULL");
sql!(
    OPEN = "SELECT word, count, last_at FROM search_misses WHERE handled_at IS NULL AND count <= $1
    AND (count < $1 OR last_at < $2 OR (last_at = $2 AND word < $3)) ORDER BY count DESC, last_at DESC, word DESC LIMIT $4"
);
sql!(HANDLE = "UPDATE search_misses SET handled_at = $2 WHERE word = $1 AND handled_at IS NULL");
sql!(
    SWEEP = "DELETE FROM search_misses WHERE word IN (SELECT word FROM search_misses WHERE last_at < $1
    ORDER BY last_at LIMIT $2)"
);

/// Counts a word that nothing was found for.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_miss(tx: &mut Tx, word: &str, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(COUNT).bind(word).bind(now.as_millis()).execute(c).await.map(drop))?)
}

/// Words that nobody handled, those that were looked for most often first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open_misses(conn: &mut Conn, after: Option<&Miss>, limit: i64) -> Result<Vec<Miss>> {
    let (count, at, word) =
        after.map_or((i64::MAX, i64::MAX, ""), |miss| (miss.count, miss.last_at.as_millis(), miss.word.as_str()));
    let rows: Vec<(String, i64, i64)> =
        on_engine!(conn, |c| sqlx::query_as(OPEN).bind(count).bind(at).bind(word).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(word, count, at)| Miss { word, count, last_at: instant(at) }).collect())
}

/// Marks a word as handled; false when it is not open.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn handle_miss(tx: &mut Tx, word: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(HANDLE)
        .bind(word)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Removes words that nobody looked for since an instant; gives how many.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_misses(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SWEEP)
        .bind(before.as_millis())
        .bind(limit)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
