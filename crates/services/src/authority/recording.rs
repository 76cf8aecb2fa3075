//! Certificates that are asked for at the same time are recorded together: one statement, one durable commit, one line of
//! the journal after another. Each still waits until its own record is durable, and only then is it signed.

use std::sync::{Arc, Mutex, PoisonError};

use storage::{Db, audit::Entry, authority::Certificate, keys::Known};
use tokio::sync::oneshot;

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
    /// The first of those who wait, in their order; whoever finds none writes no more.
    fn take(&mut self) -> Option<Vec<Waiting>> {
        let most = self.waiting.len().min(MOST_AT_ONCE);
        self.writing = most > 0;
        self.writing.then(|| self.waiting.drain(..most).collect())
    }
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
    /// When the database refuses this record, or the journal cannot be written; [`Error::KeyRefused`] when its key is blocked
    /// or another's.
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
        while let Some(batch) = self.next() {
            // Apart, so that one that breaks off takes no other with it.
            if let Err(error) = tokio::spawn(write(db.clone(), batch)).await {
                tracing::error!(%error, "records were not written to their end");
            }
        }
    }

    fn next(&self) -> Option<Vec<Waiting>> {
        self.queue().take()
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a batch and tells everyone. If the database refuses it, each record is tried alone: one must not fail for another.
async fn write(db: Db, batch: Vec<Waiting>) {
    let (mut records, mut entries, mut told) = (vec![], vec![], vec![]);
    for one in batch {
        records.push(one.record);
        entries.push(one.entry);
        told.push(one.told);
    }
    let outcomes = match store(&db, &records, &entries).await {
        Ok(outcomes) => outcomes,
        Err(Error::Internal(_)) if records.len() > 1 => {
            let mut outcomes = vec![];
            for (record, entry) in records.iter().zip(&entries) {
                let alone = store(&db, std::slice::from_ref(record), std::slice::from_ref(entry)).await;
                outcomes.push(alone.and_then(|outcomes| outcomes.into_iter().collect()));
            }
            outcomes
        }
        Err(error) => vec![Err(error); told.len()],
    };
    for (outcome, told) in outcomes.into_iter().zip(told) {
        // Who went away needs no answer; the record is given up at the next start.
        let _ = told.send(outcome);
    }
}

/// Writes records in one transaction, but for those whose key may not be certified; tells which those are.
async fn store(db: &Db, records: &[Certificate], entries: &[Entry]) -> Result<Vec<Result<()>>> {
    let mut tx = db.write().await?;
    let known = storage::authority::insert_allowed(&mut tx, records).await?;
    for (entry, _) in entries.iter().zip(&known).filter(|(_, known)| **known == Known::Nothing) {
        tx.audit(entry.clone());
    }
    tx.commit().await?;
    let outcome = |known| if known == Known::Nothing { Ok(()) } else { Err(Error::KeyRefused(known)) };
    Ok(known.into_iter().map(outcome).collect())
}
