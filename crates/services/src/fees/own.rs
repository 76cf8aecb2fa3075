//! Fees and bills of the institution that a person acts for.

use domain::{clock::Timestamp, fees::BillNumber, ids::EntryId};
use storage::{boxed, fees::ListedBill, ledger::Listed};

use super::{BillView, PAGE, bills::view, slips::printed};
use crate::{Ctx, Error, Result, accounts::membership::belongs};

/// A bill of one's own institution.
pub type OwnBill = BillView;

/// Bills of one's institution, the newest first; `before` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn own_bills(ctx: &Ctx<'_>, before: Option<BillNumber>) -> Result<Vec<ListedBill>> {
    let institution = ctx.institution()?;
    let before = before.map_or(i64::MAX, BillNumber::id);
    Ok(storage::fees::bills_of_institution(&mut ctx.app.db.read().await?, institution, before, PAGE).await?)
}

/// Fees of one's institution, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn own_entries(ctx: &Ctx<'_>, after: Option<(Timestamp, EntryId)>) -> Result<Vec<Listed>> {
    let institution = ctx.institution()?;
    Ok(storage::ledger::of_institution(&mut ctx.app.db.read().await?, institution, after, PAGE).await?)
}

/// A bill of one's institution; `after` is the last fee of the page before.
///
/// # Errors
/// [`Error::NotFound`] for a bill of another institution.
#[boxed]
pub async fn own_bill(ctx: &Ctx<'_>, number: BillNumber, after: Option<(Timestamp, EntryId)>) -> Result<OwnBill> {
    let mut conn = ctx.app.db.read().await?;
    let listed = storage::fees::bill(&mut conn, number.id()).await?.ok_or(Error::NotFound)?;
    belongs(ctx, listed.bill.institution_id).await?;
    view(&mut conn, number, after).await
}

/// The slip of a bill of one's institution.
///
/// # Errors
/// [`Error::NotFound`] for a bill of another institution, or when there is nothing to pay by slip.
#[boxed]
pub async fn own_slip(ctx: &Ctx<'_>, number: BillNumber) -> Result<Vec<u8>> {
    let bill = own_bill(ctx, number, None).await?;
    printed(ctx, &bill.listed).await
}
