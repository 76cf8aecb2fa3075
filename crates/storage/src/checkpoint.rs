//! Moves the embedded engine's log into the database file while others go on writing. Left to the engine, it would be done
//! within somebody's commit, and everyone would wait.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::{Executor, SqlitePool};

/// Groups of transactions after which the log is moved.
const GROUPS: u32 = 16;

/// Counts the groups and moves the log now and then.
pub(crate) struct Checkpoints {
    pool: SqlitePool,
    since: u32,
    under_way: Arc<AtomicBool>,
}

impl Checkpoints {
    /// On the writer's pool; the connection is made when it is first needed.
    pub(crate) fn new(pool: SqlitePool) -> Self {
        Self { pool, since: 0, under_way: Arc::default() }
    }

    /// Notes that a group became durable.
    pub(crate) fn note(&mut self) {
        self.since += 1;
        if self.since < GROUPS || self.under_way.swap(true, Ordering::AcqRel) {
            return;
        }
        self.since = 0;
        let (pool, under_way) = (self.pool.clone(), self.under_way.clone());
        tokio::spawn(async move {
            if let Err(error) = move_log(&pool).await {
                tracing::warn!(%error, "the log was not moved into the database file; it is tried again");
            }
            under_way.store(false, Ordering::Release);
        });
    }
}

/// Moves what no reader needs any more and waits for nobody.
async fn move_log(pool: &SqlitePool) -> sqlx::Result<()> {
    let mut conn = pool.acquire().await?;
    (&mut *conn).execute("PRAGMA wal_checkpoint(PASSIVE)").await.map(drop)
}
