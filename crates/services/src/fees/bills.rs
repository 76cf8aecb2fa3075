//! Bills as the billing clerk sees them.

use domain::{
    calendar::YearMonth,
    clock::Timestamp,
    fees::BillNumber,
    ids::{EntryId, PaymentId},
    permissions::Permission,
};
use storage::{
    Conn, boxed,
    fees::{ListedBill, ListedPayment},
    ledger::Listed,
};

use super::PAGE;
use crate::{Ctx, Error, Result};

/// A bill with what is on it and what was paid.
#[derive(Clone, Debug)]
pub struct BillView {
    /// The bill and its institution.
    pub listed: ListedBill,
    /// Its number.
    pub number: BillNumber,
    /// Fees on it, the oldest first, a page of them.
    pub entries: Vec<Listed>,
    /// What was paid on it.
    pub payments: Vec<ListedPayment>,
    /// What was taken back since and that the next closing sets against it; 0 or negative.
    pub waiting_yen: i64,
}

pub(super) async fn view(conn: &mut Conn, number: BillNumber, after: Option<(Timestamp, EntryId)>) -> Result<BillView> {
    let listed = storage::fees::bill(conn, number.id()).await?.ok_or(Error::NotFound)?;
    Ok(BillView {
        entries: storage::ledger::of_bill(conn, number.id(), after, PAGE).await?,
        payments: storage::fees::payments_of_bill(conn, number.id()).await?,
        waiting_yen: storage::fees::waiting_reversals(conn, number.id()).await?,
        listed,
        number,
    })
}

/// A bill; `after` is the last fee of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn bill(ctx: &Ctx<'_>, number: BillNumber, after: Option<(Timestamp, EntryId)>) -> Result<BillView> {
    ctx.permit(Permission::ReadLedger)?;
    view(&mut ctx.app.db.read().await?, number, after).await
}

/// Bills of a closed month in one way of paying, by number; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn bills_of_month(
    ctx: &Ctx<'_>,
    month: YearMonth,
    payment: &str,
    after: Option<BillNumber>,
) -> Result<Vec<ListedBill>> {
    ctx.permit(Permission::ReadLedger)?;
    let after = after.map_or(0, BillNumber::id);
    let mut conn = ctx.app.db.read().await?;
    Ok(storage::fees::bills_of_month(&mut conn, &month.as_text(), payment, after, PAGE).await?)
}

/// Bills that should have been paid before today, the longest ago first; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn overdue(ctx: &Ctx<'_>, after: Option<&ListedBill>) -> Result<Vec<ListedBill>> {
    ctx.permit(Permission::ReadLedger)?;
    let after = after.map_or(("", 0), |last| (last.bill.due_on.as_str(), last.bill.id));
    let today = ctx.now.date().to_string();
    Ok(storage::fees::overdue(&mut ctx.app.db.read().await?, &today, after, PAGE).await?)
}

/// Bills on which there is too much: what the next closing sets against other bills, or what is paid back.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn credits(ctx: &Ctx<'_>, after: Option<BillNumber>) -> Result<Vec<ListedBill>> {
    ctx.permit(Permission::ReadLedger)?;
    let after = after.map_or(0, BillNumber::id);
    Ok(storage::fees::in_credit(&mut ctx.app.db.read().await?, after, PAGE).await?)
}

/// How many bills are overdue and how many are in credit, each with their yen.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn outstanding(ctx: &Ctx<'_>) -> Result<((i64, i64), (i64, i64))> {
    ctx.permit(Permission::ReadLedger)?;
    let mut conn = ctx.app.db.read().await?;
    let overdue = storage::fees::open_of(&mut conn, &ctx.now.date().to_string()).await?;
    Ok((overdue, storage::fees::standing(&mut conn).await?.1))
}

/// Payments, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn payments_list(ctx: &Ctx<'_>, after: Option<(Timestamp, PaymentId)>) -> Result<Vec<ListedPayment>> {
    ctx.permit(Permission::ReadLedger)?;
    Ok(storage::fees::payments_newest(&mut ctx.app.db.read().await?, after, PAGE).await?)
}
