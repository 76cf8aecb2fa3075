//! Removing rows after their period, up to a signed checkpoint.

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(FIRST_SINCE = "SELECT MIN(first_seq) FROM audit_days WHERE day >= $1");
sql!(OLDEST = "SELECT seq FROM audit ORDER BY seq LIMIT 1");
sql!(REMOVE_ROWS = "DELETE FROM audit WHERE seq <= $1");
sql!(REMOVE_HEADS = "DELETE FROM audit_signed_heads WHERE number < $1 AND number < $2");
sql!(OLDEST_HEAD = "SELECT number FROM audit_signed_heads ORDER BY number LIMIT 1");
sql!(REMOVE_DAYS = "DELETE FROM audit_days WHERE day < $1 AND last_seq <= $2");
sql!(REMOVE_VIEWS = "DELETE FROM audit_views WHERE day < $1");

/// The last row before the first one of a day or any later day; none when there is no such row.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn end_of_day_before(conn: &mut Conn, day: &str) -> Result<Option<i64>> {
    let first: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(FIRST_SINCE).bind(day).fetch_one(c).await)?;
    Ok(first.map(|first| first - 1).filter(|last| *last > 0))
}

/// Removes the oldest rows up to one, at most `limit`; gives their number.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_rows(tx: &mut Tx, until: i64, limit: i64) -> Result<i64> {
    let oldest: Option<i64> = on_engine!(&mut **tx, |c| sqlx::query_scalar(OLDEST).fetch_optional(c).await)?;
    let Some(oldest) = oldest.filter(|oldest| *oldest <= until) else { return Ok(0) };
    let end = until.min(oldest + limit - 1);
    let rows =
        on_engine!(&mut **tx, |c| sqlx::query(REMOVE_ROWS).bind(end).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Removes signed statements before a number, at most `limit`; gives their number.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_heads(tx: &mut Tx, before: i64, limit: i64) -> Result<i64> {
    let oldest: Option<i64> = on_engine!(&mut **tx, |c| sqlx::query_scalar(OLDEST_HEAD).fetch_optional(c).await)?;
    let Some(oldest) = oldest else { return Ok(0) };
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REMOVE_HEADS)
        .bind(before)
        .bind(oldest + limit)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Removes what was counted of days before one whose rows are gone.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_counts(tx: &mut Tx, day: &str, until: i64) -> Result<()> {
    on_engine!(&mut **tx, |c| sqlx::query(REMOVE_DAYS).bind(day).bind(until).execute(c).await.map(drop))?;
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REMOVE_VIEWS).bind(day).execute(c).await.map(drop))?)
}
