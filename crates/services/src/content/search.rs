//! The search over articles and notices.

use domain::typed::search_key;
use storage::boxed;
use storage::content::{Article, Notice};

use crate::{Ctx, Result};

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Articles and FAQ.
    pub articles: Vec<Article>,
    /// Notices.
    pub notices: Vec<Notice>,
    /// The words as they were looked for.
    pub words: String,
}

/// Looks for words in articles and notices; fewer than two characters find nothing.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn search(ctx: &Ctx<'_>, words: &str) -> Result<Found> {
    let words: String = words.chars().take(100).collect();
    let needle = search_key(&words);
    if needle.chars().count() < 2 {
        return Ok(Found { words, ..Found::default() });
    }
    let mut conn = ctx.app.db.read().await?;
    let articles = storage::content::search_articles(&mut conn, &needle).await?;
    let notices = storage::content::search_notices(&mut conn, &needle, ctx.now).await?;
    Ok(Found { articles, notices, words })
}
