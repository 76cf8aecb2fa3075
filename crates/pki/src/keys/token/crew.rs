//! How many lines there are to a token, and when one more takes the place of those whose call does not come back.
//!
//! Nothing ends a call into a library that hangs. So its thread is left alone, and another one with a session of its own
//! takes its place: later each time, and never more than a fixed number, however long it hangs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::clock::Timestamp;
use time::Duration;

/// How many lines may take the place of others.
const SPARE: usize = 16;
/// The longest wait before one more does.
const LONGEST_WAIT: Duration = Duration::hours(1);

/// The lines of one token, and how many of them wait for a call that nobody waits for any more.
#[derive(Debug)]
pub(super) struct Crew {
    wanted: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    lines: usize,
    stuck: usize,
    /// When one more was last begun.
    last: Option<Timestamp>,
}

/// Who could do the next work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hands {
    /// One of the lines.
    Enough,
    /// One more line is to be begun; it is counted already.
    OneMore,
    /// Nobody now.
    None,
}

impl Crew {
    /// So many lines, all of them free.
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, state: Mutex::new(State { lines: wanted, stuck: 0, last: None }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who could do work that comes now.
    pub(super) fn hands(&self, now: Timestamp) -> Hands {
        let mut state = self.state();
        let free = state.lines - state.stuck;
        if free >= self.wanted {
            return Hands::Enough;
        }
        let doublings = u32::try_from(state.stuck).unwrap_or(u32::MAX).min(12);
        let wait = (Duration::SECOND * 2_i32.pow(doublings)).min(LONGEST_WAIT);
        // A clock that was set back must not stop everything.
        let waits = state.last.is_some_and(|last| last <= now && now < last + wait);
        if !waits && state.lines < self.wanted + SPARE {
            (state.lines, state.last) = (state.lines + 1, Some(now));
            return Hands::OneMore;
        }
        if free > 0 { Hands::Enough } else { Hands::None }
    }

    /// A line could not be begun, or ends.
    pub(super) fn one_less(&self) {
        self.state().lines -= 1;
    }

    /// Nobody waits any more for what a line is doing.
    pub(super) fn one_stuck(&self) {
        self.state().stuck += 1;
    }

    /// It was not so: no line had begun, or it had just finished.
    pub(super) fn not_stuck(&self) {
        self.state().stuck -= 1;
    }

    /// What a line was doing came to an end after all; false when another one has its place and it is to end.
    pub(super) fn is_back(&self) -> bool {
        let mut state = self.state();
        state.stuck -= 1;
        let stays = state.lines - state.stuck <= self.wanted;
        if !stays {
            state.lines -= 1;
        }
        stays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_hang_are_replaced_later_and_later_and_not_for_ever() {
        let crew = Crew::new(2);
        let (mut now, mut waited, mut begun) = (Timestamp::from_millis(0), vec![], 0);
        assert_eq!(crew.hands(now), Hands::Enough);
        crew.one_stuck();
        while begun < SPARE {
            let since = now;
            while crew.hands(now) != Hands::OneMore {
                now = now + Duration::SECOND;
            }
            begun += 1;
            waited.push((now - since).whole_seconds());
            crew.one_stuck();
        }
        assert_eq!(waited[..6], [0, 4, 8, 16, 32, 64]);
        assert!(waited.iter().all(|seconds| *seconds <= 3_600));
        assert_eq!(crew.hands(now + Duration::days(100)), Hands::Enough, "one of the first two never hung");
        crew.one_stuck();
        assert_eq!(crew.hands(now + Duration::days(100)), Hands::None);
    }

    #[test]
    fn when_all_come_back_there_are_as_many_as_before() {
        let crew = Crew::new(2);
        let now = Timestamp::from_millis(0);
        crew.one_stuck();
        crew.one_stuck();
        assert_eq!([crew.hands(now), crew.hands(now)], [Hands::OneMore, Hands::Enough]);
        assert_eq!(crew.hands(now + Duration::hours(1)), Hands::OneMore);
        assert_eq!([crew.is_back(), crew.is_back()], [false, false], "their places are taken");
        assert_eq!(crew.hands(now + Duration::hours(9)), Hands::Enough);
        crew.one_stuck();
        assert!(crew.is_back(), "nobody took its place");
    }

    #[test]
    fn a_line_that_cannot_be_begun_is_tried_again_later() {
        let crew = Crew::new(1);
        let now = Timestamp::from_millis(0);
        crew.one_stuck();
        assert_eq!(crew.hands(now), Hands::OneMore);
        crew.one_less();
        assert_eq!(crew.hands(now), Hands::None);
        assert_eq!(crew.hands(now + Duration::seconds(2)), Hands::OneMore);
    }
}
