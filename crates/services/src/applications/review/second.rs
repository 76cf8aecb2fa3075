//! Decisions for which a second person is asked (four eyes, spec 6.2): the first one takes the case and proposes, the second
//! one's approval decides.

use domain::{
    applications::Kind,
    ids::{ApplicationId, ProposalId},
    office::Matter,
};
use storage::{Tx, applications::Application};

use super::decide::{Secrets, accept_in, reject_in, taken};
use crate::{
    Ctx, Error, Result,
    office::proposals::{Act, propose},
};

/// A decision that may need a second person.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed<'a> {
    /// Acceptance.
    Accept,
    /// Refusal for good, with its reason.
    Reject(&'a str),
}

impl Deed<'_> {
    const fn matter(self, kind: Kind) -> Matter {
        match (self, kind) {
            (Self::Accept, Kind::Certificate) => Matter::AcceptCertificate,
            (Self::Accept, Kind::Eligibility | Kind::Claims | Kind::Common(_)) => Matter::AcceptFiling,
            (Self::Reject(_), _) => Matter::Reject,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Accept => "承認する",
            Self::Reject(_) => "却下する",
        }
    }
}

/// Proposes the decision where a second person is asked; none where the first one suffices. A rule that decides by itself
/// is no person.
pub(super) async fn proposed(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    seen: &Application,
    deed: Deed<'_>,
) -> Result<Option<ProposalId>> {
    if ctx.session().is_err() || !ctx.app.rules().four_eyes.asks(deed.matter(seen.kind)) {
        return Ok(None);
    }
    let subject = subject(seen.id);
    if let Some(waiting) = storage::proposals::waiting_for(tx, &subject).await? {
        return Ok(Some(ProposalId(waiting.id)));
    }
    let seen = taken(ctx, tx, seen.clone()).await?;
    let place = storage::institutions::find(tx, seen.institution_id).await?.ok_or(Error::NotFound)?;
    let reference = seen.reference.clone().unwrap_or_default();
    let words = format!("「{}」の{}（受付番号 {reference}）を{}", place.name, seen.kind.label(), deed.words());
    let (application, version, kind) = (seen.id, seen.version, seen.kind);
    let (act, note) = match deed {
        Deed::Accept => (Act::Accept { application, version, kind }, ""),
        Deed::Reject(reason) => (Act::Reject { application, version, kind, reason: reason.to_owned() }, reason),
    };
    let made = propose(ctx, tx, &act, &subject, &words, note).await?;
    made.map(Some).ok_or(Error::ChangedMeanwhile)
}

/// What a proposal about a case is about.
fn subject(id: ApplicationId) -> String {
    format!("application:{id}")
}

/// The case of an approved proposal, if it is still the one that was seen, for a person who had no hand in it.
async fn still(ctx: &Ctx<'_>, tx: &mut Tx, id: ApplicationId, version: i64) -> Result<Option<Application>> {
    let found = storage::applications::find(tx, id).await?.ok_or(Error::NotFound)?;
    let me = ctx.account()?;
    let own = found.created_by == me || found.submitted_by == Some(me);
    if own || storage::applications::has_hand_in(tx, id, me).await? {
        return Err(Error::Forbidden);
    }
    Ok((found.version == version && found.state.is_open_for_review()).then_some(found))
}

/// Accepts the case of an approved proposal; false when it changed meanwhile.
pub(crate) async fn accept_approved(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    id: ApplicationId,
    version: i64,
    secrets: Secrets,
) -> Result<bool> {
    let Some(seen) = still(ctx, tx, id, version).await? else { return Ok(false) };
    accept_in(ctx, tx, seen, secrets, "").await?;
    Ok(true)
}

/// Refuses the case of an approved proposal; false when it changed meanwhile.
pub(crate) async fn reject_approved(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    id: ApplicationId,
    version: i64,
    reason: &str,
) -> Result<bool> {
    let Some(seen) = still(ctx, tx, id, version).await? else { return Ok(false) };
    reject_in(ctx, tx, seen, reason).await?;
    Ok(true)
}
