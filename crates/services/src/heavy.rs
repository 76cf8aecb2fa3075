//! Work that keeps a core busy for a while, such as checking and signing a certificate.

use std::thread::available_parallelism;

use tokio::{sync::Semaphore, task::yield_now};

/// Lets as much of it happen at once as there are cores, and whatever else is ready before it.
///
/// An executor's thread does what is ready in its order. With hundreds of signatures in that order, pages and the answers of the
/// database would wait behind all of them. Here those signatures wait for a place instead.
#[derive(Debug)]
pub struct Heavy(Semaphore);

impl Default for Heavy {
    fn default() -> Self {
        Self(Semaphore::new(available_parallelism().map_or(1, usize::from)))
    }
}

impl Heavy {
    /// Does it when there is a place.
    pub async fn work<T>(&self, work: impl FnOnce() -> T) -> T {
        // It is never closed.
        let _place = self.0.acquire().await.ok();
        yield_now().await;
        work()
    }
}
