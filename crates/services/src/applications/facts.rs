//! Gathers what a form must know besides the answers.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    applications::{Facts, Kind, Known, KnownTerminal, Need, Rules, State},
    clock::Timestamp,
    forms::Answers,
    ids::{ApplicationId, InstitutionId},
    institutions::Institution,
    terminals::renewal::{self, Window},
};
use storage::boxed;
use storage::{Conn, applications::Application};

use crate::{Ctx, Error, Result, subsidies};
use time::Duration;

/// The facts for a form of a procedure, for the institution the person acts for.
///
/// # Errors
/// When the database cannot be read; [`Error::NotFound`] without such an institution.
#[boxed]
pub async fn facts_of(ctx: &Ctx<'_>, institution: InstitutionId, kind: Kind) -> Result<Facts> {
    let found = storage::institutions::find(&mut ctx.app.db.read().await?, institution).await?;
    let mut facts = facts_of_many(ctx, vec![found.ok_or(Error::NotFound)?], kind).await?;
    facts.remove(&institution).ok_or(Error::NotFound)
}

/// The facts for forms of a procedure at some institutions: as many questions for a page of them as for one. Only what no table
/// offers (subsidies, and what concerns an institution as a whole) is asked one after another.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub(crate) async fn facts_of_many(
    ctx: &Ctx<'_>,
    institutions: Vec<Institution>,
    kind: Kind,
) -> Result<BTreeMap<InstitutionId, Facts>> {
    let ids: Vec<InstitutionId> = institutions.iter().map(|institution| institution.id).collect();
    let mut conn = ctx.app.db.read().await?;
    let mut all_known = known(&mut conn, &ids, kind, ctx.now).await?;
    let mut all = BTreeMap::new();
    for institution in institutions {
        let id = institution.id;
        let mut known = all_known.remove(&id).unwrap_or_default();
        of_an_end(ctx, &mut conn, id, kind, &mut known).await?;
        let mut facts = assemble(ctx, institution, known);
        if kind.needs(Need::Schemes) {
            subsidies::known_of(&mut conn, &mut facts, id, None).await?;
        }
        all.insert(id, facts);
    }
    Ok(all)
}

/// What only the procedures know by which an institution ends or changes its code.
async fn of_an_end(
    ctx: &Ctx<'_>,
    conn: &mut Conn,
    institution: InstitutionId,
    kind: Kind,
    known: &mut Known,
) -> Result<()> {
    if kind.needs(Need::Successor) {
        known.succeeded = storage::successions::of_old(conn, institution).await?.is_some();
    }
    if kind.needs(Need::Ending) {
        known.closing_planned = storage::closures::planned(conn, institution).await?.is_some();
        known.ending = Some(crate::closing::outlook(ctx, conn, institution, kind).await?);
    }
    Ok(())
}

