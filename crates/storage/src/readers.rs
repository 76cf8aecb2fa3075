//! The embedded engine's connections that read.
//!
//! They are kept and lent without a word to the engine: asking each time whether a connection still lives would cost
//! as much as a small query.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{ConnectOptions, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::db::{Error, Result};

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
        Ok(Held::Lent { conn, _place: place })
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

/// A connection to the embedded engine.
pub enum Held {
    /// The writer's own.
    Own(Box<PoolConnection<Sqlite>>),
    /// One that belongs to no pool and ends with its value.
    Alone(Box<SqliteConnection>),
    /// Lent for reading; given back when it is dropped.
    Lent {
        /// The connection.
        conn: OwnedMutexGuard<PoolConnection<Sqlite>>,
        /// Its place among the readers; given back after the connection.
        _place: OwnedSemaphorePermit,
    },
}

impl Held {
    pub(crate) fn own(conn: PoolConnection<Sqlite>) -> Self {
        Self::Own(Box::new(conn))
    }

    /// A connection of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) async fn alone(options: &SqliteConnectOptions) -> Result<Self> {
        Ok(Self::Alone(Box::new(options.connect().await?)))
    }

    pub(crate) fn close_on_drop(&mut self) {
        match self {
            Self::Own(conn) => conn.close_on_drop(),
            Self::Alone(_) => {}
            Self::Lent { conn, .. } => conn.close_on_drop(),
        }
    }
}

impl Deref for Held {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Own(conn) => conn,
            Self::Alone(conn) => conn,
            Self::Lent { conn, .. } => conn,
        }
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Own(conn) => conn,
            Self::Alone(conn) => conn,
            Self::Lent { conn, .. } => conn,
        }
    }
}
