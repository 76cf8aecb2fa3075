//! Writing a form: begin, keep what is typed, throw away.

use domain::{
    applications::{Facts, Flag, Kind, State, examine},
    closing::Over,
    forms::{Answers, Checked, Field, Section, go_on_at},
    ids::{ApplicationId, InstitutionId},
};
use storage::applications::Application;
use storage::boxed;

use super::{Draft, Standing, facts::facts_for_case, facts_of, own, view::standing_in};
use crate::{Ctx, Error, Result, mandates};

/// What beginning a form led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// A new draft.
    New(ApplicationId),
    /// The institution has a draft of this procedure.
    Existing(ApplicationId),
    /// Another procedure must be filed first; the sentence says which.
    MissingBefore(&'static str),
    /// A case of this procedure is under way; a second one would cross it.
    UnderWay(ApplicationId),
}

/// A form as it stands.
#[derive(Clone, Debug)]
pub struct FormState {
    /// The case.
    pub case: Application,
    /// What the form knows.
    pub facts: Facts,
    /// Field groups.
    pub sections: Vec<Section>,
    /// Keys that may be edited: all in a draft, the returned ones and those that hang on them in a returned case.
    pub editable: Vec<String>,
    /// Key of the question at which the form goes on, if one is known.
    pub go_on_at: Option<String>,
    /// Whether a vendor prepares it, who sees neither what is agreed to nor files of others.
    pub by_vendor: bool,
}

/// Begins a form, or finds the draft that was begun before.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn start(ctx: &Ctx<'_>, kind: Kind) -> Result<Started> {
    let institution = ctx.institution()?;
    if kind.procedure().is_for_owners() {
        ctx.owner()?;
    }
    let mut conn = ctx.app.db.read().await?;
    let under_way = under_way(&mut conn, institution, kind).await?;
    let existing = storage::applications::draft_of(&mut conn, institution, kind).await?;
    drop(conn);
    if let Some(case) = under_way {
        return Ok(Started::UnderWay(case.id));
    }
    if let Some(draft) = existing {
        return Ok(Started::Existing(draft.id));
    }
    let facts = facts_of(ctx, institution, kind).await?;
    if let Some(missing) = kind.missing_before(&facts) {
        return Ok(Started::MissingBefore(missing));
    }
    insert(ctx, kind, &facts).await
}

/// The case of a procedure that may be filed only once at a time and is under way.
pub(super) async fn under_way(
    conn: &mut storage::Conn,
    institution: InstitutionId,
    kind: Kind,
) -> Result<Option<Application>> {
    if !kind.is_one_at_a_time() {
        return Ok(None);
    }
    Ok(storage::applications::under_way(conn, institution, kind).await?)
}

/// As [`under_way`], decided for the rest of the transaction: two people who send at once take turns here.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn under_way_in_turn(
    tx: &mut storage::Tx,
    institution: InstitutionId,
    kind: Kind,
) -> Result<Option<Application>> {
    if !kind.is_one_at_a_time() {
        return Ok(None);
    }
    Ok(storage::applications::under_way_in_turn(tx, institution, kind).await?)
}

async fn insert(ctx: &Ctx<'_>, kind: Kind, facts: &Facts) -> Result<Started> {
    let mut known = kind.procedure().preset(facts);
    crate::uploads::leave_out(&kind.procedure().sections(facts, &known), &mut known);
    mandates::suggested(ctx, kind, &mut known);
    let draft = blank(ctx, kind, known)?;
    let institution = draft.institution_id;
    let mut tx = ctx.app.db.write().await?;
    if let Some(case) = under_way_in_turn(&mut tx, institution, kind).await? {
        tx.rollback().await?;
        return Ok(Started::UnderWay(case.id));
    }
    if storage::applications::insert_draft(&mut tx, &draft).await? {
        mandates::note_beginning(ctx, &mut tx, &draft).await?;
        ctx.audit(&mut tx, "application.start", format!("application:{}", draft.id), "", kind.as_str());
        tx.commit().await?;
        return Ok(Started::New(draft.id));
    }
    let winner = storage::applications::draft_of(&mut tx, institution, kind).await?;
    tx.rollback().await?;
    winner.map(|draft| Started::Existing(draft.id)).ok_or(Error::ChangedMeanwhile)
}

/// A draft of a procedure that is not stored yet.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
pub(crate) fn blank(ctx: &Ctx<'_>, kind: Kind, answers: Answers) -> Result<Application> {
    Ok(Application {
        id: ApplicationId::new(ctx.now, &*ctx.app.randomness),
        kind,
        institution_id: ctx.institution()?,
        state: State::Draft,
        version: 1,
        reference: None,
        answers,
        remarks: vec![],
        line_id: None,
        terminal_name: None,
        start_month: None,
        sent_with: None,
        created_by: ctx.account()?,
        submitted_by: None,
        assignee: None,
        reasons: vec![],
        created_at: ctx.now,
        updated_at: ctx.now,
        submitted_at: None,
        state_since: ctx.now,
        flag: Flag::Plain,
        rule_words: String::new(),
    })
}

