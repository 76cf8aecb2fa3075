//! What is counted while rows are written: the rows of each day, and how often each person looked at personal data.

use domain::clock::Timestamp;

use super::Row;
use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// How often a person looked at personal data on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewCount {
    /// Day in Japan, such as `2026-05-20`.
    pub day: String,
    /// Who: `account:<id>`.
    pub actor: String,
    /// Number of views.
    pub view_count: i64,
    /// Number of different cases and the like.
    pub subjects: i64,
}
from_row!(ViewCount { day, actor, view_count, subjects });

sql!(/// Places only grow: the first row of a day stays the first.
    NOTE_DAY = "INSERT INTO audit_days (day, first_seq, last_seq, row_count) VALUES ($1, $2, $3, $4)
    ON CONFLICT (day) DO UPDATE SET last_seq = excluded.last_seq, row_count = audit_days.row_count + excluded.row_count");
sql!(/// A subject counts once a day for each person.
    NOTE_VIEW = "INSERT INTO audit_views (day, actor, view_count, subjects)
    SELECT $1, $2, 1, CASE WHEN EXISTS (SELECT 1 FROM audit WHERE subject = $3 AND seq < $4 AND seq >= $5
        AND actor || '' = $2 AND action LIKE '%.view') THEN 0 ELSE 1 END FROM audit_head WHERE id = 1
    ON CONFLICT (day, actor) DO UPDATE SET view_count = audit_views.view_count + 1,
        subjects = audit_views.subjects + excluded.subjects");
sql!(FIRST_OF_DAY = "SELECT first_seq FROM audit_days WHERE day = $1");
sql!(
    VIEWS = "SELECT day, actor, view_count, subjects FROM audit_views
    WHERE day >= $1 AND (day < $2 OR (day = $2 AND actor > $3)) ORDER BY day DESC, actor LIMIT $4"
);

/// The day in Japan of an instant in milliseconds, as the tables name it.
pub fn day_of(millis: i64) -> String {
    Timestamp::from_millis(millis).date().to_string()
}

/// Whether a row says that a person looked at personal data.
fn is_view(row: &Row) -> bool {
    row.action.ends_with(".view") && row.actor.starts_with("account:")
}

/// Counts rows that were written just now, in their order.
pub(super) async fn note(conn: &mut Conn, rows: &[Row]) -> Result<()> {
    for same_day in rows.chunk_by(|one, other| one.instant().date() == other.instant().date()) {
        let (Some(first), Some(last)) = (same_day.first(), same_day.last()) else { continue };
        let (day, count) = (day_of(first.at), i64::try_from(same_day.len()).unwrap_or(i64::MAX));
        on_engine!(conn, |c| sqlx::query(NOTE_DAY)
            .bind(&day)
            .bind(first.seq)
            .bind(last.seq)
            .bind(count)
            .execute(c)
            .await
            .map(drop))?;
    }
    for row in rows.iter().filter(|row| is_view(row)) {
        note_view(conn, row).await?;
    }
    Ok(())
}

async fn note_view(conn: &mut Conn, row: &Row) -> Result<()> {
    let day = day_of(row.at);
    let first: i64 = on_engine!(conn, |c| sqlx::query_scalar(FIRST_OF_DAY).bind(&day).fetch_one(c).await)?;
    on_engine!(conn, |c| sqlx::query(NOTE_VIEW)
        .bind(&day)
        .bind(&row.actor)
        .bind(&row.subject)
        .bind(row.seq)
        .bind(first)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// How often each person looked at personal data, the latest day first; `after` is the last line of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn views(conn: &mut Conn, from: &str, after: (&str, &str), limit: i64) -> Result<Vec<ViewCount>> {
    let (day, actor) = after;
    Ok(on_engine!(conn, |c| sqlx::query_as(VIEWS).bind(from).bind(day).bind(actor).bind(limit).fetch_all(c).await)?)
}
