//! Days gathered to what a picture can show: days, weeks or months.

use domain::calendar::YearMonth;
use storage::reports::Figure;
use time::{Date, Duration, Weekday};

use super::rows::AXES;

/// Days that are shown one by one at most.
const SINGLE: u16 = 92;

/// What a label stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Day,
    Week,
    Month,
}

/// Consecutive spans of days up to today.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    step: Step,
    /// First day of each; they follow each other.
    begins: Vec<Date>,
    /// The same as texts, which are in the order of days.
    texts: Vec<String>,
    today: Date,
}

impl Spans {
    /// So many days; by month when there are many.
    pub(super) fn until(today: Date, days: u16) -> Self {
        Self::new(today, days, if days <= SINGLE { Step::Day } else { Step::Month })
    }

    /// The same with weeks in place of days.
    pub(super) fn wide(today: Date, days: u16) -> Self {
        Self::new(today, days, if days <= SINGLE { Step::Week } else { Step::Month })
    }

    /// So many months, the present one the last.
    pub(super) fn months(today: Date, months: i32) -> Self {
        let first = YearMonth::of(today).plus_months(1 - months);
        let begins = first.run(u16::try_from(months).unwrap_or(1)).map(YearMonth::first_day).collect();
        Self::of(today, Step::Month, begins)
    }

    fn of(today: Date, step: Step, begins: Vec<Date>) -> Self {
        let texts = begins.iter().map(Date::to_string).collect();
        Self { step, begins, texts, today }
    }

    fn new(today: Date, days: u16, step: Step) -> Self {
        let mut begins = vec![];
        let first = today - Duration::days(i64::from(days) - 1);
        // A month is shown whole or not at all: half of one would look like a bad month.
        let mut day = if step == Step::Month { YearMonth::of(first).first_day() } else { first };
        while day <= today {
            begins.push(day);
            day = match step {
                Step::Day => day + Duration::DAY,
                Step::Week => day.next_occurrence(Weekday::Monday),
                Step::Month => YearMonth::of(day).plus_months(1).first_day(),
            };
        }
        Self::of(today, step, begins)
    }

    /// Whether each span is a month.
    pub(super) fn by_month(&self) -> bool {
        self.step == Step::Month
    }

    /// The first day of all.
    pub(super) fn first(&self) -> Date {
        self.begins.first().copied().unwrap_or(self.today)
    }

    /// What the labels are.
    pub(super) fn axis(&self) -> &'static str {
        let [day, week, month] = AXES;
        match self.step {
            Step::Day => day,
            Step::Week => week,
            Step::Month => month,
        }
    }

    /// The labels.
    pub(super) fn labels(&self) -> Vec<String> {
        let label = |day: &Date| match self.step {
            Step::Month => format!("{}年{}月", day.year(), u8::from(day.month())),
            _ => format!("{}/{}", u8::from(day.month()), day.day()),
        };
        self.begins.iter().map(label).collect()
    }

    fn place(&self, day: &str) -> Option<usize> {
        let place = self.texts.partition_point(|begin| begin.as_str() <= day);
        place.checked_sub(1)
    }

    /// Figures by span.
    pub(super) fn groups<'a>(&self, figures: impl Iterator<Item = &'a Figure>) -> Vec<Vec<&'a Figure>> {
        let mut groups = vec![vec![]; self.begins.len()];
        for one in figures {
            if let Some(group) = self.place(&one.day).and_then(|place| groups.get_mut(place)) {
                group.push(one);
            }
        }
        groups
    }

    /// The sum of each span.
    pub(super) fn sums<'a>(&self, figures: impl Iterator<Item = &'a Figure>) -> Vec<i64> {
        self.groups(figures).into_iter().map(|group| group.into_iter().map(|one| one.figure).sum()).collect()
    }

    /// What stood at the end of each span; nothing told means none.
    pub(super) fn lasts<'a>(&self, figures: impl Iterator<Item = &'a Figure>) -> Vec<i64> {
        let groups = self.groups(figures);
        let ends = self.begins.iter().skip(1).map(|next| *next - Duration::DAY).chain(std::iter::once(self.today));
        let at = |(group, end): (Vec<&Figure>, Date)| {
            let end = end.to_string();
            group.into_iter().filter(|one| one.day == end).map(|one| one.figure).sum()
        };
        groups.into_iter().zip(ends).map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn figure(day: &str, figure: i64) -> Figure {
        let empty = String::new;
        Figure { what: empty(), day: day.to_owned(), prefecture: empty(), kind: empty(), part: empty(), figure }
    }

    #[test]
    fn days_weeks_and_months_gather_what_belongs_to_them() {
        let today = date!(2026 - 05 - 20);
        let figures =
            [figure("2026-04-20", 9), figure("2026-05-17", 1), figure("2026-05-18", 2), figure("2026-05-20", 4)];
        let days = Spans::until(today, 30);
        assert_eq!((days.labels().len(), days.first()), (30, date!(2026 - 04 - 21)));
        assert_eq!(days.sums(figures.iter()).iter().sum::<i64>(), 7, "the 20th of April lies before");
        assert_eq!(days.lasts(figures.iter()).last(), Some(&4));
        let weeks = Spans::wide(today, 30);
        assert_eq!(weeks.sums(figures.iter()).last(), Some(&6), "from Monday the 18th");
        let months = Spans::until(today, 365);
        assert_eq!(months.labels().last().map(String::as_str), Some("2026年5月"));
        assert_eq!(months.sums(figures.iter()).last(), Some(&7));
        assert_eq!(months.lasts(figures.iter()).last(), Some(&4), "what stood at the end, not the sum");
        assert_eq!(Spans::months(today, 13).labels().first().map(String::as_str), Some("2025年5月"));
    }
}
