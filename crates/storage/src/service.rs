//! How the service stands: troubles and maintenance with their reports.

use domain::{
    clock::Timestamp,
    content::service::{ServiceKind, ServiceState, parts_of, parts_text},
    ids::{AccountId, ServiceStateId},
};
use uuid::Uuid;

use crate::db::{Conn, Error, Result, Tx, boxed, from_row, on_engine, sql};

/// A trouble or a maintenance as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredState {
    /// Identifier.
    pub id: ServiceStateId,
    /// What it is.
    pub state: ServiceState,
    /// When it ended or will end by itself.
    pub over: Timestamp,
    /// Who ended it; none while it goes on, or when it ended as planned.
    pub closed_by: Option<String>,
    /// Number of its newest version.
    pub version: i64,
}

/// A report about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceUpdate {
    /// What is told.
    pub words: String,
    /// Who told it.
    pub person: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
}
from_row!(ServiceUpdate { words, person, at });

struct Row {
    id: Uuid,
    kind: String,
    title: String,
    parts: String,
    from_at: i64,
    until_at: Option<i64>,
    over_at: i64,
    closed_by: Option<String>,
    version: i64,
}
from_row!(Row { id, kind, title, parts, from_at, until_at, over_at, closed_by, version });

impl TryFrom<Row> for StoredState {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let kind: ServiceKind = row.kind.parse().map_err(|_| Error::Corrupt(row.kind.clone()))?;
        Ok(Self {
            id: ServiceStateId(row.id),
            state: ServiceState {
                kind,
                title: row.title,
                parts: parts_of(&row.parts),
                from: Timestamp::from_millis(row.from_at),
                until: row.until_at.map(Timestamp::from_millis),
            },
            over: Timestamp::from_millis(row.over_at),
            closed_by: row.closed_by,
            version: row.version,
        })
    }
}

macro_rules! select_state {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, title, parts, from_at, until_at, over_at, closed_by, version FROM service_states ",
            $rest
        )
    };
}

sql!(OPEN = select_state!("WHERE over_at > $1 ORDER BY over_at, id LIMIT $2"));
sql!(
    OVER = select_state!(
        "WHERE over_at <= $1 AND (over_at < $2 OR (over_at = $2 AND id < $3)) ORDER BY over_at DESC, id DESC LIMIT $4"
    )
);
sql!(ONE = select_state!("WHERE id = $1"));
sql!(
    ADD = "INSERT INTO service_states (id, kind, title, parts, from_at, until_at, over_at, closed_by, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 1)"
);
sql!(
    CHANGE = "UPDATE service_states SET kind = $1, title = $2, parts = $3, from_at = $4, until_at = $5, over_at = $6, closed_by = $7,
    version = version + 1 WHERE id = $8 AND version = $9"
);
sql!(
    ADD_UPDATE =
        "INSERT INTO service_updates (id, state_id, words, account_id, person, at) VALUES ($1, $2, $3, $4, $5, $6)"
);
sql!(UPDATES = "SELECT words, person, at FROM service_updates WHERE state_id = $1 ORDER BY at DESC, id DESC LIMIT $2");

/// What goes on or lies ahead.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<StoredState>> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(OPEN).bind(now.as_millis()).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// What is over, what ended last first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn over(
    conn: &mut Conn,
    after: Option<(Timestamp, ServiceStateId)>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<StoredState>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OVER)
        .bind(now.as_millis())
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// One of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: ServiceStateId) -> Result<Option<StoredState>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(ONE).bind(id.0).fetch_optional(c).await)?;
    row.map(TryInto::try_into).transpose()
}

/// Adds one.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add(tx: &mut Tx, stored: &StoredState) -> Result<()> {
    let state = &stored.state;
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ADD)
        .bind(stored.id.0)
        .bind(state.kind.as_str())
        .bind(&state.title)
        .bind(parts_text(&state.parts))
        .bind(state.from.as_millis())
        .bind(state.until.map(Timestamp::as_millis))
        .bind(stored.over.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Writes one over the version that was seen; false when somebody was faster.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn change(tx: &mut Tx, stored: &StoredState) -> Result<bool> {
    let state = &stored.state;
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CHANGE)
        .bind(state.kind.as_str())
        .bind(&state.title)
        .bind(parts_text(&state.parts))
        .bind(state.from.as_millis())
        .bind(state.until.map(Timestamp::as_millis))
        .bind(stored.over.as_millis())
        .bind(&stored.closed_by)
        .bind(stored.id.0)
        .bind(stored.version)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Adds a report.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_update(
    tx: &mut Tx,
    id: Uuid,
    state: ServiceStateId,
    update: &ServiceUpdate,
    account: Option<AccountId>,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ADD_UPDATE)
        .bind(id)
        .bind(state.0)
        .bind(&update.words)
        .bind(account.map(|id| id.0))
        .bind(&update.person)
        .bind(update.at)
        .execute(c)
        .await
        .map(drop))?)
}

/// The reports about one, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn updates(conn: &mut Conn, state: ServiceStateId, limit: i64) -> Result<Vec<ServiceUpdate>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(UPDATES).bind(state.0).bind(limit).fetch_all(c).await)?)
}
