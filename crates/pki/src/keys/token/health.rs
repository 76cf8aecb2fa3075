//! Whether a token is worth a try now, and what was said about it.

use std::sync::{Arc, Mutex, PoisonError};

use domain::clock::{Clock, Timestamp};
use time::Duration;

use super::fault::TokenFault;

/// The first wait after a token could not be reached twice; it doubles each time.
const FIRST_WAIT: Duration = Duration::seconds(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::minutes(1);

/// What becomes known about a token; told once, however many requests meet it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenNews {
    /// It fails, and why.
    Failed(TokenFault),
    /// It works again.
    Works,
}

/// Who is told.
pub type TokenWatch = Arc<dyn Fn(&TokenNews) + Send + Sync>;

/// What is known of a token.
pub(super) struct Health {
    clock: Arc<dyn Clock>,
    watch: TokenWatch,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    fault: Option<TokenFault>,
    failures: u32,
    /// No try before; none when the next request may try.
    next: Option<Timestamp>,
    /// Whether somebody waits for a token that did not answer.
    tried: bool,
}

/// The right to wait for a token that did not answer the last time: one at a time, the others are told at once.
pub(super) struct Alone<'a>(Option<&'a Health>);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        if let Some(health) = self.0 {
            health.state.lock().unwrap_or_else(PoisonError::into_inner).tried = false;
        }
    }
}

impl Health {
    pub(super) fn new(clock: Arc<dyn Clock>, watch: TokenWatch) -> Self {
        Self { clock, watch, state: Mutex::default() }
    }

    /// Gives the last fault again while it would be a waste to try: it was just unreachable, or it refused its PIN.
    pub(super) fn may_try(&self) -> Result<(), TokenFault> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(fault) = &state.fault else { return Ok(()) };
        let now = self.clock.now();
        // A clock that was set back must not stop everything.
        let wait = state.next.is_some_and(|next| now < next && next - now <= LONGEST_WAIT);
        if wait || matches!(fault, TokenFault::WrongPin { .. }) { Err(fault.clone()) } else { Ok(()) }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets everybody try, unless the token did not answer the last time: then whoever comes first waits for it, and all
    /// others have its fault at once.
    pub(super) fn try_alone_while_silent(&self) -> Result<Alone<'_>, TokenFault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.fault {
            Some(fault @ TokenFault::Silent(_)) if state.tried => Err(fault.clone()),
            Some(TokenFault::Silent(_)) => {
                state.tried = true;
                Ok(Alone(Some(self)))
            }
            _ => Ok(Alone(None)),
        }
    }

    /// A call that nobody waits for any more came back: the next request may try.
    pub(super) fn stirs(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).next = None;
    }

    /// Whether the token did not answer the last time: then only a signature shows that it signs.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self.state.lock().unwrap_or_else(PoisonError::into_inner).fault, Some(TokenFault::Silent(_)))
    }

    /// Notes how a try ended, and whether it was a signature. The first failure is tried again at once, the further ones later
    /// and later.
    pub(super) fn note(&self, fault: Option<&TokenFault>, signed: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if fault.is_none() && !signed && matches!(state.fault, Some(TokenFault::Silent(_))) {
            return;
        }
        let known = state.fault.as_ref() == fault;
        let waiting = state.next.is_some_and(|next| self.clock.now() < next);
        match fault {
            // Requests that waited for the same failure are one try.
            Some(fault) if fault.is_suspicious() && !(known && waiting) => {
                let doublings = state.failures.saturating_sub(1).min(6);
                let wait = (FIRST_WAIT * 2_i32.pow(doublings)).min(LONGEST_WAIT);
                state.next = (state.failures > 0).then(|| self.clock.now() + wait);
                state.failures = state.failures.saturating_add(1);
            }
            Some(_) => {}
            None => (state.failures, state.next) = (0, None),
        }
        if known {
            return;
        }
        let news = fault.map_or(TokenNews::Works, |fault| TokenNews::Failed(fault.clone()));
        let told = matches!((&state.fault, fault), (Some(before), Some(now)) if before.passes() && now.passes());
        state.fault = fault.cloned();
        drop(state);
        if !told {
            (self.watch)(&news);
        }
    }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Health(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    fn gone(cause: &str) -> TokenFault {
        TokenFault::Unreachable { token: "t".to_owned(), cause: cause.to_owned() }
    }

    #[test]
    fn a_token_that_is_gone_is_tried_later_and_later_and_named_once() {
        let clock = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let told = Arc::new(Mutex::new(vec![]));
        let heard = told.clone();
        let health = Health::new(clock.clone(), Arc::new(move |news| heard.lock().unwrap().push(news.clone())));
        health.note(Some(&gone("session")), true);
        assert_eq!(health.may_try(), Ok(()), "the next request opens a new session");
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            health.note(Some(&gone("slot")), true);
            clock.0.fetch_add(seconds * 1_000 - 1, Ordering::SeqCst);
            assert_eq!(health.may_try(), Err(gone("slot")), "{seconds}");
            clock.0.fetch_add(1, Ordering::SeqCst);
            assert_eq!(health.may_try(), Ok(()), "{seconds}");
        }
        assert_eq!(*told.lock().unwrap(), [TokenNews::Failed(gone("session"))]);
        health.note(None, true);
        health.note(None, true);
        assert_eq!(told.lock().unwrap().last(), Some(&TokenNews::Works));
        assert_eq!(told.lock().unwrap().len(), 2);
        health.note(Some(&gone("slot")), true);
        assert_eq!(health.may_try(), Ok(()), "the count begins anew");
    }

    #[test]
    fn a_token_that_does_not_answer_is_waited_for_by_one_at_a_time() {
        let health = Health::new(Arc::new(Hand(AtomicI64::new(1_000_000))), Arc::new(|_| {}));
        let silent = TokenFault::Silent("t".to_owned());
        let (first, second) = (health.try_alone_while_silent().ok(), health.try_alone_while_silent().ok());
        assert!(first.is_some() && second.is_some(), "nothing is known against it");
        health.note(Some(&silent), true);
        let first = health.try_alone_while_silent().ok();
        assert!(first.is_some());
        assert_eq!(health.try_alone_while_silent().err(), Some(silent.clone()));
        drop(first);
        health.note(Some(&silent), true);
        assert_eq!(health.may_try(), Err(silent));
        health.note(None, false);
        assert!(health.is_silent(), "finding a key is no signature");
        health.stirs();
        assert!(health.may_try().is_ok() && health.try_alone_while_silent().is_ok(), "a call came back");
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nothing() {
        let clock = Arc::new(Hand(AtomicI64::new(1_000_000_000)));
        let health = Health::new(clock.clone(), Arc::new(|_| {}));
        health.note(Some(&gone("slot")), true);
        health.note(Some(&gone("slot")), true);
        assert!(health.may_try().is_err());
        clock.0.store(0, Ordering::SeqCst);
        assert_eq!(health.may_try(), Ok(()));
    }
}
