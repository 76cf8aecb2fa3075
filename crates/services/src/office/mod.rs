//! What staff look at besides cases: mails, the ledger, staff accounts.

pub mod proposals;
pub mod reviews;
pub mod settings;
pub mod staff;

use domain::{
    clock::Timestamp,
    ids::{EntryId, MailId},
    permissions::Permission,
};
use storage::boxed;
use storage::{ledger, mails};

use crate::{Ctx, Result};

/// Rows on a page of these lists.
const PAGE: i64 = 50;

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
