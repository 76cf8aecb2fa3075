//! Gathers what a form must know besides the answers.

use std::sync::Arc;

use domain::{
    applications::{Facts, Kind, Known, KnownTerminal, Rules, State},
    clock::Timestamp,
    forms::Answers,
    ids::InstitutionId,
    institutions::Institution,
    procedures::Common,
    terminals::renewal::{self, Window},
};
use storage::boxed;
use storage::{
    Conn,
    applications::{Application, LatestFilings},
};

use crate::{Ctx, Error, Result, subsidies};
use time::Duration;

/// The facts for a form of a procedure, for the institution the person acts for.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn facts_of(ctx: &Ctx<'_>, institution: InstitutionId, kind: Kind) -> Result<Facts> {
    let mut conn = ctx.app.db.read().await?;
    let mut known = known(&mut conn, institution, kind, ctx.now).await?;
    of_an_end(ctx, &mut conn, institution, kind, &mut known).await?;
    let found = storage::institutions::find(&mut conn, institution).await?.ok_or(Error::NotFound)?;
    let mut facts = assemble(ctx, found, known);
    if kind == subsidies::KIND {
        subsidies::known_of(&mut conn, &mut facts, institution, None).await?;
    }
    Ok(facts)
}

/// What only the procedures know by which an institution ends or changes its code.
async fn of_an_end(
    ctx: &Ctx<'_>,
    conn: &mut Conn,
    institution: InstitutionId,
    kind: Kind,
    known: &mut Known,
) -> Result<()> {
    match kind {
        Kind::Common(Common::Succession) => {
            known.succeeded = storage::successions::of_old(conn, institution).await?.is_some();
        }
        Kind::Common(Common::Closing) => {
            known.closing_planned = storage::closures::planned(conn, institution).await?.is_some();
            known.ending = Some(crate::closing::outlook(ctx, conn, institution, kind).await?);
        }
        Kind::Eligibility | Kind::Certificate | Kind::Claims | Kind::Common(_) => {}
    }
    Ok(())
}

/// The facts for a form, given the institution and what is known of it.
pub(crate) fn assemble(ctx: &Ctx<'_>, institution: Institution, known: Known) -> Facts {
    let reference = ctx.app.reference();
    let (person_name, person_email) =
        ctx.session().map(|session| (session.name.clone(), session.email.clone())).unwrap_or_default();
    Facts {
        now: ctx.now,
        institution,
        person_name,
        person_email,
        documents: reference.documents,
        lists: reference.lists,
        rules: ctx.app.rules(),
        holidays: ctx.app.holidays(),
        schemes: reference.schemes,
        known,
    }
}

async fn known(conn: &mut Conn, institution: InstitutionId, kind: Kind, now: Timestamp) -> Result<Known> {
    let LatestFilings { eligibility, claims } = storage::applications::latest_filings(conn, institution).await?;
    let terminals = match kind {
        Kind::Certificate => known_terminals(conn, institution, now).await?,
        Kind::Eligibility | Kind::Claims | Kind::Common(_) => vec![],
    };
    let latest = match kind {
        Kind::Common(_) => storage::applications::latest_of(conn, institution, kind).await?,
        Kind::Eligibility | Kind::Certificate | Kind::Claims => None,
    };
    let (connected, subsidy_refers) = match kind {
        Kind::Common(_) => storage::applications::before_start(conn, institution).await?,
        Kind::Eligibility | Kind::Certificate | Kind::Claims => (false, false),
    };
    let answers = |case: &Option<Application>| case.as_ref().map(|case| case.answers.clone());
    Ok(Known {
        eligibility: answers(&eligibility),
        claims: answers(&claims),
        latest: answers(&latest),
        connected,
        subsidy_refers,
        fee_payment: way_of_paying(eligibility.as_ref(), claims.as_ref()).to_owned(),
        claims_sent_at: claims.as_ref().and_then(|case| case.submitted_at),
        eligibility_line_id: eligibility.and_then(|case| case.line_id),
        claims_line_id: claims.and_then(|case| case.line_id),
        terminals,
        line_id_elsewhere: false,
        ..Known::default()
    })
}

/// How the institution pays: the latest answer of either procedure (spec 05); a filing on paper gives none.
pub(crate) fn way_of_paying<'a>(eligibility: Option<&'a Application>, claims: Option<&'a Application>) -> &'a str {
    let chosen = |case: &&Application| case.answers.has("fee_payment");
    let latest = eligibility.into_iter().chain(claims).filter(chosen).max_by_key(|case| case.submitted_at);
    latest.map_or("", |case| case.answers.get("fee_payment"))
}

