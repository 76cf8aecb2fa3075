//! Who belongs where: lists, the choice of an institution, the end of a membership.

use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    ids::{AccountId, InstitutionId, MembershipId},
};
use storage::boxed;
use storage::{
    Tx,
    accounts::{Membership, Proof},
};

use super::{
    super::letter_to, ACTIVE, REMOVED, ROLE_OWNER, ROLE_STAFF, code::accepted_until, invite::void_invitations,
    is_pending, owners,
};
use crate::{Ctx, Error, Result, mail::queue};

/// How many of those who ask an owner sees at once; as they are answered, the next come up.
const MOST_WAITING: i64 = 200;

/// One of the person's own memberships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mine {
    /// The membership.
    pub membership: Membership,
    /// The letter with its code that was ordered last, if any.
    pub letter: Option<Proof>,
    /// Until when the code is accepted; none when no code is on its way.
    pub code_until: Option<Timestamp>,
}

/// The memberships of the person who is logged in, ended ones left out, by code.
///
/// # Errors
/// [`Error::LoginRequired`].
#[boxed]
pub async fn mine(ctx: &Ctx<'_>) -> Result<Vec<Mine>> {
    let account = ctx.account()?;
    let mut conn = ctx.app.db.read().await?;
    let mut list = vec![];
    for membership in storage::accounts::memberships_of_account(&mut conn, account).await? {
        if membership.state == REMOVED {
            continue;
        }
        let letter = match is_pending(&membership.state) {
            true => storage::accounts::proof(&mut conn, membership.id).await?,
            false => None,
        };
        let code_until = accepted_until(&membership, letter.as_ref());
        list.push(Mine { membership, letter, code_until });
    }
    Ok(list)
}

/// Members of the institution that the owner acts for, oldest first, and behind them those who have asked to be for longest.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners.
#[boxed]
pub async fn members(ctx: &Ctx<'_>) -> Result<Vec<Membership>> {
    let institution = ctx.owner()?;
    let mut conn = ctx.app.db.read().await?;
    let mut all = storage::accounts::members_in_force(&mut conn, institution).await?;
    all.extend(storage::accounts::memberships_asked_for(&mut conn, institution, MOST_WAITING).await?);
    Ok(all)
}

/// Chooses the institution for which the person acts in this session.
///
/// # Errors
/// [`Error::NotFound`] when the person does not belong to it.
#[boxed]
pub async fn choose(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<()> {
    let session = ctx.session()?;
    let found =
        storage::accounts::membership_of(&mut ctx.app.db.read().await?, session.account_id, institution).await?;
    found.filter(|membership| membership.state == ACTIVE).ok_or(Error::NotFound)?;
    let mut tx = ctx.app.db.write().await?;
    storage::sessions::choose(&mut tx, &session.token_hash, institution).await?;
    tx.commit().await?;
    Ok(())
}

/// What ending a membership led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It has ended; at their next click the person can no longer act for the institution.
    Done,
    /// It is the only owner: another member must become owner first.
    LastOwner,
}

/// Ends a membership at once: an owner's act for any member, or a person's own. No invitation of the person's outlives it.
///
/// # Errors
/// [`Error::NotFound`] for another institution's, [`Error::ChangedMeanwhile`] when it has ended.
#[boxed]
pub async fn remove(ctx: &Ctx<'_>, id: MembershipId) -> Result<Removed> {
    let mut tx = ctx.app.db.write().await?;
    let membership = removable(ctx, &mut tx, id).await?;
    storage::accounts::hold_institution(&mut tx, membership.institution_id).await?;
    let members = storage::accounts::members_in_force(&mut tx, membership.institution_id).await?;
    let owner = membership.state == ACTIVE && membership.role == ROLE_OWNER;
    if owner && !owners(&members).any(|other| other.id != id) {
        tx.rollback().await?;
        return Ok(Removed::LastOwner);
    }
    let (from, by) = (membership.state.as_str(), ctx.actor_id());
    if !storage::accounts::decide_membership(&mut tx, id, from, REMOVED, &by, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    storage::accounts::kill_proofs(&mut tx, id).await?;
    void_invitations(ctx, &mut tx, membership.institution_id, &membership.person_email).await?;
    if membership.account_id != ctx.account()? {
        storage::sessions::end_at(&mut tx, membership.account_id, membership.institution_id).await?;
        tell_removed(ctx, &mut tx, &membership).await?;
    }
    ctx.audit(&mut tx, "membership.remove", format!("membership:{id}"), from, REMOVED);
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Removed::Done)
}

/// A membership that the person may end: their own, or one of the institution they own.
async fn removable(ctx: &Ctx<'_>, tx: &mut Tx, id: MembershipId) -> Result<Membership> {
    let account: AccountId = ctx.account()?;
    let membership = storage::accounts::membership(tx, id).await?.ok_or(Error::NotFound)?;
    let owned = ctx.owner().is_ok_and(|institution| institution == membership.institution_id);
    if membership.account_id != account && !owned {
        return Err(Error::NotFound);
    }
    if membership.state == ACTIVE || is_pending(&membership.state) {
        Ok(membership)
    } else {
        Err(Error::ChangedMeanwhile)
    }
}

async fn tell_removed(ctx: &Ctx<'_>, tx: &mut Tx, membership: &Membership) -> Result<()> {
    let values = [
        ("institution", membership.institution_name.clone()),
        ("person", membership.person_name.clone()),
        ("when", japanese_datetime(ctx.now)),
    ];
    queue(ctx, tx, &letter_to("member_removed", membership.account_id, &membership.person_email), &values).await
}

/// Makes another member an owner too, so that an only owner can leave.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners, [`Error::NotFound`] for another institution's,
/// [`Error::ChangedMeanwhile`] when it is not in force.
#[boxed]
pub async fn make_owner(ctx: &Ctx<'_>, id: MembershipId) -> Result<()> {
    let institution = ctx.owner()?;
    let mut tx = ctx.app.db.write().await?;
    let found = storage::accounts::membership(&mut tx, id).await?;
    found.filter(|membership| membership.institution_id == institution).ok_or(Error::NotFound)?;
    if !storage::accounts::set_member_role(&mut tx, id, ROLE_OWNER).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "membership.make_owner", format!("membership:{id}"), ROLE_STAFF, ROLE_OWNER);
    tx.commit().await?;
    Ok(())
}
