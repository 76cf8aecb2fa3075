//! Making a backup while the portal runs.

use std::path::{Path, PathBuf};

use domain::{clock::Timestamp, ids::AuthorityId};
use storage::{
    Db, Note, Position,
    audit::Entry,
    boxed,
    dump::{Snapshot, Table},
};
use uuid::Uuid;

use super::{
    Fault, Manifest, Result, StoredTable, archive::Writer, cells, manifest, manifest::StoredObjects, quarantine,
};
use crate::{
    journal::{self, Place},
    uploads::Store,
};

/// What a backup is made from.
#[derive(Debug)]
pub struct Order<'a> {
    /// The database; its transactions go to the journal.
    pub db: &'a Db,
    /// Its journal.
    pub journal: &'a Place,
    /// Where the files of applications lie.
    pub uploads: &'a Store,
    /// Files that belong to it: their names in the backup, and where they lie.
    pub files: Vec<(String, PathBuf)>,
    /// The new file.
    pub to: &'a Path,
    /// Version of the program.
    pub program: &'a str,
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its table of contents.
    pub manifest: Manifest,
    /// The hash of that table, which the journal knows, too.
    pub sha256: String,
}

/// Makes a backup: one state of all tables, the files, and the mark in the journal without which it is not believed.
///
/// # Errors
/// When the file exists, the journal is damaged, or anything cannot be read or written; then no file remains.
#[boxed]
pub async fn make(order: &Order<'_>) -> Result<Made> {
    if quarantine::in_quarantine(order.db).await?.is_some() {
        let words = "the installation is in quarantine after a restore: a backup of it would pass for a whole one";
        return Err(Fault::Refused(words.to_owned()));
    }
    let made = write(order).await?;
    let marked = mark(order, &made).await;
    if marked.is_err() {
        std::fs::remove_file(order.to).map_err(Fault::io(order.to))?;
    }
    marked.map(|()| made)
}

async fn write(order: &Order<'_>) -> Result<Made> {
    let now = order.journal.clock.now();
    let mut writer = Writer::create(order.to)?;
    let mut snapshot = order.db.snapshot().await?;
    let wanted = super::objects::wanted(&mut snapshot).await?;
    let mut manifest = Manifest {
        format: manifest::FORMAT,
        id: domain::ids::uuid_v7(now, &*order.journal.randomness),
        installation: order.journal.installation,
        program: order.program.to_owned(),
        made_at: now,
        step: snapshot.step().await?,
        tables: tables(&mut snapshot, &mut writer).await?,
        files: vec![],
        objects: StoredObjects::default(),
        audit: storage::audit::head(snapshot.conn()).await?,
        crl_numbers: crl_numbers(&mut snapshot).await?,
        journals: ends(order, &mut snapshot).await?,
    };
    // The files may take hours, and what a snapshot sees the database cannot clear away.
    drop(snapshot);
    manifest.objects = super::objects::write(order.uploads, &wanted, &mut writer).await?;
    for (name, path) in &order.files {
        manifest.files.push(writer.file(name, path)?);
    }
    let sha256 = writer.finish(&manifest)?;
    Ok(Made { manifest, sha256 })
}

/// Writes all tables of a state of the database.
pub(super) async fn tables(snapshot: &mut Snapshot, writer: &mut Writer) -> Result<Vec<StoredTable>> {
    let mut stored = vec![];
    for table in snapshot.tables().await? {
        stored.push(self::table(snapshot, writer, &table).await?);
    }
    Ok(stored)
}

async fn table(snapshot: &mut Snapshot, writer: &mut Writer, table: &Table) -> Result<StoredTable> {
    let columns = table.columns.iter().map(|column| (column.name.clone(), column.kind.word().to_owned())).collect();
    let mut stored = StoredTable { name: table.name.clone(), columns, rows: 0, sha256: String::new() };
    writer.begin(&stored.entry())?;
    snapshot
        .rows(table, &mut |row| {
            stored.rows += 1;
            writer.write(&cells::line(row).map_err(crate::Error::internal)?)
        })
        .await?;
    stored.sha256 = writer.end().1;
    Ok(stored)
}

pub(super) async fn crl_numbers(snapshot: &mut Snapshot) -> Result<Vec<(AuthorityId, i64)>> {
    let authorities = storage::authority::authorities(snapshot.conn()).await?;
    Ok(authorities.into_iter().map(|row| (AuthorityId(row.id), row.crl_number)).collect())
}

/// How far the chains reach: those in the folder, read whole, and those of other nodes as the database knows them.
async fn ends(order: &Order<'_>, snapshot: &mut Snapshot) -> Result<Vec<Position>> {
    let mut ends = storage::journals::open(snapshot.conn()).await?;
    let place = order.journal.clone();
    let read = move || journal::read(&[place.folder], &place.closed, place.installation, &mut |_, _| Ok(()));
    for end in tokio::task::spawn_blocking(read).await.map_err(crate::Error::internal)?? {
        match ends.iter_mut().find(|known| known.chain == end.chain) {
            Some(known) if known.line < end.line => *known = end,
            Some(_) => {}
            None => ends.push(end),
        }
    }
    Ok(ends)
}

/// Lets the journal and the audit chain know of the backup.
async fn mark(order: &Order<'_>, made: &Made) -> Result<()> {
    let (seq, hash) = made.manifest.audit.clone();
    let note = Note::Backup { id: made.manifest.id, manifest: made.sha256.clone(), seq, hash };
    if order.db.record(vec![note]).await?.is_none() {
        return Err(Fault::Refused("this database has no journal: no backup of it could be believed".to_owned()));
    }
    let now = order.journal.clock.now();
    let mut tx = order.db.write().await?;
    tx.audit(entry(now, "backup.make", made.manifest.id, &made.sha256));
    tx.commit().await?;
    Ok(journal::note_head(order.db, now).await?)
}

/// An audit row of what commands do with a backup.
pub(super) fn entry(now: Timestamp, action: &str, backup: Uuid, after: &str) -> Entry {
    Entry {
        at: now.as_millis(),
        actor: "system:backup".to_owned(),
        action: action.to_owned(),
        subject: format!("backup:{backup}"),
        after_hash: storage::audit::fingerprint(after),
        ..Entry::default()
    }
}
