//! The expiry ladder: on which days people are told that a certificate ends (spec 04.5).

use time::{Date, Duration};

use super::renewal::GRACE_DAYS;
use crate::clock::Timestamp;

/// Days from a rung to the last day of validity, first rung first; negative ones lie after it.
///
/// After the last day there are four more: the day after, and one in each week in which the certificate can still be
/// renewed ([`GRACE_DAYS`]).
pub const RUNGS: [i64; 16] = [90, 60, 30, 15, 7, 6, 5, 4, 3, 2, 1, 0, -1, -7, -14, -28];

/// Days from a day in Japan to the last day of validity; negative once it is over.
pub fn days_left(not_after: Timestamp, today: Date) -> i64 {
    (not_after.date() - today).whole_days()
}

/// The rung that was reached last; none before the first one and after the days of grace.
pub fn rung(days_left: i64) -> Option<i64> {
    RUNGS.into_iter().rfind(|rung| days_left <= *rung).filter(|_| days_left >= -GRACE_DAYS)
}

/// The certificates that stand on one rung today: those whose validity ends between two instants, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The rung.
    pub rung: i64,
    /// The earliest end of validity.
    pub from: Timestamp,
    /// The latest end of validity.
    pub until: Timestamp,
}

/// All bands of a day, those that end first at the beginning; together they cover every day of the ladder once.
pub fn bands(today: Date) -> Vec<Band> {
    let next = RUNGS.into_iter().skip(1).map(|next| next + 1).chain([-GRACE_DAYS]);
    let band = |(rung, nearest): (i64, i64)| Band {
        rung,
        from: Timestamp::start_of_day(today + Duration::days(nearest)),
        until: Timestamp::end_of_day(today + Duration::days(rung)) + Duration::milliseconds(999),
    };
    let mut bands: Vec<Band> = RUNGS.into_iter().zip(next).map(band).collect();
    bands.reverse();
    bands
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 05 - 20);

    #[test]
    fn each_day_of_the_ladder_stands_on_one_rung_and_the_bands_say_the_same() {
        let bands = bands(TODAY);
        for left in -40..=100 {
            let noon = Timestamp::start_of_day(TODAY + Duration::days(left)) + Duration::hours(12);
            for end in [noon, Timestamp::end_of_day(noon.date())] {
                assert_eq!(days_left(end, TODAY), left);
                let found: Vec<i64> =
                    bands.iter().filter(|band| band.from <= end && end <= band.until).map(|band| band.rung).collect();
                assert_eq!(found, Vec::from_iter(rung(left)), "{left} days left");
            }
        }
    }

    #[test]
    fn the_rungs_are_those_of_the_specification() {
        for day in [90, 60, 30, 15, 7, 6, 5, 4, 3, 2, 1, 0, -1, -7, -14, -28] {
            assert_eq!(rung(day), Some(day));
        }
        for (left, expected) in
            [(91, None), (89, Some(90)), (8, Some(15)), (-2, Some(-1)), (-30, Some(-28)), (-31, None)]
        {
            assert_eq!(rung(left), expected, "{left} days left");
        }
    }

    #[test]
    fn a_day_begins_and_ends_in_japan() {
        let last = Timestamp::end_of_day(TODAY);
        assert_eq!(days_left(last, last.date()), 0);
        assert_eq!(days_left(last, (last + Duration::SECOND).date()), -1);
    }
}
