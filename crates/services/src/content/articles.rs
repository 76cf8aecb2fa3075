//! Articles and FAQ as people read them.

use storage::boxed;
use storage::content::Article;

use super::placeholders;
use crate::{Ctx, Error, Result, mail::fill};

/// An article by slug or number, with its placeholders filled.
///
/// # Errors
/// [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn article(ctx: &Ctx<'_>, name: &str) -> Result<Article> {
    let found = storage::content::article(&mut ctx.app.db.read().await?, name).await?;
    let mut article = found.ok_or(Error::NotFound)?;
    article.body = fill(&article.body, &placeholders(ctx.app))?;
    Ok(article)
}

/// Articles of a kind (`article` or `faq`) by category and number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn articles(ctx: &Ctx<'_>, kind: &str) -> Result<Vec<Article>> {
    Ok(storage::content::articles(&mut ctx.app.db.read().await?, kind).await?)
}
