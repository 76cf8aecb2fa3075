//! A month of a year: start months, billing months.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};
use time::{Date, Month};

const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 9998;

/// Why a text names no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YearMonthError {
    /// The text does not have the form `2026-05`.
    #[error("年月の形になっていません。「2026-05」のように、年4桁・ハイフン・月2桁で入力してください。")]
    Form,
    /// The month is not 1 to 12, or the year is out of reach.
    #[error("その年月はありません。年は4桁、月は1から12で入力してください。")]
    OutOfRange,
}

/// A month of a year, for instance May 2026; text form `2026-05`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth(Date);

impl YearMonth {
    /// From a year and a month counted from 1.
    ///
    /// # Errors
    /// `OutOfRange` when the month is not 1 to 12 or the year not 1900 to 9998.
    pub fn new(year: i32, month: u8) -> Result<Self, YearMonthError> {
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            return Err(YearMonthError::OutOfRange);
        }
        let month = Month::try_from(month).map_err(|_| YearMonthError::OutOfRange)?;
        Date::from_calendar_date(year, month, 1).map(Self).map_err(|_| YearMonthError::OutOfRange)
    }

    /// The month in which a day lies.
    pub fn of(date: Date) -> Self {
        Self(date.replace_day(1).unwrap_or(date))
    }

    /// The year, for instance 2026.
    pub const fn year(self) -> i32 {
        self.0.year()
    }

    /// The month counted from 1.
    pub fn month(self) -> u8 {
        u8::from(self.0.month())
    }

    /// The month so many months later (earlier when negative), held within the years 1900 to 9998.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let index = self.index().saturating_add(months).clamp(FIRST_YEAR * 12, LAST_YEAR * 12 + 11);
        let month = u8::try_from(index.rem_euclid(12) + 1).unwrap_or(1);
        Self::new(index.div_euclid(12), month).unwrap_or(self)
    }

    /// How many months `other` lies after this one; negative when before.
    pub fn months_until(self, other: Self) -> i32 {
        other.index() - self.index()
    }

    /// This month and the following ones, `count` in all.
    pub fn run(self, count: u16) -> impl Iterator<Item = Self> {
        (0..i32::from(count)).map(move |step| self.plus_months(step))
    }

    /// The first day of the month.
    pub const fn first_day(self) -> Date {
        self.0
    }

    /// The last day of the month.
    pub fn last_day(self) -> Date {
        let length = self.0.month().length(self.year());
        self.0.replace_day(length).unwrap_or(self.0)
    }

    /// The given day of the month, or its last day where the month is shorter; day 0 counts as 1.
    pub fn day(self, day: u8) -> Date {
        self.0.replace_day(day.max(1)).unwrap_or_else(|_| self.last_day())
    }

    /// The short form without the year: 「7月」.
    pub fn month_only(self) -> String {
        format!("{}月", self.month())
    }

    fn index(self) -> i32 {
        self.year() * 12 + i32::from(self.month()) - 1
    }
}

impl fmt::Display for YearMonth {
    /// For people: 「2026年5月」.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}年{}月", self.year(), self.month())
    }
}

impl fmt::Debug for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_text())
    }
}

impl YearMonth {
    /// The text form for storage and form values: `2026-05`.
    pub fn as_text(self) -> String {
        format!("{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for YearMonth {
    type Err = YearMonthError;

    /// Reads `2026-05`; a month without its leading zero is read too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (year, month) = text.trim().split_once('-').ok_or(YearMonthError::Form)?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || month.len() > 2 || !digits(year) || !digits(month) {
            return Err(YearMonthError::Form);
        }
        let year = year.parse().map_err(|_| YearMonthError::Form)?;
        let month = month.parse().map_err(|_| YearMonthError::Form)?;
        Self::new(year, month)
    }
}

impl Serialize for YearMonth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.as_text())
    }
}

impl<'de> Deserialize<'de> for YearMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn month(text: &str) -> YearMonth {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_read_and_written_in_its_text_form() {
        for text in ["2026-05", "2026-12", "1900-01", "9998-12"] {
            assert_eq!(month(text).as_text(), text);
        }
        assert_eq!(month("2026-5"), month("2026-05"));
        assert_eq!(month("2026-05").to_string(), "2026年5月");
        assert_eq!(month("2026-05").month_only(), "5月");
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["", "2026", "26-05", "2026-", "2026-005", "2026/05", "２０２６-05", "+026-05", "2026--5"] {
            assert_eq!(text.parse::<YearMonth>(), Err(YearMonthError::Form), "{text}");
        }
        for text in ["2026-00", "2026-13", "1899-12", "9999-01"] {
            assert_eq!(text.parse::<YearMonth>(), Err(YearMonthError::OutOfRange), "{text}");
        }
    }

    #[test]
    fn months_are_counted_over_the_turn_of_the_year() {
        assert_eq!(month("2026-11").plus_months(2), month("2027-01"));
        assert_eq!(month("2026-01").plus_months(-1), month("2025-12"));
        assert_eq!(month("2026-11").months_until(month("2028-11")), 24);
        assert_eq!(month("9998-12").plus_months(5), month("9998-12"));
        assert!(month("2026-12") < month("2027-01"));
        let run: Vec<_> = month("2026-12").run(3).map(YearMonth::as_text).collect();
        assert_eq!(run, ["2026-12", "2027-01", "2027-02"]);
    }

    #[test]
    fn a_month_knows_its_days() {
        assert_eq!(month("2028-02").last_day(), date!(2028 - 02 - 29));
        assert_eq!(month("9998-12").last_day(), date!(9998 - 12 - 31));
        assert_eq!(month("2026-02").day(31), date!(2026 - 02 - 28));
        assert_eq!(month("2026-02").day(20), date!(2026 - 02 - 20));
        assert_eq!(YearMonth::of(date!(2026 - 02 - 20)), month("2026-02"));
    }
}
