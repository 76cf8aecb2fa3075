//! What readers answer to 「役に立ちましたか」, and their words.

use domain::clock::Timestamp;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An answer with words, as editors read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleAnswer {
    /// Identifier.
    pub id: Uuid,
    /// Article.
    pub slug: String,
    /// Number of the article.
    pub number: String,
    /// Title of the article.
    pub title: String,
    /// Whether the page helped.
    pub helpful: bool,
    /// The reader's words.
    pub words: String,
    /// When, in milliseconds since 1970 UTC.
    pub said_at: i64,
    /// When an editor dealt with it, in milliseconds since 1970 UTC.
    pub handled_at: Option<i64>,
    /// Who dealt with it.
    pub handler_name: String,
}
from_row!(ArticleAnswer { id, slug, number, title, helpful, words, said_at, handled_at, handler_name });

/// An answer to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewAnswer<'a> {
    /// Article.
    pub slug: &'a str,
    /// Who answers, as a fingerprint from which nobody is found.
    pub voter: &'a str,
    /// Identifier.
    pub id: Uuid,
    /// Whether the page helped.
    pub helpful: bool,
    /// Words; empty for none.
    pub words: &'a str,
}

macro_rules! select_answer {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.slug, a.number, a.title, w.helpful, w.words, w.said_at, w.handled_at, w.handler_name
            FROM article_answers w JOIN articles a ON a.slug = w.slug WHERE w.words <> '' AND ",
            $rest,
            " AND (w.said_at < $1 OR (w.said_at = $1 AND w.id < $2)) ORDER BY w.said_at DESC, w.id DESC LIMIT $3"
        )
    };
}

sql!(/// A later answer of the same reader takes the place of the first and is read anew.
    SAY = "INSERT INTO article_answers (slug, voter, id, helpful, words, said_at, handler_name)
    VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT (slug, voter) DO UPDATE SET helpful = excluded.helpful,
    words = excluded.words, said_at = excluded.said_at, handled_at = NULL, handler_name = ''");
sql!(COUNT = "SELECT COUNT(*) FROM article_answers WHERE slug = $1 AND helpful = $2");
sql!(OPEN = select_answer!("w.handled_at IS NULL"));
sql!(HANDLED = select_answer!("w.handled_at IS NOT NULL"));
sql!(OPEN_IDS = "SELECT id FROM article_answers WHERE words <> '' AND handled_at IS NULL LIMIT $1");
sql!(
    HANDLE = "UPDATE article_answers SET handled_at = $1, handler_name = $2 WHERE id = $3 AND handled_at IS NULL
    AND words <> ''"
);
sql!(MINE = "SELECT helpful FROM article_answers WHERE slug = $1 AND voter = $2");

/// Keeps an answer in place of an earlier one of the same reader.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn say(tx: &mut Tx, answer: &NewAnswer<'_>, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SAY)
        .bind(answer.slug)
        .bind(answer.voter)
        .bind(answer.id)
        .bind(answer.helpful)
        .bind(answer.words)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// How a reader answered.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answer_of(conn: &mut Conn, slug: &str, voter: &str) -> Result<Option<bool>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(MINE).bind(slug).bind(voter).fetch_optional(c).await)?)
}

/// How many found an article helpful, and how many did not.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn count_answers(conn: &mut Conn, slug: &str) -> Result<(i64, i64)> {
    let mut counts = [0, 0];
    for (count, helpful) in counts.iter_mut().zip([true, false]) {
        *count = on_engine!(&mut *conn, |c| sqlx::query_scalar(COUNT).bind(slug).bind(helpful).fetch_one(c).await)?;
    }
    Ok((counts[0], counts[1]))
}

/// Answers with words that wait for an editor, or were dealt with; newest first, after a row of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answers(
    conn: &mut Conn,
    handled: bool,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<ArticleAnswer>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::nil()), |(at, id)| (at.as_millis(), id));
    let statement = if handled { HANDLED } else { OPEN };
    Ok(on_engine!(conn, |c| sqlx::query_as(statement).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
}

/// How many answers with words wait for an editor, at most so many.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open_answers(conn: &mut Conn, most: i64) -> Result<i64> {
    let found: Vec<Uuid> = on_engine!(conn, |c| sqlx::query_scalar(OPEN_IDS).bind(most).fetch_all(c).await)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}

/// Marks an answer as dealt with; false when it already is.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn handle_answer(tx: &mut Tx, id: Uuid, name: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(HANDLE)
        .bind(now.as_millis())
        .bind(name)
        .bind(id)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
