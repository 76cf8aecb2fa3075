//! What machines do for an institution by `/api/v1`: the same verbs as the pages, behind the scopes of their token.

use domain::{
    access::Scope,
    applications::Kind,
    clock::Timestamp,
    forms::{Answers, Checked, Section},
    ids::ApplicationId,
};
use storage::{
    applications::{Application, Listed},
    boxed,
};

use crate::{
    Ctx, Error, Result,
    applications::{
        self, ApplicantCase, CheckState, FormState, Outlook, Sent, Standing, Started, Submitted, facts_of, outlook,
    },
    secrets::token_hash,
};

/// Longest key of a request in characters.
const LONGEST_KEY: usize = 255;

/// A procedure as an institution can begin it now.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Which one it is.
    pub kind: Kind,
    /// Its questions, as they are before anything is answered.
    pub sections: Vec<Section>,
    /// What is known before anything is answered.
    pub preset: Answers,
    /// What stands in its way, and the draft that waits.
    pub outlook: Outlook,
}

/// All procedures with their questions.
///
/// # Errors
/// [`Error::Forbidden`] without [`Scope::ApplicationsRead`].
#[boxed]
pub async fn procedures(ctx: &Ctx<'_>) -> Result<Vec<Offered>> {
    ctx.scope(Scope::ApplicationsRead)?;
    let institution = ctx.institution()?;
    let mut offered = vec![];
    for kind in Kind::ALL.iter().copied() {
        let facts = facts_of(ctx, institution, kind).await?;
        let preset = kind.procedure().preset(&facts);
        let sections = kind.procedure().sections(&facts, &preset);
        offered.push(Offered { kind, sections, preset, outlook: outlook(ctx, kind).await? });
    }
    Ok(offered)
}

/// Answers that were kept, and what a check says of the form.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Whether the draft was begun now.
    pub new: bool,
    /// The form with its case.
    pub state: FormState,
    /// What the check found.
    pub checked: Checked,
    /// Keys that are no question of this form, or that may not be changed now; nothing was kept of them.
    pub ignored: Vec<String>,
}

/// What beginning an application led to.
#[derive(Clone, Debug)]
pub enum Begun {
    /// Its draft keeps the answers.
    Kept(Box<Kept>),
    /// Another procedure must be filed first; the sentence says which.
    MissingBefore(&'static str),
    /// A case of this procedure is under way; a second one would cross it.
    UnderWay(ApplicationId),
}

/// Begins an application, or finds the draft that was begun before, and keeps answers. Keys that are not given stay as they are.
///
/// # Errors
/// [`Error::Forbidden`] without [`Scope::ApplicationsWrite`].
#[boxed]
pub async fn begin(ctx: &Ctx<'_>, kind: Kind, given: &[(String, String)]) -> Result<Begun> {
    ctx.scope(Scope::ApplicationsWrite)?;
    let (id, new) = match applications::start(ctx, kind).await? {
        Started::New(id) => (id, true),
        Started::Existing(id) => (id, false),
        Started::MissingBefore(sentence) => return Ok(Begun::MissingBefore(sentence)),
        Started::UnderWay(id) => return Ok(Begun::UnderWay(id)),
    };
    let kept = keep(ctx, id, given).await?;
    Ok(Begun::Kept(Box::new(Kept { new, ..kept })))
}

/// Keeps answers of a draft, or of a case that was returned. Keys that are not given stay as they are.
///
/// # Errors
/// [`Error::Forbidden`] without [`Scope::ApplicationsWrite`], [`Error::NotFound`] for a case of another institution,
/// [`Error::ChangedMeanwhile`] when it is not editable any more.
#[boxed]
pub async fn answer(ctx: &Ctx<'_>, id: ApplicationId, given: &[(String, String)]) -> Result<Kept> {
    ctx.scope(Scope::ApplicationsWrite)?;
    keep(ctx, id, given).await
}

async fn keep(ctx: &Ctx<'_>, id: ApplicationId, given: &[(String, String)]) -> Result<Kept> {
    let before = applications::form(ctx, id).await?;
    let mut whole = before.case.answers;
    for (key, value) in given {
        whole.set(key, value);
    }
    let (state, checked) = applications::save(ctx, id, &whole).await?;
    let ignored = given.iter().map(|(key, _)| key.clone()).filter(|key| !state.editable.contains(key)).collect();
    Ok(Kept { new: false, state, checked, ignored })
}

/// What a machine wants to send.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The version that it saw.
    pub version: i64,
    /// The fee of one certificate that it agrees to; needed where there is one.
    pub fee_yen: Option<i64>,
    /// Its own name for this request: the same again does nothing again.
    pub key: String,
}

