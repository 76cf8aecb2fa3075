//! What happened to a mandate.

use domain::{clock::Timestamp, ids::MandateId, mandates::Act};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(
    INSERT_ACT = "INSERT INTO mandate_acts (id, mandate_id, act, actor_name, note, at) VALUES ($1, $2, $3, $4, $5, $6)"
);
sql!(ACTS = "SELECT act, actor_name, note, at FROM mandate_acts WHERE mandate_id = $1 ORDER BY id DESC LIMIT 200");

/// What happened to a mandate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// What was done.
    pub act: Act,
    /// Name of who did it.
    pub actor_name: String,
    /// More about it; may be empty.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// Adds a line to the history of a mandate.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_act(tx: &mut Tx, id: Uuid, mandate: MandateId, row: &ActRow) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_ACT)
        .bind(id)
        .bind(mandate.0)
        .bind(row.act.as_str())
        .bind(&row.actor_name)
        .bind(&row.note)
        .bind(row.at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The history of a mandate, the newest 200 lines first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn acts(conn: &mut Conn, mandate: MandateId) -> Result<Vec<ActRow>> {
    let rows: Vec<(String, String, String, i64)> =
        on_engine!(conn, |c| sqlx::query_as(ACTS).bind(mandate.0).fetch_all(c).await)?;
    let read = |(act, actor_name, note, at): (String, String, String, i64)| {
        Ok(ActRow { act: word(&act)?, actor_name, note, at: instant(at) })
    };
    rows.into_iter().map(read).collect()
}
