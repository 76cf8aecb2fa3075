//! How long drafts are kept, and that nobody loses one without having been told (spec 08.2).

use time::{Date, Duration};

/// How long a draft is kept after it was last written, and how long before its end its owners are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Days from the last writing; the last of them is the last day on which the draft is there.
    pub days: u32,
    /// Days before that day on which the owners are told.
    pub notice_days: u32,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { days: 90, notice_days: 14 }
    }
}

/// Why configured days cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("下書きは7日から3650日の間で保存し、予告は1日以上、保存する日数より短くしてください。")]
pub struct KeepingError;

/// What is due for a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Keep,
    /// Its owners are told that it is kept until this day.
    Tell(Date),
    /// Its days are over, and its owners were told in time.
    Remove,
}

impl Keeping {
    /// Checks configured values.
    ///
    /// # Errors
    /// [`KeepingError`] when a draft would not be kept a week, or for more than ten years, or nobody could be told.
    pub const fn validate(self) -> Result<(), KeepingError> {
        let kept = 7 <= self.days && self.days <= 3_650;
        let told = 1 <= self.notice_days && self.notice_days < self.days;
        if kept && told { Ok(()) } else { Err(KeepingError) }
    }

    /// The last day on which a draft is there. Who was told late, or was not told yet though it is time, keeps it longer.
    pub fn until(self, written: Date, told: Option<Date>, today: Date) -> Date {
        let regular = written + days(self.days);
        regular.max(told.unwrap_or(today) + days(self.notice_days))
    }

    /// What is due today for a draft; `told` is the day on which its owners were told of these very answers.
    pub fn fate(self, written: Date, told: Option<Date>, today: Date) -> Fate {
        let until = self.until(written, told, today);
        match told {
            Some(_) if today > until => Fate::Remove,
            None if written <= self.first_concerned(today) => Fate::Tell(until),
            _ => Fate::Keep,
        }
    }

    /// The latest day of writing of which anything can be due today.
    pub fn first_concerned(self, today: Date) -> Date {
        today - days(self.days.saturating_sub(self.notice_days))
    }
}

fn days(count: u32) -> Duration {
    Duration::days(i64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn owners_are_told_fourteen_days_before_the_ninetieth() {
        let (keeping, written) = (Keeping::default(), date!(2026 - 05 - 20));
        let last = date!(2026 - 08 - 18);
        assert_eq!(keeping.until(written, None, written), last);
        assert_eq!(keeping.fate(written, None, date!(2026 - 08 - 03)), Fate::Keep);
        let told = date!(2026 - 08 - 04);
        assert_eq!(keeping.fate(written, None, told), Fate::Tell(last));
        assert_eq!(keeping.fate(written, Some(told), last), Fate::Keep);
        assert_eq!(keeping.fate(written, Some(told), last.next_day().unwrap()), Fate::Remove);
    }

    #[test]
    fn a_rule_that_tells_nobody_is_refused() {
        assert_eq!(Keeping::default().validate(), Ok(()));
        for (days, notice_days) in [(90, 0), (90, 90), (14, 20), (6, 1), (3_651, 14)] {
            assert_eq!(Keeping { days, notice_days }.validate(), Err(KeepingError), "{days} {notice_days}");
        }
    }

    #[test]
    fn nobody_loses_a_draft_without_fourteen_days_in_which_they_knew() {
        let written = date!(2026 - 01 - 15);
        for keeping in [Keeping::default(), Keeping { days: 30, notice_days: 1 }, Keeping { days: 15, notice_days: 14 }]
        {
            for away in 0..200 {
                let first = written + Duration::days(away);
                let Fate::Tell(until) = keeping.fate(written, None, first) else { continue };
                assert!(until >= written + days(keeping.days) && until >= first + days(keeping.notice_days));
                for later in 0..200 {
                    let today = first + Duration::days(later);
                    let fate = keeping.fate(written, Some(first), today);
                    assert_eq!(fate == Fate::Remove, today > until, "{away} {later}");
                }
            }
        }
    }
}
