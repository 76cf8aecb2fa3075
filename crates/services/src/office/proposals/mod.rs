//! Four eyes: one person proposes an act, another one approves it, and only then it is done (spec 6.2).

mod acts;

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{AccountId, ApplicationId, ProposalId},
    office::{Matter, settings::Difference},
    permissions::{Permission, allows},
};
use storage::proposals::{End, New, Proposal};
use storage::{Tx, boxed};

pub(crate) use acts::Act;

use crate::{
    Ctx, Error, Result,
    mail::{Letterhead, queue},
};

/// Longest reason and note in characters.
const LONGEST: usize = 500;
/// Longest list of what waits.
const MOST: i64 = 200;
/// Rows on a page of what was decided.
const PAGE: i64 = 50;

/// A proposal as its page shows it.
#[derive(Clone, Debug)]
pub struct View {
    /// The proposal.
    pub proposal: Proposal,
    /// Its matter.
    pub matter: Matter,
    /// Whether the person proposed it.
    pub own: bool,
    /// Whether the person may approve or refuse it now.
    pub may_decide: bool,
    /// What it would change, against what applies now.
    pub differences: Vec<Difference>,
    /// The case that it is about.
    pub case: Option<ApplicationId>,
}

/// What an answer to a proposal led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Done.
    Done,
    /// Someone answered it before.
    Before,
    /// What it is about changed meanwhile; the sentence says what to do.
    Stale(&'static str),
    /// A reason is needed.
    ReasonMissing,
}

/// The matter and procedure of a proposal.
fn matter_of(proposal: &Proposal) -> Result<(Matter, Option<Kind>)> {
    let matter = proposal.matter.parse().map_err(Error::internal)?;
    Ok((matter, acts::parse(&proposal.act)?.kind()))
}

fn permission_of(proposal: &Proposal) -> Result<Permission> {
    let (matter, kind) = matter_of(proposal)?;
    Ok(matter.permission(kind))
}

/// Proposes an act; none when another one about the same subject waits already.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn propose(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    act: &Act,
    subject: &str,
    words: &str,
    note: &str,
) -> Result<Option<ProposalId>> {
    let session = ctx.session()?;
    let id = ProposalId::new(ctx.now, &*ctx.app.randomness);
    let matter = act.matter()?;
    let written = serde_json::to_string(act).map_err(Error::internal)?;
    let new = New {
        id,
        matter: matter.as_str(),
        subject,
        act: &written,
        words,
        note,
        by: session.account_id,
        name: &session.name,
    };
    if !storage::proposals::insert(tx, &new, ctx.now).await? {
        return Ok(None);
    }
    ctx.audit(tx, "proposal.make", format!("proposal:{id}"), "", &written);
    tell_others(ctx, tx, id, matter.permission(act.kind()), words).await?;
    Ok(Some(id))
}

/// Tells everyone else who may approve.
async fn tell_others(ctx: &Ctx<'_>, tx: &mut Tx, id: ProposalId, needs: Permission, words: &str) -> Result<()> {
    let me = ctx.account()?;
    let staff = storage::accounts::staff(tx).await?.into_iter().filter(|one| !one.disabled && one.id != me);
    for one in staff.filter(|one| allows(&one.roles, needs)) {
        let head = Letterhead { account: Some(one.id), ..Letterhead::new("proposal_waiting", &one.email) };
        let values = [
            ("person", one.name),
            ("proposal", words.to_owned()),
            ("proposer", ctx.actor_name()),
            ("page_url", format!("{}/office/proposals/{id}", ctx.app.settings.portal_url)),
        ];
        queue(ctx, tx, &head, &values).await?;
    }
    Ok(())
}

fn visible(ctx: &Ctx<'_>, proposal: &Proposal) -> bool {
    ctx.permit(Permission::ReadSettings).is_ok() && !proposal.subject.starts_with("certificate:")
        || ctx.permit(Permission::ReadAudit).is_ok()
        || permission_of(proposal).is_ok_and(|needs| ctx.permit(needs).is_ok())
}

/// What waits and the person may see, oldest first, at most 200.
///
/// # Errors
/// [`Error::Forbidden`] for people who are not staff.
#[boxed]
pub async fn waiting(ctx: &Ctx<'_>) -> Result<Vec<View>> {
    staff(ctx)?;
    let all = storage::proposals::waiting(&mut ctx.app.db.read().await?, MOST).await?;
    all.into_iter().filter(|one| visible(ctx, one)).map(|one| view(ctx, one)).collect()
}

