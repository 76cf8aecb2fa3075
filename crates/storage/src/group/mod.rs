//! 一括申請: tables that people handed in, and their rows (spec 6.1). In the folder: rows, and what is known of many
//! institutions at once.

mod known;
mod rows;

pub use known::{Member, Process, lines_elsewhere, members_among, under_way_of};
pub use rows::{
    NewRow, Row, change_row, counts, insert_rows, queue_good, refuse_row, row, row_sent, rows, rows_at, rows_in,
};

use domain::{
    applications::Kind,
    clock::Timestamp,
    forms::Answers,
    ids::{AccountId, SheetId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::convert::{JsonAnswers, instant, word};
use crate::db::{Conn, Error, Result, Tx, boxed, from_row, on_engine, sql};

/// A table that somebody handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Identifier.
    pub id: SheetId,
    /// Who handed it in; nobody else ever sees it.
    pub account: AccountId,
    /// Procedure of every row.
    pub kind: Kind,
    /// Where it came from, in words.
    pub name: String,
    /// How many rows it has.
    pub rows: i64,
    /// Whether its rows are being sent.
    pub sending: bool,
    /// How often it was sent so far.
    pub run: i64,
    /// How many rows the last sending took.
    pub queued: i64,
    /// How many rows were sent before the last sending, or, once that has ended, with it.
    pub sent: i64,
    /// What was agreed to for all rows of the last sending.
    pub agreed: Answers,
    /// The fee of one certificate that was agreed to.
    pub fee_yen: i64,
    /// From where the last sending was asked for.
    pub source: String,
    /// When it was handed in.
    pub made_at: Timestamp,
    /// When it was last written.
    pub touched_at: Timestamp,
}

struct SheetRow {
    id: Uuid,
    account_id: Uuid,
    kind: String,
    name: String,
    row_count: i64,
    state: String,
    run: i64,
    queued: i64,
    sent: i64,
    agreed: JsonAnswers,
    fee_yen: i64,
    source: String,
    made_at: i64,
    touched_at: i64,
}
from_row!(SheetRow {
    id,
    account_id,
    kind,
    name,
    row_count,
    state,
    run,
    queued,
    sent,
    agreed,
    fee_yen,
    source,
    made_at,
    touched_at
});

impl SheetRow {
    fn read(self) -> Result<Sheet> {
        Ok(Sheet {
            id: SheetId(self.id),
            account: AccountId(self.account_id),
            kind: word(&self.kind)?,
            name: self.name,
            rows: self.row_count,
            sending: self.state == "sending",
            run: self.run,
            queued: self.queued,
            sent: self.sent,
            agreed: self.agreed.0,
            fee_yen: self.fee_yen,
            source: self.source,
            made_at: instant(self.made_at),
            touched_at: instant(self.touched_at),
        })
    }
}

macro_rules! select_sheet {
    ($rest:literal) => {
        concat!(
            "SELECT id, account_id, kind, name, row_count, state, run, queued, sent, agreed, fee_yen, source, made_at,
            touched_at FROM group_sheets ",
            $rest
        )
    };
}

sql!(/// The identifier is made with the page: a second click meets the first table.
    INSERT = "INSERT INTO group_sheets (id, account_id, kind, name, row_count, state, run, queued, sent, agreed, fee_yen, source,
        made_at, touched_at) VALUES ($1, $2, $3, $4, $5, 'open', 0, 0, 0, $6, 0, '', $7, $7) ON CONFLICT (id) DO NOTHING");
sql!(FIND = select_sheet!("WHERE id = $1"));
sql!(
    OF_ACCOUNT = select_sheet!(
        "WHERE account_id = $1 AND (made_at < $2 OR (made_at = $2 AND id < $3)) ORDER BY made_at DESC, id DESC LIMIT $4"
    )
);
sql!(OLD = select_sheet!("WHERE touched_at <= $1 AND state = 'open' ORDER BY touched_at, id LIMIT $2"));
sql!(
    OF_EACH_TABLE = "SELECT MIN(i.code) FROM memberships m JOIN institutions i ON i.id = m.institution_id
    WHERE m.account_id = $1 AND m.state = 'active' GROUP BY substr(i.code, 3, 1) ORDER BY 1"
);
sql!(TOUCH = "UPDATE group_sheets SET touched_at = $1 WHERE id = $2");
sql!(/// Only as it was seen, and only while nothing of it is being sent.
    BEGIN_SENDING = "UPDATE group_sheets SET state = 'sending', run = run + 1, queued = $1, agreed = $2, fee_yen = $3, source = $4,
        touched_at = $5 WHERE id = $6 AND state = 'open' AND run = $7");
sql!(
    FINISH = "UPDATE group_sheets SET state = 'open', sent = $1, touched_at = $2 WHERE id = $3 AND state = 'sending' AND run = $4"
);
sql!(DELETE_ROWS = "DELETE FROM group_rows WHERE sheet_id = $1");
sql!(DELETE = "DELETE FROM group_sheets WHERE id = $1 AND state = 'open'");

/// Adds a table without rows; false when it is there already.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_sheet(tx: &mut Tx, sheet: &Sheet) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(sheet.id.0)
        .bind(sheet.account.0)
        .bind(sheet.kind.as_str())
        .bind(&sheet.name)
        .bind(sheet.rows)
        .bind(Json(&sheet.agreed))
        .bind(sheet.made_at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A table.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn sheet(conn: &mut Conn, id: SheetId) -> Result<Option<Sheet>> {
    let row: Option<SheetRow> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(SheetRow::read).transpose()
}

/// The tables of a person, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn sheets_of(
    conn: &mut Conn,
    account: AccountId,
    after: Option<(Timestamp, SheetId)>,
    limit: i64,
) -> Result<Vec<Sheet>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<SheetRow> = on_engine!(conn, |c| sqlx::query_as(OF_ACCOUNT)
        .bind(account.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(SheetRow::read).collect()
}

/// Tables that nobody touched since an instant, the oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn old_sheets(conn: &mut Conn, until: Timestamp, limit: i64) -> Result<Vec<Sheet>> {
    let rows: Vec<SheetRow> =
        on_engine!(conn, |c| sqlx::query_as(OLD).bind(until.as_millis()).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(SheetRow::read).collect()
}

/// One code for each score table in which a person is an active member: their forms may differ.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_each_table(conn: &mut Conn, account: AccountId) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(OF_EACH_TABLE).bind(account.0).fetch_all(c).await)?)
}

/// Notes that a table was written.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn touch_sheet(tx: &mut Tx, id: SheetId, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(TOUCH).bind(now.as_millis()).bind(id.0).execute(c).await.map(drop))?)
}

/// What became of the wish to send a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is being sent from now on.
    Now,
    /// It is being sent already, or was since it was seen.
    Before,
    /// Another table of the same person is being sent.
    Other,
}

