//! The reconciliation of a closing: each figure counted anew from its rows.

use domain::{
    calendar::YearMonth,
    fees::{Difference, Figures},
    ids::{EntryId, PaymentId},
    permissions::Permission,
};
use storage::{
    boxed,
    fees::{Closing, ListedPayment, closing},
    ledger::Listed,
};

use super::PAGE;
use crate::{Ctx, Error, Result};

/// A closing and whether its figures agree.
#[derive(Clone, Debug)]
pub struct Report {
    /// The closing with the figures that were kept.
    pub closing: Closing,
    /// The figures as its rows say now.
    pub counted: Figures,
    /// Where they do not agree; empty when every yen is where it belongs.
    pub differences: Vec<Difference>,
}

/// The reconciliation of a closed month.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it is not closed.
#[boxed]
pub async fn report(ctx: &Ctx<'_>, month: YearMonth) -> Result<Report> {
    ctx.permit(Permission::ReadLedger)?;
    let (mut conn, key) = (ctx.app.db.read().await?, month.as_text());
    let closing = storage::fees::closing(&mut conn, &key).await?.ok_or(Error::NotFound)?;
    let counted = closing::counted(&mut conn, &key).await?;
    let differences = counted.differences(&closing.figures);
    Ok(Report { closing, counted, differences })
}

/// Fees of a kind that a closing holds: `charge`, `renewal` or `reversal`.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn entries_of_month(
    ctx: &Ctx<'_>,
    month: YearMonth,
    kind: &str,
    after: Option<EntryId>,
) -> Result<Vec<Listed>> {
    ctx.permit(Permission::ReadLedger)?;
    let mut conn = ctx.app.db.read().await?;
    Ok(storage::ledger::of_month(&mut conn, &month.as_text(), kind, after, PAGE).await?)
}

/// Payments that a closing holds.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn payments_of_month(
    ctx: &Ctx<'_>,
    month: YearMonth,
    after: Option<PaymentId>,
) -> Result<Vec<ListedPayment>> {
    ctx.permit(Permission::ReadLedger)?;
    let mut conn = ctx.app.db.read().await?;
    Ok(storage::fees::payments_of_month(&mut conn, &month.as_text(), after, PAGE).await?)
}
