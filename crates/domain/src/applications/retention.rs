//! How long records are kept (spec 6.5, and data retention).

use time::{Date, Duration};

/// How long records are kept; what is older is removed or blanked by the work of each day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Years in which audit rows are kept.
    pub audit_years: u32,
    /// Days after its end in which a refused or withdrawn case keeps its answers; reference, state and dates stay for good.
    pub rejected_days: u32,
    /// Days in which mails keep their text.
    pub mails_days: u32,
    /// Days in which imports of the register keep their report of rows.
    pub imports_days: u32,
}

/// A period that no rule allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("audit rows are kept for 1 to 100 years, everything else for 1 to 36,500 days")]
pub struct RetentionError;

impl Default for Retention {
    /// Ten years of audit rows, three years of the rest, one of the text of mails.
    fn default() -> Self {
        Self { audit_years: 10, rejected_days: 3 * 365, mails_days: 365, imports_days: 3 * 365 }
    }
}

impl Retention {
    /// Whether the periods can be kept to.
    ///
    /// # Errors
    /// [`RetentionError`] when one is empty or longer than any record lasts.
    pub fn validate(self) -> Result<(), RetentionError> {
        let days = [self.rejected_days, self.mails_days, self.imports_days];
        let fits = (1..=100).contains(&self.audit_years) && days.iter().all(|days| (1..=36_500).contains(days));
        if fits { Ok(()) } else { Err(RetentionError) }
    }

    /// The first day whose audit rows are kept today: the same day of the calendar, so many years ago.
    pub fn audit_since(self, today: Date) -> Date {
        let year = today.year() - i32::try_from(self.audit_years).unwrap_or(i32::MAX);
        // On the 29th of February one day more is kept.
        today.replace_year(year).unwrap_or(today - Duration::days(365 * i64::from(self.audit_years) + 3))
    }
}

/// The first day that is still within a period of days.
pub fn kept_since(today: Date, days: u32) -> Date {
    today - Duration::days(i64::from(days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn ten_years_of_audit_rows_are_kept_to_the_day() {
        let rule = Retention::default();
        assert_eq!(rule.audit_since(date!(2036 - 05 - 20)), date!(2026 - 05 - 20));
        assert!(rule.audit_since(date!(2036 - 02 - 29)) <= date!(2026 - 03 - 01));
        let mut today = date!(2030 - 01 - 01);
        while today < date!(2050 - 01 - 01) {
            let kept = (today - rule.audit_since(today)).whole_days();
            assert!((3_651..=3_656).contains(&kept), "{today}: {kept}");
            today += Duration::DAY;
        }
    }

    #[test]
    fn a_period_of_nothing_or_of_ages_is_refused() {
        assert_eq!(Retention::default().validate(), Ok(()));
        for odd in [
            Retention { audit_years: 0, ..Retention::default() },
            Retention { rejected_days: 0, ..Retention::default() },
            Retention { mails_days: 36_501, ..Retention::default() },
        ] {
            assert_eq!(odd.validate(), Err(RetentionError), "{odd:?}");
        }
    }
}
