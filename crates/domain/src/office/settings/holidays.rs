//! Public holidays that an administrator takes over from the official gazette, year by year (spec 1.4).

use std::collections::{BTreeMap, BTreeSet};

use time::{Date, Month};

use super::{LINE, finding};
use crate::{
    calendar::{Holiday, Holidays},
    forms::Finding,
    typed::fold,
};

/// Fewest holidays that a year of Japan has had since 2000, with room; a list that was cut off has fewer.
const FEWEST: usize = 13;

/// The holidays that days lead to: each year that occurs is as the days say, the others follow the rule.
pub fn holidays_of(days: &[(String, String)]) -> Holidays {
    let known =
        days.iter().filter_map(|(date, name)| Some(Holiday { date: date_of(date)?, name: name.clone().into() }));
    Holidays::with_imported(known)
}

/// Days from lines such as `2028/1/1,元日`, as the Cabinet Office publishes them; a first line without a date is a heading.
///
/// # Errors
/// The number of the first line, from 1, that is neither.
pub fn days_from_text(text: &str) -> Result<Vec<(String, String)>, usize> {
    let mut days = vec![];
    let lines = text.lines().enumerate().map(|(place, line)| (place, line.trim())).filter(|(_, line)| !line.is_empty());
    for (place, line) in lines {
        let (date, name) = line.split_once([',', '，', '\t', '、', ' ', '　']).unwrap_or((line, ""));
        match date_of(&fold(date)) {
            Some(date) if !name.trim().is_empty() => days.push((date.to_string(), name.trim().to_owned())),
            None if days.is_empty() && place == 0 => {}
            _ => return Err(place + 1),
        }
    }
    days.sort();
    Ok(days)
}

/// Days as lines that [`days_from_text`] reads.
pub fn days_to_text(days: &[(String, String)]) -> String {
    days.iter().map(|(date, name)| format!("{date},{name}\n")).collect()
}

fn date_of(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.trim().split(['-', '/']).collect();
    let [year, month, day] = parts[..] else { return None };
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok().filter(|year| (2000..=2099).contains(year))?, month, day.parse().ok()?)
        .ok()
}

pub(super) fn judge(days: &[(String, String)]) -> Vec<Finding> {
    let mut years: BTreeMap<i32, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (date, name) in days {
        let Some(day) = date_of(date) else {
            return vec![finding("days", format!("「{date}」は2000年から2099年までの日付ではありません。"))];
        };
        if name.is_empty() || name.chars().count() > LINE {
            return vec![finding("days", format!("「{date}」の祝日の名前を、{LINE}文字までで入力してください。"))];
        }
        if !seen.insert(day) {
            return vec![finding("days", format!("「{date}」が2回あります。1行にしてください。"))];
        }
        *years.entry(day.year()).or_default() += 1;
    }
    let short = years.iter().find(|(_, count)| **count < FEWEST);
    let cut = short.map(|(year, count)| {
        format!("{year}年の祝日が{count}日しかありません。振替休日も含めて、その年のすべての祝日を入力してください。")
    });
    cut.into_iter().map(|sentence| finding("days", sentence)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn year(year: i32) -> Vec<(String, String)> {
        Holidays::default().of_year(year).map(|(date, name)| (date.to_string(), name.to_owned())).collect()
    }

    #[test]
    fn the_published_table_is_read_whatever_its_marks() {
        let text = "国民の祝日・休日月日,国民の祝日・休日名称\r\n2028/1/1,元日\n２０２８-０１-１０　成人の日\n\n";
        let days = days_from_text(text).unwrap();
        assert_eq!(days, [("2028-01-01".into(), "元日".into()), ("2028-01-10".into(), "成人の日".into())]);
        assert_eq!(days_from_text(&days_to_text(&days)), Ok(days));
        assert_eq!(days_from_text("2028/1/1,元日\n2028/2/30,ない日"), Err(2));
        assert_eq!(days_from_text("2028/1/1"), Err(1));
    }

    #[test]
    fn a_year_that_was_taken_over_is_as_published_and_others_follow_the_rule() {
        let mut days = year(2028);
        days.push(("2028-06-01".to_owned(), "臨時の休日".to_owned()));
        assert_eq!(judge(&days), vec![]);
        let holidays = holidays_of(&days);
        assert_eq!(holidays.name(date!(2028 - 06 - 01)), Some("臨時の休日"));
        assert!(holidays.is_confirmed(2028) && !holidays.is_confirmed(2029));
        assert_eq!(holidays.name(date!(2029 - 01 - 01)), Some("元日"));
    }

    #[test]
    fn a_list_that_was_cut_off_or_names_a_day_twice_is_refused() {
        let days = year(2028);
        assert_eq!(judge(&days[..5]).len(), 1);
        let twice: Vec<_> = days.iter().chain(&days[..1]).cloned().collect();
        assert!(judge(&twice)[0].message.contains("2回"));
    }
}
