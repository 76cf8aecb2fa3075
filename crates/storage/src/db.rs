//! The two engines behind one interface.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Executor, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    held::Held,
    migrations,
    own::{Doubt, Doubts, Own},
    readers::Readers,
    tail::Tail,
    witness::{Note, Position, Witness},
    writer::{Turn, Writer},
};

/// What can go wrong in the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with the same unique value exists.
    #[error("a row with the same unique value exists")]
    Duplicate,
    /// A stored word or number that this version does not understand.
    #[error("stored value not understood: {0}")]
    Corrupt(String),
    /// The group of transactions that this one belonged to was undone.
    #[error("the transaction was not made durable")]
    NotDurable,
    /// The transaction is durable, but the record outside the database could not be written: nothing may follow from it.
    #[error("committed, but not recorded outside the database: {0}")]
    NotWitnessed(String),
    /// A certificate may not hold its key.
    #[error("the key may not be certified: {0:?}")]
    KeyRefused(crate::keys::Known),
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
pub struct Db {
    pub(crate) engine: Engine,
    witness: Option<Arc<dyn Witness>>,
    doubts: Doubts,
}

/// Which engine it is.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    /// Embedded: one writer, several readers.
    Sqlite {
        /// The queue for the only connection that writes.
        writer: Writer,
        /// Connections that read a snapshot.
        readers: Readers,
        /// How one more connection is made.
        options: Box<SqliteConnectOptions>,
    },
    /// A PostgreSQL server.
    Postgres(PgPool),
}

/// A connection that reads.
pub enum Conn {
    /// SQLite.
    Sqlite(Held),
    /// PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

/// A transaction that writes. Dropped without [`Tx::commit`], it leaves no trace.
pub struct Tx {
    place: Place,
    pub(crate) tail: Tail,
    notes: Vec<Note>,
    witness: Option<Arc<dyn Witness>>,
    hooks: Vec<Hook>,
}

/// What this process does once a transaction is durable.
type Hook = Box<dyn Fn() + Send + Sync>;

/// Where a transaction writes.
enum Place {
    /// Its turn at the only writer.
    Turn(Turn),
    /// A connection of its own.
    Own(Own),
}

impl std::ops::Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        match &self.place {
            Place::Turn(turn) => turn.conn(),
            Place::Own(own) => &own.conn,
        }
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        match &mut self.place {
            Place::Turn(turn) => turn.conn_mut(),
            Place::Own(own) => &mut own.conn,
        }
    }
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and brings the tables up to date.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails.
    #[boxed]
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_at(url, None).await
    }

    /// The same, but brings the tables only up to a step: what an older backup is loaded into.
    ///
    /// # Errors
    /// As [`Db::open`].
    #[boxed]
    pub async fn open_at(url: &str, step: Option<i64>) -> Result<Self> {
        let step = step.unwrap_or(i64::MAX);
        let engine = if url.starts_with("sqlite:") { sqlite(url, step).await? } else { postgres(url, step).await? };
        Ok(Self { engine, witness: None, doubts: Doubts::default() })
    }

    /// The same database, whose transactions are recorded outside it before they count.
    #[must_use]
    pub fn witnessed_by(self, witness: Arc<dyn Witness>) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// Records what is no row: heads and marks. Without a witness nothing happens.
    ///
    /// # Errors
    /// [`Error::NotWitnessed`] when it could not be written.
    #[boxed]
    pub async fn record(&self, notes: Vec<Note>) -> Result<Option<Position>> {
        match &self.witness {
            Some(witness) => witness.record(notes).await.map_err(Error::NotWitnessed),
            None => Ok(None),
        }
    }

    /// A connection that reads; on SQLite it never waits for the writer.
    ///
    /// # Errors
    /// When no connection can be had.
    #[boxed]
    pub async fn read(&self) -> Result<Conn> {
        Ok(match &self.engine {
            Engine::Sqlite { readers, .. } => Conn::Sqlite(readers.lend().await?),
            Engine::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction that writes. On SQLite they take turns, in the order of asking, and those that queue become
    /// durable together; whether another process writes is found out by the first statement, not here.
    ///
    /// # Errors
    /// When no connection can be had.
    #[boxed]
    pub async fn write(&self) -> Result<Tx> {
        let place = match &self.engine {
            Engine::Sqlite { writer, .. } => Place::Turn(writer.turn().await?),
            Engine::Postgres(pool) => Place::Own(Own::begin(pool, &self.doubts).await?),
        };
        let witness = self.witness.clone();
        Ok(Tx { place, tail: Tail::default(), notes: vec![], witness, hooks: vec![] })
    }

    /// Whether transactions that queue for their turn become durable together, as on SQLite.
    pub fn commits_in_groups(&self) -> bool {
        matches!(self.engine, Engine::Sqlite { .. })
    }

    /// Prepares a statement on the live engine without running it.
    ///
    /// # Errors
    /// What the engine says of the statement.
    #[boxed]
    pub async fn prepare(&self, statement: &'static str) -> Result<()> {
        use sqlx::SqlSafeStr;
        let mut tx = self.write().await?;
        on_engine!(&mut *tx, |c| c.prepare(statement.into_sql_str()).await.map(drop))?;
        tx.rollback().await
    }

    /// Whether [`Db::close`] was called.
    pub fn is_closed(&self) -> bool {
        match &self.engine {
            Engine::Sqlite { readers, .. } => readers.is_closed(),
            Engine::Postgres(pool) => pool.is_closed(),
        }
    }

    /// Closes all connections.
    #[boxed]
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.rest().await;
            }
            Engine::Postgres(pool) => pool.close().await,
        }
    }
}

