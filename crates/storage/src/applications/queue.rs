//! Queues of those who examine: every filter at once from one index, paged by key.
//!
//! A filter that is not set becomes a range that holds everything, so that one statement serves all and each value is
//! compared inside the index.

use domain::{
    applications::{Flag, Kind, State},
    clock::Timestamp,
    ids::{AccountId, ApplicationId},
};
use uuid::Uuid;

use super::{Listed, lists::ListedRow, lists::select_listed};
use crate::convert::word;
use crate::db::{Conn, Result, boxed, on_engine, sql};

/// Rows on a page of a queue.
pub const PAGE: usize = 50;
/// Sorts after every code and every word that is stored.
const LAST: &str = "zz";

/// Who has the cases of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assignee {
    /// Whoever it is.
    #[default]
    Any,
    /// Nobody.
    Nobody,
    /// One reviewer.
    One(AccountId),
}

/// What a reviewer's queue shows.
#[derive(Clone, Debug)]
pub struct QueueFilter {
    /// Procedure.
    pub kind: Kind,
    /// State.
    pub state: State,
    /// Two-digit prefecture code; all if none.
    pub prefecture: Option<String>,
    /// One-digit code of the score table; all if none.
    pub score_table: Option<String>,
    /// Sent not before the first instant, and before the second.
    pub sent: (Option<Timestamp>, Option<Timestamp>),
    /// The applicant counts on something until then; all if none.
    pub deadline_until: Option<Timestamp>,
    /// Who has it.
    pub assignee: Assignee,
    /// What stands beside the state; all if none.
    pub flag: Option<Flag>,
}

impl QueueFilter {
    /// All cases of a procedure in a state.
    pub const fn new(kind: Kind, state: State) -> Self {
        let sent = (None, None);
        let (prefecture, score_table, deadline_until, flag) = (None, None, None, None);
        Self { kind, state, prefecture, score_table, sent, deadline_until, assignee: Assignee::Any, flag }
    }
}

impl QueueFilter {
    /// Whether no case can be in it: only one that is under way has a reviewer, or anything beside its state.
    fn is_empty(&self) -> bool {
        let marked = self.flag.is_some() || matches!(self.assignee, Assignee::One(_));
        marked && !self.state.is_under_way()
    }
}

/// The cases of a queue: what is compared with the prefecture and with the assignee, on which side of the row that is known,
/// how many.
macro_rules! queue {
    ($place:literal, $assignee:literal, $beside:literal, $inner:literal, $outer:literal) => {
        select_listed!(concat!(
            "WHERE p.id IN (SELECT id FROM applications WHERE kind = $1 AND state = $2 AND submitted_at >= $3
            AND submitted_at <= $4 AND prefecture <= $7 AND score_table >= $8 AND score_table <= $9 AND deadline_at <= $10
            AND flag >= $11 AND flag <= $12 ",
            $place,
            " ",
            $assignee,
            " ",
            $beside,
            " ",
            $inner,
            ") ",
            $outer
        ))
    };
}
macro_rules! page {
    ($place:literal, $assignee:literal) => {
        queue!(
            $place,
            $assignee,
            "AND (submitted_at > $3 OR id > $5)",
            "ORDER BY submitted_at, id LIMIT 50",
            "ORDER BY p.submitted_at, p.id"
        )
    };
}
macro_rules! next {
    ($place:literal, $assignee:literal) => {
        queue!($place, $assignee, "AND (submitted_at > $3 OR id > $5)", "ORDER BY submitted_at, id LIMIT 1", "")
    };
}
macro_rules! previous {
    ($place:literal, $assignee:literal) => {
        queue!(
            $place,
            $assignee,
            "AND (submitted_at < $4 OR id < $5)",
            "ORDER BY submitted_at DESC, id DESC LIMIT 1",
            ""
        )
    };
}

