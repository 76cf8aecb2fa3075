//! What staff see of master accounts, and may do for an institution that asks: never a password.

use domain::{accounts::needed_line, ids::InstitutionId, permissions::Permission};
use storage::boxed;

use super::{
    is_user, notice,
    reissue::{Wanted, prepared, replace},
    view::Account,
};
use crate::{Ctx, Error, Result};

/// Longest reason of a re-issue.
const LONGEST_REASON: usize = 200;

/// The accounts of an institution as staff see them; none where nothing was accepted.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn for_staff(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<Option<Vec<Account>>> {
    ctx.permit(Permission::ReadInstitutions).or_else(|_| ctx.permit(Permission::ReadApplications))?;
    let mut conn = ctx.app.db.read().await?;
    let accounts = storage::master_accounts::of(&mut conn, institution).await?;
    let shown = is_user(&mut conn, institution, &accounts).await?;
    Ok(shown.then(|| accounts.iter().map(|account| Account::of(account, notice(account, ctx))).collect()))
}

/// Replaces passwords for an institution that asked by telephone, with the reason; its owners are told by mail and download
/// the notices themselves. False when somebody was faster; or the sentence that says what is wrong with the reason.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] while no application of the institution was accepted.
#[boxed]
pub async fn reissue_for(
    ctx: &Ctx<'_>,
    institution: InstitutionId,
    wanted: &[Wanted],
    reason: &str,
) -> Result<Result<bool, String>> {
    ctx.permit(Permission::ReissueMasterAccounts)?;
    let reason = match needed_line("再発行する理由", reason, LONGEST_REASON) {
        Ok(reason) => reason,
        Err(message) => return Ok(Err(message)),
    };
    storage::institutions::find(&mut ctx.app.db.read().await?, institution).await?.ok_or(Error::NotFound)?;
    let made = prepared(ctx, institution, wanted).await?;
    let mut tx = ctx.app.db.write().await?;
    let done = replace(ctx, &mut tx, made).await?;
    if done {
        ctx.audit(&mut tx, "master_account.reissue_for", format!("institution:{institution}"), "", &reason);
        tx.commit().await?;
        ctx.app.wake.notify_one();
    } else {
        tx.rollback().await?;
    }
    Ok(Ok(done))
}
