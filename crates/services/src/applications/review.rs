//! Examining: queue, case, take, accept, return, reject.

use domain::{
    applications::{Event, Explanation, Facts, Kind, ReadingLine, State, reading},
    clock::Timestamp,
    forms::Answers,
    ids::{ApplicationId, EntryId, InstitutionId, JobId},
    institutions::Institution,
};
use serde_json::json;
use storage::boxed;
use storage::{
    Tx,
    applications::{Application, EventRow, LatestFilings, Listed, QueueFilter},
    letters::Letter,
    mails::Mail,
};

use super::{
    TAKE_EFFECT, advance,
    compare::{Difference, differences},
    facts::{facts_for_case, way_of_paying},
    record, reviewing, tell,
    view::explained,
};
use crate::{Ctx, Error, Result};

/// A case as its reviewer sees it.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The case.
    pub case: Application,
    /// The institution.
    pub institution: Institution,
    /// Sections with their lines.
    pub reading: Vec<(String, Vec<ReadingLine>)>,
    /// What differs from the application in force; empty for a first one.
    pub differences: Vec<Difference>,
    /// Its life.
    pub events: Vec<EventRow>,
    /// Mails about it.
    pub mails: Vec<Mail>,
    /// Letters of it, without their secrets.
    pub letters: Vec<Letter>,
    /// Certificates of it.
    pub certificates: Vec<storage::authority::Certificate>,
    /// Fees of it.
    pub fees: Vec<storage::ledger::Listed>,
    /// Name of the reviewer who has it.
    pub assignee_name: Option<String>,
    /// Whether the person may decide it now.
    pub may_decide: bool,
    /// Where it stands, in the words that its applicant reads.
    pub explanation: Explanation,
}

/// What a decision led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Done; the new state.
    Done(State),
    /// Someone was faster; the page shows the case as it is now.
    ChangedMeanwhile,
    /// A reason is needed.
    ReasonMissing,
}

/// Cases of a queue.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn queue(ctx: &Ctx<'_>, filter: &QueueFilter) -> Result<Vec<Listed>> {
    ctx.permit(super::reading(filter.kind))?;
    Ok(storage::applications::queue(&mut ctx.app.db.read().await?, filter).await?)
}

/// Numbers of open cases that the person may see.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn queue_counts(ctx: &Ctx<'_>) -> Result<Vec<(Kind, State, i64)>> {
    let counts = storage::applications::case_counts(&mut ctx.app.db.read().await?).await?;
    Ok(counts.into_iter().filter(|(kind, _, _)| ctx.permit(super::reading(*kind)).is_ok()).collect())
}

/// A case with everything its reviewer needs; seeing it is recorded (spec 6.5).
///
/// # Errors
/// [`Error::NotFound`] when it does not exist or is a draft, [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn case(ctx: &Ctx<'_>, id: ApplicationId) -> Result<CaseView> {
    ctx.session()?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::applications::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    ctx.permit(super::reading(found.kind))?;
    if found.state == State::Draft {
        return Err(Error::NotFound);
    }
    let institution = storage::institutions::find(&mut conn, found.institution_id).await?.ok_or(Error::NotFound)?;
    let events = storage::applications::events(&mut conn, id).await?;
    let mails = storage::mails::of_application(&mut conn, id).await?;
    let letters = storage::letters::of_application(&mut conn, id).await?;
    let letters = letters.into_iter().map(|l| Letter { secret_hash: None, secret_sealed: None, ..l }).collect();
    let certificates = storage::authority::of_application(&mut conn, id).await?;
    let fees = storage::ledger::of_application(&mut conn, id).await?;
    let assignee_name = match found.assignee {
        Some(account) => storage::accounts::find(&mut conn, account).await?.map(|account| account.name),
        None => None,
    };
    drop(conn);
    let facts = facts_for_case(ctx, &found, &found.answers).await?;
    let lines = reading(found.kind.procedure(), &facts, &found.answers);
    let in_force = in_force(ctx, &found).await?;
    let differences = differences(found.kind, &facts, in_force.as_ref(), &lines);
    seen(ctx, id).await?;
    let may_decide = may_decide(ctx, &found).is_ok() && found.state.is_open_for_review();
    let explanation = explained(ctx, &mut ctx.app.db.read().await?, id).await?;
    let view = CaseView {
        case: found,
        institution,
        reading: lines,
        differences,
        events,
        mails,
        letters,
        certificates,
        fees,
        assignee_name,
        may_decide,
        explanation,
    };
    Ok(view)
}

