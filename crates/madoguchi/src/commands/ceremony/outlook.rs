//! What would hinder the ceremony itself: told by its rehearsal, which looks at the installation and changes nothing of it.

use std::path::Path;

use services::{authority, backup::in_quarantine};
use storage::Db;

use super::{Told, carried};
use crate::{config::Config, install};

/// What hinders the ceremony now, in words for its operator; empty when nothing does.
pub(super) async fn outlook(config: &Config, told: &Told<'_>) -> anyhow::Result<Vec<String>> {
    let mut stores = match install::key_stores_as_they_are(config) {
        Ok(stores) => stores,
        Err(error) => return Ok(vec![format!("{error:#}")]),
    };
    carried(told.script, &mut stores);
    let folder = tempfile::tempdir()?;
    let db = match standing(config).await {
        Ok(Some(db)) => db,
        // No installation yet: keys and script are looked at all the same.
        Ok(None) => Db::open(&format!("sqlite:{}", folder.path().join("empty.db").display())).await?,
        Err(why) => return Ok(vec![why]),
    };
    let people = told.script.people();
    let found = install::with_founding(config, &db, &stores, async |founding| {
        let ceremony = told.ceremony(founding, &people, false)?;
        Ok(authority::hindrances(founding, &ceremony).await?)
    })
    .await;
    db.close().await;
    Ok(found.unwrap_or_else(|error| vec![unreadable(error)]))
}

/// The database of the installation as it is; none when there is none yet.
async fn standing(config: &Config) -> Result<Option<Db>, String> {
    let url = config.database_url();
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
        if !Path::new(path).exists() {
            return Ok(None);
        }
    }
    // No step of its tables is brought up to date.
    let db = Db::open_at(&url, Some(0)).await.map_err(|error| format!("the database cannot be opened: {error}"))?;
    if db.is_empty().await.map_err(unreadable)? {
        db.close().await;
        return Ok(None);
    }
    match in_quarantine(&db).await.map_err(unreadable)? {
        None => Ok(Some(db)),
        Some(_) => {
            db.close().await;
            Err("the installation is in quarantine after a restore; end it first (docs/operate/backup.md)".to_owned())
        }
    }
}

fn unreadable(error: impl std::fmt::Display) -> String {
    format!("the database cannot be read: {error}; if its tables are old, `madoguchi migrate` brings them up to date")
}
