//! Dates and times as people in Japan write them (design: the look).

use crate::clock::Timestamp;
use time::{Date, Month, Weekday};

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

/// A last day for people, with the days that are left: 「2026年5月20日（水）（あと3日）」.
pub fn until_with_days_left(until: Date, today: Date) -> String {
    let left = match (until - today).whole_days() {
        0 => "今日まで".to_owned(),
        left if left > 0 => format!("あと{left}日"),
        _ => "過ぎました".to_owned(),
    };
    format!("{}（{left}）", japanese_date(until))
}

/// A day as it is typed: 「2026-05-20」, as browsers send it, or with 「/」, 「.」 or 「年月日」, in either width; the year has four digits.
pub fn typed_day(typed: &str) -> Option<Date> {
    let folded = crate::typed::fold(typed);
    let numbers: Vec<&str> =
        folded.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let [year, month, day] = numbers[..] else { return None };
    if year.len() != 4 {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, macros::date};

    #[test]
    fn a_last_day_says_how_many_are_left() {
        let until = date!(2026 - 05 - 20);
        for (today, words) in [
            (date!(2026 - 05 - 17), "2026年5月20日（水）（あと3日）"),
            (until, "2026年5月20日（水）（今日まで）"),
            (date!(2026 - 05 - 21), "2026年5月20日（水）（過ぎました）"),
        ] {
            assert_eq!(until_with_days_left(until, today), words);
        }
    }

    #[test]
    fn a_day_and_an_instant_read_as_on_the_pages() {
        let day = date!(2026 - 05 - 20);
        assert_eq!(japanese_date(day), "2026年5月20日（水）");
        let five_past_two = Timestamp::start_of_day(day) + Duration::minutes(14 * 60 + 5);
        assert_eq!(japanese_datetime(five_past_two), "2026年5月20日（水）14:05");
        assert_eq!(japanese_datetime(Timestamp::start_of_day(day)), "2026年5月20日（水）00:00");
    }

    #[test]
    fn a_day_is_read_however_it_is_typed() {
        for typed in ["2026-05-20", "2026/5/20", "２０２６年５月２０日", " 2026.05.20 "] {
            assert_eq!(typed_day(typed), Some(date!(2026 - 05 - 20)), "{typed}");
        }
        for typed in [
            "",
            "5月20日",
            "令和8年5月20日",
            "26/5/20",
            "2026-02-30",
            "2026-13-01",
            "20260520",
            "2026-05-20-01",
            "９９９９９９-1-1",
        ] {
            assert_eq!(typed_day(typed), None, "{typed}");
        }
    }
}
