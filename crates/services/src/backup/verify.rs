//! Proving a backup on a scratch copy: the same as a restore, in a folder that is thrown away.

use std::path::{Path, PathBuf};

use domain::clock::{Clock, Randomness};
use serde::Serialize;
use storage::{Db, boxed};

use super::{Manifest, Quarantine, Replayed, Result, archive::Reader, examine::examine, load, objects, replay::replay};

/// What was found in a backup.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// Its table of contents.
    pub manifest: Manifest,
    /// What the journal would add.
    pub replayed: Replayed,
    /// Number of audit rows; their chain is whole.
    pub audit_rows: i64,
    /// Number of chains of the journal, and of their lines.
    pub journal: (usize, i64),
    /// What the journal does not prove; empty when a restore would end its quarantine.
    pub gaps: Vec<String>,
}

/// Loads a backup into an empty folder, checks every hash, replays the journal there, and tells what came of it. Nothing of a
/// running installation is touched; the caller throws the folder away.
///
/// # Errors
/// When the backup or the journal was changed, or they do not belong together.
#[boxed]
pub async fn verify(
    file: &Path,
    journals: &[PathBuf],
    scratch: &Path,
    clock: &dyn Clock,
    randomness: &dyn Randomness,
) -> Result<Verified> {
    let mut reader = Reader::open(file)?;
    let manifest = reader.manifest.clone();
    for stored in &manifest.files {
        reader.file(stored)?;
    }
    let now = clock.now();
    let (made_at, sha256) = (manifest.made_at, reader.sha256.clone());
    let mark = Quarantine { backup: manifest.id, manifest: sha256, made_at, restored_at: now, found_at: None };
    let url = format!("sqlite:{}", scratch.join("scratch.db").display());
    load::load(file, &manifest, &url, Some(&mark)).await?;
    let db = Db::open(&url).await?;
    let files = objects::read(&db, &mut reader, None).await;
    if files.is_err() {
        db.close().await;
    }
    files?;
    let found = examine(&db, &mark, &manifest.journals, manifest.installation, journals).await;
    let outcome = match found {
        Ok(found) => replay(&db, &mark, &found, now, randomness).await.map(|replayed| (found, replayed)),
        Err(fault) => Err(fault),
    };
    db.close().await;
    let (found, replayed) = outcome?;
    let journal = (found.chains.len(), found.chains.iter().map(|end| end.line).sum());
    Ok(Verified { manifest, replayed, audit_rows: found.audit_rows, journal, gaps: found.gaps })
}
