//! The journal: what a restore must not forget, in files outside the database (spec 04.7).
//!
//! Transactions note it (`storage::Note`); after the commit it is written and synced here, and only then does the commit
//! return. So nothing is signed or answered that the journal does not know. Each line carries the hash of the one
//! before. A process writes a chain of its own, so that several nodes, and commands beside them, share a folder.

mod ahead;
mod chain;
mod desk;
mod keep_up;
mod line;
mod read;

pub use ahead::ahead;
pub(crate) use keep_up::read_own;
pub use keep_up::{catch_up, note_head};
pub use line::Line;
pub use read::{Reader, read};

use std::{path::PathBuf, sync::Arc};

use domain::clock::{Clock, Randomness};
use storage::{Db, Note, Recorded, Witness, boxed};
use uuid::Uuid;

use crate::Result;

/// Octets after which the next file of a chain begins.
pub const FILE_LIMIT: u64 = 64 << 20;

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The machine refuses.
    #[error("{path}: {error}", path = .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What it says.
        error: std::io::Error,
    },
    /// A line was changed, or lines are missing.
    #[error("{path}, line {line}: {what}", path = .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which line of it, from 1.
        line: i64,
        /// What is wrong with it.
        what: String,
    },
    /// A file of a chain is missing.
    #[error("{path} is missing", path = .path.display())]
    Missing {
        /// Which one.
        path: PathBuf,
    },
    /// Another installation wrote it.
    #[error("{path}: the journal of another installation ({found})", path = .path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Who wrote it.
        found: Uuid,
    },
}

impl Fault {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |error| Self::Io { path, error }
    }
}

/// Where a journal lies and what its lines carry.
#[derive(Clone)]
pub struct Place {
    /// Folder; best on a disk of its own.
    pub folder: PathBuf,
    /// Whose journal it is.
    pub installation: Uuid,
    /// Chains that a restore has replayed: never continued, and no longer counted.
    pub closed: Vec<String>,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for the names of chains.
    pub randomness: Arc<dyn Randomness>,
    /// Octets after which the next file begins.
    pub limit: u64,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Place {
    /// The place of a database's journal. The installation gets its identity here when it has none yet.
    ///
    /// # Errors
    /// When the database refuses.
    #[boxed]
    pub async fn of(db: &Db, folder: PathBuf, clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Result<Self> {
        let installation = installation(db, &*clock, &*randomness).await?;
        let closed = storage::journals::closed(&mut db.read().await?).await?;
        Ok(Self { folder, installation, closed, clock, randomness, limit: FILE_LIMIT })
    }
}

/// Name of the setting that holds the identity of the installation.
pub(crate) const INSTALLATION: &str = "installation";

async fn installation(db: &Db, clock: &dyn Clock, randomness: &dyn Randomness) -> Result<Uuid> {
    if let Some(known) = storage::settings::get(&mut db.read().await?, INSTALLATION).await? {
        return known.parse().map_err(crate::Error::internal);
    }
    let fresh = domain::ids::uuid_v7(clock.now(), randomness).to_string();
    let mut tx = db.write().await?;
    storage::settings::set_once(&mut tx, INSTALLATION, &fresh).await?;
    let known = storage::settings::get(&mut tx, INSTALLATION).await?.unwrap_or(fresh);
    tx.commit().await?;
    known.parse().map_err(crate::Error::internal)
}

/// Names of the chains in some folders, as far as their files tell; nothing is read.
///
/// # Errors
/// When a folder cannot be listed.
pub(crate) fn names(folders: &[PathBuf]) -> Result<Vec<String>, Fault> {
    let mut names = vec![];
    for folder in folders {
        names.extend(chain::chains(folder)?.into_keys());
    }
    Ok(names)
}

/// A journal that is written to. Nothing is made on the disk before the first line.
pub struct Journal {
    desk: desk::Desk,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}

impl Journal {
    /// A journal at a place.
    pub fn new(place: Place) -> Self {
        Self { desk: desk::Desk::new(place) }
    }
}

impl Witness for Journal {
    fn record(&self, notes: Vec<Note>) -> std::pin::Pin<Box<dyn Future<Output = Recorded> + Send + '_>> {
        Box::pin(self.desk.record(notes))
    }
}

#[cfg(test)]
mod tests;
