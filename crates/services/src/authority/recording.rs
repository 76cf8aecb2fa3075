//! Certificates that are asked for at the same time are recorded together: one statement, one durable commit, one line of
//! the journal after another. Each still waits until its own record is durable, and only then is it signed.

use std::sync::{Arc, Mutex, PoisonError};

use storage::{Db, Tx, audit::Entry, authority::Certificate, keys::Known};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{Ctx, Error, Result};

/// Records of one transaction.
const MOST_AT_ONCE: usize = 500;

/// A record that waits to become durable.
struct Waiting {
    record: Certificate,
    entry: Entry,
    told: oneshot::Sender<Result<()>>,
}

/// Who waits, and whether somebody writes for all.
#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    writing: bool,
}

impl Queue {
    /// Whether somebody waits; whoever finds nobody writes no more.
    fn goes_on(&mut self) -> bool {
        self.writing = !self.waiting.is_empty();
        self.writing
    }

    /// The first of those who wait, in their order.
    fn take(&mut self) -> Batch {
        let most = self.waiting.len().min(MOST_AT_ONCE);
        let mut batch = Batch::default();
        for one in self.waiting.drain(..most) {
            batch.records.push(one.record);
            batch.entries.push(one.entry);
            batch.told.push(one.told);
        }
        batch
    }
}

/// Records of one transaction, what is noted of each, and who is told.
#[derive(Default)]
struct Batch {
    records: Vec<Certificate>,
    entries: Vec<Entry>,
    told: Vec<oneshot::Sender<Result<()>>>,
}

/// Records that wait to become durable together.
#[derive(Clone, Default)]
pub(crate) struct Recording {
    queue: Arc<Mutex<Queue>>,
}

impl Recording {
    /// Records a certificate durably, together with all that wait.
    ///
    /// # Errors
    /// When the database refuses this record, or the journal cannot be written; [`Error::KeyRefused`] when its key is blocked,
    /// spent or another's.
    pub(super) async fn record(&self, ctx: &Ctx<'_>, record: Certificate) -> Result<()> {
        let entry = ctx.entry("certificate.prepare", format!("certificate:{}", record.id), "", &record.serial);
        let (told, answer) = oneshot::channel();
        if self.joins(Waiting { record, entry, told }) {
            // A task of its own, so that a caller who goes away leaves nobody else without an answer.
            tokio::spawn(self.clone().write_all(ctx.app.db.clone()));
        }
        answer.await.map_err(|_| Error::internal("the record was not written to its end"))?
    }

    /// Joins those who wait; true when nobody writes for them yet.
    fn joins(&self, one: Waiting) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(one);
        !std::mem::replace(&mut queue.writing, true)
    }

    /// Writes batch after batch until nobody waits.
    async fn write_all(self, db: Db) {
        let _writing = Writing(&self);
        while self.queue().goes_on() {
            let ending = self.write(&db).await;
            // The next batch joins the same group of transactions. A server knows no groups; there it waits.
            if !db.commits_in_groups() {
                drop(ending.await);
            }
        }
    }

    /// Writes all who wait once it is their turn, not when they come: so fewer wait for the turn after it. Gives the task that
    /// tells them.
    async fn write(&self, db: &Db) -> JoinHandle<()> {
        let turn = db.write().await;
        let batch = self.queue().take();
        let written = match turn {
            Ok(tx) => insert(tx, &batch.records, &batch.entries).await,
            Err(error) => Err(error.into()),
        };
        tokio::spawn(batch.end(db.clone(), written))
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever writes for all. Should they break off, those who wait learn it, and the next one who comes writes.
struct Writing<'a>(&'a Recording);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        // At a good end somebody else may be writing by now.
        if std::thread::panicking() {
            tracing::error!("records were not written to their end");
            let mut queue = self.0.queue();
            queue.waiting.clear();
            queue.writing = false;
        }
    }
}

impl Batch {
    /// Makes what was written durable and tells everyone. If the database refuses it, each record is tried alone: one must not
    /// fail for another.
    async fn end(self, db: Db, written: Result<(Tx, Vec<Known>)>) {
        let outcomes = match commit(written).await {
            Ok(outcomes) => outcomes,
            Err(Error::Internal(_)) if self.records.len() > 1 => {
                let mut outcomes = vec![];
                for (record, entry) in self.records.iter().zip(&self.entries) {
                    outcomes.push(store_one(&db, record, entry).await);
                }
                outcomes
            }
            Err(error) => vec![Err(error); self.told.len()],
        };
        for (outcome, told) in outcomes.into_iter().zip(self.told) {
            // Who went away needs no answer; the record is given up at the next start.
            let _ = told.send(outcome);
        }
    }
}

async fn store_one(db: &Db, record: &Certificate, entry: &Entry) -> Result<()> {
    let tx = db.write().await?;
    let written = insert(tx, std::slice::from_ref(record), std::slice::from_ref(entry)).await;
    commit(written).await?.into_iter().collect()
}

/// Writes records, but for those whose key may not be certified; tells which those are.
async fn insert(mut tx: Tx, records: &[Certificate], entries: &[Entry]) -> Result<(Tx, Vec<Known>)> {
    let known = storage::authority::insert_allowed(&mut tx, records).await?;
    for (entry, _) in entries.iter().zip(&known).filter(|(_, known)| **known == Known::Nothing) {
        tx.audit(entry.clone());
    }
    Ok((tx, known))
}

/// Makes it durable; gives what became of each record.
async fn commit(written: Result<(Tx, Vec<Known>)>) -> Result<Vec<Result<()>>> {
    let (tx, known) = written?;
    tx.commit().await?;
    let outcome = |known| if known == Known::Nothing { Ok(()) } else { Err(Error::KeyRefused(known)) };
    Ok(known.into_iter().map(outcome).collect())
}
