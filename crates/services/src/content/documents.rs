//! Versioned documents, on pages and as files.

use domain::{calendar::japanese_date, clock::Timestamp};
use storage::boxed;
use storage::content::Document;

use super::document_placeholders;
use crate::{Ctx, Error, Result, mail::fill};

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
    document.body = fill(&document.body, &document_placeholders(ctx.app))?;
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
