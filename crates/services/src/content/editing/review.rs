//! From the draft to the readers: asking for a review, sending back, publishing, archiving.

use domain::{
    accounts::clean_line,
    content::{Life, Step},
    office::Matter,
    permissions::Permission,
};
use storage::boxed;
use storage::content::{ArticleHead, ArticleVersion};

use super::newest;
use crate::{
    Ctx, Error, Result,
    content::public::{Change, change},
};

/// Longest reason for sending back in characters.
const LONGEST_REASON: usize = 500;

/// What a step led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Done.
    Done,
    /// The newest version is one's own, and somebody else must publish it.
    OwnWork,
    /// The reason cannot be kept; the sentence says why.
    Slip(String),
}

/// Whether somebody else must read a version before it is published.
pub(super) fn is_reviewed(ctx: &Ctx<'_>) -> bool {
    ctx.app.rules().four_eyes.asks(Matter::Content)
}

/// Where an article stands.
pub(super) fn life(head: &ArticleHead) -> Result<Life> {
    let public = head.state.parse().map_err(Error::internal)?;
    Ok(Life { public, work: head.work.parse().map_err(Error::internal)? })
}

/// Whether a version is the person's own work.
pub(super) fn is_own(ctx: &Ctx<'_>, version: &ArticleVersion) -> bool {
    ctx.account().is_ok_and(|account| version.author == Some(account.0))
}

/// The article, its newest version and where a step leads, if the person saw the newest version.
async fn stepped(
    ctx: &Ctx<'_>,
    tx: &mut storage::Tx,
    number: &str,
    seen: i64,
    step: Step,
) -> Result<(ArticleHead, ArticleVersion, Life)> {
    ctx.permit(Permission::EditContent)?;
    let (head, version) = newest(tx, number).await?;
    let next = life(&head)?.after(step, is_reviewed(ctx)).filter(|_| head.latest == seen);
    Ok((head, version, next.ok_or(Error::ChangedMeanwhile)?))
}

/// Asks for a review of the newest version.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`].
#[boxed]
pub async fn submit(ctx: &Ctx<'_>, number: &str, seen: i64) -> Result<Moved> {
    let mut tx = ctx.app.db.write().await?;
    let (head, _, next) = stepped(ctx, &mut tx, number, seen, Step::Submit).await?;
    move_work(ctx, &mut tx, &head, next, "article.submit").await?;
    tx.commit().await?;
    Ok(Moved::Done)
}

async fn move_work(ctx: &Ctx<'_>, tx: &mut storage::Tx, head: &ArticleHead, next: Life, act: &str) -> Result<()> {
    if !storage::content::move_work(tx, head, next.work.as_str(), ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(tx, act, format!("article:{}", head.number), &head.work, next.work.as_str());
    Ok(())
}

/// Sends the newest version back to be written on, with a reason for whoever wrote it; one's own needs none.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`].
#[boxed]
pub async fn send_back(ctx: &Ctx<'_>, number: &str, seen: i64, reason: &str) -> Result<Moved> {
    let reason = match clean_line(reason, LONGEST_REASON) {
        Ok(reason) => reason,
        Err(fault) => return Ok(Moved::Slip(format!("「差し戻す理由」：{fault}"))),
    };
    let mut tx = ctx.app.db.write().await?;
    let (head, version, next) = stepped(ctx, &mut tx, number, seen, Step::SendBack).await?;
    if reason.is_empty() && !is_own(ctx, &version) {
        return Ok(Moved::Slip("「差し戻す理由」を入力してください。".to_owned()));
    }
    move_work(ctx, &mut tx, &head, next, "article.send_back").await?;
    storage::content::note_review(&mut tx, &head.slug, head.latest, &reason).await?;
    tx.commit().await?;
    Ok(Moved::Done)
}

/// Shows the newest version to readers.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`].
#[boxed]
pub async fn publish(ctx: &Ctx<'_>, number: &str, seen: i64) -> Result<Moved> {
    let mut tx = ctx.app.db.write().await?;
    let (head, version, next) = stepped(ctx, &mut tx, number, seen, Step::Publish).await?;
    if is_reviewed(ctx) && is_own(ctx, &version) {
        return Ok(Moved::OwnWork);
    }
    let name = ctx.actor_name();
    let publish = Change::Publish { version: &version, by: &name, updated_at: ctx.now };
    if !change(&mut tx, &head.number, publish, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "article.publish", format!("article:{}", head.number), &head.state, next.public.as_str());
    tx.commit().await?;
    Ok(Moved::Done)
}

/// Takes a published article out of sight.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`].
#[boxed]
pub async fn archive(ctx: &Ctx<'_>, number: &str, seen: i64) -> Result<Moved> {
    let mut tx = ctx.app.db.write().await?;
    let (head, _, next) = stepped(ctx, &mut tx, number, seen, Step::Archive).await?;
    if !change(&mut tx, &head.number, Change::Archive { slug: &head.slug }, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "article.archive", format!("article:{}", head.number), &head.state, next.public.as_str());
    tx.commit().await?;
    Ok(Moved::Done)
}
