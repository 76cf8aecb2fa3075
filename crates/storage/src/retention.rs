//! Texts that are taken away after their period: bodies of mails, reports of imports.

use domain::{clock::Timestamp, ids::MailId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(
    OLD_MAILS = "SELECT created_at, id FROM mails WHERE (created_at > $1 OR (created_at = $1 AND id > $2))
    AND created_at < $3 ORDER BY created_at, id LIMIT $4"
);
sql!(/// A mail that still waits to be sent keeps its text while it is young; later nobody tries any more.
    BLANK_MAIL = "UPDATE mails SET body = '', state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
    WHERE id = $1 AND (state <> 'queued' OR created_at < $2)");
sql!(BLANK_REPORTS = "UPDATE imports SET report = '' WHERE started_at < $1 AND report <> ''");

/// Where the last look ended: instant and mail.
pub type MailPlace = (Timestamp, MailId);

/// Mails from before an instant, the oldest first, after where the last look ended.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn old_mails(
    conn: &mut Conn,
    after: Option<MailPlace>,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<MailPlace>> {
    let (at, id) = after.map_or((i64::MIN, Uuid::nil()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<(i64, Uuid)> = on_engine!(conn, |c| sqlx::query_as(OLD_MAILS)
        .bind(at)
        .bind(id)
        .bind(before.as_millis())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(|(at, id)| (Timestamp::from_millis(at), MailId(id))).collect())
}

/// Takes the text from a mail; address, subject, dates and answers of the server stay. False for one that waits to be sent and came
/// after an instant: it keeps its text.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn blank_mail(tx: &mut Tx, id: MailId, still_tried: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BLANK_MAIL)
        .bind(id.0)
        .bind(still_tried.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes the reports from imports that began before an instant; gives how many.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn blank_reports(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(BLANK_REPORTS)
        .bind(before.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
