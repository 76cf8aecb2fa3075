//! What staff look at besides cases: mails, the ledger, staff accounts.

pub mod proposals;
pub mod reviews;
pub mod second_factor;
pub mod settings;
pub mod staff;

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, EntryId, MailId},
    permissions::Permission,
};
use storage::boxed;
use storage::{ledger, mails};

use crate::{Ctx, Result};

/// Rows on a page of these lists.
const PAGE: i64 = 50;

/// Mails with their delivery, newest first; the case of one is named only to those who may read it.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn mails(ctx: &Ctx<'_>, after: Option<(Timestamp, MailId)>) -> Result<Vec<mails::Mail>> {
    ctx.permit(Permission::ReadMails)?;
    let mut conn = ctx.app.db.read().await?;
    let mut mails = mails::newest(&mut conn, after, PAGE).await?;
    let cases: Vec<ApplicationId> = mails.iter().filter_map(|mail| mail.application_id).collect();
    let kinds = storage::applications::kinds(&mut conn, &cases).await?;
    let readable = |case: &ApplicationId| {
        kinds.iter().any(|(id, kind)| id == case && ctx.permit(crate::applications::reading(*kind)).is_ok())
    };
    for mail in &mut mails {
        mail.application_id = mail.application_id.filter(readable);
    }
    Ok(mails)
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
