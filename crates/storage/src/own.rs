//! A connection to PostgreSQL with a transaction that nobody else is in; and what becomes of it when the answer to its COMMIT is
//! lost: the server is asked, and until it has said whether the transaction is durable nobody begins to write.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{Executor, PgPool, Postgres, pool::PoolConnection};

use crate::db::{Conn, Error, Result};

/// After how long the server is asked again, and who waits for its word looks again.
const AGAIN: Duration = Duration::from_millis(100);
/// How often who wants to write looks before giving up: half a minute, as for a connection.
const LOOKS: usize = 300;
const NUMBER: &str = "SELECT CAST(pg_current_xact_id_if_assigned() AS TEXT)";
const FATE: &str = "SELECT pg_xact_status(CAST($1 AS xid8))";

/// Transactions of which nobody knows whether they are durable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts(Arc<AtomicUsize>);

/// One of them, until what it noted is recorded or it is known to be undone.
pub(crate) struct Doubt(Doubts);

impl Doubts {
    fn begin(&self) -> Doubt {
        self.0.fetch_add(1, Ordering::SeqCst);
        Doubt(self.clone())
    }

    /// Waits until there are none: what they noted must be recorded before anything follows from it.
    async fn over(&self) -> Result<()> {
        for _ in 0..LOOKS {
            if self.0.load(Ordering::SeqCst) == 0 {
                return Ok(());
            }
            tokio::time::sleep(AGAIN).await;
        }
        Err(Error::Driver(sqlx::Error::PoolTimedOut))
    }
}

impl Drop for Doubt {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection with a transaction of its own.
pub(crate) struct Own {
    /// The connection; always one to PostgreSQL.
    pub(crate) conn: Conn,
    open: bool,
    pool: PgPool,
    doubts: Doubts,
}

impl Own {
    /// Begins a transaction.
    pub(crate) async fn begin(pool: &PgPool, doubts: &Doubts) -> Result<Self> {
        doubts.over().await?;
        let conn = Conn::Postgres(pool.acquire().await?);
        // Open before anything is sent: whoever stops waiting for the answer leaves a connection that is closed.
        let mut own = Self { conn, open: true, pool: pool.clone(), doubts: doubts.clone() };
        own.say("BEGIN").await?;
        Ok(own)
    }

    fn conn(&mut self) -> Result<&mut PoolConnection<Postgres>> {
        match &mut self.conn {
            Conn::Postgres(conn) => Ok(conn),
            Conn::Sqlite(_) => Err(Error::NotDurable),
        }
    }

    async fn say(&mut self, word: &'static str) -> Result<()> {
        Ok((&mut **self.conn()?).execute(word).await.map(drop)?)
    }

    async fn end(&mut self, word: &'static str) -> Result<()> {
        self.say(word).await?;
        self.open = false;
        Ok(())
    }

    /// Makes the transaction durable.
    pub(crate) async fn commit(mut self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// The same where something must follow: then a lost answer is no refusal. Gives what ends when that was done.
    pub(crate) async fn commit_surely(mut self) -> Result<Option<Doubt>> {
        let number: Option<String> = sqlx::query_scalar(NUMBER).fetch_one(&mut **self.conn()?).await?;
        let Err(error) = self.end("COMMIT").await else { return Ok(None) };
        let Some(number) = number else { return Err(error) };
        let (pool, doubt) = (self.pool.clone(), self.doubts.begin());
        drop(self);
        tracing::warn!(%error, "the answer to a commit was lost; the server is asked what became of it");
        if is_durable(&pool, &number).await { Ok(Some(doubt)) } else { Err(error) }
    }

    /// Undoes everything.
    pub(crate) async fn rollback(mut self) -> Result<()> {
        self.end("ROLLBACK").await
    }
}

/// What became of a transaction; asked until the server says it. A server that is gone for good is asked until the process
/// ends: the next one compares the register with the journal before it serves.
async fn is_durable(pool: &PgPool, number: &str) -> bool {
    loop {
        let fate = sqlx::query_scalar::<_, Option<String>>(FATE).bind(number).fetch_one(pool).await;
        match fate {
            Ok(Some(fate)) if fate == "committed" => return true,
            Ok(Some(fate)) if fate == "aborted" => return false,
            // A number that the server does not know: it took over without this transaction.
            Ok(None) | Err(sqlx::Error::PoolClosed) => return false,
            Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code.starts_with("22")) => {
                return false;
            }
            Ok(Some(_)) | Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

impl Drop for Own {
    /// A transaction left open must not go back into the pool: its connection is closed, which undoes it.
    fn drop(&mut self) {
        if self.open
            && let Conn::Postgres(conn) = &mut self.conn
        {
            conn.close_on_drop();
        }
    }
}
