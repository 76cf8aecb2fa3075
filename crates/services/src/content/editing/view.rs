//! Articles as their editors see them.

use domain::{
    content::{Life, Step},
    permissions::Permission,
};
use storage::boxed;
use storage::content::{ArticleFile, ArticleFilter, ArticleHead, ArticleVersion, VersionHead};

use super::{judge, newest, review};
use crate::{Ctx, Error, Result, content::public};

/// Rows on a page of the list, and versions on the page of an article.
const PAGE: i64 = 50;

/// An article with its newest version and what can be done.
#[derive(Clone, Debug)]
pub struct ArticleView {
    /// The article.
    pub head: ArticleHead,
    /// Where it stands.
    pub life: Life,
    /// The newest version.
    pub newest: ArticleVersion,
    /// Versions, newest first.
    pub versions: Vec<VersionHead>,
    /// Pictures and attachments, oldest first.
    pub files: Vec<ArticleFile>,
    /// How many readers found it helpful, and how many did not.
    pub answers: (i64, i64),
    /// Whether somebody else must read it before it is published.
    pub reviewed: bool,
    /// Whether the newest version is the person's own.
    pub own: bool,
}

impl ArticleView {
    /// Whether a step can be done now.
    pub fn may(&self, step: Step) -> bool {
        let barred = step == Step::Publish && self.reviewed && self.own;
        !barred && self.life.after(step, self.reviewed).is_some()
    }

    /// Whether the newest version uses a file.
    pub fn uses(&self, file: &ArticleFile) -> bool {
        public::files_of(&self.newest).iter().any(|id| id.0 == file.id)
    }
}

/// Articles of any state, what was changed last first; `state` is a state, a work, or empty.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn article_list(
    ctx: &Ctx<'_>,
    (state, kind, text): (&str, &str, &str),
    after: Option<(i64, &str)>,
) -> Result<Vec<ArticleHead>> {
    ctx.permit(Permission::EditContent)?;
    let text = domain::typed::search_key(text);
    let filter = ArticleFilter { state, kind, text: &text };
    Ok(storage::content::article_heads(&mut ctx.app.db.read().await?, &filter, after, PAGE).await?)
}

/// How many articles wait for a review, at most so many.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn articles_in_review(ctx: &Ctx<'_>, most: i64) -> Result<i64> {
    ctx.permit(Permission::EditContent)?;
    Ok(storage::content::articles_in_review(&mut ctx.app.db.read().await?, most).await?)
}

/// Categories of the FAQ that are in use.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn faq_categories(ctx: &Ctx<'_>) -> Result<Vec<String>> {
    ctx.permit(Permission::EditContent)?;
    Ok(storage::content::faq_categories(&mut ctx.app.db.read().await?).await?)
}

/// One article with the versions before one, the newest ones without.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn article_view(ctx: &Ctx<'_>, number: &str, before: Option<i64>) -> Result<ArticleView> {
    ctx.permit(Permission::EditContent)?;
    let mut conn = ctx.app.db.read().await?;
    let (head, newest) = newest(&mut conn, number).await?;
    let before = before.unwrap_or(i64::MAX);
    Ok(ArticleView {
        life: review::life(&head)?,
        versions: storage::content::article_versions(&mut conn, &head.slug, before, PAGE).await?,
        files: storage::content::files_of(&mut conn, &head.slug, judge::MOST_FILES).await?,
        answers: storage::content::count_answers(&mut conn, &head.slug).await?,
        reviewed: review::is_reviewed(ctx),
        own: review::is_own(ctx, &newest),
        head,
        newest,
    })
}

/// One version of an article.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn article_version(ctx: &Ctx<'_>, number: &str, version: i64) -> Result<(ArticleHead, ArticleVersion)> {
    ctx.permit(Permission::EditContent)?;
    let mut conn = ctx.app.db.read().await?;
    let head = storage::content::article_head(&mut conn, number).await?.ok_or(Error::NotFound)?;
    let found = storage::content::article_version(&mut conn, &head.slug, version).await?.ok_or(Error::NotFound)?;
    Ok((head, found))
}
