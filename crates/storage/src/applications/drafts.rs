//! What is known of drafts beside their answers, and drafts that nobody wrote for long.

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Application, Row, select_case};
use crate::convert::instant_opt;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// What is known of a draft or a returned case beside its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The case.
    pub application: ApplicationId,
    /// Key of the question at which it was left; empty when that is not known.
    pub left_at: String,
    /// Name of whoever wrote it last.
    pub writer: String,
    /// When its owners were told that it will be removed as it stands; none when it was written since.
    pub told_at: Option<Timestamp>,
}

struct MarkRow {
    id: Uuid,
    left_at: String,
    writer: String,
    told_at: Option<i64>,
}
from_row!(MarkRow { id, left_at, writer, told_at });

impl From<MarkRow> for Mark {
    fn from(row: MarkRow) -> Self {
        Self {
            application: ApplicationId(row.id),
            left_at: row.left_at,
            writer: row.writer,
            told_at: instant_opt(row.told_at),
        }
    }
}

macro_rules! select_mark {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, COALESCE(m.left_at, '') AS left_at, a.name AS writer,
            CASE WHEN m.told_for = p.updated_at THEN m.told_at END AS told_at
            FROM applications p LEFT JOIN draft_marks m ON m.application_id = p.id
            JOIN accounts a ON a.id = COALESCE(m.written_by, p.created_by) ",
            $rest
        )
    };
}

sql!(/// A second draft of the same procedure meets the unique index and changes nothing.
    INSERT_DRAFT = "INSERT INTO applications (id, kind, institution_id, state, version, answers, findings, created_by, reasons,
        created_at, updated_at, state_since)
    VALUES ($1, $2, $3, 'draft', 1, $4, $5, $6, $5, $7, $7, $7)
    ON CONFLICT (institution_id, kind) WHERE state = 'draft' DO NOTHING");
sql!(DELETE_DRAFT = "DELETE FROM applications WHERE id = $1 AND state = 'draft'");
sql!(MARK_OF = select_mark!("WHERE p.id = $1"));
sql!(MARKS_OF_DRAFTS = select_mark!("WHERE p.institution_id = $1 AND p.state = 'draft'"));
sql!(DRAFTS_OF = select_case!("WHERE institution_id = $1 AND state = 'draft' ORDER BY kind"));
sql!(/// Whoever only looked elsewhere did not write it. A draft that is gone gets no mark.
    SET_MARK = "INSERT INTO draft_marks (application_id, left_at, written_by)
    SELECT id, $1, $2 FROM applications WHERE id = $3
    ON CONFLICT (application_id) DO UPDATE
    SET left_at = excluded.left_at, written_by = COALESCE(excluded.written_by, draft_marks.written_by)");
sql!(
    UNWRITTEN = "SELECT updated_at, id FROM applications WHERE state = 'draft' AND updated_at <= $1
      AND (updated_at > $2 OR (updated_at = $2 AND id > $3)) ORDER BY updated_at, id LIMIT $4"
);
sql!(/// Nothing when the draft was written meanwhile, or its owners were told of these very answers before.
    TOLD = "INSERT INTO draft_marks (application_id, left_at, told_for, told_at)
    SELECT id, '', updated_at, $1 FROM applications WHERE id = $2 AND state = 'draft' AND updated_at = $3
    ON CONFLICT (application_id) DO UPDATE SET told_for = excluded.told_for, told_at = excluded.told_at
    WHERE draft_marks.told_for IS NULL OR draft_marks.told_for <> excluded.told_for");
sql!(/// Only as it was seen: a draft that was written meanwhile stays.
    REMOVE = "DELETE FROM applications WHERE id = $1 AND state = 'draft' AND version = $2 AND updated_at = $3");

/// What is known of a case beside its answers.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn mark_of(conn: &mut Conn, id: ApplicationId) -> Result<Option<Mark>> {
    let row: Option<MarkRow> = on_engine!(conn, |c| sqlx::query_as(MARK_OF).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// The drafts of an institution, each with what is known of it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn drafts_of(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<(Application, Mark)>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(DRAFTS_OF).bind(institution.0).fetch_all(c).await)?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let marks: Vec<MarkRow> =
        on_engine!(conn, |c| sqlx::query_as(MARKS_OF_DRAFTS).bind(institution.0).fetch_all(c).await)?;
    let marks: Vec<Mark> = marks.into_iter().map(Into::into).collect();
    let mut drafts = vec![];
    for row in rows {
        let case = row.read()?;
        if let Some(mark) = marks.iter().find(|mark| mark.application == case.id) {
            drafts.push((case, mark.clone()));
        }
    }
    Ok(drafts)
}

/// Notes at which question a case was left, and who wrote it, if it was written.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_mark(tx: &mut Tx, id: ApplicationId, left_at: &str, writer: Option<AccountId>) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_MARK)
        .bind(left_at)
        .bind(writer.map(|id| id.0))
        .bind(id.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// Drafts that were last written at an instant or before it, the longest ago first; `after` is the last one of the page
/// before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn unwritten(
    conn: &mut Conn,
    until: Timestamp,
    after: Option<(Timestamp, ApplicationId)>,
    limit: i64,
) -> Result<Vec<(Timestamp, ApplicationId)>> {
    let (at, id) = after.map_or((i64::MIN, Uuid::nil()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<(i64, Uuid)> = on_engine!(conn, |c| sqlx::query_as(UNWRITTEN)
        .bind(until.as_millis())
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(|(at, id)| (Timestamp::from_millis(at), ApplicationId(id))).collect())
}

/// Notes that the owners of a draft are told of its end; false when it was written meanwhile, or they were told before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn told(tx: &mut Tx, seen: &Application, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TOLD)
        .bind(now.as_millis())
        .bind(seen.id.0)
        .bind(seen.updated_at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Removes a draft; false when it was written or sent meanwhile.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_draft(tx: &mut Tx, seen: &Application) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REMOVE)
        .bind(seen.id.0)
        .bind(seen.version)
        .bind(seen.updated_at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Adds a draft; false when the institution has one of this procedure.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_draft(tx: &mut Tx, application: &Application) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT_DRAFT)
        .bind(application.id.0)
        .bind(application.kind.as_str())
        .bind(application.institution_id.0)
        .bind(Json(&application.answers))
        .bind(Json(Value::Array(vec![])))
        .bind(application.created_by.0)
        .bind(application.created_at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Throws a draft away; false when it was sent meanwhile.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn delete_draft(tx: &mut Tx, id: ApplicationId) -> Result<bool> {
    let rows =
        on_engine!(&mut **tx, |c| sqlx::query(DELETE_DRAFT).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
