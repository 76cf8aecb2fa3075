//! A demo that stands still: its pages show the same dates and numbers in every run, so that pictures of them do too.
//!
//! Nothing here is fit for secrets, and nothing but `madoguchi demo` can reach it.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use domain::clock::{self, JAPAN, Timestamp};
use time::{PrimitiveDateTime, macros::format_description};

use crate::clock::in_background;

/// Reads a time of day in Japan, such as `2026-05-11T09:00`.
///
/// # Errors
/// When the text has another form.
pub(crate) fn time_in_japan(text: &str) -> Result<Timestamp, time::error::Parse> {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let seconds = PrimitiveDateTime::parse(text, form)?.assume_offset(JAPAN).unix_timestamp();
    Ok(Timestamp::from_millis(seconds * 1000))
}

/// A clock that goes on by one millisecond whenever it is read: what happens later is later, and within a run of some
/// thousand readings no page shows another minute.
#[derive(Debug)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    /// Begins at an instant.
    pub(crate) fn at(begin: Timestamp) -> Self {
        Self(AtomicI64::new(begin.as_millis()))
    }
}

impl clock::Clock for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Bytes that look random and are the same in every run.
///
/// People's requests and the background draw from streams of their own: which of them comes first is not the same in
/// every run.
#[derive(Debug)]
pub(crate) struct Randomness {
    people: Mutex<u64>,
    background: Mutex<u64>,
}

impl Randomness {
    /// At the beginning of both streams.
    pub(crate) fn new() -> Self {
        Self { people: Mutex::new(1), background: Mutex::new(1 << 63) }
    }
}

impl clock::Randomness for Randomness {
    fn fill(&self, buffer: &mut [u8]) {
        let stream = if in_background() { &self.background } else { &self.people };
        let mut state = stream.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in buffer.chunks_mut(8) {
            piece.copy_from_slice(&next(&mut state).to_le_bytes()[..piece.len()]);
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): even, quick, and easy to foresee.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::background;
    use domain::clock::{Clock as _, Randomness as _};

    #[test]
    fn the_clock_stands_in_the_minute_it_was_set_to_and_never_repeats_itself() {
        let clock = Clock::at(time_in_japan("2026-05-11T09:00").unwrap());
        let first = clock.now();
        assert_eq!(first.in_japan().to_string(), "2026-05-11 9:00:00.0 +09:00:00");
        for _ in 0..50_000 {
            clock.now();
        }
        assert!(clock.now() > first);
        assert_eq!(clock.now().in_japan().minute(), 0);
        assert!(time_in_japan("2026-05-11").is_err());
    }

    #[tokio::test]
    async fn two_runs_draw_the_same_whatever_the_background_draws_between() {
        let draw = |source: &Randomness| (source as &dyn clock::Randomness).bytes::<13>();
        let (quiet, busy) = (Randomness::new(), Randomness::new());
        let told = [draw(&quiet), draw(&quiet)];
        let first = draw(&busy);
        let behind = background(async { draw(&busy) }).await;
        assert_eq!([first, draw(&busy)], told);
        assert_ne!(told[0], told[1]);
        assert!(!told.contains(&behind));
    }

    #[test]
    fn every_byte_is_filled() {
        let mut buffer = [0; 4096];
        Randomness::new().fill(&mut buffer);
        assert_eq!((0..=255).filter(|byte| !buffer.contains(byte)).count(), 0);
    }
}
