//! Decisions on one case. The inner functions take a transaction, so that several decisions, a rule or a second person can
//! end in the same verb.

use domain::{
    applications::{Event, Facts, Kind, Life, State},
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId, JobId, ProposalId},
};
use serde_json::json;
use storage::boxed;
use storage::{Tx, applications::Application, master_accounts::MasterAccount};

use super::super::{TAKE_EFFECT, advance, effects, facts::way_of_paying, facts_of, record, reviewing, tell};
use super::second::{Deed, proposed};
use crate::{Ctx, Error, Result, letters::NewSecret};

/// Longest reason in characters.
const LONGEST_REASON: usize = 500;

/// What a decision led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Done; the new state.
    Done(State),
    /// Someone was faster; the page shows the case as it is now.
    ChangedMeanwhile,
    /// A reason is needed.
    ReasonMissing,
    /// Something stands against the acceptance now; the sentence says what.
    StandsAgainst(String),
    /// A second person is asked (four eyes).
    Proposed(ProposalId),
}

/// Nobody decides what they filed, prepared, answered for or accepted before (spec 1.2).
pub(super) async fn may_decide(ctx: &Ctx<'_>, case: &Application) -> Result<()> {
    let me = permitted(ctx, case)?;
    let mut conn = ctx.app.db.read().await?;
    if storage::applications::has_hand_in(&mut conn, case.id, me).await? { Err(Error::Forbidden) } else { Ok(()) }
}

fn permitted(ctx: &Ctx<'_>, case: &Application) -> Result<AccountId> {
    ctx.permit(reviewing(case.kind))?;
    let me = ctx.account()?;
    if case.created_by == me || case.submitted_by == Some(me) { Err(Error::Forbidden) } else { Ok(me) }
}

/// The case as it stands, for a person who may decide it and saw this version.
pub(super) async fn decidable(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    id: ApplicationId,
    version: i64,
) -> Result<Option<Application>> {
    let found = storage::applications::find(tx, id).await?.ok_or(Error::NotFound)?;
    let me = permitted(ctx, &found)?;
    if storage::applications::has_hand_in(tx, id, me).await? {
        return Err(Error::Forbidden);
    }
    let mine = found.assignee.is_none() || found.assignee == Some(me);
    Ok((found.version == version && found.state.is_open_for_review() && mine).then_some(found))
}

/// Takes a case; nobody else can decide it until it is released.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case.
#[boxed]
pub async fn take(ctx: &Ctx<'_>, id: ApplicationId, version: i64) -> Result<Decision> {
    let mut tx = ctx.app.db.write().await?;
    let decision = take_in(ctx, &mut tx, id, version).await?;
    tx.commit().await?;
    Ok(decision)
}

pub(super) async fn take_in(ctx: &Ctx<'_>, tx: &mut Tx, id: ApplicationId, version: i64) -> Result<Decision> {
    let Some(seen) = decidable(ctx, tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    let Ok(to) = seen.kind.after(seen.state, Event::Take) else { return Ok(Decision::ChangedMeanwhile) };
    if !storage::applications::advance(tx, &seen, to, Some(ctx.account()?), &[], ctx.now).await? {
        return Ok(Decision::ChangedMeanwhile);
    }
    record(ctx, tx, id, Event::Take, seen.state, to, "").await?;
    Ok(Decision::Done(to))
}

/// Lets go of a case.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn release(ctx: &Ctx<'_>, id: ApplicationId, version: i64) -> Result<Decision> {
    let mut tx = ctx.app.db.write().await?;
    let decision = release_in(ctx, &mut tx, id, version).await?;
    tx.commit().await?;
    Ok(decision)
}

