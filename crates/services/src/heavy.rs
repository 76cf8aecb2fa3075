//! Work that keeps a core busy for a while, such as checking and signing a certificate.

use std::{sync::LazyLock, thread::available_parallelism};

use tokio::{sync::Semaphore, task::yield_now};

/// As many as the machine has cores, for the whole process.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Does such work when there is a place for it, and after whatever else is ready.
///
/// An executor's thread does what is ready in its order. With hundreds of signatures in that order, pages and the answers of the
/// database would wait behind all of them. Here those signatures wait for a place instead.
pub async fn heavy<T>(work: impl FnOnce() -> T) -> T {
    // It is never closed.
    let _place = PLACES.acquire().await.ok();
    yield_now().await;
    work()
}
