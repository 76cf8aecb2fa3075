//! What the applicant sees of their cases.

use domain::{
    applications::{Explanation, Kind, Moment, ReadingLine, explain, reading},
    clock::Timestamp,
    ids::ApplicationId,
};
use storage::{
    applications::{Application, EventRow, Listed},
    authority::Certificate,
    letters::Letter,
    mails::Mail,
};

use super::{facts::facts_for_case, own};
use crate::{Ctx, Result};

/// A case as its applicant sees it.
#[derive(Clone, Debug)]
pub struct ApplicantCase {
    /// The case.
    pub case: Application,
    /// Where it stands, in words.
    pub explanation: Explanation,
    /// Sections with their lines.
    pub reading: Vec<(String, Vec<ReadingLine>)>,
    /// Its life.
    pub events: Vec<EventRow>,
    /// Mails about it with their delivery.
    pub mails: Vec<Mail>,
    /// Letters of it, without their secrets.
    pub letters: Vec<Letter>,
    /// Certificates of it.
    pub certificates: Vec<Certificate>,
}

/// A case of one's institution.
///
/// # Errors
/// [`crate::Error::NotFound`] when it does not exist or belongs to another institution.
pub async fn case_of_applicant(ctx: &Ctx<'_>, id: ApplicationId) -> Result<ApplicantCase> {
    let case = own(ctx, id).await?;
    let facts = facts_for_case(ctx, &case, &case.answers).await?;
    let reading = reading(case.kind.procedure(), &facts, &case.answers);
    let mut conn = ctx.app.db.read().await?;
    let events = storage::applications::events(&mut conn, id).await?;
    let mails = storage::mails::of_application(&mut conn, id).await?;
    let letters = storage::letters::of_application(&mut conn, id).await?;
    let letters = letters.into_iter().map(|l| Letter { secret_hash: None, secret_sealed: None, ..l }).collect();
    let certificates = storage::authority::of_application(&mut conn, id).await?;
    let explanation = explained(ctx, case.kind, case.state, case.state_since);
    Ok(ApplicantCase { case, explanation, reading, events, mails, letters, certificates })
}

/// Where a case stands, in words.
pub(super) fn explained(ctx: &Ctx<'_>, kind: Kind, state: domain::applications::State, since: Timestamp) -> Explanation {
    explain(Moment { kind, state, since }, &ctx.app.settings.rules, &ctx.app.settings.holidays)
}

/// Cases of one's institution, last written first, each with its state in words.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
pub async fn cases_of_institution(
    ctx: &Ctx<'_>,
    after: Option<(Timestamp, ApplicationId)>,
    limit: i64,
) -> Result<Vec<(Listed, Explanation)>> {
    let institution = ctx.institution()?;
    let cases = storage::applications::of_institution(&mut ctx.app.db.read().await?, institution, after, limit).await?;
    Ok(cases
        .into_iter()
        .map(|case| {
            let explanation = explained(ctx, case.kind, case.state, case.state_since);
            (case, explanation)
        })
        .collect())
}

/// All cases that were sent in one go with a case; the case alone when it was sent alone.
///
/// # Errors
/// [`crate::Error::NotFound`] when it belongs to another institution.
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
pub async fn terminals(ctx: &Ctx<'_>) -> Result<Vec<(Application, Explanation)>> {
    let institution = ctx.institution()?;
    let cases = storage::applications::terminals_of(&mut ctx.app.db.read().await?, institution).await?;
    Ok(cases
        .into_iter()
        .map(|case| {
            let explanation = explained(ctx, case.kind, case.state, case.state_since);
            (case, explanation)
        })
        .collect())
}
