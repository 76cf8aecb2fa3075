//! The sheets that are printed: one file for each kind.

mod copy;
mod desk;
mod document;
mod issuance;
mod letter;
mod membership;
mod parts;
mod user_id;

pub(crate) use copy::application_copy;
pub(crate) use document::document;
pub(crate) use issuance::issuance_notices;
pub(crate) use membership::membership_letters;
pub(crate) use user_id::user_id_notice;