/// What a filing would replace: the answers of the application in force.
async fn in_force(ctx: &Ctx<'_>, case: &Application) -> Result<Option<Answers>> {
    if case.kind == Kind::Certificate {
        return Ok(None);
    }
    let mut conn = ctx.app.db.read().await?;
    let others = storage::applications::open_by_kind(&mut conn, case.institution_id, case.kind, case.id).await?;
    Ok(others.into_iter().next().map(|other| other.answers))
}

async fn seen(ctx: &Ctx<'_>, id: ApplicationId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "application.view", format!("application:{id}"), "", "");
    tx.commit().await?;
    Ok(())
}

/// Nobody decides what they filed or prepared (spec 1.2).
fn may_decide(ctx: &Ctx<'_>, case: &Application) -> Result<()> {
    ctx.permit(reviewing(case.kind))?;
    let me = ctx.account()?;
    if case.created_by == me || case.submitted_by == Some(me) { Err(Error::Forbidden) } else { Ok(()) }
}

/// The case as it stands, for a person who may decide it and saw this version.
async fn decidable(ctx: &Ctx<'_>, tx: &mut Tx, id: ApplicationId, version: i64) -> Result<Option<Application>> {
    let found = storage::applications::find(tx, id).await?.ok_or(Error::NotFound)?;
    may_decide(ctx, &found)?;
    let mine = found.assignee.is_none() || found.assignee == Some(ctx.account()?);
    Ok((found.version == version && found.state.is_open_for_review() && mine).then_some(found))
}

/// Takes a case; nobody else can decide it until it is released.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case.
#[boxed]
pub async fn take(ctx: &Ctx<'_>, id: ApplicationId, version: i64) -> Result<Decision> {
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    let Ok(to) = seen.kind.after(seen.state, Event::Take) else { return Ok(Decision::ChangedMeanwhile) };
    if !storage::applications::advance(&mut tx, &seen, to, Some(ctx.account()?), &[], ctx.now).await? {
        return Ok(Decision::ChangedMeanwhile);
    }
    record(ctx, &mut tx, id, Event::Take, seen.state, to, "").await?;
    tx.commit().await?;
    Ok(Decision::Done(to))
}

/// Lets go of a case.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn release(ctx: &Ctx<'_>, id: ApplicationId, version: i64) -> Result<Decision> {
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    if seen.state != State::InReview {
        return Ok(Decision::ChangedMeanwhile);
    }
    let to = advance(ctx, &mut tx, &seen, Event::Release, "").await?;
    tx.commit().await?;
    Ok(Decision::Done(to))
}

/// Brings a case that nobody has taken into review by the person, so that a decision is one step for them.
async fn taken(ctx: &Ctx<'_>, tx: &mut Tx, seen: Application) -> Result<Application> {
    if seen.state != State::Submitted {
        return Ok(seen);
    }
    let to = seen.kind.after(seen.state, Event::Take)?;
    let me = ctx.account()?;
    if !storage::applications::advance(tx, &seen, to, Some(me), &[], ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    record(ctx, tx, seen.id, Event::Take, seen.state, to, "").await?;
    Ok(Application { state: to, version: seen.version + 1, assignee: Some(me), ..seen })
}

/// Accepts a case. A certificate application gets its fee and its letter in the same transaction.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case.
#[boxed]
pub async fn accept(ctx: &Ctx<'_>, id: ApplicationId, version: i64) -> Result<Decision> {
    let case = storage::applications::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    let secret = match case.kind {
        Kind::Certificate => Some(crate::letters::new_secret(ctx).await?),
        Kind::Eligibility | Kind::Claims => None,
    };
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    let seen = taken(ctx, &mut tx, seen).await?;
    let to = advance(ctx, &mut tx, &seen, Event::Accept, "").await?;
    if let Some(secret) = secret {
        charge(ctx, &mut tx, &seen).await?;
        crate::letters::order_issuance(ctx, &mut tx, &seen, secret).await?;
    } else {
        supersede(ctx, &mut tx, &seen).await?;
        schedule_effect(ctx, &mut tx, &seen).await?;
    }
    let payment = payment_in(&mut tx, seen.institution_id).await?;
    let mut further = tell::after_acceptance(ctx, &seen);
    further.push(("fee_payment", tell::payment_words(ctx, &payment)));
    tell::about(ctx, &mut tx, &seen, tell::text_of(seen.kind, Event::Accept), &further).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decision::Done(to))
}

