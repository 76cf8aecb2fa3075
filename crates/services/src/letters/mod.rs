//! Letters: ordered with a decision, printed in batches, posted with a registered-mail number, and
//! sent again when the post loses them (spec 04.2).

mod again;
mod arrival;
mod desk;
mod numbers;
mod order;
mod print;
mod scan;

pub use again::{
    Posted, by_number, came_back, can_be_lost, can_be_sent_again, delivered, gone, letter, lost, reissue, reported,
    send_again,
};
pub use arrival::{ARRIVAL_DAYS, ask, is_overdue, overdue};
pub use desk::{Desk, NextStep, batch, confirm_printed, desk, make_batch, manifest, post_one};
pub(crate) use numbers::rows_of;
pub use numbers::{Numbers, RowFault, correct_number, list_text, post};
pub use order::{NewSecret, expire, new_secret, order_issuance, order_membership, remind};
pub(crate) use print::sender;
pub use print::{Printed, batch_pdf, printed_letter, user_id_notice};
pub use scan::{Returns, post_scanned, return_list, return_scanned, scanned, to_post};

/// Kind of the job that ends a letter when its deadline passes.
pub const EXPIRE: &str = "letter.expire";
/// Kind of the job that asks whether a letter arrived.
pub const ARRIVAL: &str = "letter.arrival";
/// Kind of the job that reminds of a letter whose deadline comes near.
pub const REMIND: &str = "letter.remind";
/// Kind of letter that carries pickup ID and secret.
pub const ISSUANCE_NOTICE: &str = "issuance_notice";
/// Kind of letter that proves a membership.
pub const MEMBERSHIP_CODE: &str = "membership_code";
/// For what the vault seals a letter's secret.
pub(crate) const SEAL: &str = "letter.secret";
