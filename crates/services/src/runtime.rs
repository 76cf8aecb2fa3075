//! The executor, as the program and its benchmark run it.

/// Turns after which an executor's thread looks whether others than its own tasks woke one. Each answer of the embedded
/// engine comes from the engine's thread: behind 31 turns of signing, the usual number, one writer waits for all.
const FOREIGN_WAKES: u32 = 1;
/// Turns after which it looks at the network.
const NETWORK: u32 = 16;

/// An executor with a thread for each core.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .global_queue_interval(FOREIGN_WAKES)
        .event_interval(NETWORK)
        .build()
}
