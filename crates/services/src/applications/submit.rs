//! Sending: the check page, the one submission, the withdrawal.

use domain::{
    applications::{Event, Facts, Kind, ReadingLine, State, case_answers, examine, reading, terminal_requests},
    calendar::Start,
    forms::{Answers, Checked, Field, Finding},
    ids::ApplicationId,
    institutions::Institution,
    reference::ReferenceNumber,
};
use storage::boxed;
use storage::{
    Tx,
    applications::{Application, Sending},
};

use super::{
    advance,
    compare::{Difference, differences, sent_before},
    draft::{under_way, under_way_in_turn},
    effects,
    facts::facts_for_case,
    own, record,
    review::enqueue_straight_through,
    tell,
};
use crate::{Ctx, Error, Result};

/// The check page: everything that will be sent, in words.
#[derive(Clone, Debug)]
pub struct CheckState {
    /// The case; its version goes with the submission.
    pub case: Application,
    /// Sections with their lines.
    pub reading: Vec<(String, Vec<ReadingLine>)>,
    /// What differs from the application before; none unless it is a change.
    pub differences: Option<Vec<Difference>>,
    /// What the check found.
    pub checked: Checked,
    /// What must be filed first, if anything: it may have been withdrawn since the form was begun.
    pub missing: Option<&'static str>,
    /// The case of the same procedure that is under way: a draft beside it waits until it is decided or taken back.
    pub under_way: Option<ApplicationId>,
    /// Sentences above the button.
    pub before_sending: Vec<String>,
    /// Fee of one certificate that the person agrees to by sending.
    pub fee_yen: i64,
    /// The institution.
    pub institution: Institution,
    /// What is agreed to, or not.
    pub consents: Vec<Field>,
    /// Whether a vendor asked the institution to confirm it: what is agreed to is asked on the check page then.
    pub asked: bool,
    /// Whether a vendor looks at it, who asks the institution to confirm it instead of sending it.
    pub by_vendor: bool,
}

impl CheckState {
    /// Whether another case comes first, however right the answers are.
    pub const fn is_kept_back(&self) -> bool {
        self.missing.is_some() || self.under_way.is_some()
    }

    /// Whether nothing but the agreement to what a vendor prepared is missing.
    pub fn waits_for_agreement(&self) -> bool {
        self.asked && crate::mandates::only_consents(self)
    }

    /// Whether a certificate costs another fee by now than the one that was shown.
    pub(crate) fn costs_other_than(&self, seen: Option<i64>) -> bool {
        self.case.kind == Kind::Certificate && seen.is_some_and(|seen| seen != self.fee_yen)
    }
}

/// A case that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Identifier.
    pub id: ApplicationId,
    /// Reference number.
    pub reference: String,
    /// Terminal of a certificate application.
    pub terminal: Option<String>,
}

/// What a submission led to.
#[derive(Clone, Debug)]
pub enum Submitted {
    /// Sent now.
    Sent(Vec<Sent>),
    /// It had been sent before: a double click, a reload, the back button, another tab.
    SentBefore(ApplicationId),
    /// It changed since the check page was shown, or something is faulty: the person checks again.
    CheckAgain(Box<CheckState>),
}

/// The check page of a draft or returned case.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution, [`Error::ChangedMeanwhile`] when it was sent.
#[boxed]
pub async fn check(ctx: &Ctx<'_>, id: ApplicationId) -> Result<CheckState> {
    let (ctx, case) = crate::mandates::prepared(ctx, id).await?;
    if !case.state.is_editable() {
        return Err(Error::ChangedMeanwhile);
    }
    let (mut state, facts) = checked(&ctx, case).await?;
    if ctx.mandate().is_some() {
        let sections = state.case.kind.procedure().sections(&facts, &state.checked.answers);
        crate::mandates::narrow_check(&ctx, &mut state, &sections).await?;
    }
    Ok(state)
}

async fn checked(ctx: &Ctx<'_>, case: Application) -> Result<(CheckState, Facts)> {
    let facts = facts_for_case(ctx, &case, &case.answers).await?;
    let mut state = checked_by(case, &facts);
    if state.case.state == State::Draft {
        let (institution, kind) = (state.case.institution_id, state.case.kind);
        let other = under_way(&mut ctx.app.db.read().await?, institution, kind).await?;
        state.under_way = other.map(|other| other.id).filter(|other| *other != state.case.id);
    }
    state.asked = crate::mandates::is_asked(ctx, state.case.id).await?;
    Ok((state, facts))
}