async fn charge(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    let payment = payment_in(tx, case.institution_id).await?;
    let entry = EntryId::new(ctx.now, &*ctx.app.randomness);
    let amount = ctx.app.rules().certificate_fee_yen;
    if storage::ledger::charge(tx, entry, case.institution_id, case.id, amount, &payment, ctx.now).await? {
        ctx.audit(tx, "ledger.charge", format!("application:{}", case.id), "", &format!("{amount}:{payment}"));
    }
    Ok(())
}

/// The institution's way of paying: the latest filed answer of either procedure; deduction if none is known.
pub(crate) async fn payment_in(tx: &mut Tx, institution: InstitutionId) -> Result<String> {
    let LatestFilings { eligibility, claims } = storage::applications::latest_filings(tx, institution).await?;
    Ok(or_deduction(way_of_paying(eligibility.as_ref(), claims.as_ref())))
}

fn or_deduction(chosen: &str) -> String {
    if chosen.is_empty() { "deduction".to_owned() } else { chosen.to_owned() }
}

/// The institution's way of paying as the facts of a form know it.
pub(super) fn payment_of(facts: &Facts) -> String {
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
    let month = case.kind.procedure().start_month(&case.answers);
    let at = month.map_or(ctx.now, |month| Timestamp::start_of_day(month.first_day()).max(ctx.now));
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("take_effect:{}", case.id);
    storage::jobs::enqueue(tx, job, TAKE_EFFECT, Some(&key), json!({ "application": case.id }), at).await?;
    Ok(())
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
    let clean = |text: &str| domain::accounts::clean_text(text, 500).unwrap_or_default();
    let reasons: Vec<(String, String)> =
        reasons.iter().map(|(key, text)| (key.clone(), clean(text))).filter(|(_, text)| !text.is_empty()).collect();
    if reasons.is_empty() {
        return Ok(Decision::ReasonMissing);
    }
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    let seen = taken(ctx, &mut tx, seen).await?;
    let to = seen.kind.after(seen.state, Event::Return)?;
    if !storage::applications::advance(&mut tx, &seen, to, None, &reasons, ctx.now).await? {
        return Ok(Decision::ChangedMeanwhile);
    }
    let lines = labelled(ctx, &seen, &reasons).await?;
    record(ctx, &mut tx, id, Event::Return, seen.state, to, &lines).await?;
    let further = [("reasons", lines), tell::correction_until(ctx)];
    tell::about(ctx, &mut tx, &seen, tell::text_of(seen.kind, Event::Return), &further).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decision::Done(to))
}

async fn labelled(ctx: &Ctx<'_>, case: &Application, reasons: &[(String, String)]) -> Result<String> {
    let facts = super::facts_of(ctx, case.institution_id, case.kind).await?;
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
    let reason = domain::accounts::clean_text(reason, 500).unwrap_or_default();
    if reason.is_empty() {
        return Ok(Decision::ReasonMissing);
    }
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    let seen = taken(ctx, &mut tx, seen).await?;
    let to = advance(ctx, &mut tx, &seen, Event::Reject, &reason).await?;
    tell::about(ctx, &mut tx, &seen, tell::text_of(seen.kind, Event::Reject), &[("reason", reason)]).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decision::Done(to))
}
