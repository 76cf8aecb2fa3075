//! Business days: what is closed, and counting over it.

use super::national::{FIRST_YEAR, Holiday, LAST_YEAR, holidays_by_rule};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};
use time::{Date, Duration, Month, Weekday};

/// The last year whose equinoxes the government had fixed when this rule was written.
const CONFIRMED_UNTIL: i32 = 2027;

/// The national holidays in force: imported years, and the built-in rule for all others.
///
/// Built once and shared; it holds every day of 2000 to 2099.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holidays {
    days: BTreeMap<Date, Cow<'static, str>>,
    imported: BTreeSet<i32>,
}

impl Default for Holidays {
    /// The built-in rule alone.
    fn default() -> Self {
        Self::with_imported([])
    }
}

impl Holidays {
    /// The rule, overridden in full for each year that occurs in the imported days.
    pub fn with_imported(days: impl IntoIterator<Item = Holiday>) -> Self {
        let own: BTreeMap<_, _> = days.into_iter().map(|holiday| (holiday.date, holiday.name)).collect();
        let imported: BTreeSet<i32> = own.keys().map(|date| date.year()).collect();
        let by_rule = (FIRST_YEAR..=LAST_YEAR).filter(|year| !imported.contains(year)).flat_map(holidays_by_rule);
        let mut days: BTreeMap<_, _> = by_rule.map(|holiday| (holiday.date, holiday.name)).collect();
        days.extend(own);
        Self { days, imported }
    }

    /// The years that were taken over from the official list.
    pub fn imported_years(&self) -> impl Iterator<Item = i32> + '_ {
        self.imported.iter().copied()
    }

    /// The name of the holiday on a day, if it is one.
    pub fn name(&self, date: Date) -> Option<&str> {
        self.days.get(&date).map(AsRef::as_ref)
    }

    /// The holidays of a year in order.
    pub fn of_year(&self, year: i32) -> impl Iterator<Item = (Date, &str)> {
        self.days.iter().filter(move |(date, _)| date.year() == year).map(|(date, name)| (*date, name.as_ref()))
    }

    /// Whether the holidays of a year are settled: imported, or published when the rule was written.
    pub fn is_confirmed(&self, year: i32) -> bool {
        self.imported.contains(&year) || (FIRST_YEAR..=CONFIRMED_UNTIL).contains(&year)
    }

    /// The warning for the back office when next year could be imported and is not (spec 1.4).
    ///
    /// The government publishes a year in February of the year before: no warning until March.
    pub fn warning(&self, today: Date) -> Option<String> {
        let next = today.year() + 1;
        let published = today.month() >= Month::March;
        (published && !self.is_confirmed(next)).then(|| {
            format!("{next}年の祝日がまだ確定していません。官報で公表された祝日を取り込んでください。それまでは計算による祝日を使います。")
        })
    }

    /// Whether offices work on a day: not Sat, Sun, national holidays, 12/29–1/3 (spec 1.4).
    pub fn is_business_day(&self, date: Date) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend && !turn_of_the_year(date) && !self.days.contains_key(&date)
    }

    /// The day itself when it is a business day, else the next one.
    pub fn business_day_from(&self, date: Date) -> Date {
        self.walk(date, 1).find(|day| self.is_business_day(*day)).unwrap_or(date)
    }

    /// The `count`-th business day after `date`; for 0 the same as [`Self::business_day_from`].
    pub fn add_business_days(&self, date: Date, count: u32) -> Date {
        match count.checked_sub(1) {
            None => self.business_day_from(date),
            Some(skip) => self.nth(date, 1, skip),
        }
    }

    /// The `count`-th business day before `date`; for 0 the day itself or the last business day before it.
    pub fn subtract_business_days(&self, date: Date, count: u32) -> Date {
        match count.checked_sub(1) {
            None => self.walk(date, -1).find(|day| self.is_business_day(*day)).unwrap_or(date),
            Some(skip) => self.nth(date, -1, skip),
        }
    }

    /// How many business days lie after `from` up to and including `to`; negative when `to` is earlier.
    pub fn business_days_between(&self, from: Date, to: Date) -> i64 {
        if to < from {
            return -self.business_days_between(to, from);
        }
        let days = self.walk(from, 1).skip(1).take_while(|day| *day <= to);
        i64::try_from(days.filter(|day| self.is_business_day(*day)).count()).unwrap_or(i64::MAX)
    }

    fn nth(&self, date: Date, step: i64, skip: u32) -> Date {
        let ahead = self.walk(date, step).skip(1).filter(|day| self.is_business_day(*day));
        ahead.take(skip as usize + 1).last().unwrap_or(date)
    }

    fn walk(&self, from: Date, step: i64) -> impl Iterator<Item = Date> + use<> {
        std::iter::successors(Some(from), move |day| day.checked_add(Duration::days(step)))
    }
}

