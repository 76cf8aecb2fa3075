//! When something begins: in a month, or on a day.

use std::{fmt, str::FromStr};

use time::Date;

use super::{YearMonth, YearMonthError, japanese_date, typed_day};

/// When an accepted case takes effect; text form `2026-07` or `2026-07-15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the first day of a month.
    Month(YearMonth),
    /// On a day.
    Day(Date),
}

impl Start {
    /// The first day.
    pub const fn first_day(self) -> Date {
        match self {
            Self::Month(month) => month.first_day(),
            Self::Day(day) => day,
        }
    }

    /// The month in which it lies.
    pub fn month(self) -> YearMonth {
        YearMonth::of(self.first_day())
    }

    /// The text form.
    pub fn as_text(self) -> String {
        match self {
            Self::Month(month) => month.as_text(),
            Self::Day(day) => day.to_string(),
        }
    }
}

impl fmt::Display for Start {
    /// For people: 「2026年7月」, 「2026年7月15日（水）」.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => month.fmt(f),
            Self::Day(day) => f.write_str(&japanese_date(*day)),
        }
    }
}

impl FromStr for Start {
    type Err = YearMonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match typed_day(text).filter(|day| day.to_string() == text) {
            Some(day) => Ok(Self::Day(day)),
            None => text.parse().map(Self::Month),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_start_is_a_month_or_a_day_and_is_read_back() {
        for (text, first, words) in [
            ("2026-07", date!(2026 - 07 - 01), "2026年7月"),
            ("2026-07-15", date!(2026 - 07 - 15), "2026年7月15日（水）"),
        ] {
            let start: Start = text.parse().unwrap();
            assert_eq!(
                (start.as_text(), start.first_day(), start.to_string()),
                (text.to_owned(), first, words.to_owned())
            );
            assert_eq!(start.month().as_text(), "2026-07");
        }
        for none in ["", "2026", "2026-07-32", "2026/07/15"] {
            assert!(none.parse::<Start>().is_err(), "{none}");
        }
    }
}
