//! Reports: figures of finished days, kept by a job, and today's, counted from indexes when somebody looks (spec 6.6).

mod ages;
mod days;
mod live;
mod pictures;
mod rows;
mod spans;
mod topics;

pub use days::{SUMMARISE, rebuild, summarise, summarise_when_due};
pub use live::{Live, Wall, wall};
pub use pictures::{Range, Report, csv, report};
pub use rows::{Picture, Series, Shape};

/// Sent cases by procedure; `_IN` by prefecture too.
const ARRIVED: &str = "arrived";
const ARRIVED_IN: &str = "arrived_in";
/// Decisions by procedure and outcome.
const DECIDED: &str = "decided";
/// Cases under way at the end of a day.
const OPEN: &str = "open";
const OPEN_IN: &str = "open_in";
/// Decided cases by age in business days.
const AGE: &str = "age";
/// Yen by kind of entry.
const FEES: &str = "fees";
/// Entries by kind.
const FEE_COUNT: &str = "fee_count";
/// Letters posted, returned, lost.
const LETTERS: &str = "letters";
/// Valid certificates by the month in which they end.
const ENDING: &str = "ending";
/// Everything that is kept by day.
const BY_DAY: [&str; 9] = [ARRIVED, ARRIVED_IN, DECIDED, OPEN, OPEN_IN, AGE, FEES, FEE_COUNT, LETTERS];
/// Name of the same figures gathered by month, under the month's last day: sums, and of what is under way the end.
fn by_month(what: &str) -> String {
    format!("month.{what}")
}

/// Ages from this one on are one.
const OLDEST: i64 = 61;
