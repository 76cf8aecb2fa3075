//! The audit chain: heads that are signed, its verification, its viewer, and what is removed after its period (spec 6.5).

mod keep;
mod key;
mod list;
mod sign;
mod verify;
mod wanted;

pub use keep::{
    BLANK_CASES, BLANK_MAILS, PURGE, PURGE_JOBS, blank_cases, blank_mails, keep_when_due, purge, purge_jobs,
};
pub use key::{HeadKey, PublicKey};
pub use list::{AuditLine, Query, ViewLine, audit_rows, begin_export, export_page, view_counts};
pub use sign::{sign_head, sign_head_when_due};
pub use verify::{Fault, Whole, verify};
pub use wanted::{Told, UnderWay, VERIFY, Verification, ask_to_verify, verify_as_asked, what_was_verified};
