//! Documents, articles, notices and the lists that forms offer.

use domain::{
    applications::{Entry, Lists},
    clock::Timestamp,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A versioned document, such as terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Name in addresses.
    pub slug: String,
    /// Version.
    pub version: String,
    /// Title.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// From when it applies, in milliseconds since 1970 UTC.
    pub effective_at: i64,
}
from_row!(Document { slug, version, title, body, effective_at });

/// What a document's version is called and from when it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentHead {
    /// Name in addresses.
    pub slug: String,
    /// Version.
    pub version: String,
    /// Title.
    pub title: String,
    /// From when it applies, in milliseconds since 1970 UTC.
    pub effective_at: i64,
}
from_row!(DocumentHead { slug, version, title, effective_at });

/// An article of the knowledge base or the FAQ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Name in addresses.
    pub slug: String,
    /// Number such as `KB0010381`.
    pub number: String,
    /// `article` or `faq`.
    pub kind: String,
    /// Category of the FAQ.
    pub category: String,
    /// Title.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Role name of the editor.
    pub editor: String,
    /// Normalised text for the search.
    pub search_text: String,
    /// How often it was read.
    pub views: i64,
    /// When it was changed, in milliseconds since 1970 UTC.
    pub updated_at: i64,
}
from_row!(Article { slug, number, kind, category, title, body, editor, search_text, views, updated_at });

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Identifier.
    pub id: Uuid,
    /// Name in addresses.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Whether it is marked 【重要】.
    pub important: bool,
    /// Markdown.
    pub body: String,
    /// Normalised text for the search.
    pub search_text: String,
    /// How often it was read.
    pub views: i64,
    /// When it was published, in milliseconds since 1970 UTC.
    pub published_at: i64,
}
from_row!(Notice { id, slug, title, important, body, search_text, views, published_at });

sql!(
    ADD_DOCUMENT = "INSERT INTO documents (slug, version, title, body, effective_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (slug, version) DO NOTHING"
);
sql!(DOCUMENT_HEADS = "SELECT slug, version, title, effective_at FROM documents ORDER BY slug, effective_at, version");
sql!(REMOVE_DOCUMENT = "DELETE FROM documents WHERE slug = $1 AND version = $2 AND effective_at > $3");
sql!(DOCUMENT = "SELECT slug, version, title, body, effective_at FROM documents WHERE slug = $1 AND version = $2");
sql!(
    DOCUMENT_IN_FORCE = "SELECT slug, version, title, body, effective_at FROM documents
    WHERE slug = $1 AND effective_at <= $2 ORDER BY effective_at DESC, version DESC LIMIT 1"
);
sql!(
    ADD_ARTICLE =
        "INSERT INTO articles (slug, number, kind, category, title, body, editor, search_text, views, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (slug) DO NOTHING"
);
sql!(
    ARTICLE = "SELECT slug, number, kind, category, title, body, editor, search_text, views, updated_at
    FROM articles WHERE slug = $1 OR number = $1"
);
sql!(
    ARTICLES = "SELECT slug, number, kind, category, title, body, editor, search_text, views, updated_at
    FROM articles WHERE kind = $1 ORDER BY category, number LIMIT 500"
);
sql!(
    SEARCH_ARTICLES = "SELECT slug, number, kind, category, title, body, editor, search_text, views, updated_at
    FROM articles WHERE search_text LIKE $1 ESCAPE '!' ORDER BY number LIMIT 50"
);
sql!(COUNT_VIEW = "UPDATE articles SET views = views + 1 WHERE slug = $1");
sql!(
    ADD_NOTICE = "INSERT INTO notices (id, slug, title, important, body, search_text, views, published_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (slug) DO NOTHING"
);
sql!(
    NOTICES = "SELECT id, slug, title, important, body, search_text, views, published_at FROM notices
    WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2"
);
sql!(NOTICE = "SELECT id, slug, title, important, body, search_text, views, published_at FROM notices WHERE slug = $1");
sql!(
    SEARCH_NOTICES = "SELECT id, slug, title, important, body, search_text, views, published_at FROM notices
    WHERE search_text LIKE $1 ESCAPE '!' AND published_at <= $2 ORDER BY published_at DESC, id DESC LIMIT 50"
);
sql!(COUNT_NOTICE_VIEW = "UPDATE notices SET views = views + 1 WHERE slug = $1");
sql!(
    SET_LIST = "INSERT INTO option_lists (name, entries, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET entries = excluded.entries, updated_at = excluded.updated_at"
);
sql!(LISTS = "SELECT name, entries FROM option_lists ORDER BY name");