/// Whether offices work on a day; see [`Holidays::is_business_day`].
pub fn is_business_day(date: Date, holidays: &Holidays) -> bool {
    holidays.is_business_day(date)
}

/// The `count`-th business day after a day; see [`Holidays::add_business_days`].
pub fn add_business_days(date: Date, count: u32, holidays: &Holidays) -> Date {
    holidays.add_business_days(date, count)
}

/// Business days after `from` up to and including `to`; see [`Holidays::business_days_between`].
pub fn business_days_between(from: Date, to: Date, holidays: &Holidays) -> i64 {
    holidays.business_days_between(from, to)
}

fn turn_of_the_year(date: Date) -> bool {
    match date.month() {
        Month::December => date.day() >= 29,
        Month::January => date.day() <= 3,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn the_substitute_holidays_of_2026_and_2027_are_known() {
        let holidays = Holidays::default();
        assert_eq!(holidays.name(date!(2026 - 05 - 06)), Some("振替休日"));
        assert_eq!(holidays.name(date!(2026 - 09 - 22)), Some("国民の休日"));
        assert_eq!(holidays.name(date!(2027 - 03 - 22)), Some("振替休日"));
        assert_eq!(holidays.name(date!(2026 - 05 - 07)), None);
    }

    #[test]
    fn offices_close_over_the_turn_of_the_year() {
        let holidays = Holidays::default();
        let open: Vec<Date> = (0..10)
            .map(|days| date!(2026 - 12 - 27) + Duration::days(days))
            .filter(|day| holidays.is_business_day(*day))
            .collect();
        assert_eq!(open, [date!(2026 - 12 - 28), date!(2027 - 01 - 04), date!(2027 - 01 - 05)]);
        assert_eq!(holidays.add_business_days(date!(2026 - 12 - 28), 1), date!(2027 - 01 - 04));
    }

    #[test]
    fn business_days_are_counted_over_golden_week() {
        let holidays = Holidays::default();
        // Sent on Friday 5/1: 5/2 to 5/6 are closed.
        assert_eq!(holidays.add_business_days(date!(2026 - 05 - 01), 5), date!(2026 - 05 - 13));
        assert_eq!(holidays.subtract_business_days(date!(2026 - 05 - 13), 5), date!(2026 - 05 - 01));
        assert_eq!(holidays.add_business_days(date!(2026 - 05 - 02), 0), date!(2026 - 05 - 07));
        assert_eq!(holidays.subtract_business_days(date!(2026 - 05 - 06), 0), date!(2026 - 05 - 01));
        assert_eq!(holidays.business_days_between(date!(2026 - 05 - 01), date!(2026 - 05 - 13)), 5);
        assert_eq!(holidays.business_days_between(date!(2026 - 05 - 13), date!(2026 - 05 - 01)), -5);
        assert_eq!(holidays.business_days_between(date!(2026 - 05 - 02), date!(2026 - 05 - 06)), 0);
    }

    #[test]
    fn adding_and_counting_agree_on_every_day_of_a_year() {
        let holidays = Holidays::default();
        for start in (0..366).map(|days| date!(2026 - 03 - 01) + Duration::days(days)) {
            for count in 1..12 {
                let end = holidays.add_business_days(start, count);
                assert!(holidays.is_business_day(end));
                assert_eq!(holidays.business_days_between(start, end), i64::from(count), "{start} + {count}");
            }
        }
    }

    #[test]
    fn imported_days_override_the_rule_for_their_year_only() {
        let moved = Holiday { date: date!(2030 - 03 - 21), name: Cow::Borrowed("春分の日") };
        let holidays = Holidays::with_imported([moved]);
        assert_eq!(holidays.of_year(2030).collect::<Vec<_>>(), [(date!(2030 - 03 - 21), "春分の日")]);
        assert_eq!(holidays.of_year(2031).collect::<Vec<_>>(), Holidays::default().of_year(2031).collect::<Vec<_>>());
        assert!(holidays.is_confirmed(2030));
        assert!(!holidays.is_confirmed(2031));
    }

    #[test]
    fn the_office_is_warned_from_march_when_next_year_is_not_imported() {
        let holidays = Holidays::default();
        assert_eq!(holidays.warning(date!(2026 - 11 - 23)), None);
        assert_eq!(holidays.warning(date!(2027 - 02 - 28)), None);
        assert!(holidays.warning(date!(2027 - 03 - 01)).unwrap().contains("2028年の祝日"));
    }

    #[test]
    fn the_end_of_the_calendar_is_survived() {
        let holidays = Holidays::default();
        assert_eq!(holidays.add_business_days(Date::MAX, 3), Date::MAX);
        assert_eq!(holidays.subtract_business_days(Date::MIN, 3), Date::MIN);
    }
}
