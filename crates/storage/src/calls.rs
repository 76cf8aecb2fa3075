//! Telephone calls that were answered with the caller's spoken code.

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, CallId},
};
use uuid::Uuid;

use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Identifier.
    pub id: CallId,
    /// Case it is about.
    pub application: ApplicationId,
    /// Who calls: whose code was spoken.
    pub caller: AccountId,
    /// Who of the staff answered.
    pub agent: AccountId,
    /// When the code was accepted.
    pub opened_at: Timestamp,
}

struct Row {
    id: Uuid,
    application_id: Uuid,
    caller: Uuid,
    agent: Uuid,
    opened_at: i64,
}
from_row!(Row { id, application_id, caller, agent, opened_at });

sql!(INSERT = "INSERT INTO calls (id, application_id, caller, agent, opened_at) VALUES ($1, $2, $3, $4, $5)");
sql!(FIND = "SELECT id, application_id, caller, agent, opened_at FROM calls WHERE id = $1");

/// Adds a call.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, call: &Call) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(call.id.0)
        .bind(call.application.0)
        .bind(call.caller.0)
        .bind(call.agent.0)
        .bind(call.opened_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// A call.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: CallId) -> Result<Option<Call>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(|row| Call {
        id: CallId(row.id),
        application: ApplicationId(row.application_id),
        caller: AccountId(row.caller),
        agent: AccountId(row.agent),
        opened_at: instant(row.opened_at),
    }))
}
