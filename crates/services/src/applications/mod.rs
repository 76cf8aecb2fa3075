//! Applications of all procedures: write, send, correct, withdraw, examine. Written once for every procedure.

mod again;
mod checks;
mod compare;
mod copy;
mod draft;
mod effects;
mod facts;
mod keep;
mod paper;
mod places;
mod review;
mod submit;
pub(crate) mod tell;
mod view;

pub use again::start_for_terminal;
pub use compare::Difference;
pub use copy::{attachment, copy_pdf};
pub(crate) use draft::blank;
pub use draft::{FormState, Outlook, Started, discard, form, outlook, save, save_at, start};
pub use facts::facts_of;
pub(crate) use facts::{facts_for_case, facts_of_many};
pub use keep::{Draft, SWEEP_DRAFTS, drafts, sweep_drafts, sweep_drafts_when_due};
pub use paper::{PaperFiling, record_paper_filing};
pub use places::{Place, Places, ask_of, next_of, places};
pub use review::Secrets;
pub(crate) use review::payment_in;
pub use review::{
    Answered, CaseView, Chosen, Decision, MOST_AT_ONCE, Neighbours, OPEN, Order, Run, STRAIGHT_THROUGH, accept,
    accept_in, answer, ask, case, decide_all, delete_filter, filters, neighbours, next_case, note, queue, queue_counts,
    reject, reject_in, release, return_for_correction, return_in, reviewers, run, save_filter, several,
    straight_through, take,
};
pub(crate) use review::{accept_approved, reject_approved, secrets_for, taken_by_me};
pub use submit::{CheckState, Sent, Submitted, check, submit, submit_at, withdraw};
pub(crate) use submit::{NOT_STORED, Written, checked_by, send_in, send_untold};
pub use view::{
    ApplicantCase, Standing, TerminalLife, case_of_applicant, cases_of_institution, foremost, others, sent_together,
    terminals,
};
pub(crate) use view::{as_applicant, standing_of};

use domain::{
    applications::{Event, Kind, State},
    ids::{ApplicationId, EventId},
    permissions::Permission,
};
use serde_json::Value;
use storage::boxed;
use storage::{
    Tx,
    applications::{Application, EventRow},
};

use crate::{App, Ctx, Error, Result, accounts::membership::not_elsewhere, ctx::Actor};

/// Kind of the job that lets an accepted case take effect when its month comes.
pub const TAKE_EFFECT: &str = "application.take_effect";

/// Who acted when nobody was logged in: the holder of the letter or of the certificate, in the closed network.
const AT_A_TERMINAL: &str = "端末";

/// A reference number in the groups in which it is read aloud.
pub fn reference(number: &str) -> String {
    tell::grouped(number)
}

/// The permission to see cases of a procedure.
pub const fn reading(kind: Kind) -> Permission {
    match kind {
        Kind::Certificate => Permission::ReadCertificates,
        Kind::Eligibility | Kind::Claims | Kind::Common(_) => Permission::ReadApplications,
    }
}

/// The permission to decide cases of a procedure.
pub const fn reviewing(kind: Kind) -> Permission {
    match kind {
        Kind::Certificate => Permission::ReviewCertificates,
        Kind::Eligibility | Kind::Claims | Kind::Common(_) => Permission::ReviewApplications,
    }
}

/// A case of the institution that the person acts for.
///
/// # Errors
/// [`Error::NotFound`] when it does not exist or belongs to another institution, [`Error::Elsewhere`] when that is one of the
/// person's.
pub(crate) async fn own(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Application> {
    let institution = ctx.institution().map_err(|error| match error {
        Error::Forbidden => Error::NotFound,
        other => other,
    })?;
    let found = storage::applications::find(&mut ctx.app.db.read().await?, id).await?;
    match found {
        Some(application) if application.institution_id == institution => Ok(application),
        Some(application) => {
            not_elsewhere(ctx, application.institution_id).await?;
            denied(ctx, id).await?;
            Err(Error::NotFound)
        }
        None => Err(Error::NotFound),
    }
}

/// Someone asked for a case that is none of theirs: recorded (spec 6.5).
pub(crate) async fn denied(ctx: &Ctx<'_>, id: ApplicationId) -> Result<()> {
    tracing::warn!(case = %id, actor = ctx.actor_id(), source = ctx.source, "a case was asked for by somebody who may not see it");
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "application.view_refused", format!("application:{id}"), "", "");
    tx.commit().await?;
    Ok(())
}

/// Adds a line to the life of a case and to the audit chain.
pub(crate) async fn record(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    id: ApplicationId,
    event: Event,
    from: State,
    to: State,
    note: &str,
) -> Result<()> {
    let at_a_terminal = matches!(ctx.actor, Actor::Visitor);
    let row = EventRow {
        event,
        state: to,
        actor: ctx.actor_id(),
        actor_name: if at_a_terminal { AT_A_TERMINAL.to_owned() } else { ctx.actor_name() },
        note: note.to_owned(),
        at: ctx.now,
    };
    storage::applications::insert_event(tx, EventId::new(ctx.now, &*ctx.app.randomness), id, &row).await?;
    ctx.audit(tx, &format!("application.{event}"), format!("application:{id}"), from.as_str(), &format!("{to}:{note}"));
    Ok(())
}

/// Moves a case by an event and records it; the caller commits.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when the state does not allow it or someone was faster.
pub(crate) async fn advance(ctx: &Ctx<'_>, tx: &mut Tx, seen: &Application, event: Event, note: &str) -> Result<State> {
    let to = seen.kind.after(seen.state, event)?;
    let assignee = if to == State::InReview { seen.assignee } else { None };
    if !storage::applications::advance(tx, seen, to, assignee, &[], ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    record(ctx, tx, seen.id, event, seen.state, to, note).await?;
    crate::feed::moved(ctx, tx, seen, event)?;
    Ok(to)
}

/// Lets an accepted case take effect; the work of a [`TAKE_EFFECT`] job. Run twice, it changes nothing more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn take_effect(app: &App, payload: &Value) -> Result<()> {
    let id: ApplicationId = payload["application"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Error::internal("no application"))?;
    let ctx = Ctx::system(app, "take_effect");
    let mut tx = app.db.write().await?;
    let Some(seen) = storage::applications::find(&mut tx, id).await? else { return Ok(()) };
    if seen.state == State::Accepted {
        advance(&ctx, &mut tx, &seen, Event::TakeEffect, "").await?;
        tx.commit().await?;
    }
    Ok(())
}