/// Begins to send a table as it was seen; `sheet` holds what was agreed to, the fee, from where, and the number of rows.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn begin_sending(tx: &mut Tx, sheet: &Sheet, now: Timestamp) -> Result<Begun> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BEGIN_SENDING)
        .bind(sheet.queued)
        .bind(Json(&sheet.agreed))
        .bind(sheet.fee_yen)
        .bind(&sheet.source)
        .bind(now.as_millis())
        .bind(sheet.id.0)
        .bind(sheet.run)
        .execute(c)
        .await
        .map(|r| r.rows_affected()));
    match rows.map_err(Error::from) {
        Ok(1) => Ok(Begun::Now),
        Ok(_) => Ok(Begun::Before),
        Err(Error::Duplicate) => Ok(Begun::Other),
        Err(error) => Err(error),
    }
}

/// Ends a sending; false when it had ended before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn finish_sending(tx: &mut Tx, id: SheetId, run: i64, sent: i64, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(FINISH)
        .bind(sent)
        .bind(now.as_millis())
        .bind(id.0)
        .bind(run)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Removes a table with its rows, not its cases; false while it is being sent.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn delete_sheet(tx: &mut Tx, id: SheetId) -> Result<bool> {
    on_engine!(&mut **tx, |c| sqlx::query(DELETE_ROWS).bind(id.0).execute(c).await.map(drop))?;
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DELETE).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
