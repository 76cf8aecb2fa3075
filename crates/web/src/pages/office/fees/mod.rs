//! Fees in the back office: closings, bills, payments, what is overdue, entries of the ledger (spec 6.3).

mod bill;
mod closing;
mod closings;
mod entry;
mod lists;
mod overdue;
mod payments;

use domain::permissions::Permission as P;

use crate::site::{Access, Routes};

pub(super) use closings::CLOSINGS;
pub(super) use overdue::OVERDUE;

/// Address of the ledger.
pub(super) const LEDGER: &str = "/office/ledger";

pub(super) fn routes() -> Routes {
    let (read, manage) = (Access::Office(P::ReadLedger), Access::Office(P::ManageFees));
    Routes::default()
        .get("/office/ledger/{id}", read, entry::show)
        .post("/office/ledger/{id}/reverse", manage, entry::reverse)
        .get("/office/closings", read, closings::list)
        .post("/office/closings", manage, closings::close)
        .get("/office/closings/next", manage, closings::ask)
        .get("/office/closings/{month}", read, closing::show)
        .get("/office/closings/{month}/report.csv", read, closing::report)
        .get("/office/closings/{month}/deductions.csv", read, closing::deductions)
        .get("/office/closings/{month}/entries.csv", read, closing::entries)
        .get("/office/closings/{month}/slips.pdf", manage, closing::slips)
        .get("/office/closings/{month}/bills", read, lists::bills)
        .get("/office/closings/{month}/entries", read, lists::entries)
        .get("/office/closings/{month}/payments", read, lists::payments)
        .get("/office/bills/{number}", read, bill::show)
        .get("/office/bills/{number}/slip.pdf", read, bill::slip)
        .post("/office/bills/{number}/refund", manage, bill::refund)
        .post("/office/bills/{number}/remind", manage, bill::remind)
        .get("/office/payments", read, payments::show)
        .post("/office/payments", manage, payments::receive)
        .post_file("/office/payments/list", manage, payments::receive_list)
        .get("/office/payments/{id}/undo", manage, payments::ask_undo)
        .post("/office/payments/{id}/undo", manage, payments::undo)
        .get("/office/overdue", read, overdue::list)
        .post("/office/overdue", manage, overdue::remind)
        .get("/office/credits", read, lists::credits)
}
