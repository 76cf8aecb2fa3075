//! Notices as people read them.

use std::sync::Arc;

use domain::{
    applications::Kind,
    clock::Timestamp,
    content::notices::{Audience, Standing},
};
use storage::boxed;
use storage::content::{Notice, NoticeFilter};

use super::placeholders;
use crate::{App, Ctx, Error, Result, applications, mail::fill};

/// Notices that are looked at for home pages: of these, each reader sees the first that concern them.
const LOOKED_AT: i64 = 60;

/// Notices that are being read, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notices(ctx: &Ctx<'_>, filter: &NoticeFilter, limit: i64) -> Result<Vec<Notice>> {
    Ok(storage::content::notices(&mut ctx.app.db.read().await?, filter, ctx.now, limit).await?)
}

/// The newest notices, at most ten seconds old: what home pages are made from, each with [`concerning`].
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest_notices(ctx: &Ctx<'_>) -> Result<Arc<Vec<Notice>>> {
    let (db, now) = (&ctx.app.db, ctx.now);
    let read = || async move {
        let all = NoticeFilter::default();
        Ok(storage::content::notices(&mut db.read().await?, &all, now, LOOKED_AT).await?)
    };
    ctx.app.notices.or_read(now, read).await
}

/// Those of the newest that are being read now and concern a reader.
pub fn concerning(newest: &[Notice], reader: Audience, now: Timestamp) -> impl Iterator<Item = &Notice> {
    newest.iter().filter(move |notice| notice.standing(now) == Standing::Live && notice.audience().concerns(reader))
}

/// Who reads: the institution that the person acts for, with the procedures that it has begun; nothing is known of anybody else.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn reader(ctx: &Ctx<'_>) -> Result<Option<Audience>> {
    let Ok(Some(acting)) = ctx.session().map(|session| session.institution.as_ref()) else { return Ok(None) };
    let begun = applications::foremost(ctx).await?;
    Ok(Some(reader_of(&acting.code, begun.iter().map(|standing| standing.case.kind))))
}

/// An institution as a reader, by its code and the procedures that it has begun.
pub fn reader_of(code: &str, begun: impl Iterator<Item = Kind>) -> Audience {
    Audience::of_code(code, begun)
}

/// What an address of a notice leads to.
#[derive(Clone, Debug)]
pub enum NoticeReading {
    /// The notice with its placeholders filled.
    Live(Box<Notice>),
    /// It was read once and is not any more; how it stands.
    Gone(Standing),
}

/// A notice as everybody may read it.
///
/// # Errors
/// [`Error::NotFound`] when it does not exist or was never read.
#[boxed]
pub async fn notice(ctx: &Ctx<'_>, slug: &str) -> Result<NoticeReading> {
    let found = storage::content::notice(&mut ctx.app.db.read().await?, slug).await?;
    let mut notice = found.ok_or(Error::NotFound)?;
    let begun = notice.published_at > 0 && notice.period().from <= ctx.now;
    match notice.standing(ctx.now) {
        Standing::Live => {
            notice.body = fill(&notice.body, &placeholders(ctx.app))?;
            Ok(NoticeReading::Live(Box::new(notice)))
        }
        standing @ (Standing::Ended | Standing::Withdrawn) if begun => Ok(NoticeReading::Gone(standing)),
        _ => Err(Error::NotFound),
    }
}

/// The text of a notice with its placeholders filled; one that cannot be filled stays as it was written.
pub fn notice_text(app: &App, notice: &Notice) -> String {
    fill(&notice.body, &placeholders(app)).unwrap_or_else(|_| notice.body.clone())
}

/// When the oldest notice began, for the years that can be chosen.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn first_notice(ctx: &Ctx<'_>) -> Result<Option<Timestamp>> {
    Ok(storage::content::first_notice(&mut ctx.app.db.read().await?).await?)
}
