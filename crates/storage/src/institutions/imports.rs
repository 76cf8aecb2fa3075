//! The runs of the register import.

use domain::{clock::Timestamp, ids::ImportId};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A run of the import, without its report.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Identifier.
    pub id: ImportId,
    /// Name of the file.
    pub file_name: String,
    /// Who imported: `account:<id>` or `system:<name>`.
    pub actor: String,
    /// Name of who imported.
    pub actor_name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none when it is under way or was cut off.
    pub finished_at: Option<Timestamp>,
    /// Figures of spec 2.2; `null` until the end.
    pub summary: Value,
}

struct ImportRow {
    id: Uuid,
    file_name: String,
    actor: String,
    actor_name: String,
    started_at: i64,
    finished_at: Option<i64>,
    summary: Json<Value>,
}
from_row!(ImportRow { id, file_name, actor, actor_name, started_at, finished_at, summary });

impl From<ImportRow> for Import {
    fn from(row: ImportRow) -> Self {
        Self {
            id: ImportId(row.id),
            file_name: row.file_name,
            actor: row.actor,
            actor_name: row.actor_name,
            started_at: instant(row.started_at),
            finished_at: instant_opt(row.finished_at),
            summary: row.summary.0,
        }
    }
}

sql!(
    START_IMPORT = "INSERT INTO imports (id, file_name, actor, actor_name, started_at, summary, report)
    VALUES ($1, $2, $3, $4, $5, $6, '')"
);
sql!(
    FINISH_IMPORT =
        "UPDATE imports SET finished_at = $1, summary = $2, report = $3 WHERE id = $4 AND finished_at IS NULL"
);
sql!(
    IMPORTS = "SELECT id, file_name, actor, actor_name, started_at, finished_at, summary FROM imports
    WHERE started_at < $1 OR (started_at = $1 AND id < $2) ORDER BY started_at DESC, id DESC LIMIT $3"
);
sql!(IMPORT = "SELECT id, file_name, actor, actor_name, started_at, finished_at, summary FROM imports WHERE id = $1");
sql!(REPORT = "SELECT report FROM imports WHERE id = $1");

/// Notes that an import begins.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn start_import(tx: &mut Tx, import: &Import) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(START_IMPORT)
        .bind(import.id.0)
        .bind(&import.file_name)
        .bind(&import.actor)
        .bind(&import.actor_name)
        .bind(import.started_at.as_millis())
        .bind(Json(&import.summary))
        .execute(c)
        .await
        .map(drop))?)
}

/// Notes the end of an import; false when it had ended before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn finish_import(tx: &mut Tx, id: ImportId, summary: &Value, report: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(FINISH_IMPORT)
        .bind(now.as_millis())
        .bind(Json(summary))
        .bind(report)
        .bind(id.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Imports, latest first; `after` is the last row of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn imports(conn: &mut Conn, after: Option<(Timestamp, ImportId)>, limit: i64) -> Result<Vec<Import>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<ImportRow> =
        on_engine!(conn, |c| sqlx::query_as(IMPORTS).bind(at).bind(id).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// An import.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn import(conn: &mut Conn, id: ImportId) -> Result<Option<Import>> {
    let row: Option<ImportRow> = on_engine!(conn, |c| sqlx::query_as(IMPORT).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// The report of an import as CSV text; empty until the end.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn import_report(conn: &mut Conn, id: ImportId) -> Result<Option<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(REPORT).bind(id.0).fetch_optional(c).await)?)
}
