//! The steps of a closing, one job for each: done, noted, and the next one set.

use domain::{
    applications::Event,
    closing::{Deed, Step},
    feed::EventKind,
    ids::{ApplicationId, InstitutionId},
    institutions::InstitutionStatus,
};
use serde_json::{Value, json};
use storage::{boxed, closures::Closure, endings::Named};

use super::{accept::enqueue, subject, tell};
use crate::{
    App, Ctx, Error, Result,
    applications::advance,
    ending::{end_certificates, end_letters},
    feed::{Happening, publish},
};

/// Does the next step of a closing whose day has come; the work of a [`super::STEP`] job. Each step can be done twice: what
/// has ended does not end again. One that was called off is left alone.
///
/// # Errors
/// When the database or the journal refuses.
#[boxed]
pub async fn take_step(app: &App, payload: &Value) -> Result<()> {
    let id: Option<ApplicationId> = payload["application"].as_str().and_then(|id| id.parse().ok());
    let (Some(id), Some(place)) = (id, payload["place"].as_i64()) else { return Err(Error::internal("no step")) };
    let ctx = Ctx::system(app, "closing");
    let mut conn = app.db.read().await?;
    let Some(closure) = storage::closures::find(&mut conn, id).await? else { return Ok(()) };
    let steps = storage::closures::steps(&mut conn, id).await?;
    drop(conn);
    if closure.cancelled_at.is_some() || closure.begins_at > ctx.now {
        return Ok(());
    }
    let Some(step) = steps.iter().find(|one| one.place == place && one.done_at.is_none()) else { return Ok(()) };
    let count = act(&ctx, &closure, step.step).await?;
    let mut tx = app.db.write().await?;
    if !storage::closures::step_done(&mut tx, id, place, count, ctx.now).await? {
        return Ok(tx.rollback().await?);
    }
    ctx.audit(&mut tx, "closing.step", subject(closure.institution), step.step.as_str(), &count.to_string());
    match steps.iter().any(|one| one.place > place) {
        true => enqueue(&ctx, &mut tx, &closure, place + 1).await?,
        false => finish(&ctx, &mut tx, &closure).await?,
    }
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}

/// What stands in the lives of cases that end so.
fn why(deed: Deed) -> String {
    format!("医療機関等の{}により終了", deed.label())
}

/// Does a step and gives how many things it ended.
async fn act(ctx: &Ctx<'_>, closure: &Closure, step: Step) -> Result<i64> {
    let (institution, why) = (closure.institution, why(closure.deed));
    match step {
        Step::Certificates => end_certificates(ctx, institution).await,
        Step::Letters => {
            let letters = end_letters(ctx, institution, &why).await?;
            // Until now a letter could be used: what was fetched since the step before ends too.
            end_certificates(ctx, institution).await?;
            Ok(letters)
        }
        Step::Drafts => end_drafts(ctx, institution).await,
        Step::UnderWay => {
            let cases = storage::endings::under_way(&mut ctx.app.db.read().await?, institution).await?;
            end_cases(ctx, &cases, Event::Withdraw, &why).await
        }
        Step::Filings => {
            let cases = storage::endings::filings(&mut ctx.app.db.read().await?, institution).await?;
            end_cases(ctx, &cases, Event::Supersede, &why).await
        }
        Step::Bills => Ok(storage::endings::owed(&mut ctx.app.db.read().await?, institution).await?.0),
        Step::Subscriptions => end_subscriptions(ctx, institution).await,
        Step::Register => set_status(ctx, institution, closure.deed).await,
    }
}

async fn end_drafts(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<i64> {
    let drafts = storage::applications::drafts_of(&mut ctx.app.db.read().await?, institution).await?;
    let mut count = 0;
    for (draft, _) in drafts {
        let mut tx = ctx.app.db.write().await?;
        if storage::applications::delete_draft(&mut tx, draft.id).await? {
            crate::uploads::forget_case(ctx, &mut tx, draft.id).await?;
            ctx.audit(&mut tx, "application.discard", format!("application:{}", draft.id), draft.kind.as_str(), "");
            count += 1;
        }
        tx.commit().await?;
    }
    Ok(count)
}

/// Ends cases by an event where their lives allow it: what was decided once stays decided.
async fn end_cases(ctx: &Ctx<'_>, cases: &[Named], event: Event, why: &str) -> Result<i64> {
    let mut count = 0;
    for (id, _, _) in cases {
        let mut tx = ctx.app.db.write().await?;
        let found = storage::applications::find(&mut tx, *id).await?;
        match found.filter(|case| case.kind.allows(case.state, event)) {
            Some(case) => {
                advance(ctx, &mut tx, &case, event, why).await?;
                tx.commit().await?;
                count += 1;
            }
            None => tx.rollback().await?,
        }
    }
    Ok(count)
}

async fn end_subscriptions(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<i64> {
    let mut tx = ctx.app.db.write().await?;
    let count = storage::endings::end_subscriptions(&mut tx, institution).await?;
    if count > 0 {
        ctx.audit(&mut tx, "closing.subscriptions", subject(institution), "", &count.to_string());
    }
    tx.commit().await?;
    Ok(count)
}

/// Lets the register say how the institution stands; the next import of the full layout says it anew.
async fn set_status(ctx: &Ctx<'_>, institution: InstitutionId, deed: Deed) -> Result<i64> {
    let status = match deed {
        Deed::Abolish => InstitutionStatus::Closed,
        Deed::Suspend => InstitutionStatus::Suspended,
        Deed::Resume => InstitutionStatus::Active,
    };
    let mut tx = ctx.app.db.write().await?;
    let mut place = storage::institutions::find(&mut tx, institution).await?.ok_or(Error::NotFound)?;
    if place.status == status {
        tx.rollback().await?;
        return Ok(0);
    }
    let before = place.status;
    place.status = status;
    storage::institutions::upsert(&mut tx, &[place], ctx.now).await?;
    ctx.audit(&mut tx, "institution.status", subject(institution), before.as_str(), status.as_str());
    tx.commit().await?;
    Ok(1)
}

async fn finish(ctx: &Ctx<'_>, tx: &mut storage::Tx, closure: &Closure) -> Result<()> {
    if !storage::closures::done(tx, closure.application, ctx.now).await? {
        return Ok(());
    }
    ctx.audit(tx, "closing.done", subject(closure.institution), "", closure.deed.as_str());
    let happening = Happening {
        kind: EventKind::InstitutionClosed.as_str(),
        institution: Some(closure.institution),
        subject: subject(closure.institution),
        data: json!({
            "application": closure.application,
            "deed": closure.deed.as_str(),
            "day": closure.day,
            "certificates_revoked": closure.revokes,
        }),
    };
    publish(ctx, tx, &happening)?;
    tell(ctx, tx, closure, "closing_done", &[]).await
}
