//! A lost or stolen key: the certificate must be revoked within 24 hours of the report (spec 04.5; CP/CPS).

use time::Duration;

use crate::clock::Timestamp;

/// Time from the report of a lost key to the revocation, at the most.
pub const CLOCK: Duration = Duration::hours(24);

/// The clock of one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossClock {
    /// When the loss was reported.
    pub reported_at: Timestamp,
    /// When the clock stopped, once it did: the certificate was revoked, or the report withdrawn.
    pub done_at: Option<Timestamp>,
    /// Whether it stopped because the report was a mistake.
    pub withdrawn: bool,
}

impl LossClock {
    /// The clock of a report that is made now.
    pub const fn started(now: Timestamp) -> Self {
        Self { reported_at: now, done_at: None, withdrawn: false }
    }

    /// Whether a revocation answered the report.
    pub const fn is_answered(&self) -> bool {
        self.done_at.is_some() && !self.withdrawn
    }

    /// Until when the certificate must be revoked.
    pub fn due_at(&self) -> Timestamp {
        self.reported_at + CLOCK
    }

    /// Whole minutes that are left at an instant; negative when it is late; none when it is done.
    pub fn minutes_left(&self, now: Timestamp) -> Option<i64> {
        self.done_at.is_none().then(|| (self.due_at() - now).whole_minutes())
    }

    /// How long it took, or has taken so far, in words: 「3時間20分」.
    pub fn taken(&self, now: Timestamp) -> String {
        hours_and_minutes(self.done_at.unwrap_or(now) - self.reported_at)
    }

    /// The clock in one sentence.
    pub fn sentence(&self, now: Timestamp) -> String {
        match self.minutes_left(now) {
            None if self.withdrawn => "届出は間違いだったため、取り下げられました。失効はしていません。".to_owned(),
            None => format!("届出から{}で失効しました（24時間以内に失効する決まりです）。", self.taken(now)),
            Some(left) if left >= 0 => {
                format!("失効の期限まで、あと{}です。", hours_and_minutes(Duration::minutes(left)))
            }
            Some(left) => format!("失効の期限を{}過ぎています。", hours_and_minutes(Duration::minutes(-left))),
        }
    }
}

fn hours_and_minutes(time: Duration) -> String {
    let minutes = time.whole_minutes().max(0);
    format!("{}時間{}分", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_runs_for_a_day_and_stops_with_the_revocation() {
        let reported_at = Timestamp::from_millis(0);
        let clock = LossClock::started(reported_at);
        let at = |hours| reported_at + Duration::hours(hours);
        assert_eq!(clock.due_at(), at(24));
        assert_eq!(clock.sentence(at(20)), "失効の期限まで、あと4時間0分です。");
        assert_eq!(clock.sentence(at(24)), "失効の期限まで、あと0時間0分です。");
        assert_eq!(clock.sentence(at(26)), "失効の期限を2時間0分過ぎています。");
        let done = LossClock { done_at: Some(at(1)), ..clock };
        assert_eq!(done.minutes_left(at(30)), None);
        assert!(done.sentence(at(30)).starts_with("届出から1時間0分で失効しました") && done.is_answered());
    }

    #[test]
    fn a_report_that_was_a_mistake_says_so_and_waits_no_more() {
        let reported_at = Timestamp::from_millis(0);
        let clock = LossClock { done_at: Some(reported_at), withdrawn: true, ..LossClock::started(reported_at) };
        assert_eq!(clock.minutes_left(reported_at + Duration::hours(30)), None);
        assert!(clock.sentence(reported_at).contains("取り下げられました") && !clock.is_answered());
    }
}