/// The check page of a case by facts that are known.
pub(crate) fn checked_by(case: Application, facts: &Facts) -> CheckState {
    let procedure = case.kind.procedure();
    let checked = examine(procedure, facts, &case.answers);
    let reading = reading(procedure, facts, &checked.answers);
    let before_sending = procedure.before_sending(facts, &checked.answers);
    let missing = case.kind.missing_before(facts);
    let change = checked.answers.is("application_kind", "change");
    let differences = change.then(|| differences(case.kind, facts, sent_before(case.kind, facts), &reading));
    let fee_yen = facts.rules.certificate_fee_yen;
    let sections = procedure.sections(facts, &checked.answers);
    let asked = sections.into_iter().flat_map(|section| section.fields);
    let consents = asked.filter(|field| field.is_consent() && field.applies(&checked.answers)).collect();
    CheckState {
        consents,
        institution: facts.institution.clone(),
        asked: false,
        by_vendor: false,
        case,
        reading,
        differences,
        checked,
        missing,
        under_way: None,
        before_sending,
        fee_yen,
    }
}

/// Sends a draft or a corrected case, once.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution.
#[boxed]
pub async fn submit(ctx: &Ctx<'_>, id: ApplicationId, seen_version: i64) -> Result<Submitted> {
    submit_at(ctx, id, seen_version, None).await
}

/// The same by a person who was shown a fee: another one in force by now is shown before anything is sent.
///
/// # Errors
/// As [`submit`].
#[boxed]
pub async fn submit_at(
    ctx: &Ctx<'_>,
    id: ApplicationId,
    seen_version: i64,
    seen_fee: Option<i64>,
) -> Result<Submitted> {
    let case = own(ctx, id).await?;
    if case.kind.procedure().is_for_owners() {
        ctx.owner()?;
    }
    if !case.state.is_editable() {
        return Ok(Submitted::SentBefore(id));
    }
    let other_version = case.version != seen_version;
    let (mut state, facts) = checked(ctx, case).await?;
    let changed = other_version || state.costs_other_than(seen_fee);
    if changed || state.is_kept_back() || !state.checked.findings.errors.is_empty() {
        return Ok(Submitted::CheckAgain(Box::new(state)));
    }
    let mut tx = ctx.app.db.write().await?;
    let sent = match send_in(ctx, &mut tx, &state, &facts).await? {
        Written::Sent(sent) => sent,
        Written::Gone => {
            tx.rollback().await?;
            return Ok(Submitted::SentBefore(id));
        }
        Written::UnderWay(other) => {
            tx.rollback().await?;
            state.under_way = Some(other);
            return Ok(Submitted::CheckAgain(Box::new(state)));
        }
    };
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Submitted::Sent(sent))
}

/// What became of a case that was to be sent.
pub(crate) enum Written {
    /// Sent; one case for each terminal.
    Sent(Vec<Sent>),
    /// It is not as it was seen any more.
    Gone,
    /// Another case of this procedure is under way.
    UnderWay(ApplicationId),
}

/// Sends a checked case and tells the applicant; the caller commits, or rolls back when nothing was sent.
pub(crate) async fn send_in(ctx: &Ctx<'_>, tx: &mut Tx, state: &CheckState, facts: &Facts) -> Result<Written> {
    let written = send_untold(ctx, tx, state, facts).await?;
    if let Written::Sent(sent) = &written {
        tell::received(ctx, tx, state, facts, sent).await?;
    }
    Ok(written)
}

/// The same without a mail: whoever sends many at once is told of all of them together.
pub(crate) async fn send_untold(ctx: &Ctx<'_>, tx: &mut Tx, state: &CheckState, facts: &Facts) -> Result<Written> {
    let case = &state.case;
    if case.state == State::Draft {
        let other = under_way_in_turn(tx, case.institution_id, case.kind).await?;
        if let Some(other) = other.filter(|other| other.id != case.id) {
            return Ok(Written::UnderWay(other.id));
        }
    }
    Ok(write(ctx, tx, state, facts).await?.map_or(Written::Gone, Written::Sent))
}

/// Version of a case that never was a draft: it is added as it is sent.
pub(crate) const NOT_STORED: i64 = 0;

