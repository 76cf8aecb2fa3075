//! The embedded engine's connections that read.
//!
//! They are kept and lent without a word to the engine: asking each time whether a connection still lives would cost
//! as much as a small query.

use std::sync::Arc;

use sqlx::{Sqlite, SqlitePool, pool::PoolConnection};
use tokio::sync::{Mutex, OnceCell, Semaphore};

use crate::{
    db::{Error, Result},
    held::Held,
};

/// Connections that read at the same time.
const PLACES: usize = 4;

type Place = Arc<Mutex<PoolConnection<Sqlite>>>;

/// Lends connections that read.
#[derive(Clone)]
pub(crate) struct Readers {
    pool: SqlitePool,
    free: Arc<Semaphore>,
    places: Arc<OnceCell<Vec<Place>>>,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    /// Readers on a pool that nobody else uses; connections are made at the first lending.
    pub(crate) fn new(pool: SqlitePool) -> Self {
        Self { pool, free: Arc::new(Semaphore::new(PLACES)), places: Arc::default() }
    }

    /// Lends a connection; waits when all are lent.
    ///
    /// # Errors
    /// When no connection can be made, or after [`Readers::close`].
    pub(crate) async fn lend(&self) -> Result<Held> {
        let place = self.free.clone().acquire_owned().await.map_err(|_| Error::Driver(sqlx::Error::PoolClosed))?;
        let places = self.places.get_or_try_init(|| self.connect()).await?;
        let lent = places.iter().find_map(|place| place.clone().try_lock_owned().ok());
        let conn = lent.ok_or(Error::Driver(sqlx::Error::PoolTimedOut))?;
        Ok(Held::lent(conn, place))
    }

    async fn connect(&self) -> Result<Vec<Place>> {
        let mut places = Vec::with_capacity(PLACES);
        for _ in 0..PLACES {
            places.push(Arc::new(Mutex::new(self.pool.acquire().await?)));
        }
        Ok(places)
    }

    /// Whether nothing is lent any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.free.is_closed()
    }

    /// Lends nothing any more; what is lent comes back first.
    pub(crate) async fn close(&self) {
        if let Ok(all) = self.free.acquire_many(PLACES as u32).await {
            all.forget();
        }
        self.free.close();
    }
}