pub(super) async fn release_in(ctx: &Ctx<'_>, tx: &mut Tx, id: ApplicationId, version: i64) -> Result<Decision> {
    let Some(seen) = decidable(ctx, tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    if seen.state != State::InReview {
        return Ok(Decision::ChangedMeanwhile);
    }
    Ok(Decision::Done(advance(ctx, tx, &seen, Event::Release, "").await?))
}

/// Brings a case that nobody has taken into review, so that a decision is one step for whoever decides.
pub(super) async fn taken(ctx: &Ctx<'_>, tx: &mut Tx, seen: Application) -> Result<Application> {
    if seen.state != State::Submitted {
        return Ok(seen);
    }
    let to = seen.kind.after(seen.state, Event::Take)?;
    let assignee = ctx.account().ok();
    if !storage::applications::advance(tx, &seen, to, assignee, &[], ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    record(ctx, tx, seen.id, Event::Take, seen.state, to, "").await?;
    Ok(Application { state: to, version: seen.version + 1, assignee, ..seen })
}

/// The case in the hands of a person who may decide it and saw this version; none when it is not as it was seen.
pub(crate) async fn taken_by_me(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    id: ApplicationId,
    version: i64,
) -> Result<Option<Application>> {
    let Some(seen) = decidable(ctx, tx, id, version).await? else { return Ok(None) };
    if seen.assignee.is_some() { Ok(Some(seen)) } else { taken(ctx, tx, seen).await.map(Some) }
}

/// The secrets that accepting a case gives out.
#[derive(Debug, Default)]
pub struct Secrets {
    /// That of the letter that is ordered for a certificate.
    letter: Option<NewSecret>,
    /// Those of the master accounts that an institution gets when it begins.
    accounts: Vec<MasterAccount>,
}

/// The secrets that accepting a case gives out; they are made before the transaction, because hashing is slow.
pub(crate) async fn secrets_for(ctx: &Ctx<'_>, case: &Application) -> Result<Secrets> {
    Ok(Secrets {
        letter: match case.kind {
            Kind::Certificate => Some(crate::letters::new_secret(ctx).await?),
            Kind::Eligibility | Kind::Claims | Kind::Common(_) => None,
        },
        accounts: crate::master_accounts::first(ctx, case).await?,
    })
}

/// Accepts a case. A certificate application gets its fee and its letter in the same transaction.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case.
#[boxed]
pub async fn accept(ctx: &Ctx<'_>, id: ApplicationId, version: i64) -> Result<Decision> {
    let case = storage::applications::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    permitted(ctx, &case)?;
    let secrets = secrets_for(ctx, &case).await?;
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    if let Some(why) = effects::stands_against(&mut tx, &seen).await? {
        return Ok(Decision::StandsAgainst(why));
    }
    let decision = match proposed(ctx, &mut tx, &seen, Deed::Accept).await? {
        Some(id) => Decision::Proposed(id),
        None => Decision::Done(accept_in(ctx, &mut tx, seen, secrets, "").await?),
    };
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(decision)
}

/// Accepts a case that was seen, in the caller's transaction: who may do so was asked before. `secrets` are those of
/// `secrets_for`; `note` stands in the case's life.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when the state does not allow it, something stands against it, or someone was faster.
pub async fn accept_in(ctx: &Ctx<'_>, tx: &mut Tx, seen: Application, secrets: Secrets, note: &str) -> Result<State> {
    if effects::stands_against(tx, &seen).await?.is_some() {
        return Err(Error::ChangedMeanwhile);
    }
    let seen = taken(ctx, tx, seen).await?;
    let to = advance(ctx, tx, &seen, Event::Accept, note).await?;
    if let Some(secret) = secrets.letter {
        let payment = payment_in(tx, seen.institution_id).await?;
        crate::fees::charge(ctx, tx, &seen, &payment).await?;
        crate::letters::order_issuance(ctx, tx, &seen, secret).await?;
    } else if seen.kind.life() != Life::Once {
        supersede(ctx, tx, &seen).await?;
        schedule_effect(ctx, tx, &seen).await?;
    }
    effects::after_acceptance(ctx, tx, &seen).await?;
    crate::master_accounts::issue(ctx, tx, secrets.accounts).await?;
    let payment = payment_in(tx, seen.institution_id).await?;
    let mut further = tell::after_acceptance(ctx, &seen);
    further.push(("fee_payment", tell::payment_words(ctx, &payment)));
    further.extend(crate::master_accounts::told(ctx, tx, &seen).await?);
    tell::about(ctx, tx, &seen, tell::text_of(seen.kind, Event::Accept), &further).await?;
    Ok(to)
}

/// The institution's way of paying: the latest filed answer of either procedure; deduction if none is known.
pub(crate) async fn payment_in(tx: &mut Tx, institution: InstitutionId) -> Result<String> {
    let kinds = [Kind::Eligibility, Kind::Claims];
    let latest = storage::applications::latest_filed(tx, &kinds, &[institution]).await?;
    Ok(or_deduction(way_of_paying(latest.values())))
}

fn or_deduction(chosen: &str) -> String {
    if chosen.is_empty() { "deduction".to_owned() } else { chosen.to_owned() }
}

/// The institution's way of paying as the facts of a form know it.
pub(in super::super) fn payment_of(facts: &Facts) -> String {
    or_deduction(&facts.known.fee_payment)
}

async fn supersede(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    for earlier in storage::applications::open_by_kind(tx, case.institution_id, case.kind, case.id).await? {
        advance(ctx, tx, &earlier, Event::Supersede, "").await?;
        tell::about(ctx, tx, &earlier, tell::text_of(case.kind, Event::Supersede), &[]).await?;
    }
    Ok(())
}

async fn schedule_effect(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    let start = case.kind.procedure().start(&case.answers);
    let at = start.map_or(ctx.now, |start| Timestamp::start_of_day(start.first_day()).max(ctx.now));
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("take_effect:{}", case.id);
    storage::jobs::enqueue(tx, job, TAKE_EFFECT, Some(&key), json!({ "application": case.id }), at).await?;
    Ok(())
}

pub(super) fn clean(text: &str) -> String {
    domain::accounts::clean_text(text, LONGEST_REASON).unwrap_or_default()
}

/// Reasons that say something, cleaned.
pub(super) fn said(reasons: &[(String, String)]) -> Vec<(String, String)> {
    let cleaned = reasons.iter().map(|(key, text)| (key.clone(), clean(text)));
    cleaned.filter(|(_, text)| !text.is_empty()).collect()
}

/// Asks the applicant to correct fields; reasons are pairs of field key and sentence.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case.
#[boxed]
pub async fn return_for_correction(
    ctx: &Ctx<'_>,
    id: ApplicationId,
    version: i64,
    reasons: &[(String, String)],
) -> Result<Decision> {
    let reasons = said(reasons);
    if reasons.is_empty() {
        return Ok(Decision::ReasonMissing);
    }
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    let to = return_in(ctx, &mut tx, seen, &reasons).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decision::Done(to))
}

/// Returns a case that was seen, in the caller's transaction: who may do so was asked before.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when the state does not allow it or someone was faster.
pub async fn return_in(ctx: &Ctx<'_>, tx: &mut Tx, seen: Application, reasons: &[(String, String)]) -> Result<State> {
    let seen = taken(ctx, tx, seen).await?;
    let to = seen.kind.after(seen.state, Event::Return)?;
    if !storage::applications::advance(tx, &seen, to, None, reasons, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let lines = labelled(ctx, &seen, reasons).await?;
    record(ctx, tx, seen.id, Event::Return, seen.state, to, &lines).await?;
    let further = [("reasons", lines), tell::correction_until(ctx)];
    tell::about(ctx, tx, &seen, tell::text_of(seen.kind, Event::Return), &further).await?;
    Ok(to)
}

async fn labelled(ctx: &Ctx<'_>, case: &Application, reasons: &[(String, String)]) -> Result<String> {
    let facts = facts_of(ctx, case.institution_id, case.kind).await?;
    let sections = case.kind.procedure().sections(&facts, &case.answers);
    let label = |key: &str| {
        let field = sections.iter().flat_map(|section| &section.fields).find(|field| field.key == key);
        field.map_or("全体", |field| field.label.as_str()).to_owned()
    };
    Ok(reasons.iter().map(|(key, text)| format!("{}：{text}", label(key))).collect::<Vec<_>>().join("\n"))
}

/// Refuses a case for good.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case.
#[boxed]
pub async fn reject(ctx: &Ctx<'_>, id: ApplicationId, version: i64, reason: &str) -> Result<Decision> {
    let reason = clean(reason);
    if reason.is_empty() {
        return Ok(Decision::ReasonMissing);
    }
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    let decision = match proposed(ctx, &mut tx, &seen, Deed::Reject(&reason)).await? {
        Some(id) => Decision::Proposed(id),
        None => Decision::Done(reject_in(ctx, &mut tx, seen, &reason).await?),
    };
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(decision)
}

/// Refuses a case that was seen, in the caller's transaction: who may do so was asked before.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when the state does not allow it or someone was faster.
pub async fn reject_in(ctx: &Ctx<'_>, tx: &mut Tx, seen: Application, reason: &str) -> Result<State> {
    let seen = taken(ctx, tx, seen).await?;
    let to = advance(ctx, tx, &seen, Event::Reject, reason).await?;
    let further = [("reason", reason.to_owned())];
    tell::about(ctx, tx, &seen, tell::text_of(seen.kind, Event::Reject), &further).await?;
    Ok(to)
}
