//! Fees: months that are closed, bills, what is paid on them, and the figures that must agree (spec 6.3).

mod amount;
mod month;
mod number;
mod reconcile;
mod settle;

pub use amount::{AmountFault, MOST_YEN, yen};
pub use month::{due_on, end_of, next_to_close};
pub use number::{BillNumber, BillNumberFault};
pub use reconcile::{Difference, Figures};
pub use settle::{Balance, Transfer, settle};

/// Way of paying of bills that an institution pays itself; see the list `fee_payments`.
pub const PAYMENT_SLIP: &str = "payment_slip";
/// Way of paying of bills that are withheld from what the institution is paid.
pub const DEDUCTION: &str = "deduction";
