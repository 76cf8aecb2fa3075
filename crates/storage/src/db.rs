//! The two engines behind one interface.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Executor, PgPool, Postgres, Sqlite, SqlitePool,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::audit::{self, Entry};

/// What can go wrong in the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with the same unique value exists.
    #[error("a row with the same unique value exists")]
    Duplicate,
    /// A stored word or number that this version does not understand.
    #[error("stored value not understood: {0}")]
    Corrupt(String),
    /// Anything else the driver reports.
    #[error(transparent)]
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(e) if e.is_unique_violation() => Self::Duplicate,
            _ => Self::Driver(error),
        }
    }
}

/// Result of a statement.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// Embedded: one writer, several readers.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that read a snapshot.
        readers: SqlitePool,
    },
    /// A PostgreSQL server.
    Postgres(PgPool),
}

/// A connection that reads.
pub enum Conn {
    /// SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

/// A transaction that writes. Dropped without [`Tx::commit`], it leaves no trace.
pub struct Tx {
    conn: Conn,
    entries: Vec<Entry>,
    open: bool,
}

impl std::ops::Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and brings the tables up to date.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails.
    pub async fn open(url: &str) -> Result<Self> {
        let db =
            if url.starts_with("sqlite:") { Self::open_sqlite(url).await? } else { Self::open_postgres(url).await? };
        let migrated = match &db {
            Self::Sqlite { writer, .. } => SQLITE.run(writer).await,
            Self::Postgres(pool) => POSTGRES.run(pool).await,
        };
        migrated.map_err(|error| Error::Driver(sqlx::Error::Migrate(Box::new(error))))?;
        Ok(db)
    }

    async fn open_sqlite(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("temp_store", "memory")
            .statement_cache_capacity(256)
            .disable_statement_logging();
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self::Sqlite { writer, readers })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
        Ok(Self::Postgres(PgPoolOptions::new().max_connections(16).connect_with(options).await?))
    }

    /// A connection that reads; on SQLite it never waits for the writer.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn read(&self) -> Result<Conn> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Conn::Sqlite(readers.acquire().await?),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction that writes; on SQLite it takes the write lock at once.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn write(&self) -> Result<Tx> {
        let conn = match self {
            Self::Sqlite { writer, .. } => {
                let mut conn = writer.acquire().await?;
                (&mut *conn).execute("BEGIN IMMEDIATE").await?;
                Conn::Sqlite(conn)
            }
            Self::Postgres(pool) => {
                let mut conn = pool.acquire().await?;
                (&mut *conn).execute("BEGIN").await?;
                Conn::Postgres(conn)
            }
        };
        Ok(Tx { conn, entries: vec![], open: true })
    }

    /// Prepares a statement on the live engine without running it.
    ///
    /// # Errors
    /// What the engine says of the statement.
    pub async fn prepare(&self, statement: &'static str) -> Result<()> {
        use sqlx::SqlSafeStr;
        match self {
            Self::Sqlite { writer, .. } => {
                (&mut *writer.acquire().await?).prepare(statement.into_sql_str()).await?;
            }
            Self::Postgres(pool) => {
                (&mut *pool.acquire().await?).prepare(statement.into_sql_str()).await?;
            }
        }
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Notes an audit row; it is chained and written when the transaction commits (spec 6.5).
    pub fn audit(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Writes the audit rows and makes everything durable.
    ///
    /// # Errors
    /// When the database refuses; then nothing of the transaction remains.
    pub async fn commit(mut self) -> Result<()> {
        let entries = std::mem::take(&mut self.entries);
        audit::append(&mut self.conn, entries).await?;
        self.end("COMMIT").await
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// When the connection is lost; the engine then undoes it by itself.
    pub async fn rollback(mut self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, word: &'static str) -> Result<()> {
        match &mut self.conn {
            Conn::Sqlite(c) => (&mut **c).execute(word).await.map(drop)?,
            Conn::Postgres(c) => (&mut **c).execute(word).await.map(drop)?,
        }
        self.open = false;
        Ok(())
    }
}

impl Drop for Tx {
    /// A transaction left open must not go back into the pool: its connection is closed, which undoes it.
    fn drop(&mut self) {
        if self.open {
            match &mut self.conn {
                Conn::Sqlite(c) => c.close_on_drop(),
                Conn::Postgres(c) => c.close_on_drop(),
            }
        }
    }
}

/// Every named statement, for the test that prepares each on both engines.
#[linkme::distributed_slice]
pub static STATEMENTS: [(&'static str, &'static str)];

/// Declares a named statement and registers it for that test.
macro_rules! sql {
    ($(#[$meta:meta])* $name:ident = $text:expr) => {
        $(#[$meta])*
        const $name: &str = $text;
        #[expect(unsafe_code, reason = "linkme collects the statements in a link section")]
        const _: () = {
            #[linkme::distributed_slice($crate::db::STATEMENTS)]
            static STATEMENT: (&'static str, &'static str) = (concat!(module_path!(), "::", stringify!($name)), $name);
        };
    };
}
pub(crate) use sql;

/// Runs one body on whichever driver is open; the body is type-checked for both.
macro_rules! on_engine {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(connection) => {
                let $c = &mut **connection;
                $body
            }
            $crate::db::Conn::Postgres(connection) => {
                let $c = &mut **connection;
                $body
            }
        }
    };
}
pub(crate) use on_engine;
