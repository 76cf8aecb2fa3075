//! Founds authorities with their keys in one store or another.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use domain::clock::{Clock, Randomness};
use pki::{KeyKind, Passphrase, Profiles};
use services::{
    App, Settings,
    app::Parts,
    authority::{
        Authority, Ceremony, Founding, KeyStore, NewAuthority, Places, Present, found, hindrances, hold, open,
    },
};
use storage::Db;
use tempfile::TempDir;

use super::{Fixtures, House, Stirred, command, furnish, house, new_database, settings, ten_in_japan};

/// A store of key files in a folder, which is made if it is missing.
pub(crate) fn key_files(folder: &Path) -> KeyStore {
    std::fs::create_dir_all(folder).unwrap();
    let passphrase = Arc::new(Passphrase::new("a passphrase for tests only").unwrap());
    KeyStore::File { folder: folder.to_owned(), passphrase }
}

/// Tells a story on each database in a house that is founded for it alone, with the folder of its key files.
pub(crate) async fn on_each_database_with_keys(story: impl AsyncFn(&House, &Path)) {
    let folder = TempDir::new().unwrap();
    let keys = |engine: &str| folder.path().join(engine);
    let store = |engine: &str, _| key_files(&keys(engine));
    on_each_database_founded_on(store, async |engine, house| story(house, &keys(engine)).await).await;
}

/// The same with its keys in a store that is made for each engine, by its name, and the clock of the house.
pub(crate) async fn on_each_database_founded_on(
    store: impl Fn(&str, Arc<dyn Clock>) -> KeyStore,
    story: impl AsyncFn(&str, &House),
) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("own.db").display());
    founded_on(&url, "sqlite", &store, &story).await;
    let Ok(server) = std::env::var("TEST_POSTGRES") else { return };
    let (url, name) = new_database(&server, None).await;
    founded_on(&url, "postgres", &store, &story).await;
    command(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn founded_on(
    url: &str,
    engine: &str,
    store: &impl Fn(&str, Arc<dyn Clock>) -> KeyStore,
    story: &impl AsyncFn(&str, &House),
) {
    let clock = ten_in_japan();
    let authority = found_at(url, &store(engine, clock.clone())).await;
    let house = furnish(url, Db::open(url).await.unwrap(), &authority, &|_| {}, (clock, 1)).await;
    story(engine, &house).await;
    house.app.db.close().await;
}

/// Founds an authority with its keys in a store, lays the content, and leaves no connection open.
pub(super) async fn found_at(url: &str, keys: &KeyStore) -> Authority {
    let db = Db::open(url).await.unwrap();
    let authority = found_in(&db, keys, 1 << 32).await;
    db.close().await;
    house(url, &authority, &|_| {}).await.app.db.close().await;
    authority
}

/// Founds an authority, or opens the one that is there.
pub(super) async fn found_in(db: &Db, keys: &KeyStore, seed: u64) -> Authority {
    let (settings, randomness) = (settings(), Stirred(AtomicU64::new(seed)));
    let clock = ten_in_japan();
    let founding = founding(db, &*clock, &randomness, &settings, keys);
    found(&founding).await.unwrap();
    open(&founding).await.unwrap()
}

/// What founding, opening or a ceremony needs, with all keys in one store.
fn founding<'a>(
    db: &'a Db,
    clock: &'a dyn Clock,
    randomness: &'a dyn Randomness,
    settings: &'a Settings,
    keys: &'a KeyStore,
) -> Founding<'a> {
    let profiles = Profiles::built_in("1.2.392.200999.1").unwrap();
    Founding {
        db,
        clock,
        randomness,
        keys,
        root_keys: keys,
        earlier_keys: &[],
        operator: &settings.operator.name,
        places: Places { portal: &settings.portal_url, publications: "http://madoguchi.example" },
        terminals: profiles.for_terminals(&["p256", "rsa3072", "rsa2048"]).unwrap(),
        profiles: Arc::new(profiles),
        ocsp_nonce: false,
    }
}

/// The house as the next start of the program finds it, with a new issuing authority whose key lies in another store.
pub(crate) async fn rolled_over(house: &House, before: &KeyStore, keys: &KeyStore, name: &str) -> House {
    let (app, clock) = (&house.app, &*house.clock);
    let founding = Founding {
        keys,
        earlier_keys: std::slice::from_ref(before),
        ..founding(&app.db, clock, &*app.randomness, &app.settings, before)
    };
    let issuing = NewAuthority { profile: "issuing", key: KeyKind::P256, common_name: name, store: keys };
    let people = ["一郎", "二郎"].map(|name| Present { name: name.to_owned(), role: "鍵管理者".to_owned() });
    let ceremony = Ceremony {
        title: "更新",
        present: &people,
        root: None,
        issuing,
        version: "0",
        program: "program",
        script: "script",
        configuration: "configuration",
        profiles: None,
        rehearsal: false,
    };
    assert_eq!(hindrances(&founding, &ceremony).await.unwrap(), Vec::<String>::new());
    hold(&founding, &ceremony).await.unwrap();
    started_again(house, open(&founding).await.unwrap()).await
}

/// The house as the next start of the program finds it, with all keys in one store.
pub(crate) async fn reopened(house: &House, keys: &KeyStore) -> House {
    reopened_with(house, keys, &[]).await
}

/// The same with keys of earlier authorities in other stores.
pub(crate) async fn reopened_with(house: &House, keys: &KeyStore, earlier: &[KeyStore]) -> House {
    let app = &house.app;
    let founding = founding(&app.db, &*house.clock, &*app.randomness, &app.settings, keys);
    let founding = Founding { earlier_keys: earlier, ..founding };
    started_again(house, open(&founding).await.unwrap()).await
}

/// The house as a start finds it whose configuration names another address of the publications.
pub(crate) async fn moved_to(house: &House, keys: &KeyStore, publications: &str) -> House {
    let app = &house.app;
    let founding = founding(&app.db, &*house.clock, &*app.randomness, &app.settings, keys);
    let founding = Founding { places: Places { publications, ..founding.places }, ..founding };
    started_again(house, open(&founding).await.unwrap()).await
}

/// What the next start of the program says when there is no authority for it; founding does nothing either.
pub(crate) async fn not_opened(house: &House, keys: &KeyStore) -> String {
    let app = &house.app;
    let founding = founding(&app.db, &*house.clock, &*app.randomness, &app.settings, keys);
    assert!(!found(&founding).await.unwrap(), "no second root");
    open(&founding).await.unwrap_err().to_string()
}

/// The house as the next start of the program finds it.
pub(crate) async fn started_again(house: &House, authority: Authority) -> House {
    let app = &house.app;
    let parts = Parts {
        authority,
        db: app.db.clone(),
        clock: house.clock.clone(),
        randomness: app.randomness.clone(),
        settings: app.settings.clone(),
        vault_key: [7; 32],
        hasher: app.hasher.clone(),
        mailer: house.postbox.clone(),
        press: app.press.clone(),
        post_box: None,
        uploads: app.uploads.clone(),
    };
    let app = Arc::new(App::build(parts).await.unwrap());
    let (clock, postbox, url) = (house.clock.clone(), house.postbox.clone(), house.url.clone());
    House { app, clock, postbox, url, fixtures: Fixtures::default() }
}
