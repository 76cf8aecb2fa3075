//! Backup, its proof, and the restore that cannot un-revoke (spec 04.7).
//!
//! A backup is one file: every table as lines of JSON, files of applications, key files and settings, and a table of contents with the hash of
//! each part, whose own hash goes into the journal. A restore fills an empty place and stays in quarantine until the
//! journal has told what the backup cannot know.

mod archive;
mod cells;
mod copy;
mod examine;
mod load;
mod make;
mod manifest;
mod objects;
mod quarantine;
mod release;
mod replay;
mod restore;
mod verify;

pub use copy::{Copied, copy};
pub use make::{Made, Order, make};
pub use manifest::{Manifest, StoredFile, StoredObjects, StoredTable};
pub use quarantine::{Caught, Quarantine, catch_up_in_place, close_if_behind, in_quarantine};
pub(crate) use release::two_officers;
pub use release::{Release, release};
pub use replay::Replayed;
pub use restore::{OpenStore, Restored, Target, has_begun, restore};
pub use verify::{Verified, verify};

use crate::journal;

/// Why a backup was not made, believed or restored.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(String),
    /// The file is no backup, or one that this program does not understand.
    #[error("this is not a backup that can be read: {0}")]
    Unreadable(String),
    /// The content is not what the table of contents or the journal says.
    #[error("the backup was changed or damaged: {0}")]
    Changed(String),
    /// The journal and the backup contradict each other.
    #[error("backup and journal do not belong together: {0}")]
    Contradiction(String),
    /// The place is not empty, or not in the state that is needed.
    #[error("{0}")]
    Refused(String),
    /// The journal cannot be read.
    #[error("the journal is damaged: {0}")]
    Journal(#[from] journal::Fault),
    /// The database or something else of the installation.
    #[error(transparent)]
    Service(#[from] crate::Error),
}

impl From<storage::Error> for Fault {
    fn from(error: storage::Error) -> Self {
        Self::Service(error.into())
    }
}

impl Fault {
    fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |error| Self::Io(format!("{}: {error}", path.display()))
    }
}

/// Result of what is done with backups.
pub type Result<T, E = Fault> = std::result::Result<T, E>;
