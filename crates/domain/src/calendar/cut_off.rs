//! From when online claims may be used: the monthly cut-off and the visit window (spec 05).

use super::YearMonth;
use serde::{Deserialize, Serialize};
use time::{Date, Duration};

/// Why a configured cut-off cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CutOffError {
    /// The day is not a day of a month.
    #[error("締め日は1から31までの数で指定してください。")]
    Day,
    /// A negative distance, or sending later would lead to an earlier start.
    #[error("開始までの月数は0以上とし、締め日を過ぎたときの月数は締め日までの月数以上にしてください。")]
    Order,
}

/// The monthly cut-off of claims filings; day and distances are configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutOff {
    /// The last day of a month that still counts for the earlier start (1 to 31).
    pub day: u8,
    /// Months from the month of sending to the start when sent up to that day.
    pub months_before: i32,
    /// Months from the month of sending to the start when sent after that day.
    pub months_after: i32,
}

impl Default for CutOff {
    /// The 20th; two months, or three after it.
    fn default() -> Self {
        Self { day: 20, months_before: 2, months_after: 3 }
    }
}

impl CutOff {
    /// Checks configured values.
    ///
    /// # Errors
    /// [`CutOffError`] names the value that cannot be.
    pub const fn validate(self) -> Result<(), CutOffError> {
        if self.day < 1 || self.day > 31 {
            return Err(CutOffError::Day);
        }
        if self.months_before < 0 || self.months_after < self.months_before {
            return Err(CutOffError::Order);
        }
        Ok(())
    }

    /// The earliest month in which a filing sent on a day (Japan time) can take effect.
    pub fn earliest_start(self, sent: Date) -> YearMonth {
        let months = if sent.day() <= self.day { self.months_before } else { self.months_after };
        YearMonth::of(sent).plus_months(months)
    }

    /// The last day on which a filing can be sent for a start in the given month.
    pub fn last_day_for(self, start: YearMonth) -> Date {
        let month = start.plus_months(-self.months_before);
        if self.months_after == self.months_before { month.last_day() } else { month.day(self.day) }
    }

    /// The last day of sending that the page names: this month's, or once it has passed next month's, if what is sent
    /// until then starts in the same month as what is sent now.
    fn named_day(self, today: Date) -> Date {
        let (month, next) = (YearMonth::of(today), YearMonth::of(today).plus_months(1));
        let passed = today > month.day(self.day);
        let same = self.earliest_start(today) == next.plus_months(self.months_before);
        if passed && same { next.day(self.day) } else { month.day(self.day) }
    }

    /// The first day on which the sentence for the page is another one.
    pub fn sentence_changes_on(self, today: Date) -> Date {
        let named = self.named_day(today);
        let mut ahead = std::iter::successors(today.next_day(), |day| day.next_day());
        ahead.find(|day| self.named_day(*day) != named).unwrap_or(today)
    }

    /// The sentence for the page: 「5月20日までに送信すると7月から、21日以降は8月から」; from the 21st on that of June.
    pub fn sentence(self, today: Date) -> String {
        let last = self.named_day(today);
        let month = YearMonth::of(last);
        let early = month.plus_months(self.months_before).month_only();
        let lead = format!("{}{}日までに送信すると{early}から", month.month_only(), last.day());
        if last == month.last_day() {
            return lead;
        }
        let late = month.plus_months(self.months_after).month_only();
        format!("{lead}、{}日以降は{late}から", (last + Duration::DAY).day())
    }
}

/// The earliest start month for a filing sent on a day (Japan time).
pub fn cut_off(sent: Date, rule: CutOff) -> YearMonth {
    rule.earliest_start(sent)
}

