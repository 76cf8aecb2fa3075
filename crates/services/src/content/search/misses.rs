//! Words that nothing was found for: kept for editors, handled by them, removed after their period.

use domain::{
    content::misses::{KEPT, kept},
    permissions::Permission,
};
use serde_json::{Value, json};
use storage::{boxed, search::Miss};

use crate::{App, Ctx, Result, accounts::limits, daily};

/// Kind of the job that removes words that nobody looked for any more.
pub const SWEEP: &str = "retention.search_words";
/// Words on a page.
const PAGE: i64 = 50;
/// Words of one transaction.
const FEW: i64 = 1_000;

/// Keeps a word that nothing was found for, unless it may be about a person; that it could not be kept spoils no search.
pub(super) async fn note(ctx: &Ctx<'_>, typed: &str) {
    if let Some(word) = kept(typed)
        && let Err(error) = count(ctx, &word).await
    {
        tracing::warn!(%error, "a word that nothing was found for was not kept");
    }
}

async fn count(ctx: &Ctx<'_>, word: &str) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    if limits::SEARCH_MISSES.count_from(ctx, &mut tx, &[]).await?.is_ok() {
        storage::search::count_miss(&mut tx, word, ctx.now).await?;
    }
    Ok(tx.commit().await?)
}

/// Words that nobody handled, those that were looked for most often first; `after` is the last one of the page before.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn open(ctx: &Ctx<'_>, after: Option<Miss>) -> Result<Vec<Miss>> {
    ctx.permit(Permission::EditContent)?;
    Ok(storage::search::open_misses(&mut ctx.app.db.read().await?, after.as_ref(), PAGE).await?)
}

/// Marks a word as handled; false when it was handled meanwhile. Looked for in vain again, it begins anew.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn handle(ctx: &Ctx<'_>, word: &str) -> Result<bool> {
    ctx.permit(Permission::EditContent)?;
    let mut tx = ctx.app.db.write().await?;
    if !storage::search::handle_miss(&mut tx, word, ctx.now).await? {
        return Ok(false);
    }
    ctx.audit(&mut tx, "search_word.handle", "search_words", "", word);
    tx.commit().await?;
    Ok(true)
}

/// Begins the removal of this day, once, from the morning on.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_when_due(app: &App) -> Result<()> {
    daily::begin(app, SWEEP, json!({ "page": 1 })).await
}

/// Removes one page of words that nobody looked for during their period, and leaves the next to another job; the work of a
/// [`SWEEP`] job.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep(app: &App, payload: &Value) -> Result<()> {
    let ctx = Ctx::system(app, "retention");
    let mut tx = app.db.write().await?;
    let removed = storage::search::sweep_misses(&mut tx, ctx.now - KEPT, FEW).await?;
    tx.commit().await?;
    if removed < FEW.unsigned_abs() {
        return Ok(());
    }
    let page = payload["page"].as_i64().unwrap_or(1) + 1;
    daily::go_on(&ctx, SWEEP, &page.to_string(), json!({ "page": page })).await
}
