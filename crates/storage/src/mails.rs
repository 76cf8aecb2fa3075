//! Mails and what became of them.

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InquiryId, MailId},
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};
use crate::rows::parts;

/// A mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Identifier.
    pub id: MailId,
    /// Address.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// `queued`, `sent`, `refused`, `bounced`, or `failed` when no server took it for days.
    pub state: String,
    /// What the server said last; empty before the first try.
    pub answer: String,
    /// Message-ID without angle brackets; the same in each try.
    pub message_id: String,
    /// Account it concerns.
    pub account_id: Option<AccountId>,
    /// Case it concerns.
    pub application_id: Option<ApplicationId>,
    /// Thread it concerns.
    pub inquiry_id: Option<InquiryId>,
    /// Address for replies, where they are read.
    pub reply_to: Option<String>,
    /// What to attach when it is sent, such as the copy of a case.
    pub attachment: Option<Value>,
    /// Address at which a mail program ends with one click what the mail comes from (RFC 8058).
    pub unsubscribe: Option<String>,
    /// When it was put in the queue.
    pub created_at: Timestamp,
    /// When the server took it.
    pub sent_at: Option<Timestamp>,
}

struct Row {
    id: Uuid,
    recipient: String,
    subject: String,
    body: String,
    state: String,
    answer: String,
    message_id: String,
    account_id: Option<Uuid>,
    application_id: Option<Uuid>,
    inquiry_id: Option<Uuid>,
    reply_to: Option<String>,
    attachment: Option<Json<Value>>,
    unsubscribe: Option<String>,
    created_at: i64,
    sent_at: Option<i64>,
}
from_row!(Row {
    id,
    recipient,
    subject,
    body,
    state,
    answer,
    message_id,
    account_id,
    application_id,
    inquiry_id,
    reply_to,
    attachment,
    unsubscribe,
    created_at,
    sent_at
});

impl From<Row> for Mail {
    fn from(row: Row) -> Self {
        Self {
            id: MailId(row.id),
            recipient: row.recipient,
            subject: row.subject,
            body: row.body,
            state: row.state,
            answer: row.answer,
            message_id: row.message_id,
            account_id: row.account_id.map(AccountId),
            application_id: row.application_id.map(ApplicationId),
            inquiry_id: row.inquiry_id.map(InquiryId),
            reply_to: row.reply_to,
            attachment: row.attachment.map(|json| json.0),
            unsubscribe: row.unsubscribe,
            created_at: instant(row.created_at),
            sent_at: instant_opt(row.sent_at),
        }
    }
}

macro_rules! select_mail {
    ($rest:literal) => {
        concat!(
            "SELECT id, recipient, subject, body, state, answer, message_id, account_id, application_id, inquiry_id,
            reply_to, attachment, unsubscribe, created_at, sent_at FROM mails ",
            $rest
        )
    };
}

/// The rows follow.
const INSERT: &str =
    "INSERT INTO mails (id, recipient, subject, body, state, answer, message_id, account_id, application_id,
    inquiry_id, reply_to, attachment, created_at, unsubscribe) ";
sql!(FIND = select_mail!("WHERE id = $1"));
sql!(
    NEWEST = select_mail!(
        "WHERE created_at < $1 OR (created_at = $1 AND id < $2) ORDER BY created_at DESC, id DESC LIMIT $3"
    )
);
sql!(OF_APPLICATION = select_mail!("WHERE application_id = $1 ORDER BY created_at, id LIMIT 100"));
sql!(OF_INQUIRY = select_mail!("WHERE inquiry_id = $1 ORDER BY created_at LIMIT 100"));
sql!(INQUIRY_OF = "SELECT inquiry_id FROM mails WHERE message_id = $1 AND inquiry_id IS NOT NULL");
sql!(OF_ACCOUNT = select_mail!("WHERE account_id = $1 ORDER BY created_at DESC, id DESC LIMIT 20"));
sql!(/// Only what was sent can come back, and only once.
    BOUNCE = "UPDATE mails SET state = 'bounced', answer = $1 WHERE message_id = $2 AND state = 'sent' RETURNING id");
