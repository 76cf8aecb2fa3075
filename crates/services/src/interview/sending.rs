//! All filings side by side, and the one transaction that sends them.

use domain::{
    applications::{Explanation, Facts, Kind, ReadingLine},
    forms::Findings,
    interview::{self, Interview, Row, Step, side_by_side},
};
use storage::{applications::Application, boxed, interviews};

use super::{CHECK, Loaded, load, sent_last};
use crate::{
    Ctx, Error, Result,
    applications::{self, CheckState, Written, checked_by, facts_for_case, send_in},
};

/// One of the filings.
#[derive(Clone, Debug)]
pub struct Filing {
    /// Everything that will be sent, in words.
    pub check: CheckState,
    /// Whether it could go out without the others.
    pub alone: bool,
}

/// The page that shows all filings.
#[derive(Clone, Debug)]
pub struct Check {
    /// The interview, which knows where each thing is asked.
    pub interview: Interview,
    /// The filings in their order.
    pub filings: Vec<Filing>,
    /// What several of them say something about.
    pub rows: Vec<Row>,
    /// What was found, by the keys of the interview.
    pub findings: Findings,
    /// The first page on which something is missing or wrong.
    pub faulty: Option<Step>,
}

/// What sending led to.
#[derive(Clone, Debug)]
pub enum Sending {
    /// Sent now.
    Sent,
    /// Sent before: a double click, a reload, another tab.
    SentBefore,
    /// Something changed since the page was shown, or cannot be sent: the person checks again.
    CheckAgain,
    /// Nothing was chosen.
    NothingChosen,
    /// A certificate was chosen without the application that must come before it.
    MissingBefore(&'static str),
}

fn lines(check: &CheckState) -> Vec<ReadingLine> {
    check.reading.iter().flat_map(|(_, lines)| lines.clone()).collect()
}

/// The draft of a procedure with what the interview wrote into it.
fn case(loaded: &Loaded, kind: Kind) -> Option<Application> {
    let draft = loaded.drafts.get(&kind)?.clone();
    let answers = loaded.interview.forms().get(&kind)?.clone();
    Some(Application { answers, ..draft })
}

/// Each chosen form with the facts that hold once those before it are sent.
async fn checked(ctx: &Ctx<'_>, loaded: &Loaded, chosen: &[Kind]) -> Result<Vec<(CheckState, Facts)>> {
    let mut all: Vec<(CheckState, Facts)> = vec![];
    for kind in interview::ORDER.into_iter().filter(|kind| chosen.contains(kind)) {
        let Some(case) = case(loaded, kind) else { continue };
        let mut facts = facts_for_case(ctx, &case, &case.answers).await?;
        if kind == Kind::Certificate {
            for (before, _) in &all {
                facts = interview::assuming(&facts, before.case.kind, &before.checked.answers);
            }
        }
        all.push((checked_by(case, &facts), facts));
    }
    Ok(all)
}

/// All filings side by side; none when nothing is left to send.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn check(ctx: &Ctx<'_>) -> Result<Option<Check>> {
    let Some(loaded) = load(ctx).await? else { return Ok(None) };
    if loaded.drafts.is_empty() {
        return Ok(None);
    }
    let kinds: Vec<Kind> = loaded.drafts.keys().copied().collect();
    let states = checked(ctx, &loaded, &kinds).await?;
    let compared: Vec<(Kind, Vec<ReadingLine>)> =
        states.iter().map(|(state, _)| (state.case.kind, lines(state))).collect();
    let (findings, faulty) = (loaded.interview.findings(), loaded.interview.first_faulty());
    let mut filings = vec![];
    for (check, facts) in states {
        let own = applications::facts_of(ctx, facts.institution.id, check.case.kind).await?;
        let alone = check.case.kind.missing_before(&own).is_none();
        filings.push(Filing { check, alone });
    }
    Ok(Some(Check { interview: loaded.interview, rows: side_by_side(&compared), filings, findings, faulty }))
}

/// Sends the chosen filings, each in the version that was seen and at the fee that was shown, in one transaction: all of
/// them or none.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn send(ctx: &Ctx<'_>, chosen: &[(Kind, i64)], seen_fee: Option<i64>) -> Result<Sending> {
    if chosen.is_empty() {
        return Ok(Sending::NothingChosen);
    }
    let Some(loaded) = load(ctx).await? else { return Err(Error::NotFound) };
    let kinds: Vec<Kind> = chosen.iter().map(|(kind, _)| *kind).collect();
    if kinds.iter().all(|kind| !loaded.drafts.contains_key(kind)) {
        return Ok(if loaded.row.sent.is_empty() { Sending::CheckAgain } else { Sending::SentBefore });
    }
    let states = checked(ctx, &loaded, &kinds).await?;
    let as_seen =
        |(kind, version): &(Kind, i64)| loaded.drafts.get(kind).is_some_and(|draft| draft.version == *version);
    let other = |state: &CheckState| !state.checked.findings.errors.is_empty() || state.costs_other_than(seen_fee);
    if !chosen.iter().all(as_seen) || states.iter().any(|(state, _)| other(state)) {
        return Ok(Sending::CheckAgain);
    }
    if let Some(missing) = states.iter().find_map(|(state, _)| state.missing) {
        return Ok(Sending::MissingBefore(missing));
    }
    write(ctx, loaded, &states).await
}

async fn write(ctx: &Ctx<'_>, loaded: Loaded, states: &[(CheckState, Facts)]) -> Result<Sending> {
    let mut tx = ctx.app.db.write().await?;
    let mut sent = vec![];
    for (state, facts) in states {
        let Written::Sent(cases) = send_in(ctx, &mut tx, state, facts).await? else {
            tx.rollback().await?;
            return Ok(Sending::CheckAgain);
        };
        sent.extend(cases.first().map(|case| case.id));
    }
    let left = |kind: &Kind| states.iter().all(|(state, _)| state.case.kind != *kind);
    let row = interviews::Interview {
        kinds: loaded.row.kinds.iter().copied().filter(left).collect(),
        step: CHECK.to_owned(),
        sent,
        updated_at: ctx.now,
        ..loaded.row
    };
    interviews::put(&mut tx, &row).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Sending::Sent)
}

/// What one filing became: its cases, one for each terminal, and where they stand.
#[derive(Clone, Debug)]
pub struct SentFiling {
    /// The cases; never empty.
    pub cases: Vec<Application>,
    /// Where the first of them stands, in words.
    pub explanation: Explanation,
}

/// What was sent last, in the order of the procedures; empty when nothing was.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn sent(ctx: &Ctx<'_>) -> Result<Vec<SentFiling>> {
    let mut filings = vec![];
    for id in sent_last(ctx).await? {
        let cases = applications::sent_together(ctx, id).await?;
        if let Some(first) = cases.first().cloned() {
            filings.push(SentFiling { explanation: applications::standing_of(ctx, first).explanation, cases });
        }
    }
    Ok(filings)
}
