//! Fees beyond the ledger: what was agreed to, closings, bills, payments (spec 6.3).

mod bills;
pub mod closing;
mod consents;
mod payments;

pub use bills::{
    Bill, ListedBill, balances_of, bill, bills_of_institution, bills_of_month, in_credit, open_of, overdue, pay_in,
    remind, standing, until_page, waiting_reversals,
};
pub use closing::{Closing, closing, closings, last_closed};
pub use consents::{consent, fee_agreed_to};
pub use payments::{
    ListedPayment, Payment, insert_payment, join_payments, payment, payment_marked, payments_newest, payments_of_bill,
    payments_of_month,
};
