//! Every saved version of an article.

use domain::clock::Timestamp;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A saved version of an article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleVersion {
    /// Article.
    pub slug: String,
    /// Number of the version, from 1.
    pub version: i64,
    /// `article` or `faq`.
    pub kind: String,
    /// Category of the FAQ.
    pub category: String,
    /// Title.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Role name of the editor, as readers see it.
    pub editor: String,
    /// Procedures that it is about, separated by spaces.
    pub related: String,
    /// Identifiers of the attached files, separated by spaces.
    pub attachments: String,
    /// Why it was saved.
    pub note: String,
    /// Who saved it; none for what came with the program.
    pub author: Option<Uuid>,
    /// Their name.
    pub author_name: String,
    /// When, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// Why a reviewer sent it back; empty otherwise.
    pub review_note: String,
    /// When it was published, in milliseconds since 1970 UTC.
    pub published_at: Option<i64>,
    /// Who published it.
    pub publisher_name: String,
}
from_row!(ArticleVersion {
    slug,
    version,
    kind,
    category,
    title,
    body,
    editor,
    related,
    attachments,
    note,
    author,
    author_name,
    made_at,
    review_note,
    published_at,
    publisher_name,
});

/// What a version is called, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionHead {
    /// Number of the version.
    pub version: i64,
    /// Title.
    pub title: String,
    /// Why it was saved.
    pub note: String,
    /// Who saved it.
    pub author_name: String,
    /// When, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// Why a reviewer sent it back.
    pub review_note: String,
    /// When it was published, in milliseconds since 1970 UTC.
    pub published_at: Option<i64>,
    /// Who published it.
    pub publisher_name: String,
}
from_row!(VersionHead { version, title, note, author_name, made_at, review_note, published_at, publisher_name });

sql!(/// Takes the next version's number, unless somebody else saved meanwhile.
    TAKE_VERSION = "UPDATE articles SET latest = latest + 1, work = 'draft', changed_at = $1, heading_key = $2,
    title = CASE WHEN state = 'unpublished' THEN $3 ELSE title END,
    kind = CASE WHEN state = 'unpublished' THEN $4 ELSE kind END
    WHERE slug = $5 AND latest = $6");
sql!(
    ADD_VERSION =
        "INSERT INTO article_versions (slug, version, kind, category, title, body, editor, related, attachments, note,
    author, author_name, made_at, review_note, published_at, publisher_name)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', NULL, '')"
);
sql!(
    VERSION =
        "SELECT slug, version, kind, category, title, body, editor, related, attachments, note, author, author_name,
    made_at, review_note, published_at, publisher_name FROM article_versions WHERE slug = $1 AND version = $2"
);
sql!(
    VERSIONS = "SELECT version, title, note, author_name, made_at, review_note, published_at, publisher_name
    FROM article_versions WHERE slug = $1 AND version < $2 ORDER BY version DESC LIMIT $3"
);
sql!(REVIEW_NOTE = "UPDATE article_versions SET review_note = $1 WHERE slug = $2 AND version = $3");
sql!(
    NOTE_PUBLISHED =
        "UPDATE article_versions SET published_at = $1, publisher_name = $2 WHERE slug = $3 AND version = $4"
);

/// Saves a version as the newest one and makes it the draft; false when `version` is not the next one any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn save_version(tx: &mut Tx, new: &ArticleVersion, heading_key: &str) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TAKE_VERSION)
        .bind(new.made_at)
        .bind(heading_key)
        .bind(&new.title)
        .bind(&new.kind)
        .bind(&new.slug)
        .bind(new.version - 1)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    on_engine!(&mut **tx, |c| sqlx::query(ADD_VERSION)
        .bind(&new.slug)
        .bind(new.version)
        .bind(&new.kind)
        .bind(&new.category)
        .bind(&new.title)
        .bind(&new.body)
        .bind(&new.editor)
        .bind(&new.related)
        .bind(&new.attachments)
        .bind(&new.note)
        .bind(new.author)
        .bind(&new.author_name)
        .bind(new.made_at)
        .execute(c)
        .await
        .map(drop))?;
    Ok(true)
}

/// A version.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article_version(conn: &mut Conn, slug: &str, version: i64) -> Result<Option<ArticleVersion>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(VERSION).bind(slug).bind(version).fetch_optional(c).await)?)
}

/// Versions before one, newest first, so many.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article_versions(conn: &mut Conn, slug: &str, before: i64, limit: i64) -> Result<Vec<VersionHead>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(VERSIONS).bind(slug).bind(before).bind(limit).fetch_all(c).await)?)
}

/// Notes why a version was sent back.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_review(tx: &mut Tx, slug: &str, version: i64, note: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REVIEW_NOTE)
        .bind(note)
        .bind(slug)
        .bind(version)
        .execute(c)
        .await
        .map(drop))?)
}

/// Notes when and by whom a version was published.
pub(super) async fn note_published(
    tx: &mut Tx,
    version: &ArticleVersion,
    publisher: &str,
    at: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(NOTE_PUBLISHED)
        .bind(at.as_millis())
        .bind(publisher)
        .bind(&version.slug)
        .bind(version.version)
        .execute(c)
        .await
        .map(drop))?)
}
