//! What the applicant sees of their cases.

use std::collections::BTreeMap;

use domain::{
    applications::{Explanation, Flag, Kind, Moment, ReadingLine, State, explain, reading},
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use storage::boxed;
use storage::{
    Conn,
    applications::{Application, EventRow, Foremost, Listed, Question, Reached},
    authority::Certificate,
    letters::Letter,
    mails::Mail,
};

use super::{draft::place_of, facts::facts_for_case, own};
use crate::{Ctx, Result, authority::again_until, ctx::OPERATOR};

/// A case as its applicant sees it.
#[derive(Clone, Debug)]
pub struct ApplicantCase {
    /// The case.
    pub case: Application,
    /// Where it stands, in words.
    pub explanation: Explanation,
    /// Sections with their lines.
    pub reading: Vec<(String, Vec<ReadingLine>)>,
    /// Its life; staff of the operator are not named in it.
    pub events: Vec<EventRow>,
    /// Questions of the reviewer, newest first; staff are not named in them.
    pub questions: Vec<Question>,
    /// Mails about it with their delivery.
    pub mails: Vec<Mail>,
    /// Letters of it, without their secrets.
    pub letters: Vec<Letter>,
    /// Certificates of it.
    pub certificates: Vec<Certificate>,
    /// Key of the question at which its form goes on, while it is one's turn to write.
    pub go_on_at: Option<String>,
}

/// A case in a list of its institution.
#[derive(Clone, Debug)]
pub struct Standing<T> {
    /// The case.
    pub case: T,
    /// Where it stands, in words.
    pub explanation: Explanation,
    /// The certificate that stands for it: the latest valid one, or the last that was issued.
    pub certificate: Option<Certificate>,
}

impl<T> Standing<T> {
    /// The same at an institution at which nothing begins any more; `state` is the case's.
    #[must_use]
    pub fn for_good(self, state: State) -> Self {
        let over = state.is_over() || self.explanation.over.is_some();
        Self { explanation: if over { self.explanation.for_good() } else { self.explanation }, ..self }
    }

    /// Whether the certificate was issued and is revoked since.
    pub fn is_revoked(&self) -> bool {
        self.revoked_at().is_some()
    }

    /// When the certificate that stands for it was revoked, if it was.
    pub fn revoked_at(&self) -> Option<Timestamp> {
        revocation(self.certificate.as_ref())
    }
}

impl ApplicantCase {
    /// The states it reached, oldest first.
    pub fn reached(&self) -> Vec<Reached> {
        let reached = |event: &EventRow| Reached { application: self.case.id, state: event.state, at: event.at };
        self.events.iter().map(reached).collect()
    }
}

/// The certificate that stands for a terminal among those that were issued to it: the latest valid one, or the last.
fn standing_for<'a>(issued: &[&'a Certificate]) -> Option<&'a Certificate> {
    issued.iter().rfind(|one| one.state == "valid").or(issued.last()).copied()
}

fn revocation(latest: Option<&Certificate>) -> Option<Timestamp> {
    latest.filter(|certificate| certificate.state == "revoked").and_then(|certificate| certificate.revoked_at)
}

/// When the certificate that stands for a case ended, if it did.
fn end(latest: Option<&Certificate>, now: Timestamp) -> Option<Timestamp> {
    latest.map(|certificate| certificate.not_after).filter(|end| *end < now)
}

/// A case of one's institution.
///
/// # Errors
/// [`crate::Error::NotFound`] when it does not exist or belongs to another institution.
#[boxed]
pub async fn case_of_applicant(ctx: &Ctx<'_>, id: ApplicationId) -> Result<ApplicantCase> {
    as_applicant(ctx, own(ctx, id).await?).await
}

/// A case as its applicant sees it, whoever asks; the caller has seen to it that they may.
#[boxed]
pub(crate) async fn as_applicant(ctx: &Ctx<'_>, case: Application) -> Result<ApplicantCase> {
    let id = case.id;
    let facts = facts_for_case(ctx, &case, &case.answers).await?;
    let reading = reading(case.kind.procedure(), &facts, &case.answers);
    let mut conn = ctx.app.db.read().await?;
    let events = storage::applications::events(&mut conn, id).await?;
    let events = without_staff(&mut conn, case.institution_id, events).await?;
    let questions = storage::applications::questions(&mut conn, id).await?;
    let questions = questions.into_iter().map(|one| Question { asked_by_name: OPERATOR.to_owned(), ..one }).collect();
    let mails = storage::mails::of_application(&mut conn, id).await?;
    let letters = storage::letters::of_application(&mut conn, id).await?;
    let letters: Vec<Letter> =
        letters.into_iter().map(|l| Letter { secret_hash: None, secret_sealed: None, ..l }).collect();
    let certificates = storage::authority::of_application(&mut conn, id).await?;
    let (explanation, _) = Issued::of_case(case.id, &certificates, &letters).explain(ctx, id, moment_of(&case));
    let explanation = or_awaited(&mut conn, &case, explanation).await?;
    let left_at = storage::applications::mark_of(&mut conn, id).await?.map(|mark| mark.left_at).unwrap_or_default();
    let sections = case.kind.procedure().sections(&facts, &case.answers);
    let go_on_at = place_of(&case, &sections, &left_at).filter(|_| case.state.is_editable());
    Ok(ApplicantCase { case, explanation, reading, events, questions, mails, letters, certificates, go_on_at })
}

