//! A backup's rows into an empty database.

use std::path::Path;

use storage::{
    Db, boxed,
    dump::{Loader, Table, Value},
};
use tokio::sync::mpsc::{Sender, channel};

use super::{Fault, Manifest, Result, archive::Reader, cells, quarantine::Quarantine};

/// Rows that are handed over at a time.
const ROWS: usize = 500;
/// Portions that may wait.
const WAITING: usize = 4;

/// Rows of a table, by its number in the table of contents.
type Portion = Result<(usize, Vec<Vec<Value>>)>;

/// Removes what is in the database, makes the tables of the backup's step, fills them in one transaction, and brings them up
/// to date. With a mark of quarantine, it is there from the first moment on.
///
/// # Errors
/// When the backup is damaged or does not fit; then the database is empty.
#[boxed]
pub(super) async fn load(path: &Path, manifest: &Manifest, url: &str, mark: Option<&Quarantine>) -> Result<()> {
    let db = Db::open_at(url, Some(0)).await?;
    db.clear().await?;
    db.close().await;
    let db = Db::open_at(url, Some(manifest.step)).await?;
    let filled = fill(path, manifest, &db, mark).await;
    db.close().await;
    filled?;
    let db = Db::open(url).await?;
    db.close().await;
    Ok(())
}

async fn fill(path: &Path, manifest: &Manifest, db: &Db, mark: Option<&Quarantine>) -> Result<()> {
    let mut loader = db.loader().await?;
    let tables = fitting(&loader, manifest)?;
    let (sender, mut receiver) = channel(WAITING);
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&path, &sender));
    while let Some(portion) = receiver.recv().await {
        let (number, mut rows) = portion?;
        let Some(table) = tables.get(number) else { continue };
        if table.name == "settings" && mark.is_some() {
            rows.retain(|row| row.first() != Some(&Value::Text(super::quarantine::MARK.to_owned())));
        }
        loader.insert(table, &rows).await?;
    }
    reading.await.map_err(crate::Error::internal)??;
    if let Some(mark) = mark {
        let columns = ["name", "value"].map(str::to_owned);
        let table = loader.table("settings", &columns).ok_or_else(|| Fault::Unreadable("no settings".to_owned()))?;
        let row = [super::quarantine::MARK.to_owned(), mark.to_text()?].map(Value::Text);
        loader.insert(&table, &[row.into()]).await?;
    }
    Ok(loader.finish().await?)
}

/// The tables of the backup as they are here: the same ones, with the same columns.
fn fitting(loader: &Loader, manifest: &Manifest) -> Result<Vec<Table>> {
    let mut tables = vec![];
    for stored in &manifest.tables {
        let names: Vec<String> = stored.columns.iter().map(|(name, _)| name.clone()).collect();
        let table = loader.table(&stored.name, &names);
        let fits =
            |table: &Table| table.columns.iter().zip(&stored.columns).all(|(here, there)| here.kind.word() == there.1);
        let table = table.filter(fits);
        tables.push(table.ok_or_else(|| Fault::Changed(format!("table {} does not fit its step", stored.name)))?);
    }
    match loader.tables().find(|name| !manifest.tables.iter().any(|stored| stored.name == *name)) {
        Some(missing) => Err(Fault::Changed(format!("table {missing} is missing"))),
        None => Ok(tables),
    }
}

/// Reads all tables and hands over their rows; whoever takes them ends it by going away.
fn read(path: &Path, sender: &Sender<Portion>) -> Result<()> {
    let mut reader = Reader::open(path)?;
    for number in 0..reader.manifest.tables.len() {
        let width = reader.manifest.tables[number].columns.len();
        let mut rows = vec![];
        let gone = |_| Fault::Refused("nobody takes the rows".to_owned());
        let outcome = reader.lines(number, &mut |line| {
            let row = cells::row(line).filter(|row| row.len() == width);
            rows.push(row.ok_or_else(|| Fault::Changed("a row is not understood".to_owned()))?);
            if rows.len() < ROWS {
                return Ok(());
            }
            sender.blocking_send(Ok((number, std::mem::take(&mut rows)))).map_err(gone)
        });
        if let Err(fault) = outcome {
            let _ = sender.blocking_send(Err(fault));
            return Ok(());
        }
        let _ = sender.blocking_send(Ok((number, rows)));
    }
    Ok(())
}
