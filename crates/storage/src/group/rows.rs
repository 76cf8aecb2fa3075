//! Rows of a table, paged by their number.

use domain::{
    clock::Timestamp,
    forms::Answers,
    group::RowState,
    ids::{ApplicationId, InstitutionId, SheetId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::convert::{JsonAnswers, instant_opt, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A sentence about a field: its key, its label, the sentence.
type Notes = Vec<(String, String, String)>;

/// A row as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// Its number in the table as a spreadsheet counts.
    pub number: i64,
    /// Ten-digit code; as it was typed when the person may file nothing there.
    pub code: String,
    /// The institution; none when the person may file nothing there.
    pub institution: Option<InstitutionId>,
    /// What was filled in.
    pub answers: Answers,
    /// What must be put right: key and label of the field, and the sentence.
    pub faults: Notes,
    /// What should be read before sending.
    pub remarks: Notes,
    /// Where it stands.
    pub state: RowState,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What was handed in or put right since.
    pub row: NewRow,
    /// Name of the institution; empty when the person may file nothing there.
    pub name: String,
    /// The case that it became.
    pub case: Option<ApplicationId>,
    /// Reference number of the case.
    pub reference: Option<String>,
    /// When the case was sent.
    pub sent_at: Option<Timestamp>,
}

struct RowRow {
    number: i64,
    code: String,
    institution_id: Option<Uuid>,
    answers: JsonAnswers,
    faults: Json<Notes>,
    remarks: Json<Notes>,
    state: String,
    application_id: Option<Uuid>,
    name: String,
    reference: Option<String>,
    sent_at: Option<i64>,
}
from_row!(RowRow {
    number,
    code,
    institution_id,
    answers,
    faults,
    remarks,
    state,
    application_id,
    name,
    reference,
    sent_at
});

impl RowRow {
    fn read(self) -> Result<Row> {
        Ok(Row {
            row: NewRow {
                number: self.number,
                code: self.code,
                institution: self.institution_id.map(InstitutionId),
                answers: self.answers.0,
                faults: self.faults.0,
                remarks: self.remarks.0,
                state: word(&self.state)?,
            },
            name: self.name,
            case: self.application_id.map(ApplicationId),
            reference: self.reference,
            sent_at: instant_opt(self.sent_at),
        })
    }
}

macro_rules! select_row {
    ($rest:literal) => {
        concat!(
            "SELECT r.number, r.code, r.institution_id, r.answers, r.faults, r.remarks, r.state, r.application_id,
            COALESCE(i.name, '') AS name, p.reference, p.submitted_at AS sent_at
            FROM group_rows r LEFT JOIN institutions i ON i.id = r.institution_id
            LEFT JOIN applications p ON p.id = r.application_id ",
            $rest
        )
    };
}

sql!(ROW = select_row!("WHERE r.sheet_id = $1 AND r.number = $2"));
sql!(ROWS = select_row!("WHERE r.sheet_id = $1 AND r.number > $2 ORDER BY r.number LIMIT $3"));
sql!(ROWS_IN = select_row!("WHERE r.sheet_id = $1 AND r.state = $2 AND r.number > $3 ORDER BY r.number LIMIT $4"));
sql!(ROWS_AT = select_row!("WHERE r.sheet_id = $1 AND r.institution_id = $2 ORDER BY r.number LIMIT $3"));
sql!(COUNTS = "SELECT state, COUNT(*) FROM group_rows WHERE sheet_id = $1 GROUP BY state");
sql!(/// What was sent, or is about to be, is not written any more.
    CHANGE = "UPDATE group_rows SET answers = $1, faults = $2, remarks = $3, state = $4
    WHERE sheet_id = $5 AND number = $6 AND state IN ('faulty', 'good', 'left')");
sql!(QUEUE = "UPDATE group_rows SET state = 'queued' WHERE sheet_id = $1 AND state = 'good'");
sql!(/// Only one sending of a row succeeds, whoever does it and how often.
    SENT = "UPDATE group_rows SET state = 'sent', application_id = $1, faults = $2 WHERE sheet_id = $3 AND number = $4
    AND state = 'queued'");
sql!(
    REFUSE =
        "UPDATE group_rows SET state = 'faulty', faults = $1 WHERE sheet_id = $2 AND number = $3 AND state = 'queued'"
);

/// Rows of one statement: seven values each, of which the embedded engine takes 32,766.
const AT_ONCE: usize = 500;
const INSERT: &str =
    "INSERT INTO group_rows (sheet_id, number, code, institution_id, answers, faults, remarks, state) ";

/// Adds the rows of a table.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_rows(tx: &mut Tx, sheet: SheetId, rows: &[NewRow]) -> Result<()> {
    for rows in rows.chunks(AT_ONCE) {
        on_engine!(&mut **tx, |c| {
            let mut statement = sqlx::QueryBuilder::new(INSERT);
            statement.push_values(rows, |mut values, row| {
                values.push_bind(sheet.0).push_bind(row.number).push_bind(row.code.clone());
                values.push_bind(row.institution.map(|id| id.0)).push_bind(Json(row.answers.clone()));
                values.push_bind(Json(row.faults.clone())).push_bind(Json(row.remarks.clone()));
                values.push_bind(row.state.as_str());
            });
            statement.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// A row by its number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn row(conn: &mut Conn, sheet: SheetId, number: i64) -> Result<Option<Row>> {
    let row: Option<RowRow> =
        on_engine!(conn, |c| sqlx::query_as(ROW).bind(sheet.0).bind(number).fetch_optional(c).await)?;
    row.map(RowRow::read).transpose()
}

/// Rows behind a number, in their order.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn rows(conn: &mut Conn, sheet: SheetId, after: i64, limit: i64) -> Result<Vec<Row>> {
    let rows: Vec<RowRow> =
        on_engine!(conn, |c| sqlx::query_as(ROWS).bind(sheet.0).bind(after).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(RowRow::read).collect()
}

/// Rows in a state behind a number, in their order.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn rows_in(conn: &mut Conn, sheet: SheetId, state: RowState, after: i64, limit: i64) -> Result<Vec<Row>> {
    let rows: Vec<RowRow> = on_engine!(conn, |c| sqlx::query_as(ROWS_IN)
        .bind(sheet.0)
        .bind(state.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(RowRow::read).collect()
}

/// The rows of one institution, in their order.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn rows_at(conn: &mut Conn, sheet: SheetId, place: InstitutionId, limit: i64) -> Result<Vec<Row>> {
    let rows: Vec<RowRow> =
        on_engine!(conn, |c| sqlx::query_as(ROWS_AT).bind(sheet.0).bind(place.0).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(RowRow::read).collect()
}

/// How many rows stand where.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn counts(conn: &mut Conn, sheet: SheetId) -> Result<Vec<(RowState, i64)>> {
    let rows: Vec<(String, i64)> = on_engine!(conn, |c| sqlx::query_as(COUNTS).bind(sheet.0).fetch_all(c).await)?;
    rows.into_iter().map(|(state, count)| Ok((word(&state)?, count))).collect()
}

/// Writes a row anew; false when it was sent or is about to be.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn change_row(tx: &mut Tx, sheet: SheetId, row: &NewRow) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CHANGE)
        .bind(Json(&row.answers))
        .bind(Json(&row.faults))
        .bind(Json(&row.remarks))
        .bind(row.state.as_str())
        .bind(sheet.0)
        .bind(row.number)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Queues every row that can be sent; gives their number.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn queue_good(tx: &mut Tx, sheet: SheetId) -> Result<i64> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(QUEUE).bind(sheet.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Notes the case that a row became; false when it was sent before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn row_sent(tx: &mut Tx, sheet: SheetId, number: i64, case: ApplicationId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SENT)
        .bind(case.0)
        .bind(Json(&Notes::new()))
        .bind(sheet.0)
        .bind(number)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes why a row was not sent.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn refuse_row(tx: &mut Tx, sheet: SheetId, number: i64, faults: &[(String, String, String)]) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REFUSE)
        .bind(Json(faults))
        .bind(sheet.0)
        .bind(number)
        .execute(c)
        .await
        .map(drop))?)
}