/// Pages of 4 KiB in the log at which a commit moves it into the database file itself: when moving it in the background does
/// not suffice, because somebody writes without a break.
const CHECKPOINT_PAGES: &str = "16000";
/// Pages that the writer keeps in memory, as a negative number of KiB. Those of a group fit in, so that none is written before
/// its end and once more afterwards, and the inner pages of indexes need not be read again.
const WRITER_CACHE: &str = "-8192";

async fn sqlite(url: &str, step: i64) -> Result<Engine> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .statement_cache_capacity(512)
        .disable_statement_logging();
    let writing = options.clone().pragma("cache_size", WRITER_CACHE);
    let writer = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None).connect_with(writing).await?;
    migrations::sqlite().run_to(step, &writer).await.map_err(not_migrated)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options.clone().pragma("query_only", "on"));
    Ok(Engine::Sqlite { writer: Writer::new(writer).await?, readers: Readers::new(readers), options: options.into() })
}

async fn postgres(url: &str, step: i64) -> Result<Engine> {
    let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(16).connect_with(options).await?;
    migrations::postgres().run_to(step, &pool).await.map_err(not_migrated)?;
    Ok(Engine::Postgres(pool))
}

impl Tx {
    /// Notes what must also be recorded outside the database.
    pub(crate) fn note(&mut self, note: Note) {
        if self.witness.is_some() {
            self.notes.push(note);
        }
    }

    /// Lets this process do something once the transaction is durable, even when nobody waits for the commit any more; and
    /// once more when the witness has recorded it, for what was read before the commit and came late.
    pub fn once_durable(&mut self, hook: impl Fn() + Send + Sync + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Writes what was left to the end, makes everything durable, and then lets the witness record what was noted. Whoever stops
    /// waiting for it, as a handler does when the client hangs up, does not stop what must follow.
    ///
    /// # Errors
    /// When the database refuses; then nothing of the transaction remains. [`Error::NotWitnessed`] when it is durable,
    /// but its record outside is not: nothing may be signed or answered because of it.
    #[boxed]
    pub async fn commit(self) -> Result<()> {
        if self.notes.is_empty() && self.hooks.is_empty() {
            return self.make_durable().await;
        }
        tokio::spawn(self.make_known()).await.unwrap_or(Err(Error::NotDurable))
    }

    async fn make_durable(self) -> Result<()> {
        match self.place {
            Place::Turn(turn) => turn.commit(self.tail).await,
            Place::Own(mut own) => {
                self.tail.write(&mut own.conn).await?;
                own.commit().await
            }
        }
    }

    async fn make_surely_durable(self) -> Result<Option<Doubt>> {
        match self.place {
            Place::Turn(turn) => turn.commit(self.tail).await.map(|()| None),
            Place::Own(mut own) => {
                self.tail.write(&mut own.conn).await?;
                own.commit_surely().await
            }
        }
    }

    async fn make_known(mut self) -> Result<()> {
        let (notes, hooks) = (std::mem::take(&mut self.notes), std::mem::take(&mut self.hooks));
        let witness = self.witness.take();
        // Nobody else begins to write before this ends.
        let _doubt = self.make_surely_durable().await?;
        hooks.iter().for_each(|hook| hook());
        let Some(witness) = witness.filter(|_| !notes.is_empty()) else { return Ok(()) };
        let recorded = witness.record(notes).await;
        hooks.iter().for_each(|hook| hook());
        recorded.map(drop).map_err(Error::NotWitnessed)
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// When the connection is lost; the engine then undoes it by itself.
    #[boxed]
    pub async fn rollback(self) -> Result<()> {
        match self.place {
            Place::Turn(turn) => turn.rollback().await,
            Place::Own(own) => own.rollback().await,
        }
    }
}

fn not_migrated(error: sqlx::migrate::MigrateError) -> Error {
    Error::Driver(sqlx::Error::Migrate(Box::new(error)))
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
                let $c = &mut *connection;
                $body
            }
            $crate::db::Conn::Postgres(connection) => {
                let $c = &mut **connection;
                $body
            }
        }
    };
}
pub(crate) use crate::{boxed, rows::from_row};
pub(crate) use on_engine;
