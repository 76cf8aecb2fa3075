//! Files of applications in a backup: they stand beside the tables, and the hash in its row proves each of them.

use std::collections::BTreeSet;

use domain::{
    ids::UploadId,
    uploads::{Upload, UploadState},
};
use sha2::{Digest, Sha256};
use storage::{
    Db, boxed,
    dump::{Snapshot, Value},
};
use uuid::Uuid;

use super::{
    Fault, Result,
    archive::{Reader, Writer},
    cells,
    manifest::StoredObjects,
};
use crate::uploads::Store;

/// Rows that are read at a time.
const PAGE: i64 = 500;

/// A file that belongs into a backup.
pub(super) struct Wanted {
    id: UploadId,
    size: u64,
    sha256: [u8; 32],
}

impl Wanted {
    /// What has no hash is the content of nothing.
    fn new(upload: &Upload) -> Self {
        let mut sha256 = [0; 32];
        let _ = hex::decode_to_slice(&upload.sha256, &mut sha256);
        Self { id: upload.id, size: upload.size, sha256 }
    }

    fn is(&self, content: &[u8]) -> bool {
        content.len() as u64 == self.size && Sha256::digest(content)[..] == self.sha256
    }
}

/// The files that the rows of a state name.
#[boxed]
pub(super) async fn wanted(snapshot: &mut Snapshot) -> Result<Vec<Wanted>> {
    let (mut wanted, mut after) = (vec![], UploadId(Uuid::nil()));
    loop {
        let page = storage::uploads::all(snapshot.conn(), after, PAGE).await?;
        wanted.extend(page.iter().map(|row| &row.upload).filter(|upload| upload.state.is_kept()).map(Wanted::new));
        match page.last() {
            Some(last) => after = last.upload.id,
            None => return Ok(wanted),
        }
    }
}

/// Copies the content of these files into a backup. What is missing or was changed in the store, or was taken away since the
/// rows were read, is named in the result: a backup without it is better than none.
#[boxed]
pub(super) async fn write(store: &Store, wanted: &[Wanted], writer: &mut Writer) -> Result<StoredObjects> {
    let mut stored = StoredObjects::default();
    for one in wanted {
        let content = store.get(one.id).await.map_err(crate::Error::internal)?;
        match content.filter(|content| one.is(content)) {
            Some(content) => {
                writer.object(&entry(one.id), &content)?;
                stored.count += 1;
                stored.size += one.size;
            }
            None => {
                tracing::error!(upload = %one.id, "the content of a file is missing or was changed; it is not backed up");
                stored.missing.push(one.id);
            }
        }
    }
    Ok(stored)
}

/// How many files the rows of a state name.
#[boxed]
pub(super) async fn count(snapshot: &mut Snapshot) -> Result<u64> {
    let (mut count, mut after) = (0, UploadId(Uuid::nil()));
    loop {
        let page = storage::uploads::all(snapshot.conn(), after, PAGE).await?;
        count += page.iter().filter(|row| row.upload.state.is_kept()).count() as u64;
        match page.last() {
            Some(last) => after = last.upload.id,
            None => return Ok(count),
        }
    }
}

/// Hands over the content of every file that the rows of a loaded backup name, compared with its hash.
#[boxed]
pub(super) async fn read(db: &Db, reader: &mut Reader, to: Option<&Store>) -> Result<()> {
    let stored = reader.manifest.objects.clone();
    let (mut count, mut after) = (0, UploadId(Uuid::nil()));
    loop {
        let page = storage::uploads::all(&mut db.read().await?, after, PAGE).await?;
        let kept = page.iter().map(|row| &row.upload).filter(|upload| upload.state.is_kept());
        for upload in kept.filter(|upload| !stored.missing.contains(&upload.id)) {
            let content = reader.object(&entry(upload.id))?;
            if !is_content_of(upload, &content) {
                return Err(Fault::Changed(format!("{} does not have the hash of its row", entry(upload.id))));
            }
            if let Some(store) = to {
                store.put(upload.id, content).await.map_err(crate::Error::internal)?;
            }
            count += 1;
        }
        match page.last() {
            Some(last) => after = last.upload.id,
            None if count == stored.count => return Ok(()),
            None => return Err(Fault::Changed(format!("{count} files are in its rows instead of {}", stored.count))),
        }
    }
}

/// Names a file that is missing in a backup, or was added to it, by the rows in it.
pub(super) fn odd_one(reader: &mut Reader) -> Result<Option<String>> {
    let tables = &reader.manifest.tables;
    let Some(number) = tables.iter().position(|table| table.name == "uploads") else { return Ok(None) };
    let place = |column: &str| tables.get(number)?.columns.iter().position(|(name, _)| name == column);
    let (Some(id), Some(state)) = (place("id"), place("state")) else { return Ok(None) };
    let known = reader.manifest.objects.missing.clone();
    let mut there: BTreeSet<String> =
        reader.names().filter(|name| name.starts_with(FOLDER)).map(str::to_owned).collect();
    let mut missing = None;
    reader.lines(number, &mut |line| {
        let row = cells::row(line).unwrap_or_default();
        let (Some(Value::Bytes(id)), Some(Value::Text(state))) = (row.get(id), row.get(state)) else { return Ok(()) };
        let kept = state.parse::<UploadState>().is_ok_and(UploadState::is_kept);
        let id = Uuid::from_slice(id).ok().map(UploadId).filter(|id| kept && !known.contains(id));
        if let Some(name) = id.map(entry).filter(|name| !there.remove(name)) {
            missing.get_or_insert(name);
        }
        Ok(())
    })?;
    let missing = missing.map(|name| format!("{name} is missing"));
    Ok(missing.or_else(|| there.first().map(|name| format!("{name} was added"))))
}

fn is_content_of(upload: &Upload, content: &[u8]) -> bool {
    content.len() as u64 == upload.size && hex::encode(Sha256::digest(content)) == upload.sha256
}

/// Where the names of all files begin inside a backup.
pub(super) const FOLDER: &str = "objects/";

fn entry(id: UploadId) -> String {
    format!("{FOLDER}{id}")
}