sql!(/// A mail that lost its text meanwhile is not sent.
    REQUEUE = "UPDATE mails SET state = 'queued' WHERE id = $1 AND state = 'failed' AND body <> ''");
sql!(GIVE_UP = "UPDATE mails SET state = 'failed' WHERE id = $1 AND state = 'queued'");
sql!(SET_STATE = "UPDATE mails SET state = $1, answer = $2, sent_at = $3 WHERE id = $4 AND state = 'queued'");

/// Puts mails in the queue.
pub(crate) async fn append(conn: &mut Conn, mails: &[Mail]) -> Result<()> {
    for rows in parts(mails) {
        on_engine!(conn, |c| {
            let mut statement = sqlx::QueryBuilder::new(INSERT);
            statement.push_values(rows, |mut values, mail| {
                values.push_bind(mail.id.0).push_bind(&mail.recipient).push_bind(&mail.subject).push_bind(&mail.body);
                values.push("'queued'").push("''").push_bind(&mail.message_id);
                values.push_bind(mail.account_id.map(|id| id.0)).push_bind(mail.application_id.map(|id| id.0));
                values.push_bind(mail.inquiry_id.map(|id| id.0)).push_bind(&mail.reply_to);
                values.push_bind(mail.attachment.as_ref().map(Json)).push_bind(mail.created_at.as_millis());
                values.push_bind(&mail.unsubscribe);
            });
            statement.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// A mail.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: MailId) -> Result<Option<Mail>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Notes what became of a queued mail: `sent`, `refused`, or still `queued` with the server's words.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_state(tx: &mut Tx, id: MailId, state: &str, answer: &str, sent_at: Option<Timestamp>) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SET_STATE)
        .bind(state)
        .bind(answer)
        .bind(sent_at.map(Timestamp::as_millis))
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that nobody tries any more to send a mail.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn give_up(tx: &mut Tx, id: MailId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(GIVE_UP).bind(id.0).execute(c).await.map(drop))?)
}

/// Puts a mail that was given up in the queue again, if it still has its text.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn requeue(tx: &mut Tx, id: MailId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REQUEUE).bind(id.0).execute(c).await.map(drop))?)
}

/// Notes that a sent mail came back, with the server's words; none when it is unknown, was not sent, or came back before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn bounce(tx: &mut Tx, message_id: &str, words: &str) -> Result<Option<Mail>> {
    let id: Option<Uuid> =
        on_engine!(&mut **tx, |c| sqlx::query_scalar(BOUNCE).bind(words).bind(message_id).fetch_optional(c).await)?;
    match id {
        Some(id) => find(tx, MailId(id)).await,
        None => Ok(None),
    }
}

/// Mails, newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest(conn: &mut Conn, after: Option<(Timestamp, MailId)>, limit: i64) -> Result<Vec<Mail>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(NEWEST).bind(at).bind(id).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Mails about a case, oldest first, at most 100.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_application(conn: &mut Conn, id: ApplicationId) -> Result<Vec<Mail>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_APPLICATION).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Mails about a thread, oldest first, at most 100.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_inquiry(conn: &mut Conn, id: InquiryId) -> Result<Vec<Mail>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_INQUIRY).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The thread that a mail of ours was about, by its Message-ID without angle brackets.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn inquiry_of(conn: &mut Conn, message_id: &str) -> Result<Option<InquiryId>> {
    let id: Option<Uuid> =
        on_engine!(conn, |c| sqlx::query_scalar(INQUIRY_OF).bind(message_id).fetch_optional(c).await)?;
    Ok(id.map(InquiryId))
}

/// The last 20 mails to a person.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_account(conn: &mut Conn, id: AccountId) -> Result<Vec<Mail>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_ACCOUNT).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