/// Names members of the institution, also those who have left it; everyone else who has an account is the operator's.
async fn without_staff(
    conn: &mut Conn,
    institution: InstitutionId,
    mut events: Vec<EventRow>,
) -> Result<Vec<EventRow>> {
    let mut members: BTreeMap<String, bool> = BTreeMap::new();
    for event in &mut events {
        let Some(id) = event.actor.strip_prefix("account:") else { continue };
        let is_member = match members.get(id) {
            Some(known) => *known,
            None => is_member(conn, institution, id.parse().ok()).await?,
        };
        members.insert(id.to_owned(), is_member);
        if !is_member {
            OPERATOR.clone_into(&mut event.actor_name);
        }
    }
    Ok(events)
}

async fn is_member(conn: &mut Conn, institution: InstitutionId, account: Option<AccountId>) -> Result<bool> {
    let Some(id) = account else { return Ok(false) };
    let staff = storage::accounts::find(conn, id).await?.is_none_or(|account| account.staff);
    Ok(!staff && storage::accounts::membership_of(conn, id, institution).await?.is_some())
}

/// What was issued for the certificate applications of an institution: certificates, and letters with their deadlines.
#[derive(Default)]
pub(super) struct Issued {
    certificates: Vec<Certificate>,
    deadlines: Vec<(ApplicationId, Timestamp)>,
}

impl Issued {
    /// What was issued, as it was read; certificates that were never signed count for nothing.
    pub(super) fn new(mut certificates: Vec<Certificate>, deadlines: Vec<(ApplicationId, Timestamp)>) -> Self {
        certificates.retain(|one| one.certificate.is_some());
        Self { certificates, deadlines }
    }

    async fn of_institution(conn: &mut Conn, institution: InstitutionId) -> Result<Self> {
        Ok(Self {
            certificates: storage::authority::of_institution(conn, institution).await?,
            deadlines: storage::letters::deadlines_of_institution(conn, institution).await?,
        })
    }

    async fn for_case(conn: &mut Conn, case: ApplicationId) -> Result<Self> {
        let certificates = storage::authority::of_application(conn, case).await?;
        let letters = storage::letters::of_application(conn, case).await?;
        Ok(Self::of_case(case, &certificates, &letters))
    }

    fn of_case(case: ApplicationId, certificates: &[Certificate], letters: &[Letter]) -> Self {
        let deadlines = letters.iter().filter_map(|letter| letter.deadline).map(|at| (case, at)).collect();
        Self::new(certificates.to_vec(), deadlines)
    }

    /// Where a case stands, in words, and the certificate that stands for it.
    fn explain(&self, ctx: &Ctx<'_>, id: ApplicationId, moment: Moment) -> (Explanation, Option<Certificate>) {
        let own: Vec<&Certificate> = self.certificates.iter().filter(|one| one.application_id == Some(id)).collect();
        let letter = self.deadlines.iter().filter(|(case, _)| *case == id).map(|(_, at)| *at).max();
        let pickup = match moment.state {
            State::PickedUp => again_until(&own, letter).filter(|until| *until > ctx.now),
            _ => letter,
        };
        let latest = standing_for(&own);
        let explanation = match (revocation(latest), end(latest, ctx.now)) {
            (Some(at), _) => Explanation::revoked(at),
            (None, Some(at)) => Explanation::ended(at),
            (None, None) => explain(Moment { pickup, ..moment }, &ctx.app.rules(), &ctx.app.holidays()),
        };
        (explanation, latest.cloned())
    }
}

/// Where a case stands as the database has it now, in words: inside a transaction, with what was written in it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub(crate) async fn explained(ctx: &Ctx<'_>, conn: &mut Conn, id: ApplicationId) -> Result<Explanation> {
    let case = storage::applications::find(conn, id).await?.ok_or(crate::Error::NotFound)?;
    let issued = match case.kind {
        Kind::Certificate => Issued::for_case(conn, id).await?,
        Kind::Eligibility | Kind::Claims | Kind::Common(_) => Issued::default(),
    };
    or_awaited(conn, &case, issued.explain(ctx, id, moment_of(&case)).0).await
}

/// What is said of a case, unless a code is awaited first.
async fn or_awaited(conn: &mut Conn, case: &Application, explanation: Explanation) -> Result<Explanation> {
    let awaits = crate::succession::awaits_code(conn, case).await?;
    let since = case.submitted_at.unwrap_or(case.updated_at);
    Ok(if awaits { Explanation::awaiting_code(since) } else { explanation })
}

/// When a case reached its state; its letters and certificates are not known here.
fn moment((kind, state, flag): (Kind, State, Flag), since: Timestamp, start_month: Option<&str>) -> Moment {
    let start = start_month.and_then(|month| month.parse().ok());
    Moment { kind, state, since, start, pickup: None, asked: flag == Flag::Asked }
}

