//! From the vendor back to the institution: asking to confirm, reading, agreeing.

use domain::{
    forms::{Answers, Finding},
    ids::ApplicationId,
    mandates::Act,
};
use storage::{Conn, boxed};

use super::{Awaiting, prepared, record, tell_owners};
use crate::{
    Ctx, Error, Result,
    applications::{CheckState, check},
};

/// What asking to confirm led to.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The owners are told.
    Done,
    /// It changed since the check page was shown, or something is faulty: the person checks again.
    CheckAgain(Box<CheckState>),
}

/// Asks the institution to confirm and send what a vendor prepared. Asked again without a change, nothing more is sent.
///
/// # Errors
/// [`Error::NotFound`] for members, who send it themselves, and for cases of others; [`Error::MandateOver`];
/// [`Error::ChangedMeanwhile`] when it was sent.
#[boxed]
pub async fn ask(ctx: &Ctx<'_>, id: ApplicationId, seen_version: i64) -> Result<Asked> {
    let (own, _) = prepared(ctx, id).await?;
    let mandate = own.mandate().ok_or(Error::NotFound)?.clone();
    let state = check(&own, id).await?;
    if state.case.version != seen_version || state.is_kept_back() || !state.checked.findings.errors.is_empty() {
        return Ok(Asked::CheckAgain(Box::new(state)));
    }
    let mut tx = own.app.db.write().await?;
    let seen = storage::applications::find(&mut tx, id).await?;
    let same = seen.is_some_and(|seen| seen.version == seen_version && seen.state.is_editable());
    if !same || is_asked_by(&mut tx, &own, id).await? {
        tx.rollback().await?;
        return if same { Ok(Asked::Done) } else { Err(Error::ChangedMeanwhile) };
    }
    storage::mandates::set_asked(&mut tx, id, own.account()?, Some(own.now)).await?;
    record(&own, &mut tx, mandate.id, Act::Ask, &own.actor_name(), state.case.kind.label()).await?;
    own.audit(&mut tx, "application.ask_confirmation", format!("application:{id}"), "", &seen_version.to_string());
    let acting = own.session()?.institution.as_ref().map(|acting| acting.name.clone()).unwrap_or_default();
    let values = [
        ("institution", acting),
        ("company", mandate.company.clone()),
        ("vendor", own.session()?.name.clone()),
        ("procedure", state.case.kind.label().to_owned()),
        ("check_url", format!("{}/applications/{id}/check", own.app.settings.portal_url)),
    ];
    tell_owners(&own, &mut tx, state.case.institution_id, ("preparation_asked", &values)).await?;
    tx.commit().await?;
    own.app.wake.notify_one();
    Ok(Asked::Done)
}

/// Whether the person prepares a case under a mandate, and so sees nothing of it but its form.
///
/// # Errors
/// As the form itself.
#[boxed]
pub async fn is_vendor_of(ctx: &Ctx<'_>, id: ApplicationId) -> Result<bool> {
    Ok(prepared(ctx, id).await?.0.mandate().is_some())
}

async fn is_asked_by(conn: &mut Conn, ctx: &Ctx<'_>, id: ApplicationId) -> Result<bool> {
    let (me, all) = (ctx.account()?, storage::mandates::of_case(conn, id).await?);
    Ok(all.iter().any(|one| one.account == me && one.asked_at.is_some()))
}

/// Whether the institution of a case is asked to confirm it.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn is_asked(ctx: &Ctx<'_>, id: ApplicationId) -> Result<bool> {
    Ok(storage::mandates::has_asked(&mut ctx.app.db.read().await?, id).await?)
}

/// Whether nothing but agreement is missing.
pub(crate) fn only_consents(state: &CheckState) -> bool {
    let is_consent = |error: &Finding| state.consents.iter().any(|field| field.key == error.field);
    !state.checked.findings.errors.is_empty() && state.checked.findings.errors.iter().all(is_consent)
}

/// What waits for the members of the institution to be confirmed, the longest waiting first.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn awaiting(ctx: &Ctx<'_>) -> Result<Vec<Awaiting>> {
    let institution = ctx.institution()?;
    Ok(storage::mandates::awaiting(&mut ctx.app.db.read().await?, institution).await?)
}

/// Notes what a member agrees to on the check page of what a vendor prepared; gives the version of the case that is sent then.
/// Whoever saw another version agrees to nothing.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution.
#[boxed]
pub async fn agree(ctx: &Ctx<'_>, id: ApplicationId, seen_version: i64, typed: &Answers) -> Result<i64> {
    let case = crate::applications::own(ctx, id).await?;
    if !case.state.is_editable() || case.version != seen_version || !is_asked(ctx, id).await? {
        return Ok(seen_version);
    }
    let state = check(ctx, id).await?;
    let mut answers = case.answers.clone();
    for field in &state.consents {
        answers.set(&field.key, typed.get(&field.key));
    }
    if answers == case.answers {
        return Ok(seen_version);
    }
    let mut tx = ctx.app.db.write().await?;
    let now = storage::applications::find(&mut tx, id).await?;
    let same = now.is_some_and(|now| now.version == seen_version);
    if !same || !storage::applications::save_answers(&mut tx, id, &answers, ctx.now).await? {
        tx.rollback().await?;
        return Ok(seen_version);
    }
    storage::applications::set_mark(&mut tx, id, "", Some(ctx.account()?)).await?;
    tx.commit().await?;
    Ok(seen_version + 1)
}
