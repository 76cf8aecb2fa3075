//! Numbers of decisions: counted from 1 within each fiscal year.

use std::fmt;

use time::Date;

/// The fiscal year of a day: it begins on the first of April.
pub fn fiscal_year(day: Date) -> i64 {
    i64::from(day.year()) - i64::from(u8::from(day.month()) < 4)
}

/// 交付決定番号, such as `2026-000012`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantNumber {
    /// Fiscal year of the decision.
    pub year: i64,
    /// Number within the year, from 1.
    pub number: i64,
}

impl fmt::Display for GrantNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}", self.year, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn the_year_turns_with_april() {
        assert_eq!(fiscal_year(date!(2027 - 03 - 31)), 2026);
        assert_eq!(fiscal_year(date!(2027 - 04 - 01)), 2027);
        assert_eq!(GrantNumber { year: 2026, number: 12 }.to_string(), "2026-000012");
    }
}
