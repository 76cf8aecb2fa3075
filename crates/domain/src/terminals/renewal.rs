//! When a terminal's certificate can be renewed, and what its renewal costs in days (spec 04.5).

use time::Duration;

use crate::clock::Timestamp;

/// From so many days before the end on it can be renewed.
pub const OPENS_DAYS: i64 = 90;
/// For so many days after the end it can still be renewed, if the owner allows it.
pub const GRACE_DAYS: i64 = 30;
/// For so many hours the owner's permission for a renewal after the end holds.
pub const PERMISSION_HOURS: i64 = 24;

/// Where a certificate stands on its way to renewal; days are days in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Too early.
    NotYet {
        /// From when on.
        from: Timestamp,
    },
    /// It can be renewed.
    Open {
        /// Whole days of the present term that are lost: the new term counts from the renewal.
        days_lost: i64,
    },
    /// It has expired and can be renewed with the owner's permission.
    Grace {
        /// Until when.
        until: Timestamp,
    },
    /// Too late: a new one must be applied for.
    Over,
}

impl Window {
    /// The window of a certificate that ends at `not_after`.
    pub fn at(not_after: Timestamp, now: Timestamp) -> Self {
        let until = grace_until(not_after);
        if now < opens(not_after) {
            Self::NotYet { from: opens(not_after) }
        } else if now <= not_after {
            Self::Open { days_lost: days_lost(not_after, now) }
        } else if now <= until {
            Self::Grace { until }
        } else {
            Self::Over
        }
    }
}

/// From when on it can be renewed: the beginning of the day that lies 90 days before the last one.
pub fn opens(not_after: Timestamp) -> Timestamp {
    Timestamp::start_of_day((not_after - Duration::days(OPENS_DAYS)).date())
}

/// Until when it can be renewed with the owner's permission: the end of the 30th day after the last one.
pub fn grace_until(not_after: Timestamp) -> Timestamp {
    Timestamp::end_of_day((not_after + Duration::days(GRACE_DAYS)).date())
}

/// The earliest end of a certificate that can still be renewed, with the owner's permission or without.
pub fn earliest_renewable(now: Timestamp) -> Timestamp {
    Timestamp::start_of_day(now.date() - Duration::days(GRACE_DAYS))
}

/// Whole days of the term that are lost by a renewal now; none once it has ended.
pub fn days_lost(not_after: Timestamp, now: Timestamp) -> i64 {
    (not_after.date() - now.date()).whole_days().max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const END: time::Date = date!(2029 - 08 - 20);

    fn at(now: Timestamp) -> Window {
        Window::at(Timestamp::end_of_day(END), now)
    }

    #[test]
    fn the_window_opens_at_midnight_ninety_days_before_the_last_day() {
        let from = Timestamp::start_of_day(date!(2029 - 05 - 22));
        assert_eq!(at(from - Duration::SECOND), Window::NotYet { from });
        assert_eq!(at(from), Window::Open { days_lost: 90 });
        assert_eq!(at(Timestamp::start_of_day(END)), Window::Open { days_lost: 0 });
        assert_eq!(at(Timestamp::end_of_day(END)), Window::Open { days_lost: 0 });
    }

    #[test]
    fn after_the_end_there_are_thirty_days_for_those_who_are_allowed() {
        let until = Timestamp::end_of_day(date!(2029 - 09 - 19));
        assert_eq!(at(Timestamp::end_of_day(END) + Duration::SECOND), Window::Grace { until });
        assert_eq!(at(until), Window::Grace { until });
        assert_eq!(at(until + Duration::SECOND), Window::Over);
        let earliest = earliest_renewable(until);
        assert_eq!(earliest, Timestamp::start_of_day(END));
        assert_ne!(Window::at(earliest, until), Window::Over);
        assert_eq!(Window::at(earliest - Duration::SECOND, until), Window::Over);
    }

    #[test]
    fn an_end_within_a_day_counts_by_days_too() {
        let cut = Timestamp::start_of_day(END) + Duration::hours(3);
        let before = Timestamp::end_of_day(date!(2029 - 08 - 19));
        assert_eq!(Window::at(cut, before), Window::Open { days_lost: 1 });
        assert_eq!(grace_until(cut), Timestamp::end_of_day(date!(2029 - 09 - 19)));
    }
}
