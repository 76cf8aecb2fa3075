//! The mark that keeps a restored installation closed until the journal was replayed.

use domain::clock::Timestamp;
use serde::{Deserialize, Serialize};
use storage::{Db, boxed};
use uuid::Uuid;

use crate::{Error, Result};

/// Name of the setting that holds it.
pub(super) const MARK: &str = "quarantine";

/// A restored installation that is not yet believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// The backup that it came from.
    pub backup: Uuid,
    /// The hash of its table of contents.
    pub manifest: String,
    /// When the backup was made.
    pub made_at: Timestamp,
    /// When it was restored.
    pub restored_at: Timestamp,
}

impl Quarantine {
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
