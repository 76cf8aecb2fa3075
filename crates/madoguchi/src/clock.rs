//! The machine's clock and randomness: the only place that reads them.

use std::sync::{Arc, OnceLock};

use domain::clock::{Clock, Randomness, Timestamp};
use time::Duration;

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that reads the machine's time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one clock that reads the machine's time")]
    fn steady(&self) -> Option<Duration> {
        static FIRST: OnceLock<std::time::Instant> = OnceLock::new();
        Duration::try_from(FIRST.get_or_init(std::time::Instant::now).elapsed()).ok()
    }
}

/// The machine's randomness.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemRandomness;

impl Randomness for SystemRandomness {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's randomness")]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            tracing::error!(%error, "no randomness; the process ends");
            std::process::abort();
        }
    }
}

/// Where an installation takes time and randomness from.
#[derive(Clone)]
pub(crate) struct Sources {
    /// Tells the time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub(crate) randomness: Arc<dyn Randomness>,
}

impl Sources {
    /// The machine's: those of every installation but a demo that stands still.
    pub(crate) fn machine() -> Self {
        Self { clock: Arc::new(SystemClock), randomness: Arc::new(SystemRandomness) }
    }
}

tokio::task_local! {
    static BACKGROUND: ();
}

/// Does work as a part of the background, so that [`in_background`] knows it.
pub(crate) fn background<W: Future>(work: W) -> impl Future<Output = W::Output> {
    BACKGROUND.scope((), work)
}

/// Whether this is work that no person waits for.
pub(crate) fn in_background() -> bool {
    BACKGROUND.try_with(|()| ()).is_ok()
}
