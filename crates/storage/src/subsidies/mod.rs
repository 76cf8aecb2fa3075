//! Subsidies: adjustments of reviewers, cases that wait for a decision, batches, the ledger of grants, payments.

mod adjustments;
mod awards;
mod batches;
mod grants;
mod payments;

pub use adjustments::{Adjustment, adjust, adjustments, unadjust};
pub use awards::{
    Award, ListedAward, Waiting, answers_filed, award, awarded_before, awards_of_batch, insert_award, take_into_batch,
    untie_batch, waiting,
};
pub use batches::{
    GrantBatch, batch, batches, count_batch, decide_batch, dissolve_batch, file_batch, had_hand_in_batch, insert_batch,
};
pub use grants::{
    Grant, NewGrant, begin_granting, grant, grant_of_case, grants_of_institution, insert_grant, next_number,
    reversal_of_grant, reverse_grant,
};
pub use payments::{PaymentLine, Sums, confirm_payments, insert_payments, payment_lines, sums_of_batch};