/// The first and last day for the vendor's visit, given the earliest start month.
///
/// From the 11th of the month before it to its last day (spec 05).
pub fn visit_window(earliest: YearMonth) -> (Date, Date) {
    (earliest.plus_months(-1).day(11), earliest.last_day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn month(text: &str) -> YearMonth {
        text.parse().unwrap()
    }

    #[test]
    fn the_examples_of_the_manual_hold() {
        let cases = [
            (date!(2026 - 05 - 18), "2026-07"),
            (date!(2026 - 05 - 20), "2026-07"),
            (date!(2026 - 05 - 21), "2026-08"),
            (date!(2026 - 05 - 23), "2026-08"),
            (date!(2026 - 12 - 20), "2027-02"),
            (date!(2026 - 12 - 21), "2027-03"),
        ];
        for (sent, start) in cases {
            assert_eq!(cut_off(sent, CutOff::default()), month(start), "{sent}");
        }
    }

    #[test]
    fn the_visit_lies_between_the_eleventh_and_the_end_of_the_start_month() {
        assert_eq!(visit_window(month("2026-07")), (date!(2026 - 06 - 11), date!(2026 - 07 - 31)));
        assert_eq!(visit_window(month("2026-08")), (date!(2026 - 07 - 11), date!(2026 - 08 - 31)));
        assert_eq!(visit_window(month("2027-01")), (date!(2026 - 12 - 11), date!(2027 - 01 - 31)));
    }

    #[test]
    fn over_ten_years_of_days_the_rule_is_steady_and_its_inverse_agrees() {
        let rules = [
            CutOff::default(),
            CutOff { day: 1, months_before: 0, months_after: 1 },
            CutOff { day: 31, months_before: 1, months_after: 4 },
            CutOff { day: 30, months_before: 2, months_after: 2 },
        ];
        for rule in rules {
            rule.validate().unwrap();
            let mut before = rule.earliest_start(date!(2024 - 12 - 31));
            for day in (0..3653).map(|days| date!(2025 - 01 - 01) + Duration::days(days)) {
                let start = rule.earliest_start(day);
                assert!(start >= before, "{rule:?}: {day} starts before the day ahead of it");
                before = start;
                let (from, to) = visit_window(start);
                assert!(from < to && (to - from).whole_days() >= 47);
                let last = rule.last_day_for(start);
                assert!(rule.earliest_start(last) <= start && rule.earliest_start(last + Duration::DAY) > start);
            }
        }
    }

    #[test]
    fn the_page_states_the_rule_live() {
        let rule = CutOff::default();
        assert_eq!(rule.sentence(date!(2026 - 05 - 02)), "5月20日までに送信すると7月から、21日以降は8月から");
        assert_eq!(rule.sentence(date!(2026 - 05 - 20)), "5月20日までに送信すると7月から、21日以降は8月から");
        assert_eq!(rule.sentence(date!(2026 - 05 - 21)), "6月20日までに送信すると8月から、21日以降は9月から");
        assert_eq!(rule.sentence(date!(2026 - 12 - 31)), "1月20日までに送信すると3月から、21日以降は4月から");
        let whole_month = CutOff { day: 31, ..rule };
        assert_eq!(whole_month.sentence(date!(2026 - 06 - 02)), "6月30日までに送信すると8月から");
    }

    #[test]
    fn the_sentence_holds_until_the_day_on_which_it_changes_and_is_true_for_what_is_sent_meanwhile() {
        let rules = [
            CutOff::default(),
            CutOff { day: 31, months_before: 1, months_after: 4 },
            CutOff { day: 25, months_before: 1, months_after: 3 },
        ];
        for rule in rules {
            for today in (0..3653).map(|days| date!(2026 - 01 - 01) + Duration::days(days)) {
                let (sentence, change) = (rule.sentence(today), rule.sentence_changes_on(today));
                assert!(change > today && change <= today + Duration::days(62), "{rule:?} {today}: {change}");
                assert_eq!(rule.sentence(change - Duration::DAY), sentence, "{rule:?} {today}");
                assert_ne!(rule.sentence(change), sentence, "{rule:?} {today}");
            }
        }
    }

    #[test]
    fn a_cut_off_that_cannot_be_is_refused() {
        let rule = CutOff::default();
        assert_eq!(CutOff { day: 0, ..rule }.validate(), Err(CutOffError::Day));
        assert_eq!(CutOff { day: 32, ..rule }.validate(), Err(CutOffError::Day));
        assert_eq!(CutOff { months_after: 1, ..rule }.validate(), Err(CutOffError::Order));
        assert_eq!(CutOff { months_before: -1, ..rule }.validate(), Err(CutOffError::Order));
    }
}
