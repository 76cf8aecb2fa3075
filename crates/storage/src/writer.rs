//! The embedded engine's only writer: transactions that queue for it become durable together.
//!
//! `SQLite` has one writer, and each durable commit waits for the disk. So a transaction is a savepoint inside a group:
//! whoever comes while others write joins their group, and one `COMMIT` makes all of them durable. Nobody is told of
//! success before that commit, and a transaction that is undone takes nothing of the others with it. What they leave to
//! their end, such as audit rows, is written for the whole group just before its commit, in one statement of each kind.
//!
//! Each message to the engine costs a change of threads, so a group begins, a savepoint is released, and the next one opened, in
//! front of the first statement that comes after it. A transaction that leaves everything to its end needs none.

use std::sync::Arc;

use sqlx::{Executor, SqlitePool};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::{
    checkpoint::Checkpoints,
    db::{Conn, Error, Result},
    held::{Held, Preface},
    tail::Tail,
};

/// The queue for the only writer; first come, first served.
#[derive(Clone)]
pub(crate) struct Writer {
    desk: Arc<Mutex<Desk>>,
}

/// Begins a group, with the savepoint of its first transaction.
const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT even";

/// The savepoint of a transaction. Two names, so that it can be told whether the next one is there already.
#[derive(Clone, Copy)]
enum Mark {
    Even,
    Odd,
}

impl Mark {
    fn other(self) -> Self {
        match self {
            Self::Even => Self::Odd,
            Self::Odd => Self::Even,
        }
    }

    /// Leaves the other one and comes to this one.
    fn renew(self) -> &'static str {
        match self {
            Self::Even => "RELEASE odd; SAVEPOINT even",
            Self::Odd => "RELEASE even; SAVEPOINT odd",
        }
    }

    fn undo(self) -> &'static str {
        match self {
            Self::Even => "ROLLBACK TO even",
            Self::Odd => "ROLLBACK TO odd",
        }
    }

    fn set(self) -> &'static str {
        match self {
            Self::Even => "SAVEPOINT even",
            Self::Odd => "SAVEPOINT odd",
        }
    }

    fn release(self) -> &'static str {
        match self {
            Self::Even => "RELEASE even",
            Self::Odd => "RELEASE odd",
        }
    }
}

struct Desk {
    pool: SqlitePool,
    checkpoints: Checkpoints,
    conn: Conn,
    /// The group under way, or the next one.
    group: u64,
    /// Somebody is in it, or was.
    open: bool,
    /// The savepoint of the latest transaction, once nothing is owed.
    mark: Mark,
    /// The latest transaction of the group has no end yet, and may have written.
    torn: bool,
    /// A statement that ends a group was sent, and its answer is not known.
    doubtful: bool,
    /// The connection must be replaced.
    broken: bool,
    /// Transactions of the group that wait to be durable.
    waiting: Vec<oneshot::Sender<bool>>,
    /// What they left to the end.
    tail: Tail,
}

/// One transaction's turn at the writer.
pub(crate) struct Turn {
    desk: OwnedMutexGuard<Desk>,
    writer: Writer,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// A writer on a pool that nobody else uses.
    ///
    /// # Errors
    /// When no connection can be had.
    pub(crate) async fn new(pool: SqlitePool) -> Result<Self> {
        let conn = Conn::Sqlite(Held::own(pool.acquire().await?));
        let desk = Desk {
            checkpoints: Checkpoints::new(pool.clone()),
            pool,
            conn,
            group: 0,
            open: false,
            mark: Mark::Even,
            torn: false,
            doubtful: false,
            broken: false,
            waiting: vec![],
            tail: Tail::default(),
        };
        Ok(Self { desk: Arc::new(Mutex::new(desk)) })
    }

    /// Waits for the writer and begins a transaction.
    pub(crate) async fn turn(&self) -> Result<Turn> {
        let mut desk = self.desk.clone().lock_owned().await;
        desk.tidy().await?;
        if !desk.open {
            desk.held()?.preface = Preface::Due(BEGIN);
            (desk.open, desk.mark) = (true, Mark::Even);
        }
        Ok(Turn { desk, writer: self.clone() })
    }

    /// Ends a group, if nobody did; it stands in the queue behind everyone who may still join.
    async fn end_group(self, group: u64) {
        let mut desk = self.desk.lock().await;
        if desk.group == group {
            desk.end().await;
        }
    }

    /// Makes durable what is under way and moves it from the log into the database file.
    pub(crate) async fn rest(&self) {
        let mut desk = self.desk.lock().await;
        desk.end().await;
        if let Err(error) = desk.execute("PRAGMA wal_checkpoint(TRUNCATE)").await {
            tracing::warn!(%error, "the log stays beside the database file");
        }
    }
}

impl Desk {
    fn held(&mut self) -> Result<&mut Held> {
        match &mut self.conn {
            Conn::Sqlite(held) => Ok(held),
            Conn::Postgres(_) => Err(Error::Corrupt("not the embedded engine".to_owned())),
        }
    }

