//! Versioned documents, such as terms.

use domain::clock::Timestamp;

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
