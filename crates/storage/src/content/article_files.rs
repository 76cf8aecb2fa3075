//! Pictures and attachments of articles.

use domain::ids::FileId;
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A file without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleFile {
    /// Identifier.
    pub id: Uuid,
    /// Article that it belongs to.
    pub slug: String,
    /// Media type.
    pub kind: String,
    /// Name in addresses and when it is saved.
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// Octets.
    pub size: i64,
    /// Width in pixels; 0 for what is no picture.
    pub width: i64,
    /// Height in pixels; 0 for what is no picture.
    pub height: i64,
    /// Whether the published text uses it.
    pub is_public: bool,
    /// Who uploaded it.
    pub author_name: String,
    /// When, in milliseconds since 1970 UTC.
    pub made_at: i64,
}
from_row!(ArticleFile { id, slug, kind, name, title, size, width, height, is_public, author_name, made_at });

macro_rules! select_file {
    ($rest:literal) => {
        concat!(
            "SELECT id, slug, kind, name, title, size, width, height, is_public, author_name, made_at FROM article_files ",
            $rest
        )
    };
}

sql!(
    INSERT =
        "INSERT INTO article_files (id, slug, kind, name, title, size, width, height, is_public, author_name, made_at,
    content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
);
sql!(OF_ARTICLE = select_file!("WHERE slug = $1 ORDER BY made_at, id LIMIT $2"));
sql!(FIND = select_file!("WHERE id = $1"));
sql!(CONTENT = "SELECT content FROM article_files WHERE id = $1");
sql!(HIDE_ALL = "UPDATE article_files SET is_public = FALSE WHERE slug = $1 AND is_public");
sql!(SHOW_ONE = "UPDATE article_files SET is_public = TRUE WHERE id = $1 AND slug = $2");
sql!(REMOVE = "DELETE FROM article_files WHERE id = $1 AND slug = $2 AND NOT is_public");

/// Adds a file with its content.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_file(tx: &mut Tx, file: &ArticleFile, content: &[u8]) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(file.id)
        .bind(&file.slug)
        .bind(&file.kind)
        .bind(&file.name)
        .bind(&file.title)
        .bind(file.size)
        .bind(file.width)
        .bind(file.height)
        .bind(file.is_public)
        .bind(&file.author_name)
        .bind(file.made_at)
        .bind(content)
        .execute(c)
        .await
        .map(drop))?)
}

/// Files of an article, oldest first, so many.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn files_of(conn: &mut Conn, slug: &str, limit: i64) -> Result<Vec<ArticleFile>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_ARTICLE).bind(slug).bind(limit).fetch_all(c).await)?)
}

/// A file without its content.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn file(conn: &mut Conn, id: FileId) -> Result<Option<ArticleFile>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?)
}

/// The content of a file.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn file_content(conn: &mut Conn, id: FileId) -> Result<Option<Vec<u8>>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(CONTENT).bind(id.0).fetch_optional(c).await)?)
}

/// Sets which files of an article readers may open.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_public_files(tx: &mut Tx, slug: &str, files: &[FileId]) -> Result<()> {
    on_engine!(&mut **tx, |c| sqlx::query(HIDE_ALL).bind(slug).execute(c).await.map(drop))?;
    for id in files {
        on_engine!(&mut **tx, |c| sqlx::query(SHOW_ONE).bind(id.0).bind(slug).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Removes a file that the published text does not use; false when it does or is not there.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove_file(tx: &mut Tx, slug: &str, id: FileId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REMOVE)
        .bind(id.0)
        .bind(slug)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
