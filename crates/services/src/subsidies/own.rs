//! Grants of the institution that a person acts for.

use domain::{clock::Timestamp, ids::GrantId};
use storage::{boxed, subsidies::Grant};

use super::{PAGE, notice::printed};
use crate::{Ctx, Error, Result, accounts::membership::belongs};

/// Decisions about one's institution and what took them back, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn own_grants(ctx: &Ctx<'_>, after: Option<(Timestamp, GrantId)>) -> Result<Vec<Grant>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    Ok(storage::subsidies::grants_of_institution(&mut conn, institution, after, PAGE).await?)
}

/// 交付決定通知書 of a decision about one's institution, and its number; the download is noted.
///
/// # Errors
/// [`Error::NotFound`] for a decision about another institution.
#[boxed]
pub async fn own_notice(ctx: &Ctx<'_>, id: GrantId) -> Result<(String, Vec<u8>)> {
    let mut conn = ctx.app.db.read().await?;
    let grant = storage::subsidies::grant(&mut conn, id).await?.ok_or(Error::NotFound)?;
    belongs(ctx, domain::ids::InstitutionId(grant.institution_id)).await?;
    drop(conn);
    printed(ctx, &grant).await
}
