//! The life of articles: what is being written, and what of it readers see.

use domain::clock::Timestamp;

use super::ArticleVersion;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An article as its editors see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleHead {
    /// Name in addresses.
    pub slug: String,
    /// Number.
    pub number: String,
    /// `article` or `faq`.
    pub kind: String,
    /// Title: the published one, or of the newest version while nothing is published.
    pub title: String,
    /// What readers see: `unpublished`, `published` or `archived`.
    pub state: String,
    /// What is being done: `none`, `draft` or `in_review`.
    pub work: String,
    /// Number of the newest version.
    pub latest: i64,
    /// Number of the version that readers see or saw; 0 for none.
    pub published_version: i64,
    /// When anything was changed last, in milliseconds since 1970 UTC.
    pub changed_at: i64,
    /// When the published text was changed, in milliseconds since 1970 UTC.
    pub updated_at: i64,
    /// How often it was read.
    pub views: i64,
}
from_row!(ArticleHead {
    slug,
    number,
    kind,
    title,
    state,
    work,
    latest,
    published_version,
    changed_at,
    updated_at,
    views,
});

macro_rules! select_head {
    ($rest:literal) => {
        concat!(
            "SELECT slug, number, kind, title, state, work, latest, published_version, changed_at, updated_at, views
            FROM articles ",
            $rest
        )
    };
}

sql!(
    NEXT_NUMBER = "INSERT INTO article_numbers (name, last) VALUES ('article', 1)
    ON CONFLICT (name) DO UPDATE SET last = article_numbers.last + 1 RETURNING last"
);
sql!(
    BEGIN = "INSERT INTO articles (slug, number, kind, category, title, body, editor, search_text, views, updated_at, state,
    work, latest, published_version, related, attachments, heading_key, changed_at)
    VALUES ($1, $2, $3, $4, $5, '', $6, '', $7, $8, 'unpublished', 'draft', 0, 0, '', '', '', $8)
    ON CONFLICT (slug) DO NOTHING"
);
sql!(HEAD = select_head!("WHERE slug = $1 OR number = $1"));
sql!(
    LIST = select_head!(
        "WHERE (changed_at < $1 OR (changed_at = $1 AND slug < $2)) AND ($3 = '' OR state = $3 OR work = $3)
        AND ($4 = '' OR kind = $4) AND heading_key LIKE $5 ESCAPE '!' ORDER BY changed_at DESC, slug DESC LIMIT $6"
    )
);
sql!(IN_REVIEW = "SELECT slug FROM articles WHERE work = 'in_review' LIMIT $1");
sql!(
    CATEGORIES =
        "SELECT DISTINCT category FROM articles WHERE kind = 'faq' AND category <> '' ORDER BY category LIMIT 100"
);
sql!(MOVE_WORK = "UPDATE articles SET work = $1, changed_at = $2 WHERE slug = $3 AND latest = $4 AND work = $5");
sql!(
    PUBLISH = "UPDATE articles SET state = 'published', work = 'none', published_version = $1, kind = $2, category = $3,
    title = $4, body = $5, editor = $6, related = $7, attachments = $8, search_text = $9, updated_at = $10, changed_at = $11
    WHERE slug = $12 AND latest = $1"
);
sql!(
    ARCHIVE = "UPDATE articles SET state = 'archived', search_text = '', changed_at = $1
    WHERE slug = $2 AND state = 'published'"
);
sql!(FORGET_PROCEDURES = "DELETE FROM article_procedures WHERE slug = $1");
sql!(ADD_PROCEDURE = "INSERT INTO article_procedures (procedure, number, slug) VALUES ($1, $2, $3)");

/// The next number of an article that is written here, from 1.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn next_article_number(tx: &mut Tx) -> Result<i64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query_scalar(NEXT_NUMBER).fetch_one(c).await)?)
}

/// Adds an article without a version; false when the slug is taken.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn begin_article(tx: &mut Tx, number: &str, first: &ArticleVersion, views: i64) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BEGIN)
        .bind(&first.slug)
        .bind(number)
        .bind(&first.kind)
        .bind(&first.category)
        .bind(&first.title)
        .bind(&first.editor)
        .bind(views)
        .bind(first.made_at)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// An article of any state by slug or number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article_head(conn: &mut Conn, name: &str) -> Result<Option<ArticleHead>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(HEAD).bind(name).fetch_optional(c).await)?)
}

/// Which articles are listed.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArticleFilter<'a> {
    /// State or work; empty for any.
    pub state: &'a str,
    /// Kind; empty for any.
    pub kind: &'a str,
    /// Normalised text in number or title; empty for any.
    pub text: &'a str,
}

/// Articles of any state, what was changed last first, after a row of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article_heads(
    conn: &mut Conn,
    filter: &ArticleFilter<'_>,
    after: Option<(i64, &str)>,
    limit: i64,
) -> Result<Vec<ArticleHead>> {
    let (at, slug) = after.unwrap_or((i64::MAX, ""));
    let pattern = super::containing(filter.text);
    Ok(on_engine!(conn, |c| sqlx::query_as(LIST)
        .bind(at)
        .bind(slug)
        .bind(filter.state)
        .bind(filter.kind)
        .bind(&pattern)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// How many articles wait for a review, at most so many.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn articles_in_review(conn: &mut Conn, most: i64) -> Result<i64> {
    let found: Vec<String> = on_engine!(conn, |c| sqlx::query_scalar(IN_REVIEW).bind(most).fetch_all(c).await)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}

/// Categories of the FAQ that are in use, at most 100.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn faq_categories(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(CATEGORIES).fetch_all(c).await)?)
}

/// Moves the work on the newest version from one word to another; false when it stands elsewhere by now.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn move_work(tx: &mut Tx, head: &ArticleHead, to: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(MOVE_WORK)
        .bind(to)
        .bind(now.as_millis())
        .bind(&head.slug)
        .bind(head.latest)
        .bind(&head.work)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Shows a version to readers; false when it is not the newest any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn publish_article(
    tx: &mut Tx,
    version: &ArticleVersion,
    search_text: &str,
    updated_at: Timestamp,
    (now, publisher): (Timestamp, &str),
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PUBLISH)
        .bind(version.version)
        .bind(&version.kind)
        .bind(&version.category)
        .bind(&version.title)
        .bind(&version.body)
        .bind(&version.editor)
        .bind(&version.related)
        .bind(&version.attachments)
        .bind(search_text)
        .bind(updated_at.as_millis())
        .bind(now.as_millis())
        .bind(&version.slug)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    super::article_versions::note_published(tx, version, publisher, updated_at).await?;
    Ok(true)
}

/// Takes a published article out of sight; false when it is not published.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn archive_article(tx: &mut Tx, slug: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ARCHIVE)
        .bind(now.as_millis())
        .bind(slug)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Sets the procedures whose pages lead to an article.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_procedures(tx: &mut Tx, slug: &str, number: &str, procedures: &[&str]) -> Result<()> {
    on_engine!(&mut **tx, |c| sqlx::query(FORGET_PROCEDURES).bind(slug).execute(c).await.map(drop))?;
    for procedure in procedures {
        on_engine!(&mut **tx, |c| sqlx::query(ADD_PROCEDURE)
            .bind(procedure)
            .bind(number)
            .bind(slug)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}
