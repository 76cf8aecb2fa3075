//! The mark that keeps an installation closed that was restored, or found older than its journal, until the journal was
//! replayed.

use domain::clock::{Randomness, Timestamp};
use serde::{Deserialize, Serialize};
use storage::{Db, boxed};
use uuid::Uuid;

use super::{Fault, Replayed, examine::examine, replay::replay};
use crate::{
    Error, Result,
    journal::{self, Place},
};

/// Name of the setting that holds it.
pub(super) const MARK: &str = "quarantine";

/// An installation that is not yet believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// The backup that it came from; nil when the database was found older than its journal.
    pub backup: Uuid,
    /// The hash of its table of contents.
    pub manifest: String,
    /// When the backup was made.
    pub made_at: Timestamp,
    /// When it was restored, or found.
    pub restored_at: Timestamp,
    /// Where the audit chain of a database ended that was found older than its journal; none after a restore.
    #[serde(default)]
    pub found_at: Option<i64>,
}

impl Quarantine {
    /// Whether the database was found older than its journal, and not restored from a backup.
    pub fn was_found(&self) -> bool {
        self.found_at.is_some()
    }

    pub(super) fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }
}

/// The quarantine, while there is one: then nothing may be issued, answered, published or sent.
///
/// # Errors
/// When the database cannot be read or the mark is not understood.
#[boxed]
pub async fn in_quarantine(db: &Db) -> Result<Option<Quarantine>> {
    let text = storage::settings::get(&mut db.read().await?, MARK).await?;
    text.map(|text| serde_json::from_str(&text).map_err(Error::internal)).transpose()
}

/// Compares a database that is to be worked on with the journal; when it is behind, as after an older file, snapshot or dump
/// was put in its place, it is closed from now on. Gives in what it is behind.
///
/// # Errors
/// When the journal is damaged, or the database refuses.
#[boxed]
pub async fn close_if_behind(db: &Db, place: &Place) -> Result<Option<String>> {
    let Some(behind) = journal::ahead(db, place).await? else { return Ok(None) };
    let now = place.clock.now();
    let mut tx = db.write().await?;
    // No audit row: the next one would have the place of one that the journal has seen.
    let (seq, _) = storage::audit::head(&mut tx).await?;
    let (backup, manifest) = (Uuid::nil(), String::new());
    let mark = Quarantine { backup, manifest, made_at: now, restored_at: now, found_at: Some(seq) };
    storage::settings::set_once(&mut tx, MARK, &mark.to_text()?).await?;
    tx.commit().await?;
    Ok(Some(behind))
}

/// What came of replaying the journal where the database is.
#[derive(Clone, Debug)]
pub struct Caught {
    /// What the journal added.
    pub replayed: Replayed,
    /// Why the quarantine goes on; empty when it has ended.
    pub gaps: Vec<String>,
}

/// Replays the journal into a database that was found older, by the rules of a restore. Can be run again. `place` is the
/// installation's own journal, `others` those of other nodes.
///
/// # Errors
/// When there is no such quarantine, the journal was changed, or database and journal do not belong together.
#[boxed]
pub async fn catch_up_in_place(
    db: &Db,
    place: &Place,
    others: &[std::path::PathBuf],
    randomness: &dyn Randomness,
) -> super::Result<Caught> {
    let mark = match in_quarantine(db).await? {
        None if close_if_behind(db, place).await?.is_none() => {
            let words = "there is no quarantine, and the database knows everything that the journal knows; \
                nothing was changed";
            return Err(Fault::Refused(words.to_owned()));
        }
        None => in_quarantine(db).await?,
        mark => mark,
    };
    let Some(mark) = mark.filter(Quarantine::was_found) else {
        let words = "this quarantine began with a restore: name its file again, with the journals of all nodes";
        return Err(Fault::Refused(words.to_owned()));
    };
    let folders: Vec<_> = std::iter::once(&place.folder).chain(others).cloned().collect();
    let found = examine(db, &mark, &[], place.installation, &folders).await?;
    let replayed = replay(db, &mark, &found, place.clock.now(), randomness).await?;
    Ok(Caught { replayed, gaps: found.gaps })
}
