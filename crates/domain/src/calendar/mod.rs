//! Months, business days, national holidays and the monthly cut-off, all in Japan time (spec 1.4 and 05).

mod cut_off;
#[cfg(test)]
mod facts;
mod format;
mod holidays;
mod hours;
mod national;
mod start;
mod year_month;

pub use cut_off::{CutOff, CutOffError, cut_off, visit_window};
pub use format::{japanese_date, japanese_datetime, typed_day, until_with_days_left, weekday_letter};
pub use holidays::{Holidays, add_business_days, business_days_between, is_business_day};
pub use hours::{Attendance, Opening, OpeningHours};
pub use national::{FIRST_YEAR, Holiday, LAST_YEAR, holidays_by_rule};
pub use start::Start;
pub use year_month::{YearMonth, YearMonthError};
