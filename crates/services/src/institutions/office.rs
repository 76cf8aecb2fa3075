//! The register and the history of its imports as the back office sees them.

use domain::{
    clock::Timestamp,
    ids::{ImportId, InstitutionId},
    institutions::Institution,
    permissions::Permission,
};
use storage::boxed;
use storage::institutions::{self as register, Import};

pub use storage::institutions::Filter;

use crate::{Ctx, Error, Result};

/// Institutions that a filter lets through, in the order of their codes; the filter's `after` turns the page.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn search(ctx: &Ctx<'_>, filter: &Filter) -> Result<Vec<Institution>> {
    ctx.permit(Permission::ReadInstitutions)?;
    Ok(register::search(&mut ctx.app.db.read().await?, filter).await?)
}

/// One institution.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn get(ctx: &Ctx<'_>, id: InstitutionId) -> Result<Institution> {
    ctx.permit(Permission::ReadInstitutions)?;
    register::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)
}

/// Imports, latest first; `after` is the last row of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn imports(ctx: &Ctx<'_>, after: Option<(Timestamp, ImportId)>, limit: i64) -> Result<Vec<Import>> {
    ctx.permit(Permission::ReadInstitutions)?;
    Ok(register::imports(&mut ctx.app.db.read().await?, after, limit).await?)
}

/// An import with its report as CSV text; the report is empty until the import has ended.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn import_report(ctx: &Ctx<'_>, id: ImportId) -> Result<(Import, String)> {
    ctx.permit(Permission::ReadInstitutions)?;
    let mut conn = ctx.app.db.read().await?;
    let import = register::import(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let report = register::import_report(&mut conn, id).await?.unwrap_or_default();
    Ok((import, report))
}
