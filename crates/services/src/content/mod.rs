//! Notices, articles, documents and the search over them.

mod built_in;
mod seed;

pub use seed::{seed, seed_notices};

use std::sync::Arc;

use domain::calendar::japanese_date;
use domain::clock::Timestamp;
use domain::typed::search_key;
use std::collections::BTreeMap;
use storage::boxed;
use storage::content::{Article, Document, Notice};

use crate::{App, Ctx, Error, Result, mail::fill};

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
    let (articles, notices) = storage::content::search(&mut ctx.app.db.read().await?, &needle, ctx.now).await?;
    Ok(Found { articles, notices, words })
}

/// Published notices, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notices(ctx: &Ctx<'_>, limit: i64) -> Result<Vec<Notice>> {
    Ok(storage::content::notices(&mut ctx.app.db.read().await?, ctx.now, limit).await?)
}

/// The newest notices, at most ten seconds old: what stands on home pages.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest_notices(ctx: &Ctx<'_>) -> Result<Arc<Vec<Notice>>> {
    const SHOWN: i64 = 3;
    match ctx.app.notices.get(ctx.now) {
        Some(newest) => Ok(newest),
        None => Ok(ctx.app.notices.keep(ctx.now, notices(ctx, SHOWN).await?)),
    }
}

/// A notice with its placeholders filled.
///
/// # Errors
/// [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn notice(ctx: &Ctx<'_>, slug: &str) -> Result<Notice> {
    let found = storage::content::notice(&mut ctx.app.db.read().await?, slug).await?;
    let mut notice = found.filter(|notice| notice.published_at <= ctx.now.as_millis()).ok_or(Error::NotFound)?;
    notice.body = fill(&notice.body, &placeholders(ctx.app))?;
    Ok(notice)
}

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

/// Counts a reading of an article.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_article_view(ctx: &Ctx<'_>, slug: &str) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    storage::content::count_article_view(&mut tx, slug).await?;
    Ok(tx.commit().await?)
}

/// Counts a reading of a notice.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_notice_view(ctx: &Ctx<'_>, slug: &str) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    storage::content::count_notice_view(&mut tx, slug).await?;
    Ok(tx.commit().await?)
}

/// A document: the version in force or the one asked for, with its placeholders filled.
///
/// # Errors
/// [`Error::NotFound`] when it does not exist or is not in force yet.
#[boxed]
pub async fn document(ctx: &Ctx<'_>, slug: &str, version: Option<&str>) -> Result<Document> {
    let mut conn = ctx.app.db.read().await?;
    let found = match version {
        Some(version) => storage::content::document(&mut conn, slug, version).await?,
        None => storage::content::document_in_force(&mut conn, slug, ctx.now).await?,
    };
    let mut document = found.filter(|document| document.effective_at <= ctx.now.as_millis()).ok_or(Error::NotFound)?;
    document.body = fill(&document.body, &placeholders(ctx.app))?;
    Ok(document)
}

/// A document as a file: `pdf` or `docx`.
///
/// # Errors
/// [`Error::NotFound`] when it or the format does not exist.
#[boxed]
pub async fn document_file(ctx: &Ctx<'_>, slug: &str, version: Option<&str>, format: &str) -> Result<Vec<u8>> {
    let found = document(ctx, slug, version).await?;
    let printable = letters::Document {
        title: found.title,
        version: format!("第{}版", found.version),
        effective_date: japanese_date(Timestamp::from_millis(found.effective_at).date()),
        publisher: ctx.app.settings.operator.name.clone(),
        body: found.body,
    };
    let press = ctx.app.press.clone();
    let word = match format {
        "pdf" => false,
        "docx" => true,
        _ => return Err(Error::NotFound),
    };
    let print = move || if word { press.document_docx(&printable) } else { press.document(&printable) };
    tokio::task::spawn_blocking(print).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// Values of the placeholders in articles, notices and documents.
pub(crate) fn placeholders(app: &App) -> BTreeMap<&'static str, String> {
    let settings = &app.settings;
    let policies = app.authority.terminals.preferred().policies();
    BTreeMap::from([
        ("operator", settings.operator.name.clone()),
        ("contact", settings.operator.contact()),
        ("portal_url", settings.portal_url.clone()),
        ("closed_url", settings.closed_url.clone()),
        ("sender_domain", settings.mail_domain().to_owned()),
        ("fee", format!("{}円", domain::text::thousands(app.rules().certificate_fee_yen))),
        ("ca_name", app.authority.issuing.certificate.subject()),
        ("root_ca_name", app.authority.root.subject()),
        ("policy_oid", policies.into_iter().next().unwrap_or_default()),
        ("repository_url", format!("{}/pki", settings.portal_url)),
        ("ocsp_url", app.authority.issuing.ocsp_url()),
    ])
}
