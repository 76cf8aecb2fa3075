//! Figures of finished days, what they are counted from, and what stands at the present moment (spec 6.6).
//!
//! Everything is counted by day from indexes by time, once for each day; nothing here walks through all cases.

use domain::{applications::Kind, clock::Timestamp};

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// One figure of one day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure {
    /// What is counted.
    pub what: String,
    /// Day in Japan, such as `2026-05-20`; a month where figures are by month.
    pub day: String,
    /// Two-digit prefecture, or empty for all.
    pub prefecture: String,
    /// Procedure, or empty.
    pub kind: String,
    /// Part, such as an outcome.
    pub part: String,
    /// The figure.
    pub figure: i64,
}
from_row!(Figure { what, day, prefecture, kind, part, figure });

/// Events of a day by procedure and prefecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// What happened, as stored.
    pub event: String,
    /// Procedure.
    pub kind: String,
    /// Two-digit prefecture.
    pub prefecture: String,
    /// How often.
    pub cases: i64,
}
from_row!(Happened { event, kind, prefecture, cases });

/// A case that was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Procedure.
    pub kind: Kind,
    /// When it was sent first.
    pub sent_at: Timestamp,
    /// When it was decided.
    pub decided_at: Timestamp,
}

sql!(
    HAPPENED = "SELECT e.event, p.kind, SUBSTR(i.code, 1, 2) AS prefecture, COUNT(*) AS cases
    FROM application_events e JOIN applications p ON p.id = e.application_id JOIN institutions i ON i.id = p.institution_id
    WHERE e.at >= $1 AND e.at < $2 AND e.event IN ('submit', 'resubmit', 'return', 'accept', 'reject', 'withdraw',
        'letter_comes_back', 'lose_letter')
    GROUP BY e.event, p.kind, SUBSTR(i.code, 1, 2)"
);
sql!(/// A case that staff recorded from paper was never sent and counts nowhere.
    DECIDED = "SELECT p.kind, MIN(s.at), e.at FROM application_events e JOIN applications p ON p.id = e.application_id
    JOIN application_events s ON s.application_id = e.application_id AND s.event = 'submit'
    WHERE e.at >= $1 AND e.at < $2 AND e.event IN ('accept', 'reject') GROUP BY e.id, p.kind, e.at");
sql!(
    FEES =
        "SELECT kind, COUNT(*), CAST(SUM(amount_yen) AS BIGINT) FROM ledger WHERE at >= $1 AND at < $2 GROUP BY kind"
);
sql!(POSTED = "SELECT COUNT(*) FROM letters WHERE posted_at >= $1 AND posted_at < $2");
sql!(
    ENDING = "SELECT COUNT(*) FROM certificates WHERE not_after >= $1 AND not_after < $2 AND state = 'valid'
    AND state <> 'prepared'"
);
sql!(FIRST_EVENT = "SELECT at FROM application_events ORDER BY at LIMIT 1");
sql!(REMOVE = "DELETE FROM report_days WHERE what = $1 AND day = $2");
sql!(REMOVE_ALL = "DELETE FROM report_days WHERE what = $1");
sql!(PUT = "INSERT INTO report_days (what, day, prefecture, kind, part, figure) VALUES ($1, $2, $3, $4, $5, $6)");
sql!(
    RANGE = "SELECT what, day, prefecture, kind, part, figure FROM report_days
    WHERE what = $1 AND day >= $2 AND day <= $3 AND ($4 = '' OR prefecture = $4) ORDER BY day, prefecture, kind, part"
);
sql!(
    SUMS = "SELECT what, $3 AS day, prefecture, kind, part, CAST(SUM(figure) AS BIGINT) AS figure FROM report_days
    WHERE what = $1 AND day >= $2 AND day <= $3 GROUP BY what, prefecture, kind, part"
);
sql!(/// Days since 1970 in Japan.
    OPEN = "SELECT (submitted_at + 32400000) / 86400000, COUNT(*) FROM applications
    WHERE kind = $1 AND state = $2 AND submitted_at IS NOT NULL GROUP BY (submitted_at + 32400000) / 86400000 ORDER BY 1");
sql!(
    ON_THEIR_WAY = "SELECT (posted_at + 32400000) / 86400000, COUNT(*) FROM letters
    WHERE state = 'posted' AND delivered_at IS NULL AND posted_at >= $1
    GROUP BY (posted_at + 32400000) / 86400000 ORDER BY 1"
);

/// What happened to cases between two instants, the second one excluded.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn happened(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<Vec<Happened>> {
    let (from, to) = (from.as_millis(), to.as_millis());
    Ok(on_engine!(conn, |c| sqlx::query_as(HAPPENED).bind(from).bind(to).fetch_all(c).await)?)
}

/// Cases that were accepted or refused between two instants, the second one excluded.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn decided(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<Vec<Decided>> {
    let (from, to) = (from.as_millis(), to.as_millis());
    let rows: Vec<(String, i64, i64)> =
        on_engine!(conn, |c| sqlx::query_as(DECIDED).bind(from).bind(to).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(kind, sent, decided)| {
            Ok(Decided { kind: word(&kind)?, sent_at: instant(sent), decided_at: instant(decided) })
        })
        .collect()
}