/// How many wait that the person may decide.
///
/// # Errors
/// [`Error::Forbidden`] for people who are not staff.
#[boxed]
pub async fn count_for_me(ctx: &Ctx<'_>) -> Result<i64> {
    let count = waiting(ctx).await?.iter().filter(|one| one.may_decide).count();
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// What ended in a state (`approved`, `refused`, `withdrawn`), newest first, as far as the person may see it.
///
/// # Errors
/// [`Error::Forbidden`] for people who are not staff.
#[boxed]
pub async fn ended(ctx: &Ctx<'_>, state: &str, after: Option<(Timestamp, ProposalId)>) -> Result<Vec<View>> {
    staff(ctx)?;
    let all = storage::proposals::decided(&mut ctx.app.db.read().await?, state, after, PAGE).await?;
    all.into_iter().filter(|one| visible(ctx, one)).map(|one| view(ctx, one)).collect()
}

fn staff(ctx: &Ctx<'_>) -> Result<()> {
    if ctx.session()?.staff { Ok(()) } else { Err(Error::Forbidden) }
}

fn view(ctx: &Ctx<'_>, proposal: Proposal) -> Result<View> {
    let own = proposal.proposed_by == ctx.account()?.0;
    let may_decide = !own && proposal.state == "waiting" && ctx.permit(permission_of(&proposal)?).is_ok();
    let matter = matter_of(&proposal)?.0;
    Ok(View { matter, own, may_decide, proposal, differences: vec![], case: None })
}

/// One proposal; seeing it is recorded.
///
/// # Errors
/// [`Error::NotFound`] when it does not exist, [`Error::Forbidden`] without the permission of its matter.
#[boxed]
pub async fn one(ctx: &Ctx<'_>, id: ProposalId) -> Result<View> {
    staff(ctx)?;
    let found = storage::proposals::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    if !visible(ctx, &found) {
        return Err(Error::Forbidden);
    }
    let shown = acts::parse(&found.act)?.shown(ctx).await?;
    Ok(View { differences: shown.differences, case: shown.case, ..view(ctx, found)? })
}

/// The proposal that waits about a subject, if one does.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn waiting_about(ctx: &Ctx<'_>, subject: &str) -> Result<Option<Proposal>> {
    staff(ctx)?;
    Ok(storage::proposals::waiting_for(&mut ctx.app.db.read().await?, subject).await?)
}

/// A proposal that the person may answer: never one's own (spec 1.2).
async fn answerable(ctx: &Ctx<'_>, tx: &mut Tx, id: ProposalId) -> Result<Proposal> {
    let found = storage::proposals::find(tx, id).await?.ok_or(Error::NotFound)?;
    ctx.permit(permission_of(&found)?)?;
    if found.proposed_by == ctx.account()?.0 { Err(Error::Forbidden) } else { Ok(found) }
}

async fn end(ctx: &Ctx<'_>, tx: &mut Tx, id: ProposalId, state: &str, reason: &str) -> Result<bool> {
    let session = ctx.session()?;
    let end = End { state, by: session.account_id, name: &session.name, reason };
    let ended = storage::proposals::decide(tx, id, &end, ctx.now).await?;
    if ended {
        ctx.audit(tx, &format!("proposal.{state}"), format!("proposal:{id}"), "waiting", &format!("{state}:{reason}"));
    }
    Ok(ended)
}

/// Approves a proposal and does what it says, in one transaction.
///
/// # Errors
/// [`Error::Forbidden`] without the permission of its matter, or for one's own.
#[boxed]
pub async fn approve(ctx: &Ctx<'_>, id: ProposalId) -> Result<Answered> {
    let found = storage::proposals::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    let act = acts::parse(&found.act)?;
    let ready = act.ready(ctx).await?;
    let mut tx = ctx.app.db.write().await?;
    let found = answerable(ctx, &mut tx, id).await?;
    if !end(ctx, &mut tx, id, "approved", "").await? {
        return Ok(Answered::Before);
    }
    if let Err(words) = acts::perform(ctx, &mut tx, act, &found, ready).await? {
        return Ok(Answered::Stale(words));
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    ctx.app.refresh_if_changed().await?;
    Ok(Answered::Done)
}

/// Refuses a proposal; nothing is done.
///
/// # Errors
/// [`Error::Forbidden`] without the permission of its matter, or for one's own.
#[boxed]
pub async fn refuse(ctx: &Ctx<'_>, id: ProposalId, reason: &str) -> Result<Answered> {
    let reason = domain::accounts::clean_text(reason, LONGEST).unwrap_or_default();
    if reason.is_empty() {
        return Ok(Answered::ReasonMissing);
    }
    let mut tx = ctx.app.db.write().await?;
    answerable(ctx, &mut tx, id).await?;
    finish(ctx, tx, id, "refused", &reason).await
}

/// Takes one's own proposal back.
///
/// # Errors
/// [`Error::Forbidden`] for somebody else's.
#[boxed]
pub async fn withdraw(ctx: &Ctx<'_>, id: ProposalId) -> Result<Answered> {
    let mut tx = ctx.app.db.write().await?;
    let found = storage::proposals::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    ctx.permit(permission_of(&found)?)?;
    if AccountId(found.proposed_by) != ctx.account()? {
        return Err(Error::Forbidden);
    }
    finish(ctx, tx, id, "withdrawn", "").await
}

async fn finish(ctx: &Ctx<'_>, mut tx: Tx, id: ProposalId, state: &str, reason: &str) -> Result<Answered> {
    if !end(ctx, &mut tx, id, state, reason).await? {
        return Ok(Answered::Before);
    }
    tx.commit().await?;
    Ok(Answered::Done)
}
