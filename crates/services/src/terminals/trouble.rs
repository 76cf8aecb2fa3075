//! 「端末に何かあったとき」: where the answers lead, and the deed at the end of a way (spec 04.5).

use domain::{
    applications::State,
    ids::ApplicationId,
    terminals::trouble::{Answered, Known, Step, Way, lead},
};
use storage::boxed;

use super::{
    losses,
    register::{Terminal, terminal},
};
use crate::{
    Ctx, Error, Result,
    applications::{Started, start_for_terminal},
    authority::{Seen, again_until, revoke_as_owner},
};

/// A terminal with the next question, or the way that was found.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// The terminal.
    pub terminal: Terminal,
    /// The next question, or the way.
    pub step: Step,
}

/// What the deed led to.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Another way than the page showed is right by now: nothing was done.
    Changed(Box<Trouble>),
    /// Nothing had to be done here.
    Nothing,
    /// The certificate is revoked.
    Revoked,
    /// The use of the terminal is ended; what was not revoked is.
    Retired,
    /// The loss is reported; an owner or an RA officer revokes.
    Reported,
    /// An application was begun and filled in.
    Begun(ApplicationId),
    /// Another procedure must be filed first; the sentence says which.
    MissingBefore(&'static str),
}

/// Where the answers about a terminal of one's institution lead. Nothing is done yet.
///
/// # Errors
/// [`Error::NotFound`] for another institution's terminal.
#[boxed]
pub async fn trouble(ctx: &Ctx<'_>, id: ApplicationId, answered: Answered) -> Result<Trouble> {
    let terminal = terminal(ctx, id).await?;
    let known = Known { valid: terminal.has_working(ctx.now), again_until: again(ctx, &terminal).await? };
    Ok(Trouble { step: lead(answered, known), terminal })
}

/// Until when the letter of the last case works again: it was fetched, and nothing is installed.
async fn again(ctx: &Ctx<'_>, terminal: &Terminal) -> Result<Option<domain::clock::Timestamp>> {
    let Some(case) = terminal.cases.last().filter(|case| case.state == State::PickedUp) else { return Ok(None) };
    let mut conn = ctx.app.db.read().await?;
    let made = storage::authority::of_application(&mut conn, case.id).await?;
    let letters = storage::letters::of_application(&mut conn, case.id).await?;
    let living = letters.iter().filter(|letter| !letter.is_dead()).filter_map(|letter| letter.deadline).max();
    Ok(living.and_then(|deadline| again_until(&made, Some(deadline))).filter(|until| *until > ctx.now))
}

/// Does what the way asks for that the page showed; `shown` is its word. What is revoked stays revoked, also when the
/// application after it cannot be begun. A second click does what is left of the first one's deed, and nothing else.
///
/// # Errors
/// [`Error::NotFound`] for another institution's terminal, [`Error::Forbidden`] for members who are not owners where
/// a certificate is to be revoked, [`Error::ChangedMeanwhile`] when a question is still open.
#[boxed]
pub async fn act(ctx: &Ctx<'_>, id: ApplicationId, answered: Answered, shown: &str) -> Result<Deed> {
    let trouble = trouble(ctx, id, answered).await?;
    let Step::Go(way) = trouble.step else { return Err(Error::ChangedMeanwhile) };
    let terminal = &trouble.terminal;
    if way.as_str() != shown {
        return match (way, shown) {
            (Way::Apply, "revoke_lost") if is_answered(terminal) => Ok(Deed::Revoked),
            (Way::Apply, "revoke_and_apply") => begin(ctx, terminal, answered).await,
            _ => Ok(Deed::Changed(Box::new(trouble))),
        };
    }
    if way == Way::RevokeLost && ctx.owner().is_err() {
        for one in terminal.certificates.iter().filter(|one| one.state == "valid") {
            losses::report_as_member(ctx, one.id).await?;
        }
        return Ok(Deed::Reported);
    }
    if let Some(reason) = way.revokes() {
        ctx.owner()?;
        for one in terminal.certificates.iter().filter(|one| one.state == "valid") {
            revoke_as_owner(ctx, one.id, reason.as_str(), Seen::Valid).await?;
        }
    }
    if way == Way::Retire {
        retire(ctx, terminal).await?;
    }
    match way {
        Way::Apply | Way::RevokeAndApply => begin(ctx, terminal, answered).await,
        Way::RevokeLost | Way::ChangeCode => Ok(Deed::Revoked),
        Way::Retire => Ok(Deed::Retired),
        Way::Restore | Way::FetchAgain(_) => Ok(Deed::Nothing),
    }
}

/// Whether nothing of the terminal is left to revoke after a report of a loss.
fn is_answered(terminal: &Terminal) -> bool {
    terminal.certificates.iter().all(|one| one.state != "valid")
        && terminal.losses.iter().any(|loss| loss.clock.is_answered())
}

/// Notes that nobody uses the terminal any more: nothing is asked for it from now on.
async fn retire(ctx: &Ctx<'_>, terminal: &Terminal) -> Result<()> {
    let institution = ctx.owner()?;
    let mut tx = ctx.app.db.write().await?;
    storage::terminals::retire(&mut tx, institution, &terminal.name, ctx.now).await?;
    ctx.audit(&mut tx, "terminal.retire", format!("application:{}", terminal.id), "", &terminal.name);
    tx.commit().await?;
    Ok(())
}

async fn begin(ctx: &Ctx<'_>, terminal: &Terminal, answered: Answered) -> Result<Deed> {
    let last = terminal.cases.last().ok_or(Error::NotFound)?;
    let reason = answered.happening.map(|happening| happening.label()).unwrap_or_default();
    Ok(match start_for_terminal(ctx, last, reason).await? {
        Started::New(id) | Started::Existing(id) | Started::UnderWay(id) => Deed::Begun(id),
        Started::MissingBefore(sentence) => Deed::MissingBefore(sentence),
    })
}
