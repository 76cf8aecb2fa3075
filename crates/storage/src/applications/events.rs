//! The life of a case, line by line.

use domain::{
    applications::{Event, State, in_walking_order},
    clock::Timestamp,
    ids::{ApplicationId, EventId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// One line of a case's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// What happened.
    pub event: Event,
    /// The state after it.
    pub state: State,
    /// Who: `account:<id>` or `system:<name>`.
    pub actor: String,
    /// Name or role as shown.
    pub actor_name: String,
    /// Reason or remark; may be empty.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A state that a case reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The case.
    pub application: ApplicationId,
    /// The state.
    pub state: State,
    /// When.
    pub at: Timestamp,
}

struct Row {
    event: String,
    state: String,
    actor: String,
    actor_name: String,
    note: String,
    at: i64,
}
from_row!(Row { event, state, actor, actor_name, note, at });

sql!(
    INSERT = "INSERT INTO application_events (id, application_id, event, state, actor, actor_name, note, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);
sql!(
    LIST = "SELECT event, state, actor, actor_name, note, at FROM application_events
    WHERE application_id = $1 ORDER BY at, id LIMIT 500"
);

sql!(
    REACHED = "SELECT e.application_id, e.state, e.at FROM application_events e
    JOIN applications p ON p.id = e.application_id WHERE p.institution_id = $1 AND p.kind = 'certificate'
    ORDER BY e.at, e.id LIMIT 20000"
);

/// Adds a line to the life of a case.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_event(tx: &mut Tx, id: EventId, application: ApplicationId, row: &EventRow) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(id.0)
        .bind(application.0)
        .bind(row.event.as_str())
        .bind(row.state.as_str())
        .bind(&row.actor)
        .bind(&row.actor_name)
        .bind(&row.note)
        .bind(row.at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The life of a case, oldest line first, at most 500.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn events(conn: &mut Conn, application: ApplicationId) -> Result<Vec<EventRow>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(LIST).bind(application.0).fetch_all(c).await)?;
    let read = |row: Row| {
        Ok(EventRow {
            event: word(&row.event)?,
            state: word(&row.state)?,
            actor: row.actor,
            actor_name: row.actor_name,
            note: row.note,
            at: instant(row.at),
        })
    };
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(in_walking_order(rows, |row: &EventRow| (row.at, row.event, row.state)))
}

/// Every state that the certificate applications of an institution reached, oldest first, at most 20,000.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn reached_by_certificate_cases(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Reached>> {
    let rows: Vec<(Uuid, String, i64)> =
        on_engine!(conn, |c| sqlx::query_as(REACHED).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, state, at)| Ok(Reached { application: ApplicationId(id), state: word(&state)?, at: instant(at) }))
        .collect()
}
