//! How a queue is cut: by the age of a case against the target, and by the day that its applicant waits for.

use time::{Date, Duration};

use super::{CORRECTION_DAYS, State};
use crate::calendar::{Holidays, Start};
use crate::clock::Timestamp;
use crate::words::words;

words! {
    /// The age of a case against the target.
    Age {
        /// The target is not passed.
        Within = "within", "目安の内";
        /// Today is the last day of the target.
        Today = "today", "今日が目安の日";
        /// The target is passed.
        Over = "over", "目安を過ぎた";
    }
}

words! {
    /// What stands beside the state of a case for those who examine it.
    Flag {
        /// Nothing.
        Plain = "", "なし";
        /// The applicant was asked something and has not answered yet.
        Asked = "asked", "申請者の回答待ち";
        /// The applicant has answered.
        Answered = "answered", "申請者の回答あり";
        /// The rule would have accepted it; a person looks at this one all the same.
        Sampled = "sampled", "抜取り";
        /// The rule left it to a person because of a check.
        Held = "held", "自動承認なし";
    }
}

words! {
    /// What one decision can do to several cases.
    Act {
        /// Take them.
        Take = "take", "担当になる";
        /// Let go of them.
        Release = "release", "担当を外れる";
        /// Accept them.
        Accept = "accept", "承認する";
        /// Ask for corrections, with one reason for all.
        Return = "return", "補正を依頼する";
        /// Refuse them, with one reason for all.
        Reject = "reject", "却下する";
    }
}

/// Stands for the deadline of a case that has none: the end of the year 9999.
pub const NO_DEADLINE: Timestamp = Timestamp::from_millis(253_402_268_399_000);

/// Until when the applicant of a case counts on something: on its effect, or on being allowed to correct it.
pub fn awaited_until(state: State, since: Timestamp, start: Option<Start>) -> Option<Timestamp> {
    match state {
        State::Returned => Some(Timestamp::end_of_day((since + Duration::days(CORRECTION_DAYS)).date())),
        _ => start.map(|start| Timestamp::start_of_day(start.first_day())),
    }
}

/// When a case of this age was sent: not before the first instant, and before the second, if there is one.
///
/// `target` is the number of business days in which a case is normally examined.
pub fn sent_between(age: Age, target: u32, today: Date, holidays: &Holidays) -> (Option<Timestamp>, Option<Timestamp>) {
    let since = |days: i64| Timestamp::start_of_day(first_within(days, today, holidays));
    let target = i64::from(target);
    match age {
        Age::Within => (Some(since(target)), None),
        Age::Today => (Some(since(target)), Some(since(target - 1))),
        Age::Over => (None, Some(since(target))),
    }
}

/// The earliest day after which at most so many business days have passed.
fn first_within(days: i64, today: Date, holidays: &Holidays) -> Date {
    if days < 0 {
        return today.next_day().unwrap_or(today);
    }
    let (mut day, mut passed) = (today, 0);
    loop {
        passed += i64::from(holidays.is_business_day(day));
        match day.previous_day().filter(|_| passed <= days) {
            Some(before) => day = before,
            None => return day,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn every_day_of_years_falls_into_the_age_that_its_business_days_give() {
        let holidays = Holidays::default();
        let days = |from: Date, count: i64| (0..count).map(move |ahead| from + Duration::days(ahead));
        for target in [0, 1, 3, 5] {
            for today in days(date!(2026 - 04 - 20), 40).chain(days(date!(2026 - 12 - 20), 25)) {
                for sent in days(today - Duration::days(30), 31) {
                    let passed = holidays.business_days_between(sent, today);
                    let at = Timestamp::start_of_day(sent) + Duration::hours(15);
                    let falls = |age| {
                        let (from, before) = sent_between(age, target, today, &holidays);
                        from.is_none_or(|from| from <= at) && before.is_none_or(|before| at < before)
                    };
                    let target = i64::from(target);
                    let found = (falls(Age::Within), falls(Age::Today), falls(Age::Over));
                    assert_eq!(found, (passed <= target, passed == target, passed > target), "{sent} {today} {target}");
                }
            }
        }
    }

    #[test]
    fn a_returned_case_waits_for_its_correction_and_others_for_their_start() {
        let since = Timestamp::start_of_day(date!(2026 - 05 - 20));
        let start = "2026-07".parse().ok();
        let until = |state, start| awaited_until(state, since, start).map(Timestamp::date);
        assert_eq!(until(State::Returned, start), Some(date!(2026 - 06 - 19)));
        assert_eq!(until(State::Submitted, start), Some(date!(2026 - 07 - 01)));
        assert_eq!(until(State::Submitted, None), None);
        assert_eq!(NO_DEADLINE.date(), date!(9999 - 12 - 31));
    }
}
