//! Which month is closed next, and until when its bills are paid.

use time::{Date, Duration};

use crate::{
    calendar::{Holidays, YearMonth},
    clock::Timestamp,
};

/// Days that an institution has at least, when a month is closed late.
const LEAST_DAYS: i64 = 14;

/// The month that is closed next: the one after the last closed, or that of the first fee. Only months that are over can
/// be closed, one after the other.
pub fn next_to_close(last: Option<YearMonth>, first_fee: Option<Date>, today: Date) -> Option<YearMonth> {
    let next = match (last, first_fee) {
        (Some(last), _) => last.plus_months(1),
        (None, Some(day)) => YearMonth::of(day),
        (None, None) => return None,
    };
    (next < YearMonth::of(today)).then_some(next)
}

/// The last instant of a month in Japan, to the millisecond.
pub fn end_of(month: YearMonth) -> Timestamp {
    Timestamp::start_of_day(month.plus_months(1).first_day()) - Duration::MILLISECOND
}

/// The day until which the bills of a month are paid: the last day of the next month, or the business day before it; and
/// never less than 14 days after the closing.
pub fn due_on(month: YearMonth, closed_on: Date, holidays: &Holidays) -> Date {
    let usual = holidays.subtract_business_days(month.plus_months(1).last_day(), 0);
    let least = holidays.business_day_from(closed_on + Duration::days(LEAST_DAYS));
    usual.max(least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn month(text: &str) -> YearMonth {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_closed_in_order_and_only_when_they_are_over() {
        let next = |last: Option<&str>, first, today| next_to_close(last.map(month), first, today);
        assert_eq!(next(None, None, date!(2026 - 06 - 01)), None, "nothing was ever charged");
        assert_eq!(next(None, Some(date!(2026 - 05 - 20)), date!(2026 - 05 - 31)), None, "May is not over");
        assert_eq!(next(None, Some(date!(2026 - 05 - 20)), date!(2026 - 06 - 01)), Some(month("2026-05")));
        assert_eq!(next(Some("2026-05"), Some(date!(2026 - 05 - 20)), date!(2026 - 06 - 30)), None);
        assert_eq!(next(Some("2026-05"), None, date!(2026 - 09 - 01)), Some(month("2026-06")), "one after the other");
        assert_eq!(next(Some("2026-12"), None, date!(2027 - 02 - 01)), Some(month("2027-01")));
    }

    #[test]
    fn a_month_ends_with_its_last_instant_in_japan() {
        let end = end_of(month("2026-02"));
        assert_eq!(end.date(), date!(2026 - 02 - 28));
        assert_eq!((end + Duration::milliseconds(1)).date(), date!(2026 - 03 - 01));
    }

    #[test]
    fn bills_are_due_at_the_end_of_the_next_month_on_a_business_day() {
        let holidays = Holidays::default();
        let due = |text, closed_on| due_on(month(text), closed_on, &holidays);
        assert_eq!(due("2026-05", date!(2026 - 06 - 02)), date!(2026 - 06 - 30));
        assert_eq!(due("2026-04", date!(2026 - 05 - 01)), date!(2026 - 05 - 29), "31 May 2026 is a Sunday");
        assert_eq!(due("2026-11", date!(2026 - 12 - 01)), date!(2026 - 12 - 28), "banks rest from 29 December");
        assert_eq!(due("2026-05", date!(2026 - 08 - 03)), date!(2026 - 08 - 17), "closed late: 14 days");
    }
}
