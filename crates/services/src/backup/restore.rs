//! Restoring a backup into an empty place.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use domain::clock::{Clock, Randomness};
use storage::{Db, boxed};

use super::{
    Fault, Manifest, Quarantine, Replayed, Result, archive::Reader, examine::examine, load, objects,
    quarantine::in_quarantine, replay::replay,
};
use crate::uploads::{Store, StoreFault};

/// Marks a folder that a restore has begun to fill.
const BEGUN: &str = "restore-has-begun";
/// Where settings of the old installation are laid, to be compared.
const SETTINGS: &str = "from-backup";

/// Opens the store for the files of applications.
pub type OpenStore<'a> = &'a (dyn Fn() -> Result<Store, StoreFault> + Sync);

/// Where a backup is restored to.
pub struct Target<'a> {
    /// Address of the database.
    pub database: &'a str,
    /// Folder for keys.
    pub folder: &'a Path,
    /// Opens the store for the files of applications, once it is sure that the place is free.
    pub uploads: OpenStore<'a>,
    /// Folders with the journals of all nodes.
    pub journals: &'a [PathBuf],
    /// Clock.
    pub clock: &'a dyn Clock,
    /// Randomness.
    pub randomness: &'a dyn Randomness,
}

/// A restored installation.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The table of contents of the backup.
    pub manifest: Manifest,
    /// What the journal added.
    pub replayed: Replayed,
    /// Why the quarantine goes on; empty when it has ended.
    pub gaps: Vec<String>,
}

/// Restores a backup into an empty place, in quarantine, and replays the journal. When the journal proves that nothing is
/// missing, the quarantine ends. What was interrupted, or is still in quarantine, can be run again from the start.
///
/// # Errors
/// When the place is in use, the backup or the journal was changed, or they do not belong together. Whatever was restored
/// then is in quarantine.
#[boxed]
pub async fn restore(file: &Path, target: &Target<'_>) -> Result<Restored> {
    let mut reader = Reader::open(file)?;
    let manifest = reader.manifest.clone();
    refuse_used_folder(target)?;
    let first_time = !has_begun(target.folder);
    begin(target.folder)?;
    if !is_free(target.database).await? {
        if first_time {
            end(target.folder)?;
        }
        return Err(Fault::Refused("this database is in use; nothing was changed".to_owned()));
    }
    let restored_at = target.clock.now();
    let mark = Quarantine {
        backup: manifest.id,
        manifest: reader.sha256.clone(),
        made_at: manifest.made_at,
        restored_at,
        found_at: None,
    };
    load::load(file, &manifest, target.database, Some(&mark)).await?;
    for stored in &manifest.files {
        put(target.folder, &stored.name, &reader.file(stored)?)?;
    }
    let db = Db::open(target.database).await?;
    let outcome = match files_into(&db, &mut reader, target).await {
        Ok(()) => replay_into(&db, &mark, &manifest, target).await,
        Err(fault) => Err(fault),
    };
    db.close().await;
    let restored = outcome?;
    if restored.gaps.is_empty() {
        end(target.folder)?;
    }
    Ok(restored)
}

async fn files_into(db: &Db, reader: &mut Reader, target: &Target<'_>) -> Result<()> {
    let store = (target.uploads)().map_err(crate::Error::internal)?;
    objects::read(db, reader, Some(&store)).await
}

async fn replay_into(db: &Db, mark: &Quarantine, manifest: &Manifest, target: &Target<'_>) -> Result<Restored> {
    let found = examine(db, mark, &manifest.journals, manifest.installation, target.journals).await?;
    let replayed = replay(db, mark, &found, target.clock.now(), target.randomness).await?;
    Ok(Restored { manifest: manifest.clone(), replayed, gaps: found.gaps })
}

/// Whether nothing is here, or only what a restore has left in quarantine.
async fn is_free(database: &str) -> Result<bool> {
    let db = Db::open_at(database, Some(0)).await?;
    let free = async {
        // A database without our tables has no settings; it is somebody else's. One that is older than its journal is not
        // what a restore has left: it has rows that no backup has.
        let left = |mark: Option<Quarantine>| mark.is_some_and(|mark| !mark.was_found());
        Ok(db.is_empty().await? || (db.step().await? > 0 && left(in_quarantine(&db).await?)))
    };
    let free = free.await;
    db.close().await;
    free
}

/// A folder with anything but the journals in it, or what a restore has begun, is in use.
fn refuse_used_folder(target: &Target<'_>) -> Result<()> {
    let folder = target.folder;
    if has_begun(folder) || !folder.exists() {
        return Ok(());
    }
    let journals: Vec<PathBuf> = target.journals.iter().filter_map(|path| path.canonicalize().ok()).collect();
    for entry in std::fs::read_dir(folder).map_err(Fault::io(folder))? {
        let path = entry.map_err(Fault::io(folder))?.path();
        let journal = path.canonicalize().is_ok_and(|path| journals.contains(&path));
        if !journal && !path.ends_with("lost+found") {
            let words = format!("{} is in use: {} lies in it; nothing was changed", folder.display(), path.display());
            return Err(Fault::Refused(words));
        }
    }
    Ok(())
}

/// Whether a restore into this folder was begun and has not ended.
pub fn has_begun(folder: &Path) -> bool {
    folder.join(BEGUN).exists()
}

fn begin(folder: &Path) -> Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Fault::io(folder))?;
    write(&folder.join(BEGUN), b"")
}

/// The folder counts as an installation from now on.
pub(super) fn end(folder: &Path) -> Result<()> {
    match std::fs::remove_file(folder.join(BEGUN)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Fault::io(folder)(error)),
        _ => Ok(()),
    }
}

/// Lays a file where it belongs: keys and secrets in their place, settings aside.
fn put(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let relative = Path::new(name);
    if !relative.components().all(|part| matches!(part, std::path::Component::Normal(_))) {
        return Err(Fault::Changed(format!("{name} is no name of a file")));
    }
    let own = name == "vault.key" || relative.starts_with("keys");
    let path = if own { folder.join(relative) } else { folder.join(SETTINGS).join(relative) };
    if let Some(parent) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(Fault::io(parent))?;
    }
    write(&path, content)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(Fault::io(path))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(Fault::io(path))
}
