//! Instants, the clock and randomness as parameters.
//!
//! Nothing in the house reads the system clock or the system's randomness on its own: both come in as values,
//! so that every test fixes them.

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, UtcOffset};

/// Japan time, UTC+9 without daylight saving (spec 1.4).
pub const JAPAN: UtcOffset = match UtcOffset::from_hms(9, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};

/// An instant in UTC, cut to milliseconds; stored as a whole number of milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The last second (23:59:59) of a day in Japan.
    pub fn end_of_day(date: Date) -> Self {
        Self::start_of_day(date) + Duration::days(1) - Duration::SECOND
    }

    /// Midnight at the beginning of a day in Japan.
    pub fn start_of_day(date: Date) -> Self {
        Self(date.midnight().assume_offset(JAPAN).unix_timestamp() * 1000)
    }

    /// The wall clock in Japan at this instant.
    pub fn in_japan(self) -> OffsetDateTime {
        let whole = OffsetDateTime::from_unix_timestamp(self.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        (whole + Duration::milliseconds(self.0.rem_euclid(1000))).to_offset(JAPAN)
    }

    /// The calendar day in Japan at this instant.
    pub fn date(self) -> Date {
        self.in_japan().date()
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.whole_milliseconds()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        self + -duration
    }
}

impl std::ops::Sub for Timestamp {
    type Output = Duration;
    fn sub(self, other: Self) -> Duration {
        Duration::milliseconds(self.0 - other.0)
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// How much time has passed since some moment, whatever happened to the time of day meanwhile; none when the clock
    /// cannot tell.
    fn steady(&self) -> Option<Duration> {
        None
    }
}

/// Gives random bytes fit for secrets.
pub trait Randomness: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Randomness + '_ {
    /// An array of random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        self.fill(&mut buffer);
        buffer
    }

    /// A whole number below `bound`, without bias; 0 when `bound` is 0.
    pub fn below(&self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        let limit = u32::MAX - u32::MAX % bound;
        loop {
            let candidate = u32::from_le_bytes(self.bytes());
            if candidate < limit {
                return candidate % bound;
            }
        }
    }

    /// A text of `length` characters, each drawn evenly from `alphabet`.
    pub fn text(&self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let count = u32::try_from(letters.len()).unwrap_or(u32::MAX);
        (0..length).filter_map(|_| letters.get(self.below(count) as usize)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_day_in_japan_begins_at_fifteen_utc() {
        let midnight = Timestamp::start_of_day(date!(2026 - 05 - 20));
        assert_eq!(midnight.as_seconds() % 86_400, 15 * 3_600);
        assert_eq!(midnight.date(), date!(2026 - 05 - 20));
        assert_eq!((midnight - Duration::MILLISECOND).date(), date!(2026 - 05 - 19));
        assert_eq!(Timestamp::end_of_day(date!(2026 - 05 - 20)).in_japan().time(), time::macros::time!(23:59:59));
    }
}
