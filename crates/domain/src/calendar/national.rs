//! The rule of Japan's national holidays (国民の祝日に関する法律), 2000 to 2099.

use std::borrow::Cow;
use time::{Date, Duration, Month, Weekday};

/// The first year that the rule covers.
pub const FIRST_YEAR: i32 = 2000;
/// The last year that the rule covers; the equinox formula ends there.
pub const LAST_YEAR: i32 = 2099;

/// A national holiday with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// The name, for instance 「海の日」 or 「振替休日」.
    pub name: Cow<'static, str>,
}

#[derive(Clone, Copy)]
enum On {
    Day(Month, u8),
    Monday(Month, u8),
    Spring,
    Autumn,
}

use Month::{April, August, December, February, January, July, May, November, October, September};

/// Each named holiday with the years (both included) in which it fell so.
const NAMED: [(i32, i32, On, &str); 31] = [
    (2000, 2099, On::Day(January, 1), "元日"),
    (2000, 2099, On::Monday(January, 2), "成人の日"),
    (2000, 2099, On::Day(February, 11), "建国記念の日"),
    (2020, 2099, On::Day(February, 23), "天皇誕生日"),
    (2000, 2099, On::Spring, "春分の日"),
    (2000, 2006, On::Day(April, 29), "みどりの日"),
    (2007, 2099, On::Day(April, 29), "昭和の日"),
    (2019, 2019, On::Day(May, 1), "天皇の即位の日"),
    (2000, 2099, On::Day(May, 3), "憲法記念日"),
    (2007, 2099, On::Day(May, 4), "みどりの日"),
    (2000, 2099, On::Day(May, 5), "こどもの日"),
    (2000, 2002, On::Day(July, 20), "海の日"),
    (2003, 2019, On::Monday(July, 3), "海の日"),
    (2020, 2020, On::Day(July, 23), "海の日"),
    (2021, 2021, On::Day(July, 22), "海の日"),
    (2022, 2099, On::Monday(July, 3), "海の日"),
    (2016, 2019, On::Day(August, 11), "山の日"),
    (2020, 2020, On::Day(August, 10), "山の日"),
    (2021, 2021, On::Day(August, 8), "山の日"),
    (2022, 2099, On::Day(August, 11), "山の日"),
    (2000, 2002, On::Day(September, 15), "敬老の日"),
    (2003, 2099, On::Monday(September, 3), "敬老の日"),
    (2000, 2099, On::Autumn, "秋分の日"),
    (2000, 2019, On::Monday(October, 2), "体育の日"),
    (2020, 2020, On::Day(July, 24), "スポーツの日"),
    (2021, 2021, On::Day(July, 23), "スポーツの日"),
    (2022, 2099, On::Monday(October, 2), "スポーツの日"),
    (2019, 2019, On::Day(October, 22), "即位礼正殿の儀の行われる日"),
    (2000, 2099, On::Day(November, 3), "文化の日"),
    (2000, 2099, On::Day(November, 23), "勤労感謝の日"),
    (2000, 2018, On::Day(December, 23), "天皇誕生日"),
];

/// The holidays of a year by the built-in rule, in order; none outside 2000 to 2099.
///
/// The equinoxes are computed; the government fixes them in February of the year before (spec 1.4).
pub fn holidays_by_rule(year: i32) -> Vec<Holiday> {
    let mut days: Vec<(Date, &'static str)> = NAMED
        .iter()
        .filter(|(from, to, ..)| (*from..=*to).contains(&year))
        .filter_map(|(_, _, on, name)| Some((on.in_year(year)?, *name)))
        .collect();
    let named: Vec<Date> = days.iter().map(|(date, _)| *date).collect();
    days.extend(named.iter().filter_map(|date| substitute(*date, &named)).map(|date| (date, "振替休日")));
    let taken: Vec<Date> = days.iter().map(|(date, _)| *date).collect();
    days.extend(named.iter().filter_map(|date| sandwiched(*date, &named, &taken)).map(|date| (date, "国民の休日")));
    days.sort_unstable();
    days.into_iter().map(|(date, name)| Holiday { date, name: Cow::Borrowed(name) }).collect()
}

/// The day off in place of a holiday on a Sunday: the next day that is no holiday (before 2007: the Monday).
fn substitute(date: Date, named: &[Date]) -> Option<Date> {
    if date.weekday() != Weekday::Sunday {
        return None;
    }
    let next = (1..7).map(|days| date + Duration::days(days)).find(|day| !named.contains(day))?;
    (date.year() >= 2007 || next == date + Duration::DAY).then_some(next)
}

/// The day after `date` when it lies between two holidays and is none itself.
fn sandwiched(date: Date, named: &[Date], taken: &[Date]) -> Option<Date> {
    let between = date + Duration::DAY;
    let enclosed = named.contains(&(between + Duration::DAY)) && !taken.contains(&between);
    (enclosed && between.weekday() != Weekday::Sunday).then_some(between)
}

impl On {
    fn in_year(self, year: i32) -> Option<Date> {
        match self {
            Self::Day(month, day) => Date::from_calendar_date(year, month, day).ok(),
            Self::Monday(month, nth) => {
                let first = Date::from_calendar_date(year, month, 1).ok()?;
                let ahead = (7 - i64::from(first.weekday().number_days_from_monday())) % 7;
                Some(first + Duration::days(ahead + 7 * (i64::from(nth) - 1)))
            }
            Self::Spring => equinox(year, Month::March, 20_843_100),
            Self::Autumn => equinox(year, September, 23_248_800),
        }
    }
}

/// The day of an equinox by the usual approximation for 1980 to 2099, in millionths of a day.
fn equinox(year: i32, month: Month, base: i32) -> Option<Date> {
    let passed = year - 1980;
    let day = (base + 242_194 * passed) / 1_000_000 - passed / 4;
    Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
}