/// The form of a draft or returned case, for those who may prepare it.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution, [`Error::ChangedMeanwhile`] when it is not editable any more,
/// [`Error::MandateOver`] for a vendor who prepared it.
#[boxed]
pub async fn form(ctx: &Ctx<'_>, id: ApplicationId) -> Result<FormState> {
    let (ctx, case) = mandates::prepared(ctx, id).await?;
    let mut state = whole_form(&ctx, case).await?;
    mandates::narrow(&ctx, &mut state).await?;
    Ok(state)
}

/// The form with all that its institution sees.
async fn whole_form(ctx: &Ctx<'_>, case: Application) -> Result<FormState> {
    if !case.state.is_editable() {
        return Err(Error::ChangedMeanwhile);
    }
    let facts = facts_for_case(ctx, &case, &case.answers).await?;
    let sections = case.kind.procedure().sections(&facts, &case.answers);
    let editable = editable(&case, &facts, &sections);
    let mark = storage::applications::mark_of(&mut ctx.app.db.read().await?, case.id).await?;
    let left_at = mark.map(|mark| mark.left_at).unwrap_or_default();
    let go_on_at = place_of(&case, &sections, &left_at);
    Ok(FormState { case, facts, sections, editable, go_on_at, by_vendor: false })
}

/// Where a form goes on; in a returned case not before the first question that must be corrected.
pub(super) fn place_of(case: &Application, sections: &[Section], left_at: &str) -> Option<String> {
    let asked = case.reasons.iter().map(|(key, _)| key.as_str()).find(|key| !key.is_empty());
    let left_at = if left_at.is_empty() { asked.unwrap_or_default() } else { left_at };
    go_on_at(sections, &case.answers, left_at).map(str::to_owned)
}

/// Keys that may be edited now. What was right when it was sent and is not any more, such as a month that went by while
/// the case was away, may be corrected too: else the case could never be sent again.
fn editable(case: &Application, facts: &Facts, sections: &[Section]) -> Vec<String> {
    let fields: Vec<&Field> = sections.iter().flat_map(|section| &section.fields).collect();
    let returned: Vec<&str> = case.reasons.iter().map(|(key, _)| key.as_str()).collect();
    let known = |key: &&str| fields.iter().any(|field| field.key == **key);
    if case.state == State::Draft || !returned.iter().any(known) {
        return fields.iter().map(|field| field.key.clone()).collect();
    }
    let mut keys: Vec<String> = returned.iter().map(|key| (*key).to_owned()).collect();
    let faults = examine(case.kind.procedure(), facts, &case.answers).findings.errors;
    keys.extend(faults.into_iter().map(|fault| fault.field).filter(|key| known(&key.as_str())));
    loop {
        let before = keys.len();
        for field in &fields {
            let hangs = field.when.as_ref().is_some_and(|when| keys.iter().any(|key| mentions(when, key)));
            let confirms = field.key.strip_suffix("_confirm").is_some_and(|key| keys.iter().any(|k| k == key));
            let helps = field.beside.is_some_and(|key| keys.iter().any(|k| k == key));
            if (hangs || confirms || helps) && !keys.contains(&field.key) {
                keys.push(field.key.clone());
            }
        }
        if keys.len() == before {
            return keys;
        }
    }
}

fn mentions(condition: &domain::forms::Condition, key: &str) -> bool {
    match condition {
        domain::forms::Condition::OneOf(field, _) => *field == key,
        domain::forms::Condition::All(all) => all.iter().any(|one| mentions(one, key)),
    }
}

/// Keeps what was typed without judging it, and says what a check would find.
///
/// Only keys of the form are kept, and in a returned case only those that may be edited.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution, [`Error::ChangedMeanwhile`] when it is not editable any more.
#[boxed]
pub async fn save(ctx: &Ctx<'_>, id: ApplicationId, typed: &Answers) -> Result<(FormState, Checked)> {
    save_at(ctx, id, typed, "").await
}

/// The same, and notes the question at which the person was; empty when that is not known.
///
/// # Errors
/// As [`save`].
#[boxed]
pub async fn save_at(ctx: &Ctx<'_>, id: ApplicationId, typed: &Answers, left_at: &str) -> Result<(FormState, Checked)> {
    let (own, case) = mandates::prepared(ctx, id).await?;
    let ctx = &own;
    let mut state = whole_form(ctx, case).await?;
    let mut answers = state.case.answers.clone();
    for (key, value) in typed_keys(typed, &state) {
        answers.set(key, value);
    }
    state.case.kind.procedure().complete(&state.facts, &mut answers);
    state.sections = state.case.kind.procedure().sections(&state.facts, &answers);
    mandates::withhold(ctx, &state.sections, &state.case.answers, &mut answers);
    let known = go_on_at(&state.sections, &answers, left_at) == Some(left_at);
    keep(ctx, &mut state, answers, if known { left_at } else { "" }).await?;
    state.facts = facts_for_case(ctx, &state.case, &state.case.answers).await?;
    state.editable = editable(&state.case, &state.facts, &state.sections);
    let mut checked = examine(state.case.kind.procedure(), &state.facts, &state.case.answers);
    mandates::leave_out_consents(ctx, &state.sections, &mut checked);
    mandates::narrow(ctx, &mut state).await?;
    Ok((state, checked))
}

