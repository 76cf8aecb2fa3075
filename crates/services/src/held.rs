//! Something that every page shows and that may be a few seconds old: one request reads it, the others go on with what is held.

use std::{
    future::Future,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use domain::clock::Timestamp;
use time::Duration;

use crate::Result;

/// How long it is taken for new.
const KEPT: Duration = Duration::seconds(10);

/// What was read last.
#[derive(Debug, Default)]
pub(crate) struct Held<T> {
    value: RwLock<Option<(Timestamp, Arc<T>)>>,
    reading: AtomicBool,
    /// Counts how often it was forgotten: what was read before that is not kept.
    forgotten: AtomicU64,
}

/// Lets others read when the reader is done, has failed or has gone.
struct Reading<'a>(&'a AtomicBool);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl<T> Held<T> {
    /// What was read in the last ten seconds.
    fn fresh(&self, now: Timestamp) -> Option<Arc<T>> {
        let held = self.value.read().ok()?;
        held.as_ref().filter(|(at, _)| *at <= now && now < *at + KEPT).map(|(_, value)| value.clone())
    }

    /// What was read last, however long ago.
    pub(crate) fn last(&self) -> Option<Arc<T>> {
        self.value.read().ok()?.as_ref().map(|(_, value)| value.clone())
    }

    /// Lets the next request read again, because this process changed it.
    pub(crate) fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        if let Ok(mut held) = self.value.write()
            && let Some((at, _)) = held.as_mut()
        {
            *at = Timestamp::from_millis(i64::MIN);
        }
    }

    /// What is held, or what is read now when that is old and nobody else is reading it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn or_read<F: Future<Output = Result<T>> + Send>(
        &self,
        now: Timestamp,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<T>> {
        if let Some(fresh) = self.fresh(now) {
            return Ok(fresh);
        }
        let other = self.reading.swap(true, Ordering::AcqRel);
        if other && let Some(last) = self.last() {
            return Ok(last);
        }
        let _reading = (!other).then(|| Reading(&self.reading));
        let before = self.forgotten.load(Ordering::Acquire);
        let value = Arc::new(read().await?);
        if before == self.forgotten.load(Ordering::Acquire)
            && let Ok(mut held) = self.value.write()
        {
            *held = Some((now, value.clone()));
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + seconds * 1_000)
    }

    #[tokio::test]
    async fn it_is_read_once_in_ten_seconds_and_again_when_it_was_changed_here() {
        let (held, reads) = (Held::default(), AtomicU32::new(0));
        let read = || async { Ok(reads.fetch_add(1, Ordering::SeqCst)) };
        for second in [0, 3, 9] {
            assert_eq!(*held.or_read(at(second), read).await.unwrap(), 0);
        }
        assert_eq!(*held.or_read(at(10), read).await.unwrap(), 1);
        held.forget();
        assert_eq!(*held.or_read(at(11), read).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn while_one_reads_the_others_go_on_with_what_is_held() {
        let held = Held::default();
        held.or_read(at(0), || async { Ok("old") }).await.unwrap();
        let inner = || async {
            let seen = held.or_read(at(20), || async { Ok("never read") }).await.unwrap();
            assert_eq!(*seen, "old");
            Ok("new")
        };
        assert_eq!(*held.or_read(at(20), inner).await.unwrap(), "new");
        assert_eq!(*held.or_read(at(21), || async { Ok("later") }).await.unwrap(), "new");
    }

    #[tokio::test]
    async fn a_reader_that_fails_or_goes_leaves_the_place_to_the_next() {
        let held: Held<u8> = Held::default();
        assert!(held.or_read(at(0), || async { Err(crate::Error::NotFound) }).await.is_err());
        drop(held.or_read(at(0), std::future::pending::<Result<u8>>));
        assert_eq!(*held.or_read(at(0), || async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_kept() {
        let held = Held::default();
        let early = held.or_read(at(0), || async {
            held.forget();
            Ok("before the change")
        });
        early.await.unwrap();
        assert_eq!(*held.or_read(at(0), || async { Ok("after it") }).await.unwrap(), "after it");
    }
}
