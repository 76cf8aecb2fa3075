//! The sheets that are printed: one file for each kind.

mod ceremony;
mod copy;
mod desk;
mod document;
mod grant;
mod issuance;
mod labels;
mod letter;
mod master_account;
mod membership;
mod parts;
mod slip;
mod user_id;

pub(crate) use ceremony::ceremony_protocol;
pub(crate) use copy::application_copy;
pub(crate) use document::document;
pub(crate) use grant::grant_notice;
pub(crate) use issuance::issuance_notices;
pub(crate) use labels::terminal_labels;
pub(crate) use master_account::master_account_notice;
pub(crate) use membership::membership_letters;
pub(crate) use slip::payment_slips;
pub(crate) use user_id::user_id_notice;
