//! The built-in holiday rule against a list of published and computed holidays.

use super::{Holidays, holidays_by_rule};
use time::{Date, Duration, format_description, macros::date};

const FACTS: &str = include_str!("../../tests/facts/holidays.txt");

fn facts() -> Vec<(Date, String)> {
    let form = format_description::parse_borrowed::<2>("[year]-[month]-[day]").unwrap();
    let rows = FACTS.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split_once(' ').unwrap())
        .map(|(day, name)| (Date::parse(day, &form).unwrap(), name.to_owned()))
        .collect()
}

#[test]
fn the_rule_gives_every_holiday_of_2000_to_2050_and_no_other() {
    let facts = facts();
    assert_eq!(facts.len(), 895);
    let by_rule: Vec<_> =
        (2000..=2050).flat_map(holidays_by_rule).map(|day| (day.date, day.name.into_owned())).collect();
    for (rule, fact) in by_rule.iter().zip(&facts) {
        assert_eq!(rule, fact);
    }
    assert_eq!(by_rule.len(), facts.len());
}

#[test]
fn no_holiday_is_a_business_day_and_every_other_weekday_outside_the_new_year_is() {
    let holidays = Holidays::default();
    let facts: std::collections::BTreeSet<Date> = facts().into_iter().map(|(day, _)| day).collect();
    let mut day = date!(2022 - 01 - 01);
    while day < date!(2051 - 01 - 01) {
        let weekend = day.weekday().number_days_from_monday() >= 5;
        let (month, number) = (u8::from(day.month()), day.day());
        let new_year = (month == 12 && number >= 29) || (month == 1 && number <= 3);
        assert_eq!(holidays.is_business_day(day), !weekend && !new_year && !facts.contains(&day), "{day}");
        day += Duration::DAY;
    }
}