/// The facts for a form, given the institution and what is known of it.
fn assemble(ctx: &Ctx<'_>, institution: Institution, known: Known) -> Facts {
    let reference = ctx.app.reference();
    // A vendor is nobody's contact but their own company's.
    let session = ctx.session().ok().filter(|_| ctx.mandate().is_none());
    let (person_name, person_email) =
        session.map(|session| (session.name.clone(), session.email.clone())).unwrap_or_default();
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

async fn known(
    conn: &mut Conn,
    of: &[InstitutionId],
    kind: Kind,
    now: Timestamp,
) -> Result<BTreeMap<InstitutionId, Known>> {
    let own = matches!(kind, Kind::Common(_)).then_some(kind);
    let kinds: Vec<Kind> = [Kind::Eligibility, Kind::Claims].into_iter().chain(own).collect();
    let over = storage::endings::over_among(conn, of).await?;
    let mut filed = storage::applications::latest_filed(conn, &kinds, of).await?;
    let mut terminals = match kind.needs(Need::Terminals) {
        true => known_terminals(conn, of, now).await?,
        false => BTreeMap::new(),
    };
    let around = match kind.needs(Need::Connection) {
        true => storage::applications::around_start(conn, of).await?,
        false => BTreeMap::new(),
    };
    let holders = match kind.needs(Need::MandateHolders) {
        true => storage::mandates::holders(conn, of, now).await?,
        false => vec![],
    };
    let known = |id: &InstitutionId| {
        let [eligibility, claims] = [Kind::Eligibility, Kind::Claims].map(|kind| filed.remove(&(*id, kind)));
        let around = around.get(id).copied().unwrap_or_default();
        let known = Known {
            latest: own.and_then(|own| filed.remove(&(*id, own))).map(|case| case.answers),
            over: over.get(id).copied(),
            connected: around.connected,
            subsidy_refers: around.subsidy,
            terminals: terminals.remove(id).unwrap_or_default(),
            mandate_holders: holders.iter().filter(|(at, _)| at == id).map(|(_, holder)| holder.clone()).collect(),
            ..known_of(eligibility, claims)
        };
        (*id, known)
    };
    Ok(of.iter().map(known).collect())
}

/// What is known by the filings on which the others build.
fn known_of(eligibility: Option<Application>, claims: Option<Application>) -> Known {
    let answers = |case: &Option<Application>| case.as_ref().map(|case| case.answers.clone());
    Known {
        eligibility: answers(&eligibility),
        claims: answers(&claims),
        fee_payment: way_of_paying(eligibility.iter().chain(&claims)).to_owned(),
        claims_sent_at: claims.as_ref().and_then(|case| case.submitted_at),
        eligibility_line_id: eligibility.and_then(|case| case.line_id),
        claims_line_id: claims.and_then(|case| case.line_id),
        ..Known::default()
    }
}

/// How an institution pays: the latest answer of either filing (spec 05); one on paper gives none.
pub(crate) fn way_of_paying<'a>(filings: impl Iterator<Item = &'a Application>) -> &'a str {
    let latest = filings.filter(|case| case.answers.has("fee_payment")).max_by_key(|case| case.submitted_at);
    latest.map_or("", |case| case.answers.get("fee_payment"))
}

/// Terminals with an application under way or a certificate. One whose certificate can be neither used nor renewed any
/// more has none: a new application is the right way.
async fn known_terminals(
    conn: &mut Conn,
    of: &[InstitutionId],
    now: Timestamp,
) -> Result<BTreeMap<InstitutionId, Vec<KnownTerminal>>> {
    let cases = storage::applications::terminals_of(conn, of).await?;
    let mut ends: BTreeMap<ApplicationId, Timestamp> = BTreeMap::new();
    for (case, end) in storage::applications::endings_of(conn, of, endings_from(now)).await? {
        let latest = ends.entry(case).or_insert(end);
        *latest = (*latest).max(end);
    }
    let mut found: BTreeMap<InstitutionId, Vec<KnownTerminal>> = BTreeMap::new();
    for case in cases {
        let (place, end) = (case.institution_id, ends.get(&case.id).copied());
        found.entry(place).or_default().extend(known_terminal(case, end, now));
    }
    Ok(found)
}

/// A terminal by its case and the latest end of its certificates; none when a new application is the right way.
fn known_terminal(case: Application, end: Option<Timestamp>, now: Timestamp) -> Option<KnownTerminal> {
    let ends_at = end.filter(|end| Window::at(*end, now) != Window::Over);
    let fetched = matches!(case.state, State::PickedUp | State::Installed);
    let (name, applied_at) = (case.terminal_name?, case.submitted_at?);
    (!fetched || ends_at.is_some()).then_some(KnownTerminal { name, applied_at, state: case.state, ends_at })
}

/// From when on ends of certificates count for what is known of terminals.
fn endings_from(now: Timestamp) -> Timestamp {
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
    if case.kind.needs(Need::Successor) {
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
    if case.kind.needs(Need::Schemes) {
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