/// Writes what is new: the answers, and the question at which the person was.
async fn keep(ctx: &Ctx<'_>, state: &mut FormState, answers: Answers, left_at: &str) -> Result<()> {
    let (id, new) = (state.case.id, answers != state.case.answers);
    let moved = !left_at.is_empty() && state.go_on_at.as_deref() != Some(left_at);
    if !new && !moved {
        return Ok(());
    }
    let mut tx = ctx.app.db.write().await?;
    let mut answers = answers;
    if new {
        crate::uploads::answer_in_turn(&mut tx, id, &state.sections, &mut answers).await?;
    }
    if new && !storage::applications::save_answers(&mut tx, id, &answers, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let me = ctx.account()?;
    storage::applications::set_mark(&mut tx, id, left_at, new.then_some(me)).await?;
    if new {
        mandates::settle_written(ctx, &mut tx, id).await?;
    }
    tx.commit().await?;
    if new {
        state.case.version += 1;
        state.case.updated_at = ctx.now;
        state.case.answers = answers;
    }
    state.go_on_at = place_of(&state.case, &state.sections, left_at);
    Ok(())
}

/// Each editable field of the form with what was typed; a field that was not sent stays as it is, except that a box
/// that is not ticked sends nothing and so is emptied with the form.
fn typed_keys<'a>(typed: &'a Answers, state: &'a FormState) -> Vec<(String, &'a str)> {
    let after = state.facts_sections(typed);
    let fields = state.sections.iter().chain(&after).flat_map(|section| &section.fields);
    let mut keys: Vec<(String, &str)> = vec![];
    for field in fields {
        let may = state.editable.contains(&field.key)
            || !state.sections.iter().any(|s| s.fields.iter().any(|f| f.key == field.key));
        if may
            && !keys.iter().any(|(key, _)| *key == field.key)
            && !matches!(field.input, domain::forms::Input::Shown(_) | domain::forms::Input::Upload { .. })
        {
            keys.push((field.key.clone(), typed.get(&field.key)));
        }
    }
    keys
}

impl FormState {
    /// The field groups that the typed answers lead to: a larger number of terminals adds groups.
    fn facts_sections(&self, typed: &Answers) -> Vec<Section> {
        self.case.kind.procedure().sections(&self.facts, typed)
    }
}

/// Throws a draft away.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution, [`Error::ChangedMeanwhile`] when it was sent meanwhile.
#[boxed]
pub async fn discard(ctx: &Ctx<'_>, id: ApplicationId) -> Result<()> {
    let case = own(ctx, id).await?;
    let mut tx = ctx.app.db.write().await?;
    if !storage::applications::delete_draft(&mut tx, id).await? {
        return Err(Error::ChangedMeanwhile);
    }
    crate::uploads::forget_case(ctx, &mut tx, id).await?;
    ctx.audit(&mut tx, "application.discard", format!("application:{id}"), case.kind.as_str(), "");
    tx.commit().await?;
    Ok(())
}

/// What a person should know before beginning a form.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// What must be filed first, if anything.
    pub missing: Option<&'static str>,
    /// What helps then: words and address.
    pub way: Option<(&'static str, &'static str)>,
    /// The draft that waits.
    pub draft: Option<Draft>,
    /// Whether a case of this procedure was filed before.
    pub filed: bool,
    /// The case of this procedure that is under way and keeps a second one from being filed.
    pub under_way: Option<Standing<Application>>,
}

/// What a person should know before beginning a form.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn outlook(ctx: &Ctx<'_>, kind: Kind) -> Result<Outlook> {
    let institution = ctx.institution()?;
    let facts = facts_of(ctx, institution, kind).await?;
    let mut conn = ctx.app.db.read().await?;
    let under_way = match under_way(&mut conn, institution, kind).await? {
        Some(case) => Some(standing_in(ctx, &mut conn, case).await?),
        None => None,
    };
    drop(conn);
    let draft = super::drafts(ctx).await?.into_iter().find(|draft| draft.kind == kind);
    let filed = match kind {
        Kind::Eligibility => facts.known.eligibility.is_some(),
        Kind::Claims => facts.known.claims.is_some(),
        Kind::Certificate => !facts.known.terminals.is_empty(),
        Kind::Common(_) => facts.known.latest.is_some(),
    };
    let hindrance = hindrance(ctx, &facts, kind);
    let missing = hindrance.or_else(|| kind.missing_before(&facts));
    let way = kind.procedure().way_before(&facts).filter(|_| hindrance.is_none() && missing.is_some());
    Ok(Outlook { missing, way, draft, filed, under_way })
}

/// Why nothing of a procedure can be begun here, whatever was filed before: the institution is over, or an owner is needed.
fn hindrance(ctx: &Ctx<'_>, facts: &Facts, kind: Kind) -> Option<&'static str> {
    let owners = kind.procedure().is_for_owners() && ctx.owner().is_err();
    let owners = owners.then_some("この手続は、医療機関等の代表者の方だけが申請できます。");
    owners.or_else(|| facts.known.over.map(Over::sentence))
}
