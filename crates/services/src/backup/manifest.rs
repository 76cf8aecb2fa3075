//! The table of contents of a backup.

use domain::{
    clock::Timestamp,
    ids::{AuthorityId, UploadId},
};
use serde::{Deserialize, Serialize};
use storage::Position;
use uuid::Uuid;

/// The form of backups that this program writes and reads.
pub(super) const FORMAT: u32 = 1;
/// Its name inside the file.
pub(super) const NAME: &str = "manifest.json";

/// What a backup holds, and what was true when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Form of the backup.
    pub format: u32,
    /// Which backup.
    pub id: Uuid,
    /// Of which installation.
    pub installation: Uuid,
    /// Version of the program that made it.
    pub program: String,
    /// When the tables were as they stand in it.
    pub made_at: Timestamp,
    /// The last step that had brought the tables up to date.
    pub step: i64,
    /// Tables, by name.
    pub tables: Vec<StoredTable>,
    /// Files beside them.
    pub files: Vec<StoredFile>,
    /// Files of applications.
    #[serde(default)]
    pub objects: StoredObjects,
    /// Place and hash of the last audit row.
    pub audit: (i64, String),
    /// The last number of a revocation list of each authority.
    pub crl_numbers: Vec<(AuthorityId, i64)>,
    /// How far each chain of the journal reached at least.
    pub journals: Vec<Position>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTable {
    /// Its name.
    pub name: String,
    /// Names and kinds of its columns, in the order of the values.
    pub columns: Vec<(String, String)>,
    /// Number of rows.
    pub rows: u64,
    /// SHA-256 of its lines.
    pub sha256: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name, such as `keys/root.key.pem`.
    pub name: String,
    /// Length in octets.
    pub size: u64,
    /// SHA-256 of its content.
    pub sha256: String,
}

/// Files of applications: their hashes stand in the rows of their table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObjects {
    /// How many.
    pub count: u64,
    /// Their length in octets.
    pub size: u64,
    /// Files with a row whose content was gone or changed when the backup was made.
    pub missing: Vec<UploadId>,
}

impl StoredTable {
    /// Its name inside the backup.
    pub(super) fn entry(&self) -> String {
        format!("tables/{}.jsonl", self.name)
    }
}

impl StoredFile {
    /// Its name inside the backup.
    pub(super) fn entry(&self) -> String {
        format!("files/{}", self.name)
    }
}

impl Manifest {
    /// Number of all rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
