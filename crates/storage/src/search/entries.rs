//! Public texts as the search keeps them.

use domain::{
    clock::Timestamp,
    content::{
        search::{Kind, plain},
        tokens::{order_key, tokens},
    },
    typed::search_key,
};
use sqlx::QueryBuilder;

use crate::convert::word;
use crate::db::{Conn, Error, Result, Tx, boxed, from_row, on_engine, sql};

/// Numbers that are tried for a text whose own number is taken.
const TRIES: i64 = 64;

/// A public text on its way into the index.
#[derive(Clone, Debug)]
pub struct NewEntry<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its name, unique within its kind.
    pub subject: &'a str,
    /// From when it is shown.
    pub shown_from: Timestamp,
    /// Until when it is shown; none for no end.
    pub shown_until: Option<Timestamp>,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// Which readers it is for; empty for all.
    pub audience: &'a str,
    /// Its number; empty for none.
    pub number: &'a str,
    /// Its category; empty for none.
    pub category: &'a str,
    /// Title.
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
}

/// A text that the index proposed, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number in the index.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub subject: String,
    /// When it was changed, in milliseconds since 1970 UTC.
    pub changed_at: i64,
    /// Which readers it is for; empty for all.
    pub audience: String,
    /// Title.
    pub title: String,
    /// Title, normalised.
    pub title_key: String,
    /// Number, normalised.
    pub number_key: String,
    /// Category, normalised.
    pub category_key: String,
    /// Text, normalised.
    pub body_key: String,
}

struct Row {
    id: i64,
    kind: String,
    subject: String,
    changed_at: i64,
    audience: String,
    title: String,
    title_key: String,
    number_key: String,
    category_key: String,
    body_key: String,
}
from_row!(Row { id, kind, subject, changed_at, audience, title, title_key, number_key, category_key, body_key });

impl Row {
    fn read(self) -> Result<Candidate> {
        Ok(Candidate {
            id: self.id,
            kind: word(&self.kind)?,
            subject: self.subject,
            changed_at: self.changed_at,
            audience: self.audience,
            title: self.title,
            title_key: self.title_key,
            number_key: self.number_key,
            category_key: self.category_key,
            body_key: self.body_key,
        })
    }
}

sql!(
    INSERT =
        "INSERT INTO search_entries (id, kind, subject, shown_from, shown_until, changed_at, format, audience, number,
    category, title, number_key, category_key, title_key, body_key, body, tokens)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (id) DO NOTHING"
);
sql!(REMOVE = "DELETE FROM search_entries WHERE kind = $1 AND subject = $2");
sql!(FORMAT = "SELECT format FROM search_entries WHERE kind = $1 AND subject = $2");
sql!(BODY = "SELECT body FROM search_entries WHERE id = $1");

/// Puts a text into the index in place of what stood there; `format` is the version of how texts are prepared.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn put(tx: &mut Tx, entry: &NewEntry<'_>, format: i64) -> Result<()> {
    remove(tx, entry.kind, entry.subject).await?;
    let body = plain(entry.body);
    let [title, number, category, text] = [entry.title, entry.number, entry.category, &body].map(search_key);
    let tokens = tokens(entry.kind, &title, &[&number, &category, &text]);
    let first = order_key(entry.kind, entry.subject, entry.changed_at.as_millis());
    for id in first..first.saturating_add(TRIES) {
        let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
            .bind(id)
            .bind(entry.kind.as_str())
            .bind(entry.subject)
            .bind(entry.shown_from.as_millis())
            .bind(entry.shown_until.map_or(i64::MAX, Timestamp::as_millis))
            .bind(entry.changed_at.as_millis())
            .bind(format)
            .bind(entry.audience)
            .bind(entry.number)
            .bind(entry.category)
            .bind(entry.title)
            .bind(&number)
            .bind(&category)
            .bind(&title)
            .bind(&text)
            .bind(&body)
            .bind(&tokens)
            .execute(c)
            .await
            .map(|r| r.rows_affected()))?;
        if rows == 1 {
            return Ok(());
        }
    }
    Err(Error::Duplicate)
}

/// Takes a text out of the index.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove(tx: &mut Tx, kind: Kind, subject: &str) -> Result<()> {
    let kind = kind.as_str();
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REMOVE).bind(kind).bind(subject).execute(c).await.map(drop))?)
}

/// With which version a text was prepared; none when it is not in the index.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn format_of(conn: &mut Conn, kind: Kind, subject: &str) -> Result<Option<i64>> {
    let kind = kind.as_str();
    Ok(on_engine!(conn, |c| sqlx::query_scalar(FORMAT).bind(kind).bind(subject).fetch_optional(c).await)?)
}

/// The texts of some numbers, in no order; `with_text` is false for their titles only.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_numbers(conn: &mut Conn, ids: &[i64], with_text: bool) -> Result<Vec<Candidate>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let text = if with_text { "body_key" } else { "'' AS body_key" };
    let rows: Vec<Row> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(format!(
            "SELECT id, kind, subject, changed_at, audience, title, title_key, number_key, category_key, {text}
            FROM search_entries WHERE id IN ("
        ));
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
        query.build_query_as().persistent(false).fetch_all(c).await
    })?;
    rows.into_iter().map(Row::read).collect()
}

/// The plain text of a number, for what is shown of it; empty when it is gone.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn body(conn: &mut Conn, id: i64) -> Result<String> {
    let body: Option<String> = on_engine!(conn, |c| sqlx::query_scalar(BODY).bind(id).fetch_optional(c).await)?;
    Ok(body.unwrap_or_default())
}