/// Entries of the ledger between two instants, the second one excluded: kind, number, yen.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn fees(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<Vec<(String, i64, i64)>> {
    let (from, to) = (from.as_millis(), to.as_millis());
    Ok(on_engine!(conn, |c| sqlx::query_as(FEES).bind(from).bind(to).fetch_all(c).await)?)
}

/// Letters that were posted between two instants, the second one excluded.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn posted(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<i64> {
    let (from, to) = (from.as_millis(), to.as_millis());
    Ok(on_engine!(conn, |c| sqlx::query_scalar(POSTED).bind(from).bind(to).fetch_one(c).await)?)
}

/// Valid certificates that end between two instants, the second one excluded.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn ending(conn: &mut Conn, from: Timestamp, to: Timestamp) -> Result<i64> {
    let (from, to) = (from.as_millis(), to.as_millis());
    Ok(on_engine!(conn, |c| sqlx::query_scalar(ENDING).bind(from).bind(to).fetch_one(c).await)?)
}

/// When the first thing happened to a case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn first_event(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let at: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(FIRST_EVENT).fetch_optional(c).await)?;
    Ok(at.map(instant))
}

/// Replaces the figures of a day, of everything in `whats`.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn replace_day(tx: &mut Tx, whats: &[&str], day: &str, figures: &[Figure]) -> Result<()> {
    for what in whats {
        on_engine!(&mut **tx, |c| sqlx::query(REMOVE).bind(*what).bind(day).execute(c).await.map(drop))?;
    }
    put(tx, figures).await
}

/// Replaces all figures of one thing.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn replace_all(tx: &mut Tx, what: &str, figures: &[Figure]) -> Result<()> {
    on_engine!(&mut **tx, |c| sqlx::query(REMOVE_ALL).bind(what).execute(c).await.map(drop))?;
    put(tx, figures).await
}

async fn put(tx: &mut Tx, figures: &[Figure]) -> Result<()> {
    for one in figures {
        on_engine!(&mut **tx, |c| sqlx::query(PUT)
            .bind(&one.what)
            .bind(&one.day)
            .bind(&one.prefecture)
            .bind(&one.kind)
            .bind(&one.part)
            .bind(one.figure)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Figures of one thing over some days, both ends included; of one prefecture unless it is empty.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn range(conn: &mut Conn, what: &str, from: &str, to: &str, prefecture: &str) -> Result<Vec<Figure>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(RANGE).bind(what).bind(from).bind(to).bind(prefecture).fetch_all(c).await)?)
}

/// The sums of one thing over some days, both ends included, under the last day.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn sums(conn: &mut Conn, what: &str, from: &str, to: &str) -> Result<Vec<Figure>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(SUMS).bind(what).bind(from).bind(to).fetch_all(c).await)?)
}

/// Cases of a procedure in a state by the day on which they were sent, counted in days since 1970 in Japan.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open(conn: &mut Conn, kind: &str, state: &str) -> Result<Vec<(i64, i64)>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OPEN).bind(kind).bind(state).fetch_all(c).await)?)
}

/// Letters that are on their way by the day on which they were posted, counted in days since 1970 in Japan.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn on_their_way(conn: &mut Conn, since: Timestamp) -> Result<Vec<(i64, i64)>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ON_THEIR_WAY).bind(since.as_millis()).fetch_all(c).await)?)
}
