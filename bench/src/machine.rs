//! The machine's clock and randomness, read nowhere else in this crate.

use std::time::Instant;

use domain::clock::{Clock, Randomness, Timestamp};

/// Now, on a clock that never goes back.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Seconds since an instant.
pub(crate) fn seconds_since(begun: Instant) -> f64 {
    instant().duration_since(begun).as_secs_f64()
}

/// The machine's clock.
pub(crate) struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Numbers that differ from run to run and within a run; nothing of a benchmark is a secret.
pub(crate) struct Numbers(std::sync::atomic::AtomicU64);

impl Numbers {
    /// Numbers that begin at the present instant.
    pub(crate) fn new() -> Self {
        Self::from_seed(RealClock.now().as_millis().unsigned_abs() << 20)
    }

    /// Numbers that are the same in each run.
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(seed))
    }
}

impl Randomness for Numbers {
    /// Splitmix64 over a counter.
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
            let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let bytes = (state ^ (state >> 31)).to_le_bytes();
            for (into, from) in chunk.iter_mut().zip(bytes) {
                *into = from;
            }
        }
    }
}

/// A figure of `/proc/<process>/status` in MiB, such as `VmRSS`; none when the process has ended.
pub(crate) fn memory(process: u32, name: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}