    /// Runs a statement without what is owed.
    async fn execute(&mut self, statement: &'static str) -> Result<()> {
        Ok(self.held()?.bare().execute(statement).await.map(drop)?)
    }

    /// Ends the group.
    async fn end(&mut self) {
        if self.tidy().await.is_err() || !self.open {
            return;
        }
        if self.waiting.is_empty() {
            return self.abandon().await;
        }
        self.doubtful = true;
        match self.commit().await {
            Ok(()) => {
                self.ended(true);
                self.checkpoints.note();
            }
            Err(error) => {
                tracing::error!(%error, "a group of transactions was not made durable");
                self.abandon().await;
            }
        }
    }

    async fn commit(&mut self) -> Result<()> {
        std::mem::take(&mut self.tail).write(&mut self.conn).await?;
        if self.unsaid()? {
            return Ok(());
        }
        self.execute("COMMIT").await
    }

    /// Nothing of the group was sent.
    fn unsaid(&mut self) -> Result<bool> {
        Ok(self.held()?.preface == Preface::Due(BEGIN))
    }

    /// Settles what somebody left who gave up waiting in the middle.
    async fn tidy(&mut self) -> Result<()> {
        if self.doubtful {
            self.abandon().await;
        } else if self.torn {
            match self.undo().await {
                Ok(()) => self.torn = false,
                Err(_) => self.abandon().await,
            }
        }
        if self.broken {
            self.conn = Conn::Sqlite(Held::own(self.pool.acquire().await?));
            self.broken = false;
        }
        Ok(())
    }

    /// Undoes the latest transaction and nothing else.
    async fn undo(&mut self) -> Result<()> {
        let mark = self.mark;
        match self.held()?.preface {
            // Nothing was sent since.
            Preface::Due(_) => return Ok(()),
            Preface::Settled => return self.execute(mark.undo()).await,
            Preface::Said => {}
        }
        if self.execute(mark.undo()).await.is_err() {
            // The preface stopped before its end, and what followed did not begin. Or the engine undid the group.
            self.doubtful = true;
            if self.execute("BEGIN").await.is_ok() {
                return Err(Error::NotDurable);
            }
            let _ = self.execute(mark.other().release()).await;
            self.execute(mark.set()).await?;
            self.doubtful = false;
        }
        self.held()?.preface = Preface::Settled;
        Ok(())
    }

    /// Keeps what the latest transaction wrote.
    fn keep(&mut self) -> Result<()> {
        let mark = self.mark.other();
        let held = self.held()?;
        match held.preface {
            // Nothing was sent since.
            Preface::Due(_) => {}
            Preface::Settled => {
                held.preface = Preface::Due(mark.renew());
                self.mark = mark;
            }
            // Its first statement was given up in the middle.
            Preface::Said => return Err(Error::NotDurable),
        }
        Ok(())
    }

    /// Undoes the group; everyone in it is told.
    async fn abandon(&mut self) {
        if !self.unsaid().unwrap_or(false)
            && let Err(Error::Driver(error)) = self.execute("ROLLBACK").await
            && error.as_database_error().is_none()
            && let Conn::Sqlite(conn) = &mut self.conn
        {
            conn.close_on_drop();
            self.broken = true;
        }
        self.ended(false);
    }

    fn ended(&mut self, durable: bool) {
        (self.open, self.torn, self.doubtful) = (false, false, false);
        self.group += 1;
        if let Ok(held) = self.held() {
            held.preface = Preface::Settled;
        }
        self.tail = Tail::default();
        for one in self.waiting.drain(..) {
            // Whoever gave up waiting needs no answer.
            let _ = one.send(durable);
        }
    }
}

impl Turn {
    pub(crate) fn conn(&self) -> &Conn {
        &self.desk.conn
    }

    /// The connection, for a statement.
    pub(crate) fn conn_mut(&mut self) -> &mut Conn {
        self.desk.torn = true;
        &mut self.desk.conn
    }

    /// Joins the group and waits until it is durable.
    pub(crate) async fn commit(mut self, tail: Tail) -> Result<()> {
        if self.desk.torn {
            self.desk.keep()?;
        }
        self.desk.torn = false;
        self.desk.tail.extend(tail);
        let (tell, told) = oneshot::channel();
        self.desk.waiting.push(tell);
        if self.desk.waiting.len() == 1 {
            tokio::spawn(self.writer.clone().end_group(self.desk.group));
        }
        drop(self);
        if told.await.unwrap_or(false) { Ok(()) } else { Err(Error::NotDurable) }
    }

    /// Undoes the transaction, and the group with it when nobody else is in it.
    pub(crate) async fn rollback(mut self) -> Result<()> {
        if self.desk.waiting.is_empty() {
            self.desk.abandon().await;
            return Ok(());
        }
        self.desk.tidy().await
    }
}

impl Drop for Turn {
    /// A transaction that was left without an end must not keep the group, and with it the lock, open.
    fn drop(&mut self) {
        let alone = self.desk.open && self.desk.waiting.is_empty();
        if (self.desk.torn || alone)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(self.writer.clone().end_group(self.desk.group));
        }
    }
}

#[cfg(test)]
mod tests;
