//! Decisions of owners and reviewers about memberships that wait.

use domain::{accounts::clean_text, forms::Finding, ids::MembershipId, permissions::Permission};
use storage::boxed;
use storage::{Tx, accounts::Membership};

use super::{super::entry, REFUSED, REVIEWER, activate, is_pending, tell_declined};
use crate::{Ctx, Error, Result};

/// Memberships in a reviewer's list.
const LIST: i64 = 200;
/// Longest reason, in characters.
const REASON: usize = 500;

/// What a decision led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is decided, and the person was told.
    Done,
    /// The institution is not in the register yet; nothing can be decided before.
    NotInRegister,
    /// What is wrong; field `reason`.
    Slips(Vec<Finding>),
}

/// Takes a person in who asked for it, whatever proof was awaited; only owners may.
///
/// # Errors
/// [`Error::Forbidden`] for others, [`Error::NotFound`] for another institution's, [`Error::ChangedMeanwhile`] when
/// it no longer waits.
#[boxed]
pub async fn approve(ctx: &Ctx<'_>, id: MembershipId) -> Result<Decided> {
    let mut tx = ctx.app.db.write().await?;
    let membership = asked_of_owner(ctx, &mut tx, id).await?;
    take_in(ctx, tx, &membership).await
}

/// Declines a person who asked; only owners may.
///
/// # Errors
/// As [`approve`].
#[boxed]
pub async fn decline(ctx: &Ctx<'_>, id: MembershipId, reason: &str) -> Result<Decided> {
    ctx.owner()?;
    let reason = match reason_of(reason) {
        Ok(reason) => reason,
        Err(slip) => return Ok(Decided::Slips(vec![slip])),
    };
    let mut tx = ctx.app.db.write().await?;
    let membership = asked_of_owner(ctx, &mut tx, id).await?;
    turn_down(ctx, tx, &membership, &reason).await
}

async fn asked_of_owner(ctx: &Ctx<'_>, tx: &mut Tx, id: MembershipId) -> Result<Membership> {
    let institution = ctx.owner()?;
    let found = storage::accounts::membership(tx, id).await?;
    let membership = found.filter(|m| m.institution_id == institution).ok_or(Error::NotFound)?;
    if is_pending(&membership.state) { Ok(membership) } else { Err(Error::ChangedMeanwhile) }
}

/// Memberships that wait for a reviewer, oldest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn review_list(ctx: &Ctx<'_>) -> Result<Vec<Membership>> {
    ctx.permit(Permission::ReviewMemberships)?;
    Ok(storage::accounts::memberships_in_state(&mut ctx.app.db.read().await?, REVIEWER, LIST).await?)
}

/// Approves (`None`) or declines a membership that waits for a reviewer; never one's own (spec 1.2).
///
/// # Errors
/// [`Error::Forbidden`] without the permission, and for one's own membership or institution; [`Error::NotFound`];
/// [`Error::ChangedMeanwhile`] when it no longer waits for a reviewer.
#[boxed]
pub async fn review_decide(ctx: &Ctx<'_>, id: MembershipId, decline: Option<&str>) -> Result<Decided> {
    ctx.permit(Permission::ReviewMemberships)?;
    let reason = match decline.map(reason_of).transpose() {
        Ok(reason) => reason,
        Err(slip) => return Ok(Decided::Slips(vec![slip])),
    };
    let mut tx = ctx.app.db.write().await?;
    let membership = storage::accounts::membership(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if is_own_matter(ctx, &mut tx, &membership).await? {
        return Err(Error::Forbidden);
    }
    if membership.state != REVIEWER {
        return Err(Error::ChangedMeanwhile);
    }
    match reason {
        None => take_in(ctx, tx, &membership).await,
        Some(reason) => turn_down(ctx, tx, &membership, &reason).await,
    }
}

/// Whether a membership is the reviewer's own, or of an institution that the reviewer belongs to.
async fn is_own_matter(ctx: &Ctx<'_>, tx: &mut Tx, membership: &Membership) -> Result<bool> {
    let reviewer = ctx.account()?;
    let belongs = storage::accounts::membership_of(tx, reviewer, membership.institution_id).await?;
    Ok(membership.account_id == reviewer || belongs.is_some())
}

async fn take_in(ctx: &Ctx<'_>, mut tx: Tx, membership: &Membership) -> Result<Decided> {
    if !membership.in_register {
        tx.rollback().await?;
        return Ok(Decided::NotInRegister);
    }
    if !activate(ctx, &mut tx, membership, ctx.account()?).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "membership.approve", format!("membership:{}", membership.id), &membership.state, super::ACTIVE);
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decided::Done)
}

async fn turn_down(ctx: &Ctx<'_>, mut tx: Tx, membership: &Membership, reason: &str) -> Result<Decided> {
    let (id, from, by) = (membership.id, membership.state.as_str(), ctx.actor_id());
    if !storage::accounts::decide_membership(&mut tx, id, from, REFUSED, &by, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    storage::accounts::kill_proofs(&mut tx, id).await?;
    tell_declined(ctx, &mut tx, membership, reason).await?;
    ctx.audit(&mut tx, "membership.decline", format!("membership:{id}"), from, reason);
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decided::Done)
}

fn reason_of(typed: &str) -> Result<String, Finding> {
    match clean_text(typed, REASON) {
        Ok(reason) if reason.is_empty() => {
            Err(entry::finding("reason", "理由を入力してください。申し込んだ方に、メールでお伝えします。"))
        }
        Ok(reason) => Ok(reason),
        Err(fault) => Err(entry::finding("reason", format!("「理由」：{fault}"))),
    }
}
