//! Notices.

use domain::clock::Timestamp;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

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
    ADD_NOTICE = "INSERT INTO notices (id, slug, title, important, body, search_text, views, published_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (slug) DO NOTHING"
);

sql!(
    NOTICES = "SELECT id, slug, title, important, body, search_text, views, published_at FROM notices
    WHERE published_at <= $1 ORDER BY published_at DESC, id DESC LIMIT $2"
);

sql!(NOTICE = "SELECT id, slug, title, important, body, search_text, views, published_at FROM notices WHERE slug = $1");

sql!(NOTICE_SLUGS = "SELECT slug FROM notices WHERE slug > $1 ORDER BY slug LIMIT $2");

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

/// Names of notices, published or not, in order, from after a name on.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notice_slugs(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(NOTICE_SLUGS).bind(after).bind(limit).fetch_all(c).await)?)
}
