//! Dates and times as people in Japan write them (design: the look).

use crate::clock::Timestamp;
use time::{Date, Weekday};

/// The letter of a weekday: 月 to 日.
pub const fn weekday_letter(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

/// A day for people: 「2026年5月20日（水）」.
pub fn japanese_date(date: Date) -> String {
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year}年{month}月{day}日（{}）", weekday_letter(date.weekday()))
}

/// An instant for people, in Japan time: 「2026年5月20日（水）14:05」.
pub fn japanese_datetime(instant: Timestamp) -> String {
    let local = instant.in_japan();
    format!("{}{:02}:{:02}", japanese_date(local.date()), local.hour(), local.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, macros::date};

    #[test]
    fn a_day_and_an_instant_read_as_on_the_pages() {
        let day = date!(2026 - 05 - 20);
        assert_eq!(japanese_date(day), "2026年5月20日（水）");
        let five_past_two = Timestamp::start_of_day(day) + Duration::minutes(14 * 60 + 5);
        assert_eq!(japanese_datetime(five_past_two), "2026年5月20日（水）14:05");
        assert_eq!(japanese_datetime(Timestamp::start_of_day(day)), "2026年5月20日（水）00:00");
    }
}
