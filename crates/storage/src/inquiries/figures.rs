//! Figures of inquiries: how many wait and how long answers took.

use domain::{clock::Timestamp, inquiries::InquiryState};

use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// Open threads of a category by age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenByAge {
    /// Category.
    pub category: String,
    /// All that are open.
    pub open: i64,
    /// Those that have waited since before the first instant.
    pub late: i64,
    /// Those that have waited since before the second.
    pub very_late: i64,
}
from_row!(OpenByAge { category, open, late, very_late });

/// Threads of a category that were first answered in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Category.
    pub category: String,
    /// How many.
    pub answered: i64,
    /// How many of them after the target; those of which it is not known are left out.
    pub late: i64,
}
from_row!(Answered { category, answered, late });

sql!(
    OPEN_BY_AGE = "SELECT category, COUNT(*) AS open, COUNT(CASE WHEN since < $1 THEN 1 END) AS late,
    COUNT(CASE WHEN since < $2 THEN 1 END) AS very_late FROM inquiries WHERE state = 'open' GROUP BY category
    ORDER BY category"
);
sql!(ASKED = "SELECT category, COUNT(*) FROM inquiries WHERE created_at >= $1 AND created_at < $2 GROUP BY category");
sql!(
    ANSWERED = "SELECT category, COUNT(*) AS answered, COUNT(CASE WHEN answered_late THEN 1 END) AS late FROM inquiries
    WHERE answered_month = $1 GROUP BY category ORDER BY category"
);
sql!(/// One place in the order of the times that answers took.
    TOOK = "SELECT answer_ms FROM inquiries WHERE answered_month = $1 AND category = $2 ORDER BY answer_ms LIMIT 1 OFFSET $3");
sql!(SOME = "SELECT messages FROM inquiries WHERE state = $1 LIMIT $2");

/// Open threads by category and age.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open_by_age(conn: &mut Conn, late: Timestamp, very_late: Timestamp) -> Result<Vec<OpenByAge>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OPEN_BY_AGE)
        .bind(late.as_millis())
        .bind(very_late.as_millis())
        .fetch_all(c)
        .await)?)
}

/// How many threads of each category began from one instant until before another.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn asked(conn: &mut Conn, from: Timestamp, until: Timestamp) -> Result<Vec<(String, i64)>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ASKED).bind(from.as_millis()).bind(until.as_millis()).fetch_all(c).await)?)
}

/// What was first answered in a month (`YYYY-MM`), by category.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answered_in(conn: &mut Conn, month: &str) -> Result<Vec<Answered>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ANSWERED).bind(month).fetch_all(c).await)?)
}

/// The time in milliseconds that the answer at a place of the order took, from 0.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answer_took(conn: &mut Conn, month: &str, category: &str, place: i64) -> Result<Option<i64>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(TOOK).bind(month).bind(category).bind(place).fetch_optional(c).await)?)
}

/// How many threads are in a state, counted up to a number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn count_in_state(conn: &mut Conn, state: InquiryState, most: i64) -> Result<i64> {
    let some: Vec<i64> =
        on_engine!(conn, |c| sqlx::query_scalar(SOME).bind(state.as_str()).bind(most).fetch_all(c).await)?;
    Ok(i64::try_from(some.len()).unwrap_or(i64::MAX))
}
