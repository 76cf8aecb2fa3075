//! What the database knows and the journal does not: after a crash between the two, or with a new folder.

use std::collections::HashMap;

use domain::{clock::Timestamp, ids::AuthorityId};
use storage::{Db, Note, Position, boxed, restore::Registered};
use uuid::Uuid;

use super::{Place, line::Line, read::read};
use crate::{Error, Result};

/// Certificates that are compared at a time.
pub(super) const STEP: i64 = 5_000;

/// What a journal tells of a serial.
#[derive(Clone, Copy, Default)]
struct Told {
    issue: bool,
    end: bool,
    /// That it was revoked because its key leaked, at once or later.
    leak: bool,
}

/// Whether a revocation says that the key leaked.
fn is_leak(reason: &str) -> bool {
    reason == pki::RevocationReason::KeyCompromise.as_str()
}

/// What a journal knows already.
#[derive(Default)]
struct Known {
    /// Serials, and what is known of each.
    serials: HashMap<String, Told>,
    numbers: HashMap<AuthorityId, i64>,
}

impl Known {
    fn learn(&mut self, line: Line) {
        match line.note {
            Note::Issued { serial, .. } => {
                self.serials.entry(serial).or_default().issue = true;
            }
            Note::Revoked { serial, reason, .. } => {
                let told = self.serials.entry(serial).or_default();
                (told.end, told.leak) = (true, told.leak || is_leak(&reason));
            }
            Note::Abandoned { serial, .. } => {
                self.serials.entry(serial).or_default().end = true;
            }
            Note::Crl { authority, number } => {
                let highest = self.numbers.entry(authority).or_insert(number);
                *highest = number.max(*highest);
            }
            Note::Begin { .. } | Note::Head { .. } | Note::Signed { .. } | Note::Backup { .. } => {}
        }
    }

    /// What is missing of a certificate.
    fn missing(&self, row: &Registered) -> Vec<Note> {
        let (authority, serial) = (AuthorityId(row.authority_id), &row.serial);
        let told = self.serials.get(serial).copied().unwrap_or_default();
        let leak = row.revocation_reason.as_deref().is_some_and(is_leak);
        let mut notes = vec![];
        if !told.issue {
            let (ends, shard, key) = (row.not_after, row.crl_shard, row.key_hash.clone());
            notes.push(Note::Issued { authority, serial: serial.clone(), ends, shard, key });
        }
        if let Some(when) = row.revoked_at.filter(|_| !told.end || (leak && !told.leak)) {
            let (serial, reason) = (serial.clone(), row.revocation_reason.clone());
            notes.push(if row.state == "abandoned" {
                Note::Abandoned { authority, serial, when }
            } else {
                Note::Revoked { authority, serial, when, reason: reason.unwrap_or_default() }
            });
        }
        notes
    }
}

/// Appends what the database knows and the journal at this place does not, and notes how far the journal reaches. Gives the
/// number of lines that were missing. Run at start, before anything is served.
///
/// # Errors
/// When the journal is damaged or cannot be written, or the database cannot be read.
#[boxed]
pub async fn catch_up(db: &Db, place: &Place) -> Result<u64> {
    let (known, ends) = learn(place.clone()).await?;
    let mut count = 0;
    let mut after = Uuid::nil();
    loop {
        let rows = storage::restore::register(&mut db.read().await?, after, STEP).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        let notes: Vec<Note> = rows.iter().flat_map(|row| known.missing(row)).collect();
        count += notes.len() as u64;
        db.record(notes).await?;
    }
    let authorities = storage::authority::authorities(&mut db.read().await?).await?;
    let above = authorities.iter().filter(|row| {
        let known = known.numbers.get(&AuthorityId(row.id)).copied().unwrap_or_default();
        row.crl_number > known
    });
    let notes: Vec<Note> =
        above.map(|row| Note::Crl { authority: AuthorityId(row.id), number: row.crl_number }).collect();
    count += notes.len() as u64;
    db.record(notes).await?;
    if count > 0 {
        tracing::warn!(count, "the journal lacked what the database knows; it was added");
    }
    let now = place.clock.now();
    let mut tx = db.write().await?;
    for end in &ends {
        storage::journals::reach(&mut tx, end, now).await?;
    }
    tx.commit().await?;
    note_head(db, now).await?;
    Ok(count)
}

async fn learn(place: Place) -> Result<(Known, Vec<Position>)> {
    read_own(place, Known::learn).await
}

/// Reads a journal's own folder into something.
pub(crate) async fn read_own<T: Default + Send + 'static>(
    place: Place,
    learn: fn(&mut T, Line),
) -> Result<(T, Vec<Position>)> {
    let work = move || {
        let mut known = T::default();
        let ends = read(std::slice::from_ref(&place.folder), &place.closed, place.installation, &mut |_, line| {
            learn(&mut known, line);
            Ok(())
        })?;
        Ok((known, ends))
    };
    let outcome: std::result::Result<_, super::Fault> =
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    outcome.map_err(Error::internal)
}

/// Notes in the journal how far the audit chain and the journals reach, and in the database how far this journal does.
/// Done with every list that is published, and with every backup.
///
/// # Errors
/// When the journal cannot be written or the database refuses.
#[boxed]
pub async fn note_head(db: &Db, now: Timestamp) -> Result<()> {
    let mut conn = db.read().await?;
    let (seq, hash) = storage::audit::head(&mut conn).await?;
    let chains = storage::journals::open(&mut conn).await?;
    drop(conn);
    if let Some(end) = db.record(vec![Note::Head { seq, hash, chains }]).await? {
        let mut tx = db.write().await?;
        storage::journals::reach(&mut tx, &end, now).await?;
        tx.commit().await?;
    }
    Ok(())
}
