//! Messages of a thread: written once, never changed.

use domain::{
    clock::Timestamp,
    ids::{AccountId, InquiryId, MessageId},
    inquiries::{Author, Way},
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Identifier.
    pub id: MessageId,
    /// Thread it belongs to.
    pub inquiry_id: InquiryId,
    /// Which side wrote it.
    pub author: Author,
    /// Who wrote or noted it; none for answers of old.
    pub account_id: Option<AccountId>,
    /// Their name.
    pub account_name: Option<String>,
    /// How it came.
    pub way: Way,
    /// Its words.
    pub body: String,
    /// Names of files that came with it and were not kept, one a line.
    pub attachments: String,
    /// When it was written.
    pub created_at: Timestamp,
}

struct Row {
    id: Uuid,
    inquiry_id: Uuid,
    author: String,
    account_id: Option<Uuid>,
    account_name: Option<String>,
    way: String,
    body: String,
    attachments: String,
    created_at: i64,
}
from_row!(Row { id, inquiry_id, author, account_id, account_name, way, body, attachments, created_at });

impl Row {
    fn read(self) -> Result<Message> {
        Ok(Message {
            id: MessageId(self.id),
            inquiry_id: InquiryId(self.inquiry_id),
            author: word(&self.author)?,
            account_id: self.account_id.map(AccountId),
            account_name: self.account_name,
            way: word(&self.way)?,
            body: self.body,
            attachments: self.attachments,
            created_at: instant(self.created_at),
        })
    }
}

sql!(
    INSERT_MESSAGE =
        "INSERT INTO inquiry_messages (id, inquiry_id, number, author, account_id, way, body, attachments,
    created_at) VALUES ($1, $2, (SELECT COUNT(*) + 1 FROM inquiry_messages o WHERE o.inquiry_id = $2), $3, $4, $5, $6, $7, $8)"
);
sql!(
    MESSAGES =
        "SELECT m.id, m.inquiry_id, m.author, m.account_id, a.name AS account_name, m.way, m.body, m.attachments,
    m.created_at FROM inquiry_messages m LEFT JOIN accounts a ON a.id = m.account_id
    WHERE m.inquiry_id = $1 ORDER BY m.number, m.id LIMIT 1000"
);

/// Adds a message behind the others; the name of its writer is not stored.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_message(tx: &mut Tx, message: &Message) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_MESSAGE)
        .bind(message.id.0)
        .bind(message.inquiry_id.0)
        .bind(message.author.as_str())
        .bind(message.account_id.map(|id| id.0))
        .bind(message.way.as_str())
        .bind(&message.body)
        .bind(&message.attachments)
        .bind(message.created_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The messages of a thread, oldest first, at most 1,000.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn messages(conn: &mut Conn, inquiry: InquiryId) -> Result<Vec<Message>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(MESSAGES).bind(inquiry.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}