/// Publishes a version of a document; one that exists stays as it is.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_document(tx: &mut Tx, document: &Document) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ADD_DOCUMENT)
        .bind(&document.slug)
        .bind(&document.version)
        .bind(&document.title)
        .bind(&document.body)
        .bind(document.effective_at)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Every version of every document without its text, each document's latest last.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn document_heads(conn: &mut Conn) -> Result<Vec<DocumentHead>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(DOCUMENT_HEADS).fetch_all(c).await)?)
}

/// Removes a version that does not apply yet; false when it does or is not there.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_document(tx: &mut Tx, slug: &str, version: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REMOVE_DOCUMENT)
        .bind(slug)
        .bind(version)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// One version of a document.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn document(conn: &mut Conn, slug: &str, version: &str) -> Result<Option<Document>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(DOCUMENT).bind(slug).bind(version).fetch_optional(c).await)?)
}

/// The version of a document that applies at an instant.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn document_in_force(conn: &mut Conn, slug: &str, now: Timestamp) -> Result<Option<Document>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(DOCUMENT_IN_FORCE)
        .bind(slug)
        .bind(now.as_millis())
        .fetch_optional(c)
        .await)?)
}

/// Adds an article; one with the same slug stays as it is.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_article(tx: &mut Tx, article: &Article) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ADD_ARTICLE)
        .bind(&article.slug)
        .bind(&article.number)
        .bind(&article.kind)
        .bind(&article.category)
        .bind(&article.title)
        .bind(&article.body)
        .bind(&article.editor)
        .bind(&article.search_text)
        .bind(article.views)
        .bind(article.updated_at)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// An article by slug or number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article(conn: &mut Conn, name: &str) -> Result<Option<Article>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ARTICLE).bind(name).fetch_optional(c).await)?)
}

/// Articles of a kind by category and number, at most 500.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn articles(conn: &mut Conn, kind: &str) -> Result<Vec<Article>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ARTICLES).bind(kind).fetch_all(c).await)?)
}

/// Counts a reading of an article.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_article_view(tx: &mut Tx, slug: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(COUNT_VIEW).bind(slug).execute(c).await.map(drop))?)
}

/// Adds a notice; one with the same slug stays as it is.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_notice(tx: &mut Tx, notice: &Notice) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ADD_NOTICE)
        .bind(notice.id)
        .bind(&notice.slug)
        .bind(&notice.title)
        .bind(notice.important)
        .bind(&notice.body)
        .bind(&notice.search_text)
        .bind(notice.views)
        .bind(notice.published_at)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Published notices, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notices(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Notice>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(NOTICES).bind(now.as_millis()).bind(limit).fetch_all(c).await)?)
}

/// A notice.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notice(conn: &mut Conn, slug: &str) -> Result<Option<Notice>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(NOTICE).bind(slug).fetch_optional(c).await)?)
}

/// Counts a reading of a notice.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_notice_view(tx: &mut Tx, slug: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(COUNT_NOTICE_VIEW).bind(slug).execute(c).await.map(drop))?)
}

/// Articles and notices whose normalised text contains a normalised text.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn search(conn: &mut Conn, normalised: &str, now: Timestamp) -> Result<(Vec<Article>, Vec<Notice>)> {
    let pattern = format!("%{}%", normalised.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    let articles = on_engine!(conn, |c| sqlx::query_as(SEARCH_ARTICLES).bind(&pattern).fetch_all(c).await)?;
    let notices =
        on_engine!(conn, |c| sqlx::query_as(SEARCH_NOTICES).bind(&pattern).bind(now.as_millis()).fetch_all(c).await)?;
    Ok((articles, notices))
}

/// Sets a list that forms offer.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_list(tx: &mut Tx, name: &str, entries: &[Entry], now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_LIST)
        .bind(name)
        .bind(Json(entries))
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// All lists.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn lists(conn: &mut Conn) -> Result<Lists> {
    let rows: Vec<(String, Json<Vec<Entry>>)> = on_engine!(conn, |c| sqlx::query_as(LISTS).fetch_all(c).await)?;
    Ok(Lists(rows.into_iter().map(|(name, entries)| (name, entries.0)).collect()))
}
