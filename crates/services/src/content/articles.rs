//! Articles and FAQ as people read them.

use std::str::FromStr;

use domain::{applications::Kind, permissions::Permission};
use storage::boxed;
use storage::content::{Article, ArticleEntry, ArticleFile};

use super::{placeholders, public};
use crate::{Ctx, Error, Result, mail::fill};

/// Most articles that the page of a procedure leads to.
const ABOUT: i64 = 6;
/// Articles on a page of a list.
const LISTED: usize = 100;

/// An article that somebody opens.
#[derive(Clone, Debug)]
pub enum Reading {
    /// It is published.
    Shown(Box<Shown>),
    /// It was published and is no longer.
    Gone {
        /// Its title.
        title: String,
        /// Its number.
        number: String,
    },
}

/// A published article.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The article with its placeholders filled.
    pub article: Article,
    /// Procedures that it is about.
    pub related: Vec<Kind>,
    /// Files that it shows or offers.
    pub files: Vec<ArticleFile>,
    /// Those of them that stand below the text.
    pub attachments: Vec<ArticleFile>,
}

/// An article by slug or number, or that it is no longer published.
///
/// # Errors
/// [`Error::NotFound`] when it was never published.
#[boxed]
pub async fn article(ctx: &Ctx<'_>, name: &str) -> Result<Reading> {
    let mut conn = ctx.app.db.read().await?;
    let mut article = storage::content::article(&mut conn, name).await?.ok_or(Error::NotFound)?;
    if article.state != "published" {
        return Ok(Reading::Gone { title: article.title, number: article.number });
    }
    let has_files = !article.attachments.is_empty() || article.body.contains("file:");
    let files = if has_files {
        let most = i64::try_from(domain::content::files::MOST_FILES).unwrap_or(i64::MAX);
        let all = storage::content::files_of(&mut conn, &article.slug, most).await?;
        all.into_iter().filter(|file| file.is_public).collect()
    } else {
        vec![]
    };
    article.body = fill(&article.body, &placeholders(ctx.app))?;
    let attached = public::ids(&article.attachments);
    let attachments = attached.iter().filter_map(|id| files.iter().find(|file| file.id == id.0).cloned()).collect();
    let related = kinds(&article.related);
    Ok(Reading::Shown(Box::new(Shown { article, related, files, attachments })))
}

/// Procedures that stand in a column, separated by spaces.
pub(super) fn kinds(column: &str) -> Vec<Kind> {
    column.split_whitespace().filter_map(|word| Kind::from_str(word).ok()).collect()
}

/// A page of the articles of a kind (`article` or `faq`) by category and number, and whether more follow; `after` is the number
/// of the last one of the page before, empty for the first page.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn articles(ctx: &Ctx<'_>, kind: &str, after: &str) -> Result<(Vec<ArticleEntry>, bool)> {
    let page = i64::try_from(LISTED).map_err(Error::internal)?;
    let mut found = storage::content::articles(&mut ctx.app.db.read().await?, kind, after, page + 1).await?;
    let more = found.len() > LISTED;
    found.truncate(LISTED);
    Ok((found, more))
}

/// The newest articles about a procedure, without the one that is read before its form.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn articles_about(ctx: &Ctx<'_>, kind: Kind) -> Result<Vec<ArticleEntry>> {
    let found = storage::content::articles_about(&mut ctx.app.db.read().await?, kind.as_str(), ABOUT + 1).await?;
    let others = found.into_iter().filter(|entry| entry.number != kind.article());
    Ok(others.take(usize::try_from(ABOUT).unwrap_or_default()).collect())
}

/// A file and its content.
#[derive(Clone, Debug)]
pub struct OpenedFile {
    /// What it is.
    pub file: ArticleFile,
    /// Its content; none when the browser has it already.
    pub content: Vec<u8>,
}

/// A file of an article: of a published text for everyone, any other for editors only. With `known`, the content that
/// the browser has is not read again.
///
/// # Errors
/// [`Error::NotFound`] when it does not exist or is not for this person.
#[boxed]
pub async fn open_file(ctx: &Ctx<'_>, id: domain::ids::FileId, known: bool) -> Result<OpenedFile> {
    let mut conn = ctx.app.db.read().await?;
    let file = storage::content::file(&mut conn, id).await?.ok_or(Error::NotFound)?;
    if !file.is_public && ctx.permit(Permission::EditContent).is_err() {
        return Err(Error::NotFound);
    }
    let content = if known { None } else { storage::content::file_content(&mut conn, id).await? };
    Ok(OpenedFile { file, content: content.unwrap_or_default() })
}
