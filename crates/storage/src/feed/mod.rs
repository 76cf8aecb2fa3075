//! What downstream systems are told: events in the order in which their transactions became durable
//! (docs/adr/0029-events-are-rows-in-order.md).

pub mod receivers;

use domain::{
    clock::Timestamp,
    ids::{HappeningId, InstitutionId},
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};
use crate::rows::parts;

/// Something that happened and has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Identifier, by which a receiver knows an event that it is told twice.
    pub id: HappeningId,
    /// Kind, such as `certificate.issued`.
    pub kind: String,
    /// Which row it is about, such as `application:<id>`.
    pub subject: String,
    /// Institution it is about; the event keeps the code that it has then.
    pub institution: Option<InstitutionId>,
    /// Codes, identifiers and days; no names of people.
    pub data: Value,
    /// When it happened.
    pub at: Timestamp,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Place in the order, from 1; it only grows.
    pub seq: i64,
    /// Identifier, by which a receiver knows an event that it is told twice.
    pub id: Uuid,
    /// Kind, such as `certificate.issued`.
    pub kind: String,
    /// Which row it is about, such as `application:<id>`.
    pub subject: String,
    /// Ten-digit code of the institution it is about.
    pub institution_code: Option<String>,
    /// Codes, identifiers and days.
    pub data: Json<Value>,
    /// When it happened, in milliseconds since 1970 UTC.
    pub at: i64,
}
from_row!(Event { seq, id, kind, subject, institution_code, data, at });

/// The two ends of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The last number that was given; 0 when none was.
    pub seq: i64,
    /// The last number whose event was removed; 0 when none was.
    pub removed: i64,
}
from_row!(Ends { seq, removed });

/// Kind of the job that lets every receiver be told what it has not been told.
pub const TELL: &str = "webhook.tell";

sql!(/// Takes the next `$1` numbers; the row lock keeps other writers out until the commit.
    RESERVE = "UPDATE event_head SET seq = seq + $1 WHERE id = 1 RETURNING seq");
/// The rows follow.
const INSERT: &str = "INSERT INTO events (seq, id, kind, subject, institution_id, institution_code, data, at) ";
sql!(/// The job is named after the event that it comes of. Without receivers there is none.
    ENQUEUE = "INSERT INTO jobs (id, kind, payload, run_at, attempt, leased_until)
    SELECT $1, $2, $3, $4, 0, 0 WHERE EXISTS (SELECT 1 FROM webhook_receivers WHERE state = 'active')");
sql!(
    AFTER =
        "SELECT seq, id, kind, subject, institution_code, data, at FROM events WHERE seq > $1 ORDER BY seq LIMIT $2"
);
sql!(ENDS = "SELECT seq, removed FROM event_head WHERE id = 1");
sql!(OLDEST = "SELECT seq, at FROM events ORDER BY seq LIMIT $1");
sql!(REMOVE = "DELETE FROM events WHERE seq <= $1");
sql!(REMOVED = "UPDATE event_head SET removed = $1 WHERE id = 1 AND removed < $1");

/// Numbers and writes the events of what commits together, and lets receivers be told of them. Called just before the end:
/// whoever reads a number can read all before it.
pub(crate) async fn append(conn: &mut Conn, events: Vec<NewEvent>) -> Result<()> {
    let Some(first) = events.first() else { return Ok(()) };
    let (job, at) = (first.id.0, first.at.as_millis());
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let last: i64 = on_engine!(conn, |c| sqlx::query_scalar(RESERVE).bind(count).fetch_one(c).await)?;
    let numbered: Vec<(i64, NewEvent)> = (last - count + 1..).zip(events).collect();
    for rows in parts(&numbered) {
        insert(conn, rows).await?;
    }
    on_engine!(conn, |c| sqlx::query(ENQUEUE)
        .bind(job)
        .bind(TELL)
        .bind(Json(Value::Null))
        .bind(at)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

async fn insert(conn: &mut Conn, rows: &[(i64, NewEvent)]) -> Result<()> {
    on_engine!(conn, |c| {
        let mut statement = sqlx::QueryBuilder::new(INSERT);
        statement.push_values(rows, |mut values, (seq, event)| {
            let institution = event.institution.map(|id| id.0);
            values.push_bind(seq).push_bind(event.id.0).push_bind(&event.kind).push_bind(&event.subject);
            values.push_bind(institution);
            values.push("(SELECT code FROM institutions WHERE id = ").push_bind_unseparated(institution);
            values.push_unseparated(")");
            values.push_bind(Json(&event.data)).push_bind(event.at.as_millis());
        });
        statement.build().execute(c).await.map(drop)
    })?;
    Ok(())
}

/// Events after a place, in their order, so many at most.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn after(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<Event>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(AFTER).bind(seq).bind(limit).fetch_all(c).await)?)
}

/// The two ends of what is kept.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn ends(conn: &mut Conn) -> Result<Ends> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ENDS).fetch_one(c).await)?)
}

/// Removes events from the beginning of the order, as long as they are older than an instant, so many at most; gives how many.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_before(tx: &mut Tx, instant: Timestamp, limit: i64) -> Result<usize> {
    let oldest: Vec<(i64, i64)> = on_engine!(&mut **tx, |c| sqlx::query_as(OLDEST).bind(limit).fetch_all(c).await)?;
    let old: Vec<i64> =
        oldest.into_iter().take_while(|(_, at)| *at < instant.as_millis()).map(|(seq, _)| seq).collect();
    if let Some(last) = old.last() {
        for statement in [REMOVED, REMOVE] {
            on_engine!(&mut **tx, |c| sqlx::query(statement).bind(last).execute(c).await.map(drop))?;
        }
    }
    Ok(old.len())
}
