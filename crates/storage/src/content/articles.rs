//! Articles of the knowledge base and the FAQ.

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

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

sql!(SLUGS = "SELECT slug FROM articles WHERE slug > $1 ORDER BY slug LIMIT $2");

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

/// Names of articles and questions, in order, from after a name on.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article_slugs(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(SLUGS).bind(after).bind(limit).fetch_all(c).await)?)
}