/// Terminals with an application under way or a certificate. One whose certificate can be neither used nor renewed any
/// more has none: a new application is the right way.
async fn known_terminals(conn: &mut Conn, institution: InstitutionId, now: Timestamp) -> Result<Vec<KnownTerminal>> {
    let cases = storage::applications::terminals_of(conn, institution).await?;
    let ending = storage::terminals::ending_of(conn, institution, endings_from(now)).await?;
    let known = |case: Application| {
        let own = ending.iter().filter(|one| one.application_id == case.id).map(|one| one.not_after).max();
        known_terminal(case, own, now)
    };
    Ok(cases.into_iter().filter_map(known).collect())
}

/// A terminal by its case and the latest end of its certificates; none when a new application is the right way.
pub(crate) fn known_terminal(case: Application, end: Option<Timestamp>, now: Timestamp) -> Option<KnownTerminal> {
    let ends_at = end.filter(|end| Window::at(*end, now) != Window::Over);
    let fetched = matches!(case.state, State::PickedUp | State::Installed);
    let (name, applied_at) = (case.terminal_name?, case.submitted_at?);
    (!fetched || ends_at.is_some()).then_some(KnownTerminal { name, applied_at, state: case.state, ends_at })
}

/// From when on ends of certificates count for what is known of terminals.
pub(crate) fn endings_from(now: Timestamp) -> Timestamp {
    now - Duration::days(renewal::GRACE_DAYS + 1)
}

/// Leaves the case itself out of what is known: a returned case is not its own predecessor.
pub(super) fn without_itself(facts: &mut Facts, case: &Application, before: Option<Application>) {
    let sent_at = before.as_ref().and_then(|before| before.submitted_at);
    let (answers, line) = before.map_or((None, None), |before| (Some(before.answers), before.line_id));
    match case.kind {
        Kind::Eligibility => {
            facts.known.eligibility = answers;
            facts.known.eligibility_line_id = line;
        }
        Kind::Claims => {
            facts.known.claims = answers;
            facts.known.claims_line_id = line;
            facts.known.claims_sent_at = sent_at;
        }
        Kind::Common(_) => facts.known.latest = answers,
        Kind::Certificate => {
            let own = case.terminal_name.as_deref().unwrap_or_default();
            let mut dropped = false;
            facts.known.terminals.retain(|terminal| {
                let itself = !dropped && terminal.name == own && Some(terminal.applied_at) == case.submitted_at;
                dropped |= itself;
                !itself
            });
        }
    }
}

/// The facts for a case that exists: without the case itself, with the look for its customer ID elsewhere, and with the fee
/// that was agreed to when it was sent.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn facts_for_case(ctx: &Ctx<'_>, case: &Application, answers: &Answers) -> Result<Facts> {
    let mut facts = facts_of(ctx, case.institution_id, case.kind).await?;
    if case.kind == Kind::Common(Common::Succession) {
        facts.known.successor = crate::succession::target(ctx, case.institution_id, answers.get("new_code")).await?;
    }
    let mut conn = ctx.app.db.read().await?;
    if let Some(sender) = case.submitted_by.filter(|_| !case.state.is_editable()) {
        let sender = storage::accounts::find(&mut conn, sender).await?;
        (facts.person_name, facts.person_email) = sender.map(|sender| (sender.name, sender.email)).unwrap_or_default();
    }
    facts.known.uploads = crate::uploads::of_case(&mut conn, case.id).await?;
    if case.submitted_at.is_some() {
        let before = storage::applications::filed_before(&mut conn, case).await?;
        without_itself(&mut facts, case, before);
        facts.known.sent_at = case.submitted_at;
    }
    if case.kind == subsidies::KIND {
        subsidies::known_of(&mut conn, &mut facts, case.institution_id, Some(case)).await?;
    }
    if case.kind == Kind::Certificate
        && let Some(agreed) = storage::fees::fee_agreed_to(&mut conn, case.id).await?
        && agreed != facts.rules.certificate_fee_yen
    {
        facts.rules = Arc::new(Rules { certificate_fee_yen: agreed, ..(*facts.rules).clone() });
    }
    if let Some(line) = case.kind.procedure().line_id(&facts, answers) {
        let id = domain::applications::line_customer_id::LineCustomerId::parse(&line)
            .map_or(line, |id| id.as_str().to_owned());
        facts.known.line_id_elsewhere =
            storage::applications::filed_elsewhere_with_line(&mut conn, &id, case.institution_id).await?;
    }
    Ok(facts)
}