async fn write(ctx: &Ctx<'_>, tx: &mut Tx, state: &CheckState, facts: &Facts) -> Result<Option<Vec<Sent>>> {
    let case = &state.case;
    let answers = &state.checked.answers;
    let event = if case.state == State::Draft { Event::Submit } else { Event::Resubmit };
    let to = case.kind.after(case.state, event)?;
    let terminals = if case.kind == Kind::Certificate { terminal_requests(answers) } else { vec![] };
    let own_answers = terminals.first().map_or_else(|| answers.clone(), |first| case_answers(answers, first));
    let procedure = case.kind.procedure();
    let sending = Sending {
        to,
        reference: case.reference.clone().unwrap_or_else(|| new_reference(ctx)),
        answers: own_answers,
        remarks: state.checked.findings.warnings.clone(),
        line_id: procedure.line_id(facts, answers),
        terminal_name: terminals.first().map(|terminal| terminal.name.clone()),
        start_month: procedure.start(answers).map(Start::as_text),
        sent_with: case.sent_with.or((terminals.len() > 1).then_some(case.id)),
        by: ctx.account()?,
        at: ctx.now,
    };
    if case.version == NOT_STORED {
        storage::applications::submit_anew(tx, case, &sending).await?;
    } else if !storage::applications::submit(tx, case, &sending).await? {
        return Ok(None);
    }
    record(ctx, tx, case.id, event, case.state, to, "").await?;
    storage::mandates::settle(tx, case.id).await?;
    enqueue_straight_through(ctx, tx, (case.id, case.kind, case.version + 1)).await?;
    effects::after_sending(ctx, tx, &Application { answers: sending.answers.clone(), ..case.clone() }).await?;
    let terminal = sending.terminal_name.clone();
    let mut sent = vec![Sent { id: case.id, reference: sending.reference.clone(), terminal }];
    for (id, terminal) in in_order(ctx, terminals.len()).into_iter().zip(terminals.iter().skip(1)) {
        let answers = case_answers(answers, terminal);
        sent.push(further(ctx, tx, (case, id), &terminal.name, answers, &sending.remarks).await?);
    }
    if case.kind == Kind::Certificate {
        for one in &sent {
            storage::fees::consent(tx, one.id, state.fee_yen, ctx.now).await?;
        }
    }
    Ok(Some(sent))
}

fn new_reference(ctx: &Ctx<'_>) -> String {
    ReferenceNumber::generate(&*ctx.app.randomness).as_str().to_owned()
}

/// As many new names for cases, ascending: lists by name show the terminals in the order in which they were typed.
fn in_order(ctx: &Ctx<'_>, count: usize) -> Vec<ApplicationId> {
    let mut ids: Vec<_> = (0..count).map(|_| ApplicationId::new(ctx.now, &*ctx.app.randomness)).collect();
    ids.sort_unstable();
    ids
}

/// Adds the case of one more terminal.
async fn further(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    (first, id): (&Application, ApplicationId),
    terminal: &str,
    answers: Answers,
    remarks: &[Finding],
) -> Result<Sent> {
    let reference = new_reference(ctx);
    let case = Application {
        id,
        state: State::Submitted,
        version: 1,
        reference: Some(reference.clone()),
        answers,
        remarks: remarks.iter().map(|f| (f.field.clone(), f.message.clone())).collect(),
        terminal_name: Some(terminal.to_owned()),
        sent_with: Some(first.id),
        created_by: ctx.account()?,
        created_at: ctx.now,
        submitted_at: Some(ctx.now),
        ..first.clone()
    };
    storage::applications::insert_filed(tx, &case).await?;
    storage::mandates::hand_on(tx, first.id, id).await?;
    record(ctx, tx, id, Event::Submit, State::Draft, State::Submitted, "").await?;
    enqueue_straight_through(ctx, tx, (id, case.kind, case.version)).await?;
    Ok(Sent { id, reference, terminal: Some(terminal.to_owned()) })
}

/// Takes a case back; free until it is accepted.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution, [`Error::ChangedMeanwhile`] when it is too late.
#[boxed]
pub async fn withdraw(ctx: &Ctx<'_>, id: ApplicationId) -> Result<()> {
    let case = own(ctx, id).await?;
    let mut tx = ctx.app.db.write().await?;
    advance(ctx, &mut tx, &case, Event::Withdraw, "").await?;
    let (text, dates) = match case.kind {
        Kind::Certificate => ("certificate_cancelled", vec![tell::letter_applied_for_now(ctx)]),
        Kind::Eligibility | Kind::Claims | Kind::Common(_) => ("application_withdrawn", vec![]),
    };
    tell::about(ctx, &mut tx, &case, text, &dates).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}
