//! Articles of the knowledge base and the FAQ.

use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

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
    /// `published` or `archived`.
    pub state: String,
    /// Procedures that it is about, separated by spaces.
    pub related: String,
    /// Identifiers of the attached files, separated by spaces.
    pub attachments: String,
}
from_row!(Article {
    slug,
    number,
    kind,
    category,
    title,
    body,
    editor,
    search_text,
    views,
    updated_at,
    state,
    related,
    attachments,
});

macro_rules! select_article {
    ($rest:literal) => {
        concat!(
            "SELECT slug, number, kind, category, title, body, editor, search_text, views, updated_at, state, related,
            attachments FROM articles ",
            $rest
        )
    };
}

sql!(ARTICLE = select_article!("WHERE (slug = $1 OR number = $1) AND state <> 'unpublished'"));
sql!(
    ARTICLES = "SELECT slug, number, category, title, updated_at FROM articles
    WHERE kind = $1 AND state = 'published' AND category >= $2 AND (category > $2 OR number > $3)
    ORDER BY category, number LIMIT $4"
);
sql!(CATEGORY = "SELECT category FROM articles WHERE number = $1");
sql!(
    ABOUT = "SELECT a.slug, a.number, a.category, a.title, a.updated_at
    FROM article_procedures p JOIN articles a ON a.slug = p.slug WHERE p.procedure = $1 ORDER BY p.number DESC LIMIT $2"
);

sql!(SLUGS = "SELECT slug FROM articles WHERE slug > $1 ORDER BY slug LIMIT $2");

/// An entry of a list of articles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleEntry {
    /// Name in addresses.
    pub slug: String,
    /// Number.
    pub number: String,
    /// Category of the FAQ.
    pub category: String,
    /// Title.
    pub title: String,
    /// When its text was changed, in milliseconds since 1970 UTC.
    pub updated_at: i64,
}
from_row!(ArticleEntry { slug, number, category, title, updated_at });

/// An article that is or was published, by slug or number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article(conn: &mut Conn, name: &str) -> Result<Option<Article>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ARTICLE).bind(name).fetch_optional(c).await)?)
}

/// Published articles of a kind by category and number, without their texts, so many; `after` is the number of the last one
/// of the page before, empty for the first page.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn articles(conn: &mut Conn, kind: &str, after: &str, limit: i64) -> Result<Vec<ArticleEntry>> {
    let place: Option<String> = match after {
        "" => None,
        number => on_engine!(conn, |c| sqlx::query_scalar(CATEGORY).bind(number).fetch_optional(c).await)?,
    };
    let (category, number) = place.map_or_else(Default::default, |category| (category, after));
    Ok(on_engine!(conn, |c| sqlx::query_as(ARTICLES)
        .bind(kind)
        .bind(&category)
        .bind(number)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// Published articles about a procedure, those with the newest numbers first, so many.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn articles_about(conn: &mut Conn, procedure: &str, limit: i64) -> Result<Vec<ArticleEntry>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ABOUT).bind(procedure).bind(limit).fetch_all(c).await)?)
}

/// Names of articles and questions, in order, from after a name on.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn article_slugs(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(SLUGS).bind(after).bind(limit).fetch_all(c).await)?)
}
