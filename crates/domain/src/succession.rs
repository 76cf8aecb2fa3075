//! 承継: what a typed code leads to, how long the certificates of the old code go on, and when people are told (spec 6.1).

use time::{Date, Duration};

use crate::clock::Timestamp;
use crate::institutions::Institution;
use crate::words::words;

/// Days after the day of the change on which certificates of the old code still work (spec 6.1).
pub const VALID_DAYS: i64 = 120;
/// The change may lie so many days back when it is filed: enough of the term must be left to fetch new certificates.
pub const PAST_DAYS: i64 = 60;
/// The change may lie so many days ahead when it is filed.
pub const AHEAD_DAYS: i64 = 180;
/// On these numbers of days before the last day people are told of it.
pub const RUNGS: [i64; 6] = [90, 60, 30, 15, 7, 1];

words! {
    /// Why a code changes.
    Reason {
        /// Another founder.
        Founder = "founder", "A 開設者変更";
        /// A person founds a corporation, or the other way round.
        Corporate = "corporate", "B 法人化・個人化";
        /// Within one corporation.
        SameCorporation = "same_corporation", "C 同一法人内";
        /// Another place.
        Relocation = "relocation", "D 所在地変更";
        /// Something else, in words.
        Other = "other", "E その他";
    }
}

/// What a typed new code leads to, as the portal found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// It is no code, or its check digit does not hold; the sentence says what to look at.
    Slip(String),
    /// A sound code that the register does not have yet.
    Waiting,
    /// It cannot be taken over; why is nobody's business.
    Taken,
    /// It stands in the register and nobody else has it.
    Free(Box<Institution>),
}

/// The last day on which certificates of the old code work.
pub fn last_day(changed_on: Date) -> Date {
    changed_on + Duration::days(VALID_DAYS)
}

/// The end of that day.
pub fn ends_at(changed_on: Date) -> Timestamp {
    Timestamp::end_of_day(last_day(changed_on))
}

/// Whole days from a day to the last day; negative once it is over.
pub fn days_left(ends_at: Timestamp, today: Date) -> i64 {
    (ends_at.date() - today).whole_days()
}

/// The rung that was reached last; none before the first one and after the end.
pub fn rung(days_left: i64) -> Option<i64> {
    RUNGS.into_iter().rfind(|rung| days_left <= *rung).filter(|_| days_left >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn the_old_certificates_work_for_a_hundred_and_twenty_days_and_not_one_more() {
        assert_eq!(last_day(date!(2026 - 06 - 01)), date!(2026 - 09 - 29));
        let ends = ends_at(date!(2026 - 06 - 01));
        assert_eq!(days_left(ends, date!(2026 - 06 - 01)), VALID_DAYS);
        assert_eq!(days_left(ends, date!(2026 - 09 - 29)), 0);
        assert_eq!(days_left(ends + Duration::SECOND, date!(2026 - 09 - 29)), 1, "a second later is another day");
    }

    #[test]
    fn each_day_stands_on_one_rung() {
        for (left, expected) in [
            (121, None),
            (91, None),
            (90, Some(90)),
            (61, Some(90)),
            (60, Some(60)),
            (8, Some(15)),
            (7, Some(7)),
            (2, Some(7)),
            (1, Some(1)),
            (0, Some(1)),
            (-1, None),
        ] {
            assert_eq!(rung(left), expected, "{left} days left");
        }
    }
}