sql!(PAGE_OF_ANY = page!("AND prefecture >= $6", ""));
sql!(PAGE_OF_NOBODY = page!("AND prefecture >= $6", "AND assignee IS NULL"));
sql!(PAGE_OF_ONE = page!("AND prefecture >= $6", "AND assignee = $13"));
sql!(PAGE_OF_ANY_HERE = page!("AND prefecture = $6", ""));
sql!(PAGE_OF_NOBODY_HERE = page!("AND prefecture = $6", "AND assignee IS NULL"));
sql!(PAGE_OF_ONE_HERE = page!("AND prefecture = $6", "AND assignee = $13"));
sql!(NEXT_OF_ANY = next!("AND prefecture >= $6", ""));
sql!(NEXT_OF_NOBODY = next!("AND prefecture >= $6", "AND assignee IS NULL"));
sql!(NEXT_OF_ONE = next!("AND prefecture >= $6", "AND assignee = $13"));
sql!(NEXT_OF_ANY_HERE = next!("AND prefecture = $6", ""));
sql!(NEXT_OF_NOBODY_HERE = next!("AND prefecture = $6", "AND assignee IS NULL"));
sql!(NEXT_OF_ONE_HERE = next!("AND prefecture = $6", "AND assignee = $13"));
sql!(PREVIOUS_OF_ANY = previous!("AND prefecture >= $6", ""));
sql!(PREVIOUS_OF_NOBODY = previous!("AND prefecture >= $6", "AND assignee IS NULL"));
sql!(PREVIOUS_OF_ONE = previous!("AND prefecture >= $6", "AND assignee = $13"));
sql!(PREVIOUS_OF_ANY_HERE = previous!("AND prefecture = $6", ""));
sql!(PREVIOUS_OF_NOBODY_HERE = previous!("AND prefecture = $6", "AND assignee IS NULL"));
sql!(PREVIOUS_OF_ONE_HERE = previous!("AND prefecture = $6", "AND assignee = $13"));
sql!(COUNTS = "SELECT state, COUNT(*), COALESCE(SUM(CASE WHEN submitted_at < $2 THEN 1 ELSE 0 END), 0),
    COALESCE(SUM(CASE WHEN flag = 'asked' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN flag = 'answered' THEN 1 ELSE 0 END), 0)
    FROM applications WHERE kind = $1 AND state IN ('submitted', 'in_review', 'returned') GROUP BY state");

/// Where a statement begins: at the edge of the queue or beside a row.
#[derive(Clone, Copy)]
enum Side {
    Page,
    Next,
    Previous,
}

const fn statement(side: Side, here: bool, assignee: Assignee) -> &'static str {
    let (everywhere, in_one_place) = match (side, assignee) {
        (Side::Page, Assignee::Any) => (PAGE_OF_ANY, PAGE_OF_ANY_HERE),
        (Side::Page, Assignee::Nobody) => (PAGE_OF_NOBODY, PAGE_OF_NOBODY_HERE),
        (Side::Page, Assignee::One(_)) => (PAGE_OF_ONE, PAGE_OF_ONE_HERE),
        (Side::Next, Assignee::Any) => (NEXT_OF_ANY, NEXT_OF_ANY_HERE),
        (Side::Next, Assignee::Nobody) => (NEXT_OF_NOBODY, NEXT_OF_NOBODY_HERE),
        (Side::Next, Assignee::One(_)) => (NEXT_OF_ONE, NEXT_OF_ONE_HERE),
        (Side::Previous, Assignee::Any) => (PREVIOUS_OF_ANY, PREVIOUS_OF_ANY_HERE),
        (Side::Previous, Assignee::Nobody) => (PREVIOUS_OF_NOBODY, PREVIOUS_OF_NOBODY_HERE),
        (Side::Previous, Assignee::One(_)) => (PREVIOUS_OF_ONE, PREVIOUS_OF_ONE_HERE),
    };
    if here { in_one_place } else { everywhere }
}

/// A row of a queue: when it was sent, and its identifier.
type Key = (Timestamp, ApplicationId);

