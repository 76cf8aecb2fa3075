//! The embedded engine's only writer: transactions that queue for it become durable together.
//!
//! `SQLite` has one writer, and each durable commit waits for the disk. So a transaction is a savepoint inside a group:
//! whoever comes while others write joins their group, and one `COMMIT` makes all of them durable. Nobody is told of
//! success before that commit, and a transaction that is undone takes nothing of the others with it. What they leave to
//! their end, such as audit rows, is written for the whole group just before its commit, in one statement of each kind.
//!
//! Each statement costs a change of threads, so a savepoint is opened in the same breath as the one before is released:
//! while a group is open, a savepoint is open too. A transaction that leaves everything to its end needs none.

use std::sync::Arc;

use sqlx::{Executor, SqlitePool};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::{
    db::{Conn, Error, Result},
    readers::Held,
    tail::Tail,
};

/// The queue for the only writer; first come, first served.
#[derive(Clone)]
pub(crate) struct Writer {
    desk: Arc<Mutex<Desk>>,
}

struct Desk {
    pool: SqlitePool,
    conn: Conn,
    /// A group has begun.
    open: bool,
    /// The latest transaction of the group has no end yet, and may have written.
    torn: bool,
    /// A statement that begins or ends a group was sent, and its answer is not known.
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
            pool,
            conn,
            open: false,
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
            desk.doubtful = true;
            if let Err(error) = desk.execute("BEGIN IMMEDIATE; SAVEPOINT turn").await {
                desk.abandon().await;
                return Err(error);
            }
            desk.doubtful = false;
            desk.open = true;
        }
        Ok(Turn { desk, writer: self.clone() })
    }

    /// Ends the group; it stands in the queue behind everyone who may still join.
    async fn end_group(self) {
        let mut desk = self.desk.lock().await;
        if desk.tidy().await.is_err() || !desk.open {
            return;
        }
        if desk.waiting.is_empty() {
            return desk.abandon().await;
        }
        desk.doubtful = true;
        match desk.commit().await {
            Ok(()) => desk.ended(true),
            Err(error) => {
                tracing::error!(%error, "a group of transactions was not made durable");
                desk.abandon().await;
            }
        }
    }

    /// Makes durable what is under way and moves it from the log into the database file.
    pub(crate) async fn rest(&self) {
        self.clone().end_group().await;
        let mut desk = self.desk.lock().await;
        if let Err(error) = desk.execute("PRAGMA wal_checkpoint(TRUNCATE)").await {
            tracing::warn!(%error, "the log stays beside the database file");
        }
    }
}

impl Desk {
    async fn execute(&mut self, statement: &'static str) -> Result<()> {
        let Conn::Sqlite(conn) = &mut self.conn else {
            return Err(Error::Corrupt("not the embedded engine".to_owned()));
        };
        Ok((&mut **conn).execute(statement).await.map(drop)?)
    }

    async fn commit(&mut self) -> Result<()> {
        std::mem::take(&mut self.tail).write(&mut self.conn).await?;
        self.execute("COMMIT").await
    }

    /// Settles what somebody left who gave up waiting in the middle.
    async fn tidy(&mut self) -> Result<()> {
        if self.doubtful {
            self.abandon().await;
        } else if self.torn {
            match self.execute("ROLLBACK TO turn").await {
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

    /// Undoes the group; everyone in it is told.
    async fn abandon(&mut self) {
        if let Err(Error::Driver(error)) = self.execute("ROLLBACK").await
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
        if self.desk.torn
            && let Err(error) = self.desk.execute("RELEASE turn; SAVEPOINT turn").await
        {
            self.desk.abandon().await;
            return Err(error);
        }
        self.desk.torn = false;
        self.desk.tail.extend(tail);
        let (tell, told) = oneshot::channel();
        self.desk.waiting.push(tell);
        if self.desk.waiting.len() == 1 {
            tokio::spawn(self.writer.clone().end_group());
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
            runtime.spawn(self.writer.clone().end_group());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, audit::Entry, db::on_engine};

    async fn database(folder: &tempfile::TempDir) -> Db {
        let db = Db::open(&format!("sqlite:{}", folder.path().join("group.db").display())).await.unwrap();
        let mut tx = db.write().await.unwrap();
        on_engine!(&mut *tx, |c| sqlx::query("CREATE TABLE marks (n BIGINT PRIMARY KEY)").execute(c).await.map(drop))
            .unwrap();
        tx.commit().await.unwrap();
        db
    }

    async fn mark(tx: &mut crate::Tx, n: i64) -> Result<()> {
        on_engine!(&mut **tx, |c| sqlx::query("INSERT INTO marks (n) VALUES ($1)").bind(n).execute(c).await.map(drop))?;
        Ok(())
    }

    async fn marks(db: &Db) -> Vec<i64> {
        let mut conn = db.read().await.unwrap();
        on_engine!(&mut conn, |c| sqlx::query_scalar("SELECT n FROM marks ORDER BY n").fetch_all(c).await).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn those_who_queue_become_durable_together_and_one_that_is_undone_takes_nobody_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let first = db.write().await.unwrap();
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await?;
                    mark(&mut tx, n).await?;
                    match n % 4 {
                        0 => tx.commit().await,
                        1 => tx.rollback().await,
                        2 => mark(&mut tx, n).await.and(tx.commit().await),
                        _ => {
                            drop(tx);
                            Ok(())
                        }
                    }
                })
            })
            .collect();
        first.commit().await.unwrap();
        for (n, task) in tasks.into_iter().enumerate() {
            let outcome = task.await.unwrap();
            assert_eq!(outcome.is_err(), n % 4 == 2, "{n}: {outcome:?}");
        }
        let kept: Vec<i64> = (0..40).filter(|n| n % 4 == 0 || n % 4 == 2).collect();
        assert_eq!(marks(&db).await, kept);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_is_told_of_success_before_the_group_is_durable() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let mut slow = db.write().await.unwrap();
        mark(&mut slow, 1).await.unwrap();
        let (told, next) = (tokio::spawn(slow.commit()), db.write().await.unwrap());
        assert!(!told.is_finished());
        assert!(marks(&db).await.is_empty(), "a group under way is not seen");
        next.rollback().await.unwrap();
        told.await.unwrap().unwrap();
        assert_eq!(marks(&db).await, [1]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_left_to_the_end_of_a_group_stays_with_whoever_commits() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let first = db.write().await.unwrap();
        let tasks: Vec<_> = (0..9)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await?;
                    if n % 3 == 1 {
                        mark(&mut tx, n).await?;
                    }
                    tx.audit(Entry { action: format!("act-{n}"), ..Entry::default() });
                    if n % 3 == 2 { tx.rollback().await } else { tx.commit().await }
                })
            })
            .collect();
        first.commit().await.unwrap();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let rows = crate::audit::newest(&mut db.read().await.unwrap(), None, 20).await.unwrap();
        let mut acts: Vec<_> = rows.into_iter().map(|row| row.action).collect();
        acts.sort();
        assert_eq!(acts, ["act-0", "act-1", "act-3", "act-4", "act-6", "act-7"]);
        assert_eq!(marks(&db).await, [1, 4, 7]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_who_gives_up_leaves_the_writer_free() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let mut tx = db.write().await.unwrap();
        mark(&mut tx, 7).await.unwrap();
        drop(tx);
        drop(db.write().await.unwrap());
        let other = Db::open(&format!("sqlite:{}", folder.path().join("group.db").display())).await.unwrap();
        let mut tx = other.write().await.unwrap();
        mark(&mut tx, 8).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(marks(&db).await, [8]);
    }
}
