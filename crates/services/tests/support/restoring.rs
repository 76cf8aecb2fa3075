//! Houses with a journal, and databases to restore into.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use services::journal::{Journal, Place};
use storage::Db;
use tempfile::TempDir;

use super::{
    House, Stirred, command,
    founding::{found_in, key_files},
    furnish, new_database, ten_in_japan,
};

/// Where an installation with a journal lies.
pub(crate) struct Site<'a> {
    /// Address of the database.
    pub(crate) url: &'a str,
    /// Folder of the key files.
    pub(crate) keys: &'a Path,
    /// Folder of the journal.
    pub(crate) journal: &'a Path,
}

/// Opens a house with a journal, as a process that starts does; each start draws other numbers.
pub(crate) async fn open_house(site: &Site<'_>, start: u64) -> (House, Place) {
    let (clock, seed) = (ten_in_japan(), start << 40);
    let randomness = Arc::new(Stirred(AtomicU64::new(seed)));
    let db = Db::open(site.url).await.unwrap();
    let place = Place::of(&db, site.journal.to_owned(), clock.clone(), randomness).await.unwrap();
    let db = db.witnessed_by(Arc::new(Journal::new(place.clone())));
    let authority = found_in(&db, &key_files(site.keys), seed + (1 << 32)).await;
    (furnish(site.url, db, &authority, &|_| {}, (clock, seed)).await, place)
}

/// Tells a story for each way from one engine to the other or the same, in two empty databases.
pub(crate) async fn on_each_pair_of_databases(story: impl AsyncFn(&str, &str)) {
    on_pairs(&[(false, false), (false, true), (true, false), (true, true)], &story).await;
}

/// Tells a story on an empty database of each engine.
pub(crate) async fn on_each_empty_database(story: impl AsyncFn(&str)) {
    on_pairs(&[(false, false), (true, true)], &async |url: &str, _: &str| story(url).await).await;
}

/// Two empty databases, each on the server where it says so; pairs with the server are left out when there is none.
async fn on_pairs(pairs: &[(bool, bool)], story: &impl AsyncFn(&str, &str)) {
    let server = std::env::var("TEST_POSTGRES").ok();
    for (from, to) in pairs.iter().copied().filter(|(from, to)| server.is_some() || !(*from || *to)) {
        let folder = TempDir::new().unwrap();
        let (mut urls, mut names) = (vec![], vec![]);
        for (number, postgres) in [from, to].into_iter().enumerate() {
            if let Some(server) = server.as_ref().filter(|_| postgres) {
                let (url, name) = new_database(server, None).await;
                urls.push(url);
                names.push(name);
            } else {
                urls.push(format!("sqlite:{}", folder.path().join(format!("{number}.db")).display()));
            }
        }
        story(&urls[0], &urls[1]).await;
        for name in names {
            command(server.as_ref().unwrap(), &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}