async fn ask(conn: &mut Conn, side: Side, filter: &QueueFilter, beside: Option<Key>) -> Result<Vec<Listed>> {
    if filter.is_empty() {
        return Ok(vec![]);
    }
    let from = filter.sent.0.map_or(i64::MIN, Timestamp::as_millis);
    let until = filter.sent.1.map_or(i64::MAX, |before| before.as_millis() - 1);
    let (first, last, id) = match (side, beside) {
        (Side::Previous, Some((at, id))) => (from, at.as_millis().min(until), beside_id(at, until, id, Uuid::max())),
        (Side::Previous, None) => (from, until, Uuid::max()),
        (_, Some((at, id))) => (at.as_millis().max(from), until, beside_id(at, from, id, Uuid::nil())),
        (_, None) => (from, until, Uuid::nil()),
    };
    let prefecture = range(filter.prefecture.as_deref());
    let table = range(filter.score_table.as_deref());
    let flag = range(filter.flag.map(Flag::as_str));
    let one = match filter.assignee {
        Assignee::One(account) => account.0,
        Assignee::Any | Assignee::Nobody => Uuid::nil(),
    };
    let text = statement(side, filter.prefecture.is_some(), filter.assignee);
    let rows: Vec<ListedRow> = on_engine!(conn, |c| {
        let asked = sqlx::query_as(text)
            .bind(filter.kind.as_str())
            .bind(filter.state.as_str())
            .bind(first)
            .bind(last)
            .bind(id)
            .bind(prefecture.0)
            .bind(prefecture.1)
            .bind(table.0)
            .bind(table.1)
            .bind(filter.deadline_until.map_or(i64::MAX, Timestamp::as_millis))
            .bind(flag.0)
            .bind(flag.1);
        let asked = if matches!(filter.assignee, Assignee::One(_)) { asked.bind(one) } else { asked };
        asked.fetch_all(c).await
    })?;
    rows.into_iter().map(ListedRow::read).collect()
}

/// The range of a text that must be one value, or may be any.
fn range(value: Option<&str>) -> (&str, &str) {
    value.map_or(("", LAST), |value| (value, value))
}

/// The identifier that a row is compared with at the very instant where the range begins or ends: that of the known row
/// while its instant is the edge, otherwise one that leaves no row out.
fn beside_id(at: Timestamp, edge: i64, id: ApplicationId, otherwise: Uuid) -> Uuid {
    let inside = if otherwise.is_nil() { at.as_millis() >= edge } else { at.as_millis() <= edge };
    if inside { id.0 } else { otherwise }
}

/// A page of a queue, first sent first; `after` is the last row of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn queue(conn: &mut Conn, filter: &QueueFilter, after: Option<Key>) -> Result<Vec<Listed>> {
    ask(conn, Side::Page, filter, after).await
}

/// The case of a queue after a row; the first one if none is given.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn next_in_queue(conn: &mut Conn, filter: &QueueFilter, after: Option<Key>) -> Result<Option<Listed>> {
    Ok(ask(conn, Side::Next, filter, after).await?.pop())
}

/// The case of a queue before a row.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn previous_in_queue(conn: &mut Conn, filter: &QueueFilter, before: Key) -> Result<Option<Listed>> {
    Ok(ask(conn, Side::Previous, filter, Some(before)).await?.pop())
}

/// How many cases of a procedure are in an open state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The state.
    pub state: State,
    /// All of them.
    pub cases: i64,
    /// Those that were sent before the given instant.
    pub late: i64,
    /// Those that wait for the answer of their applicant.
    pub asked: i64,
    /// Those whose applicant has answered.
    pub answered: i64,
}

/// Numbers of open cases of a procedure by state; `late` counts those sent before an instant.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn counts(conn: &mut Conn, kind: Kind, late: Timestamp) -> Result<Vec<Counts>> {
    let rows: Vec<(String, i64, i64, i64, i64)> =
        on_engine!(conn, |c| sqlx::query_as(COUNTS).bind(kind.as_str()).bind(late.as_millis()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(state, cases, late, asked, answered)| Ok(Counts { state: word(&state)?, cases, late, asked, answered }))
        .collect()
}
