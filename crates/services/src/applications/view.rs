//! What the applicant sees of their cases.

use std::collections::BTreeMap;

use domain::{
    applications::{Explanation, Kind, Moment, ReadingLine, explain, reading},
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId},
};
use storage::boxed;
use storage::{
    Conn,
    applications::{Application, EventRow, Listed},
    authority::Certificate,
    letters::Letter,
    mails::Mail,
};

use super::{facts::facts_for_case, own};
use crate::{Ctx, Result, ctx::OPERATOR};

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
    /// Mails about it with their delivery.
    pub mails: Vec<Mail>,
    /// Letters of it, without their secrets.
    pub letters: Vec<Letter>,
    /// Certificates of it.
    pub certificates: Vec<Certificate>,
}

/// A case in a list of its institution.
#[derive(Clone, Debug)]
pub struct Standing<T> {
    /// The case.
    pub case: T,
    /// Where it stands, in words.
    pub explanation: Explanation,
    /// The certificate that was issued last for it.
    pub certificate: Option<Certificate>,
}

impl<T> Standing<T> {
    /// Whether the certificate was issued and is revoked since.
    pub fn is_revoked(&self) -> bool {
        revocation(self.certificate.as_ref()).is_some()
    }
}

impl ApplicantCase {
    /// Whether the certificate was issued and is revoked since.
    pub fn is_revoked(&self) -> bool {
        revocation(self.certificates.iter().rfind(|certificate| certificate.certificate.is_some())).is_some()
    }
}

fn revocation(latest: Option<&Certificate>) -> Option<Timestamp> {
    latest.filter(|certificate| certificate.state == "revoked").and_then(|certificate| certificate.revoked_at)
}

/// A case of one's institution.
///
/// # Errors
/// [`crate::Error::NotFound`] when it does not exist or belongs to another institution.
#[boxed]
pub async fn case_of_applicant(ctx: &Ctx<'_>, id: ApplicationId) -> Result<ApplicantCase> {
    let case = own(ctx, id).await?;
    let facts = facts_for_case(ctx, &case, &case.answers).await?;
    let reading = reading(case.kind.procedure(), &facts, &case.answers);
    let mut conn = ctx.app.db.read().await?;
    let events = storage::applications::events(&mut conn, id).await?;
    let events = without_staff(&mut conn, case.institution_id, events).await?;
    let mails = storage::mails::of_application(&mut conn, id).await?;
    let letters = storage::letters::of_application(&mut conn, id).await?;
    let letters = letters.into_iter().map(|l| Letter { secret_hash: None, secret_sealed: None, ..l }).collect();
    let certificates = storage::authority::of_application(&mut conn, id).await?;
    let latest = certificates.iter().rfind(|certificate| certificate.certificate.is_some());
    let explanation = standing(ctx, case.kind, case.state, case.state_since, latest);
    Ok(ApplicantCase { case, explanation, reading, events, mails, letters, certificates })
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

/// Where a case stands, in words.
pub(super) fn explained(
    ctx: &Ctx<'_>,
    kind: Kind,
    state: domain::applications::State,
    since: Timestamp,
) -> Explanation {
    explain(Moment { kind, state, since }, &ctx.app.settings.rules, &ctx.app.settings.holidays)
}

fn standing(
    ctx: &Ctx<'_>,
    kind: Kind,
    state: domain::applications::State,
    since: Timestamp,
    latest: Option<&Certificate>,
) -> Explanation {
    revocation(latest).map_or_else(|| explained(ctx, kind, state, since), Explanation::revoked)
}

fn latest(certificates: &[Certificate], id: ApplicationId) -> Option<Certificate> {
    certificates.iter().rfind(|certificate| certificate.application_id == Some(id)).cloned()
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
    let certificates =
        match cases.iter().any(|case| case.kind == Kind::Certificate && case.state.may_have_certificate()) {
            true => storage::authority::of_institution(&mut conn, institution).await?,
            false => vec![],
        };
    let stand = |case: Listed| {
        let certificate = latest(&certificates, case.id);
        let explanation = standing(ctx, case.kind, case.state, case.state_since, certificate.as_ref());
        Standing { case, explanation, certificate }
    };
    Ok(cases.into_iter().map(stand).collect())
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

/// Certificate applications of one's institution with their certificates (申請状況照会).
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn terminals(ctx: &Ctx<'_>) -> Result<Vec<Standing<Application>>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let cases = storage::applications::terminals_of(&mut conn, institution).await?;
    let certificates = storage::authority::of_institution(&mut conn, institution).await?;
    let stand = |case: Application| {
        let certificate = latest(&certificates, case.id);
        let explanation = standing(ctx, case.kind, case.state, case.state_since, certificate.as_ref());
        Standing { case, explanation, certificate }
    };
    Ok(cases.into_iter().map(stand).collect())
}