/// What sending led to.
#[derive(Clone, Debug)]
pub enum Answered {
    /// Sent now; one case for each terminal.
    Sent(Vec<Sent>),
    /// It had been sent before.
    SentBefore(ApplicationId),
    /// The key was used for another request.
    KeyUsed,
    /// There is no key, or one that is too long or holds more than visible characters.
    BadKey,
    /// The fee that is in force must be agreed to.
    FeeNeeded(i64),
    /// It changed since, or it cannot be sent as it is.
    CheckAgain(Box<CheckState>),
}

/// Sends a draft or a corrected case, once, by the same rules as the page.
///
/// # Errors
/// [`Error::Forbidden`] without [`Scope::ApplicationsWrite`], [`Error::NotFound`] for a case of another institution.
#[boxed]
pub async fn submit(ctx: &Ctx<'_>, id: ApplicationId, wanted: &Submission) -> Result<Answered> {
    ctx.scope(Scope::ApplicationsWrite)?;
    let visible = |key: &str| !key.is_empty() && key.len() <= LONGEST_KEY && key.bytes().all(|b| b.is_ascii_graphic());
    if !visible(&wanted.key) {
        return Ok(Answered::BadKey);
    }
    let token = ctx.session()?.bearer.as_ref().map(|bearer| bearer.id).ok_or(Error::LoginRequired)?;
    let fingerprint = token_hash(&format!("{id}:{}:{:?}", wanted.version, wanted.fee_yen));
    let known = storage::access::request(&mut ctx.app.db.read().await?, token, &wanted.key).await?;
    match known {
        Some(known) if known == fingerprint => return Ok(Answered::SentBefore(id)),
        Some(_) => return Ok(Answered::KeyUsed),
        None => {}
    }
    let case = applications::own(ctx, id).await?;
    if case.kind == Kind::Certificate && case.state.is_editable() && wanted.fee_yen.is_none() {
        return Ok(Answered::FeeNeeded(ctx.app.rules().certificate_fee_yen));
    }
    let answered = match applications::submit_at(ctx, id, wanted.version, wanted.fee_yen).await? {
        Submitted::Sent(sent) => Answered::Sent(sent),
        Submitted::SentBefore(id) => return Ok(Answered::SentBefore(id)),
        Submitted::CheckAgain(state) => return Ok(Answered::CheckAgain(state)),
    };
    // Lost before this line, the same request finds the case sent and is answered the same.
    let mut tx = ctx.app.db.write().await?;
    storage::access::note_request(&mut tx, token, &wanted.key, &fingerprint, ctx.now).await?;
    tx.commit().await?;
    Ok(answered)
}

/// A case of the institution.
///
/// # Errors
/// [`Error::Forbidden`] without [`Scope::ApplicationsRead`], [`Error::NotFound`] for a case of another institution.
#[boxed]
pub async fn find(ctx: &Ctx<'_>, id: ApplicationId) -> Result<ApplicantCase> {
    ctx.scope(Scope::ApplicationsRead)?;
    applications::case_of_applicant(ctx, id).await
}

/// Cases of the institution, last written first.
///
/// # Errors
/// [`Error::Forbidden`] without [`Scope::ApplicationsRead`].
#[boxed]
pub async fn list(
    ctx: &Ctx<'_>,
    after: Option<(Timestamp, ApplicationId)>,
    limit: i64,
) -> Result<Vec<Standing<Listed>>> {
    ctx.scope(Scope::ApplicationsRead)?;
    applications::cases_of_institution(ctx, after, limit).await
}

/// The case behind an answer to a submission, for whoever may write it.
///
/// # Errors
/// [`Error::Forbidden`] without [`Scope::ApplicationsWrite`], [`Error::NotFound`] for a case of another institution.
#[boxed]
pub async fn written(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Application> {
    ctx.scope(Scope::ApplicationsWrite)?;
    applications::own(ctx, id).await
}
