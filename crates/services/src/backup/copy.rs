//! Moving an installation to the other engine.

use std::path::Path;

use storage::{Db, boxed};

use super::{Fault, Manifest, Result, archive::Writer, load, make, manifest};

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Number of rows.
    pub rows: u64,
    /// Number of files of applications that these rows name. They stay in their store, which belongs to no engine: whoever opens
    /// the second database needs that store, or a copy of it.
    pub uploads: u64,
}

/// Copies all rows of one database into an empty one. Nothing may write to the first one meanwhile. `folder` is for a file in
/// between.
///
/// # Errors
/// When the second one is not empty, or anything cannot be read or written.
#[boxed]
pub async fn copy(from: &Db, to: &str, folder: &Path) -> Result<Copied> {
    let target = Db::open_at(to, Some(0)).await?;
    let empty = target.is_empty().await;
    target.close().await;
    if !empty? {
        return Err(Fault::Refused("the second database is not empty; nothing was changed".to_owned()));
    }
    let path = folder.join("rows.zip");
    let mut writer = Writer::create(&path)?;
    let mut snapshot = from.snapshot().await?;
    let manifest = Manifest {
        format: manifest::FORMAT,
        id: uuid::Uuid::nil(),
        installation: uuid::Uuid::nil(),
        program: String::new(),
        made_at: domain::clock::Timestamp::from_millis(0),
        step: snapshot.step().await?,
        tables: make::tables(&mut snapshot, &mut writer).await?,
        files: vec![],
        objects: manifest::StoredObjects::default(),
        audit: storage::audit::head(snapshot.conn()).await?,
        crl_numbers: vec![],
        journals: vec![],
    };
    let uploads = super::objects::count(&mut snapshot).await?;
    drop(snapshot);
    writer.finish(&manifest)?;
    let loaded = load::load(&path, &manifest, to, None).await;
    std::fs::remove_file(&path).map_err(Fault::io(&path))?;
    loaded.map(|()| Copied { rows: manifest.rows(), uploads })
}
