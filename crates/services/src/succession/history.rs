//! The history of an old code, read from the new one: only read, and only where it was handed over.

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
    institutions::Institution,
};
use storage::{
    Conn,
    applications::{Application, Listed},
    boxed,
    successions::Succession,
};

use crate::{
    Ctx, Error, Result,
    applications::{ApplicantCase, as_applicant},
};

/// Cases on a page of the history.
pub const HISTORY_PAGE: i64 = 50;

/// The succession that gave one's institution the history of another.
async fn handed_over(ctx: &Ctx<'_>, conn: &mut Conn) -> Result<Succession> {
    let own: InstitutionId = ctx.institution()?;
    let found = storage::successions::of_new(conn, own).await?;
    found.filter(|succession| succession.history).ok_or(Error::NotFound)
}

/// Cases of the old code that were sent, last written first, and whose they were; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::NotFound`] when no history was handed over to one's institution.
#[boxed]
pub async fn history(ctx: &Ctx<'_>, after: Option<(Timestamp, ApplicationId)>) -> Result<(Institution, Vec<Listed>)> {
    let mut conn = ctx.app.db.read().await?;
    let succession = handed_over(ctx, &mut conn).await?;
    let old = storage::institutions::find(&mut conn, succession.old).await?.ok_or(Error::NotFound)?;
    let cases = storage::applications::of_institution(&mut conn, succession.old, after, HISTORY_PAGE).await?;
    Ok((old, cases))
}

/// A case of the old code.
///
/// # Errors
/// [`Error::NotFound`] for drafts, for cases of any other institution, and when no history was handed over.
#[boxed]
pub async fn history_case(ctx: &Ctx<'_>, id: ApplicationId) -> Result<(Institution, ApplicantCase)> {
    let mut conn = ctx.app.db.read().await?;
    let succession = handed_over(ctx, &mut conn).await?;
    let found = storage::applications::find(&mut conn, id).await?;
    let is_handed_over = |case: &Application| case.institution_id == succession.old && case.submitted_at.is_some();
    let case = found.filter(is_handed_over).ok_or(Error::NotFound)?;
    let old = storage::institutions::find(&mut conn, succession.old).await?.ok_or(Error::NotFound)?;
    drop(conn);
    Ok((old, as_applicant(ctx, case).await?))
}
