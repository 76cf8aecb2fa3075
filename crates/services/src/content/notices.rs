//! Notices as people read them.

use std::sync::Arc;

use storage::boxed;
use storage::content::Notice;

use super::placeholders;
use crate::{Ctx, Error, Result, mail::fill};

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
