//! Subsidies (spec 6.1): accepted cases are gathered into batches, decided by a second person, paid and accounted for.

mod adjust;
mod batches;
mod computing;
mod decide;
mod files;
mod ledger;
mod notice;
mod own;

pub use adjust::{Adjusted, TypedAdjustment, adjust};
pub use batches::{BatchView, MOST_IN_A_BATCH, Overview, batch, dissolve, make_batch, overview};
pub use computing::{CaseView, Computation, case};
pub(crate) use computing::{accepted, known_of, stands_against};
pub use decide::{Decided, decide};
pub use files::{PaymentFile, confirm, make_payments, payment_file};
pub use ledger::{GrantView, grant, reverse};
pub use notice::notice;
pub use own::{own_grants, own_notice};

use domain::{applications::Kind, procedures::Common, subsidies::GrantNumber};
use storage::subsidies::Grant;

/// The procedure.
pub(crate) const KIND: Kind = Kind::Common(Common::Subsidy);
/// Rows on a page of these lists.
const PAGE: i64 = 50;
/// Longest reason in characters.
const LONGEST_REASON: usize = 300;

/// The number of a decision, as it stands on its notice.
pub fn number(fiscal_year: i64, number: Option<i64>) -> String {
    number.map(|number| GrantNumber { year: fiscal_year, number }.to_string()).unwrap_or_default()
}

/// The number of an entry's decision; empty for what takes another one back.
pub fn number_of(grant: &Grant) -> String {
    number(grant.fiscal_year, grant.number)
}

/// A reason that says something, or what is wrong with it.
fn reason(label: &str, typed: &str) -> Result<String, String> {
    domain::accounts::needed_line(label, typed, LONGEST_REASON)
}
