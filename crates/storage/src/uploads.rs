//! Files of applications: what is known of each. Their content lies in the object store of `services`.

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, UploadId},
    uploads::{Upload, UploadState},
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Error, Result, Tx, boxed, from_row, on_engine, sql};

/// A file and what only staff and the machine know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    /// As forms and pages know it.
    pub upload: Upload,
    /// The case.
    pub application: ApplicationId,
    /// What the scanner said; empty for nothing.
    pub finding: String,
    /// Who handed it in.
    pub author: AccountId,
    /// When it was handed in.
    pub made_at: Timestamp,
    /// When its state changed last.
    pub changed_at: Timestamp,
}

struct Row {
    id: Uuid,
    application_id: Uuid,
    field: String,
    name: String,
    kind: String,
    size: i64,
    sha256: String,
    state: String,
    finding: String,
    author: Uuid,
    made_at: i64,
    changed_at: i64,
}
from_row!(Row { id, application_id, field, name, kind, size, sha256, state, finding, author, made_at, changed_at });

impl Row {
    fn read(self) -> Result<UploadRow> {
        let upload = Upload {
            id: UploadId(self.id),
            field: self.field,
            name: self.name,
            kind: word(&self.kind)?,
            size: u64::try_from(self.size).map_err(|_| Error::Corrupt(format!("size {}", self.size)))?,
            sha256: self.sha256,
            state: word(&self.state)?,
        };
        Ok(UploadRow {
            upload,
            application: ApplicationId(self.application_id),
            finding: self.finding,
            author: AccountId(self.author),
            made_at: instant(self.made_at),
            changed_at: instant(self.changed_at),
        })
    }
}

macro_rules! select_upload {
    ($rest:literal) => {
        concat!(
            "SELECT id, application_id, field, name, kind, size, sha256, state, finding, author, made_at, changed_at
            FROM uploads ",
            $rest
        )
    };
}

sql!(
    INSERT = "INSERT INTO uploads (id, application_id, field, name, kind, size, sha256, shard, state, finding, author, made_at,
        changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $11)"
);
sql!(FIND = select_upload!("WHERE id = $1"));
sql!(OF_CASE = select_upload!("WHERE application_id = $1 ORDER BY id LIMIT 200"));
sql!(/// Only as it was seen: whoever was faster has decided.
    MOVE = "UPDATE uploads SET state = $1, finding = $2, changed_at = $3 WHERE id = $4 AND state = $5");
sql!(
    REMOVE_ALL = "UPDATE uploads SET state = 'removing', changed_at = $1
    WHERE application_id = $2 AND state <> 'removing'"
);
sql!(DELETE = "DELETE FROM uploads WHERE id = $1 AND state IN ('prepared', 'removing')");
sql!(
    UNFINISHED = "SELECT id FROM uploads WHERE state IN ('prepared', 'removing') AND changed_at < $1
    ORDER BY changed_at, id LIMIT $2"
);
sql!(IN_SHARD = "SELECT id, state FROM uploads WHERE shard = $1 AND id > $2 ORDER BY id LIMIT $3");
sql!(ALL = select_upload!("WHERE id > $1 ORDER BY id LIMIT $2"));
sql!(/// Writes nothing new: whoever wants to change files of the case meanwhile waits for this transaction.
    TAKE_TURN = "UPDATE applications SET version = version WHERE id = $1");

/// In which of 256 parts of the store the content of a file lies: the last octet of its identifier, which is random.
pub fn shard_of(id: UploadId) -> u8 {
    id.0.as_bytes()[15]
}

/// Lets one transaction after the other change the files of a case.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn take_turn(tx: &mut Tx, case: ApplicationId) -> Result<()> {
    // The embedded engine has one writer at a time anyway.
    if let Conn::Postgres(conn) = &mut **tx {
        sqlx::query(TAKE_TURN).bind(case.0).execute(&mut **conn).await?;
    }
    Ok(())
}

/// Notes a file whose content is about to be kept.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, row: &UploadRow) -> Result<()> {
    let upload = &row.upload;
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(upload.id.0)
        .bind(row.application.0)
        .bind(&upload.field)
        .bind(&upload.name)
        .bind(upload.kind.as_str())
        .bind(i64::try_from(upload.size).unwrap_or(i64::MAX))
        .bind(&upload.sha256)
        .bind(i64::from(shard_of(upload.id)))
        .bind(upload.state.as_str())
        .bind(row.author.0)
        .bind(row.made_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// A file.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: UploadId) -> Result<Option<UploadRow>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The files of a case, oldest first; those that are being taken away, too.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_case(conn: &mut Conn, case: ApplicationId) -> Result<Vec<UploadRow>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_CASE).bind(case.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Moves a file from the state in which it was seen to another, with what the scanner said; false when someone was faster.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn advance(tx: &mut Tx, seen: &UploadRow, to: UploadState, finding: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(MOVE)
        .bind(to.as_str())
        .bind(finding)
        .bind(now.as_millis())
        .bind(seen.upload.id.0)
        .bind(seen.upload.state.as_str())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Marks all files of a case as taken away; gives how many.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_all(tx: &mut Tx, case: ApplicationId, now: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REMOVE_ALL)
        .bind(now.as_millis())
        .bind(case.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Forgets a file whose content is gone; false when it counts again or is forgotten already.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn delete(tx: &mut Tx, id: UploadId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DELETE).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Files that were begun or being taken away before an instant and never came to an end, the longest ago first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn unfinished(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<UploadId>> {
    let rows: Vec<Uuid> =
        on_engine!(conn, |c| sqlx::query_scalar(UNFINISHED).bind(before.as_millis()).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(UploadId).collect())
}

/// Files of a part of the store in the order of their identifiers, after one of them, with their states.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn in_shard(conn: &mut Conn, shard: u8, after: UploadId, limit: i64) -> Result<Vec<(UploadId, UploadState)>> {
    let rows: Vec<(Uuid, String)> = on_engine!(conn, |c| sqlx::query_as(IN_SHARD)
        .bind(i64::from(shard))
        .bind(after.0)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|(id, state)| Ok((UploadId(id), word(&state)?))).collect()
}

/// All files in the order of their identifiers, after one of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn all(conn: &mut Conn, after: UploadId, limit: i64) -> Result<Vec<UploadRow>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(ALL).bind(after.0).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}