/// Where a filing stands, in words; it has no certificate of its own.
pub(crate) fn standing_of(ctx: &Ctx<'_>, case: Application) -> Standing<Application> {
    let explanation = explain(moment_of(&case), &ctx.app.rules(), &ctx.app.holidays());
    Standing { case, explanation, certificate: None }
}

/// The same of a case of any procedure, which may await a code.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn standing_in(ctx: &Ctx<'_>, conn: &mut Conn, case: Application) -> Result<Standing<Application>> {
    let Standing { case, explanation, certificate } = standing_of(ctx, case);
    let explanation = or_awaited(conn, &case, explanation).await?;
    Ok(Standing { case, explanation, certificate })
}

/// Cases of one's institution beside those of the journey: begun, under way or in force, the last touched first.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn others(ctx: &Ctx<'_>) -> Result<Vec<Standing<Application>>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let mut standing = vec![];
    for case in storage::applications::others(&mut conn, institution).await? {
        standing.push(standing_in(ctx, &mut conn, case).await?);
    }
    Ok(standing)
}

fn moment_of(case: &Application) -> Moment {
    let since = since(case.state, case.state_since, case.updated_at);
    moment((case.kind, case.state, case.flag), since, case.start_month.as_deref())
}

/// Since when a case is as it is: a draft since it was last written.
fn since(state: State, state_since: Timestamp, written: Timestamp) -> Timestamp {
    if state == State::Draft { written } else { state_since }
}

/// Cases of one's institution, last written first, each with its state in words.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn cases_of_institution(
    ctx: &Ctx<'_>,
    after: Option<(Timestamp, ApplicationId)>,
    limit: i64,
) -> Result<Vec<Standing<Listed>>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let cases = storage::applications::of_institution(&mut conn, institution, after, limit).await?;
    let issued = match cases.iter().any(|case| case.kind == Kind::Certificate && case.state.may_have_letter()) {
        true => Issued::of_institution(&mut conn, institution).await?,
        false => Issued::default(),
    };
    let stand = |case: Listed| {
        let since = since(case.state, case.state_since, case.updated_at);
        let moment = moment((case.kind, case.state, case.flag), since, case.start_month.as_deref());
        let (explanation, certificate) = issued.explain(ctx, case.id, moment);
        Standing { case, explanation, certificate }
    };
    Ok(cases.into_iter().map(stand).collect())
}

/// The case of each procedure that needs one's institution most, for its home page; procedures that were never begun are
/// left out.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn foremost(ctx: &Ctx<'_>) -> Result<Vec<Standing<Foremost>>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let cases = storage::applications::foremost(&mut conn, institution).await?;
    let mut standings = Vec::with_capacity(cases.len());
    for case in cases {
        let issued = match case.kind == Kind::Certificate && case.state.may_have_letter() {
            true => Issued::for_case(&mut conn, case.id).await?,
            false => Issued::default(),
        };
        standings.push(foremost_standing(ctx, &issued, case));
    }
    Ok(standings)
}

/// Where the case of a procedure stands.
pub(super) fn foremost_standing(ctx: &Ctx<'_>, issued: &Issued, case: Foremost) -> Standing<Foremost> {
    let moment = moment((case.kind, case.state, case.flag), case.state_since, case.start_month.as_deref());
    let (explanation, certificate) = issued.explain(ctx, case.id, moment);
    Standing { case, explanation, certificate }
}

/// All cases that were sent in one go with a case; the case alone when it was sent alone.
///
/// # Errors
/// [`crate::Error::NotFound`] when it belongs to another institution.
#[boxed]
pub async fn sent_together(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Vec<Application>> {
    let case = own(ctx, id).await?;
    match case.sent_with {
        Some(first) => Ok(storage::applications::sent_together(&mut ctx.app.db.read().await?, first).await?),
        None => Ok(vec![case]),
    }
}

/// A certificate application with its line of life.
#[derive(Clone, Debug)]
pub struct TerminalLife {
    /// The case and where it stands.
    pub standing: Standing<Application>,
    /// The states it reached, oldest first.
    pub reached: Vec<Reached>,
}

/// All certificate applications that one's institution sent, also those that ended without a certificate, each with its
/// certificate and its line of life (申請状況照会, spec 04.1).
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn terminals(ctx: &Ctx<'_>) -> Result<Vec<TerminalLife>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let cases = storage::applications::certificate_cases_of(&mut conn, institution).await?;
    let issued = Issued::of_institution(&mut conn, institution).await?;
    let mut lives: BTreeMap<ApplicationId, Vec<Reached>> = BTreeMap::new();
    for reached in storage::applications::reached_by_certificate_cases(&mut conn, institution).await? {
        lives.entry(reached.application).or_default().push(reached);
    }
    let life = |case: Application| {
        let reached = lives.remove(&case.id).unwrap_or_default();
        let (explanation, certificate) = issued.explain(ctx, case.id, moment_of(&case));
        TerminalLife { standing: Standing { case, explanation, certificate }, reached }
    };
    Ok(cases.into_iter().map(life).collect())
}
