//! Fees: months are closed, billed, paid and accounted for (spec 6.3).

mod bills;
mod close;
mod files;
mod own;
mod payment_list;
mod payments;
mod remind;
mod report;
mod reverse;
mod slips;

pub use bills::{BillView, bill, bills_of_month, credits, outstanding, overdue, payments_list};
pub use close::{Closed, Outlook, close, closings, outlook};
pub use files::{File, Place, file_page};
pub use own::{OwnBill, own_bill, own_bills, own_entries, own_slip};
pub use payment_list::{ListResult, RowFault, receive_list};
pub use payments::{Noted, Slip, TypedPayment, receive, refund, undo};
pub use remind::{Reminded, remind};
pub use report::{Report, entries_of_month, payments_of_month, report};
pub use reverse::{EntryView, entry, reverse};
pub use slips::{SLIPS_IN_A_FILE, SlipFile, slip, slip_files, slips};

use domain::{calendar::typed_day, ids::EntryId};
use storage::{Tx, applications::Application, boxed};
use time::Date;

use crate::{Ctx, Error, Result};

/// Rows on a page of these lists.
const PAGE: i64 = 50;

/// A stored day.
fn day(text: &str) -> Result<Date> {
    typed_day(text).ok_or_else(|| Error::internal(format!("no day: {text}")))
}

/// The fee of an approved certificate application: the one that the applicant agreed to when it was sent, or today's for
/// a case that was sent before consents were kept.
pub(crate) async fn fee_of(ctx: &Ctx<'_>, conn: &mut storage::Conn, case: &Application) -> Result<i64> {
    let agreed = storage::fees::fee_agreed_to(conn, case.id).await?;
    Ok(agreed.unwrap_or_else(|| ctx.app.rules().certificate_fee_yen))
}

/// Writes the fee of an approved case into the ledger, once.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn charge(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application, payment: &str) -> Result<()> {
    let entry = EntryId::new(ctx.now, &*ctx.app.randomness);
    let amount = fee_of(ctx, tx, case).await?;
    if storage::ledger::charge(tx, entry, case.institution_id, case.id, amount, payment, ctx.now).await? {
        ctx.audit(tx, "ledger.charge", format!("application:{}", case.id), "", &format!("{amount}:{payment}"));
    }
    Ok(())
}
