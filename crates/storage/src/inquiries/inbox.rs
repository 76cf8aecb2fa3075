//! What the inquiries' mailbox gave: each mail once, and those that belong to no thread.

use domain::{
    clock::Timestamp,
    ids::{AccountId, InquiryId, StrayId},
    inquiries::StrayReason,
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A mail that belongs to no thread, or came from a stranger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Identifier.
    pub id: StrayId,
    /// Why it was put aside.
    pub reason: StrayReason,
    /// Sender as the mail says.
    pub sender: String,
    /// Subject.
    pub subject: String,
    /// Its words.
    pub body: String,
    /// Names of files that came with it and were not kept, one a line.
    pub attachments: String,
    /// Thread that it names.
    pub inquiry_id: Option<InquiryId>,
    /// When it was read from the mailbox.
    pub received_at: Timestamp,
}

struct Row {
    id: Uuid,
    reason: String,
    sender: String,
    subject: String,
    body: String,
    attachments: String,
    inquiry_id: Option<Uuid>,
    received_at: i64,
}
from_row!(Row { id, reason, sender, subject, body, attachments, inquiry_id, received_at });

impl Row {
    fn read(self) -> Result<Stray> {
        Ok(Stray {
            id: StrayId(self.id),
            reason: word(&self.reason)?,
            sender: self.sender,
            subject: self.subject,
            body: self.body,
            attachments: self.attachments,
            inquiry_id: self.inquiry_id.map(InquiryId),
            received_at: instant(self.received_at),
        })
    }
}

sql!(TAKE = "INSERT INTO inquiry_mails (key, taken_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING");
sql!(FORGET = "DELETE FROM inquiry_mails WHERE taken_at < $1");
sql!(
    PUT_ASIDE = "INSERT INTO inquiry_strays (id, reason, sender, subject, body, attachments, inquiry_id, received_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);
sql!(
    STRAYS = "SELECT id, reason, sender, subject, body, attachments, inquiry_id, received_at FROM inquiry_strays
    WHERE done_at IS NULL AND received_at >= $1 AND (received_at > $1 OR id > $2) ORDER BY received_at, id LIMIT $3"
);
sql!(STRAY_DONE = "UPDATE inquiry_strays SET done_at = $1, done_by = $2 WHERE id = $3 AND done_at IS NULL");

/// Notes that a mail is being taken, under its key; false when it was taken before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn take_mail(tx: &mut Tx, key: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TAKE)
        .bind(key)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Forgets mails that were taken before an instant.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_mails(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FORGET)
        .bind(before.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Puts a mail aside for staff.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn put_aside(tx: &mut Tx, stray: &Stray) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(PUT_ASIDE)
        .bind(stray.id.0)
        .bind(stray.reason.as_str())
        .bind(&stray.sender)
        .bind(&stray.subject)
        .bind(&stray.body)
        .bind(&stray.attachments)
        .bind(stray.inquiry_id.map(|id| id.0))
        .bind(stray.received_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Mails that were put aside and wait, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn strays(conn: &mut Conn, after: Option<(Timestamp, StrayId)>, limit: i64) -> Result<Vec<Stray>> {
    let (at, id) = after.map_or((i64::MIN, Uuid::nil()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(STRAYS).bind(at).bind(id).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Notes that somebody dealt with a mail that was put aside; false when somebody had before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn stray_done(tx: &mut Tx, id: StrayId, by: AccountId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(STRAY_DONE)
        .bind(now.as_millis())
        .bind(by.0)
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
