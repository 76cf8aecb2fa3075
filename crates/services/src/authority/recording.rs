//! Certificates that are asked for at the same time are recorded together: one statement, one durable commit, one line of
//! the journal after another. Each still waits until its own record is durable, and only then is it signed.

use std::sync::{Mutex, PoisonError};

use storage::{Db, audit::Entry, authority::Certificate, keys::Known};
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::{Ctx, Error, Result};

/// Records of one transaction.
const MOST_AT_ONCE: usize = 500;

/// A record that waits to become durable.
struct Waiting {
    record: Certificate,
    entry: Entry,
    told: oneshot::Sender<Result<()>>,
}

/// Who waits, and whose turn it is to write for all.
#[derive(Default)]
pub(crate) struct Recording {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

impl Recording {
    /// Records a certificate durably, together with all that wait.
    ///
    /// # Errors
    /// When the database refuses this record, or the journal cannot be written; [`Error::KeyRefused`] when its key is blocked
    /// or another's.
    pub(super) async fn record(&self, ctx: &Ctx<'_>, record: Certificate) -> Result<()> {
        let entry = ctx.entry("certificate.prepare", format!("certificate:{}", record.id), "", &record.serial);
        let (told, mut answer) = oneshot::channel();
        self.queue().push(Waiting { record, entry, told });
        let _turn = self.turn.lock().await;
        loop {
            match answer.try_recv() {
                Ok(outcome) => return outcome,
                Err(TryRecvError::Closed) => return Err(Error::internal("the record was not written to its end")),
                Err(TryRecvError::Empty) => {}
            }
            // A task of its own, so that a caller who goes away leaves nobody else without an answer.
            tokio::spawn(write(ctx.app.db.clone(), self.take())).await.map_err(Error::internal)?;
        }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first of those who wait, in their order.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let most = queue.len().min(MOST_AT_ONCE);
        queue.drain(..most).collect()
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
