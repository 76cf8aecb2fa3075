//! What staff look at besides cases: the audit chain, mails, the ledger, staff accounts.

pub mod proposals;
pub mod settings;
pub mod staff;

use domain::{
    clock::Timestamp,
    ids::{EntryId, MailId},
    permissions::Permission,
};
use storage::boxed;
use storage::{audit, ledger, mails};

use crate::{Ctx, Result};

/// Rows on a page of these lists.
const PAGE: i64 = 50;

/// Audit rows, newest first; `before` is the last one of the page before.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn audit_rows(ctx: &Ctx<'_>, before: Option<i64>) -> Result<Vec<audit::Row>> {
    ctx.permit(Permission::ReadAudit)?;
    Ok(audit::newest(&mut ctx.app.db.read().await?, before, PAGE).await?)
}

/// Follows the audit chain from its beginning: its length, or its first fault.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn verify_audit(ctx: &Ctx<'_>) -> Result<Result<i64, audit::Broken>> {
    ctx.permit(Permission::ReadAudit)?;
    Ok(audit::verify(&mut ctx.app.db.read().await?).await?)
}

/// Mails with their delivery, newest first.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn mails(ctx: &Ctx<'_>, after: Option<(Timestamp, MailId)>) -> Result<Vec<mails::Mail>> {
    ctx.permit(Permission::ReadMails)?;
    Ok(mails::newest(&mut ctx.app.db.read().await?, after, PAGE).await?)
}

/// Entries of the ledger, newest first.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn ledger(ctx: &Ctx<'_>, after: Option<(Timestamp, EntryId)>) -> Result<Vec<ledger::Listed>> {
    ctx.permit(Permission::ReadLedger)?;
    Ok(ledger::newest(&mut ctx.app.db.read().await?, after, PAGE).await?)
}
