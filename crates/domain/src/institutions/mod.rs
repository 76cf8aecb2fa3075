//! Institutions: codes, the register, and what is said when a code is not in it (spec 2.1, 2.2).

mod code;
mod institution;
mod messages;
mod prefecture;
pub mod register;
mod score_table;
mod slip;

pub use code::{InstitutionCode, check_digit_for, check_digit_holds, tables_that_fit};
pub use institution::{Institution, InstitutionStatus, UnknownStatus};
pub use messages::{CodeError, LayoutError, Rejection, RejectionReason, RowWarning};
pub use prefecture::Prefecture;
pub use register::{ImportDefaults, Layout, Reading, RegisterDetails, RegisterLayout, RegisterRow};
pub use score_table::ScoreTable;
pub use slip::{Slip, SlipKind, explain_unknown, single_changes};
