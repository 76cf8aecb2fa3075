//! Backups that must not be believed, journals that do not fit, places that are in use: each is refused in words.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use domain::permissions::Role;
use services::{
    authority::publish_when_due,
    backup::{
        self, Fault, Made, Order, Release, Restored, Target, catch_up_in_place, close_if_behind, in_quarantine,
        release, verify,
    },
    journal::{Place, catch_up},
    uploads::Store,
};
use sha2::{Digest, Sha256};
use storage::Db;
use tempfile::TempDir;
use time::Duration;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    browser::account,
    support::{
        House,
        restoring::{Site, on_each_empty_database, open_house},
    },
};

/// An installation with a backup, and where copies of it are restored.
struct Scene {
    folder: TempDir,
    house: House,
    place: Place,
    made: Made,
}

impl Scene {
    /// Founded, with two officers, a backup, and lists published after it.
    async fn new(url: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let (keys, journal) = (folder.path().join("first/keys"), folder.path().join("journal"));
        let (house, place) = open_house(&Site { url, keys: &keys, journal: &journal }, 1).await;
        catch_up(&house.app.db, &place).await.unwrap();
        publish_when_due(&house.app).await.unwrap();
        account(&house, "a@madoguchi.example", &[Role::CaOfficer], None).await;
        account(&house, "b@madoguchi.example", &[Role::Administrator], None).await;
        account(&house, "c@madoguchi.example", &[Role::RaOfficer], None).await;
        let made = back_up(&house, &place, &folder.path().join("backup.zip")).await.unwrap();
        house.clock.pass(Duration::hours(13));
        publish_when_due(&house.app).await.unwrap();
        Self { folder, house, place, made }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn restore(&self, file: &str, journals: &[&str], to: &str) -> backup::Result<Restored> {
        let journals: Vec<PathBuf> = journals.iter().map(|name| self.path(name)).collect();
        let (folder, url) = (self.path(to), self.url(to));
        let (clock, randomness) = (&*self.house.app.clock, &*self.house.app.randomness);
        let uploads = &|| Ok(Store::in_memory());
        let target = Target { database: &url, folder: &folder, uploads, journals: &journals, clock, randomness };
        backup::restore(&self.path(file), &target).await
    }

    fn url(&self, to: &str) -> String {
        format!("sqlite:{}", self.path(&format!("{to}.db")).display())
    }

    /// A copy of the journal, with its only file changed.
    fn journal(&self, name: &str, change: impl Fn(String) -> String) {
        std::fs::create_dir(self.path(name)).unwrap();
        for entry in std::fs::read_dir(self.path("journal")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "journal") {
                let text = change(std::fs::read_to_string(&path).unwrap());
                std::fs::write(self.path(name).join(path.file_name().unwrap()), text).unwrap();
            }
        }
    }

    /// A copy of the backup with one part changed.
    fn backup(&self, name: &str, change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) {
        let mut from = ZipArchive::new(File::open(self.path("backup.zip")).unwrap()).unwrap();
        let mut to = ZipWriter::new(File::create(self.path(name)).unwrap());
        for number in 0..from.len() {
            let mut part = from.by_index(number).unwrap();
            let (entry, mut content) = (part.name().to_owned(), vec![]);
            part.read_to_end(&mut content).unwrap();
            if let Some(content) = change(&entry, content) {
                to.start_file(&entry, SimpleFileOptions::default()).unwrap();
                to.write_all(&content).unwrap();
            }
        }
        to.finish().unwrap();
    }
}

async fn back_up(house: &House, place: &Place, to: &Path) -> backup::Result<Made> {
    let (db, uploads) = (&house.app.db, &house.app.uploads.store);
    backup::make(&Order { db, journal: place, uploads, files: vec![], to, program: "test" }).await
}

async fn quarantined(url: &str) -> bool {
    let db = Db::open(url).await.unwrap();
    let found = in_quarantine(&db).await.unwrap().is_some();
    db.close().await;
    found
}

fn refused<T>(outcome: backup::Result<T>, words: &str) {
    let told = outcome.err().map(|fault| fault.to_string()).unwrap_or_default();
    assert!(told.contains(words), "{words}: {told}");
}

#[tokio::test]
async fn what_was_changed_is_refused_in_words() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        changed_backups(&scene).await;
        changed_journals(&scene).await;
        used_places(&scene).await;
        scene.house.app.db.close().await;
    })
    .await;
}

async fn changed_backups(scene: &Scene) {
    const TABLE: &str = "tables/accounts.jsonl";
    let other =
        |content: Vec<u8>| String::from_utf8(content).unwrap().replace("a@madoguchi", "x@madoguchi").into_bytes();
    scene.backup("row.zip", |name, content| Some(if name == TABLE { other(content) } else { content }));
    refused(scene.restore("row.zip", &["journal"], "row").await, "accounts.jsonl: the rows do not have the hash");
    let whole = scene.restore("backup.zip", &["journal"], "row").await.unwrap();
    assert_eq!(whole.gaps, [""; 0], "what broke off is run again from the start");
    let sums: Vec<String> =
        scene.made.manifest.tables.iter().filter(|t| t.name == "accounts").map(|t| t.sha256.clone()).collect();
    let mut table = vec![];
    let mut archive = ZipArchive::new(File::open(scene.path("backup.zip")).unwrap()).unwrap();
    archive.by_name(TABLE).unwrap().read_to_end(&mut table).unwrap();
    let sum = hex::encode(Sha256::digest(other(table)));
    scene.backup("both.zip", |name, content| match name {
        TABLE => Some(other(content)),
        "manifest.json" => Some(String::from_utf8(content).unwrap().replace(&sums[0], &sum).into_bytes()),
        _ => Some(content),
    });
    refused(scene.restore("both.zip", &["journal"], "both").await, "not the one that the journal saw");
    assert!(quarantined(&scene.url("both")).await);
    scene.backup("less.zip", |name, content| (name != TABLE).then_some(content));
    refused(scene.restore("less.zip", &["journal"], "less").await, "accounts.jsonl is missing");
    let newer = |content: Vec<u8>| {
        let step = format!("\"step\": {}", scene.made.manifest.step);
        String::from_utf8(content).unwrap().replace(&step, "\"step\": 9999").into_bytes()
    };
    scene.backup("newer.zip", |name, content| Some(if name == "manifest.json" { newer(content) } else { content }));
    refused(scene.restore("newer.zip", &["journal"], "newer").await, "take a newer one");
    std::fs::write(scene.path("no.zip"), "no backup").unwrap();
    refused(scene.restore("no.zip", &["journal"], "no").await, "this is not a backup that can be read");
}

async fn changed_journals(scene: &Scene) {
    let good = scene.restore("backup.zip", &["journal"], "good").await.unwrap();
    assert_eq!(good.gaps, [""; 0]);
    assert!(!quarantined(&scene.url("good")).await);
    scene.journal("edited", |text| text.replacen("\"issued\"", "\"Issued\"", 1));
    refused(scene.restore("backup.zip", &["edited"], "edited-to").await, "the journal is damaged");
    assert!(quarantined(&scene.url("edited-to")).await);
    let own = scene.place.installation.to_string();
    scene.journal("foreign", |text| text.replace(&own, "00000000-0000-7000-8000-000000000000"));
    refused(scene.restore("backup.zip", &["foreign"], "foreign-to").await, "the journal of another installation");
    for (journal, words) in [("nowhere", "no journal was given"), ("short", "of the journal ends at line")] {
        if journal == "short" {
            scene.journal(journal, |text| text.split_inclusive('\n').take(3).collect());
        }
        let to = format!("{journal}-to");
        let restored = scene.restore("backup.zip", &[journal], &to).await.unwrap();
        assert!(restored.gaps.iter().any(|gap| gap.contains(words)), "{words}: {:?}", restored.gaps);
        assert!(quarantined(&scene.url(&to)).await);
    }
    let later = scene.restore("backup.zip", &["journal"], "nowhere-to").await.unwrap();
    assert_eq!(later.gaps, [""; 0], "found after all: what is in quarantine is restored again from the start");
    assert!(!quarantined(&scene.url("nowhere-to")).await);
}

async fn used_places(scene: &Scene) {
    refused(scene.restore("backup.zip", &["journal"], "good").await, "in use");
    std::fs::create_dir(scene.path("other")).unwrap();
    std::fs::write(scene.path("other").join("letter.txt"), "mine").unwrap();
    refused(scene.restore("backup.zip", &["journal"], "other").await, "letter.txt lies in it; nothing was changed");
    refused(back_up(&scene.house, &scene.place, &scene.path("backup.zip")).await, "nothing was written over");
}

#[tokio::test]
async fn without_a_journal_two_officers_answer_for_it() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        scene.restore("backup.zip", &[], "alone").await.unwrap();
        let db = Db::open(&scene.url("alone")).await.unwrap();
        let folder = scene.path("alone");
        let by = async |officers: [&str; 2], reason: &str| {
            let (now, randomness) = (scene.house.app.clock.now(), &*scene.house.app.randomness);
            let journals = &[scene.path("journal")];
            release(&db, &Release { officers, reason, now, randomness, folder: &folder, journals }).await
        };
        let [a, b, c] = ["a", "b", "c"].map(|name| format!("{name}@madoguchi.example"));
        refused(by([&a, &a], "lost").await, "two different people");
        refused(by([&a, &c], "lost").await, "c@madoguchi.example is neither a CA officer nor an administrator");
        refused(by([&a, &b], " ").await, "say why");
        assert!(in_quarantine(&db).await.unwrap().is_some());
        let randomness = &*scene.house.app.randomness;
        refused(catch_up_in_place(&db, &scene.place, &[], randomness).await, "name its file again");
        let numbers = async || {
            let rows = storage::authority::authorities(&mut db.read().await.unwrap()).await.unwrap();
            rows.into_iter().map(|row| row.crl_number).collect::<Vec<_>>()
        };
        let before = numbers().await;
        by([&a, &b], "both disks burnt").await.unwrap();
        assert!(in_quarantine(&db).await.unwrap().is_none());
        assert!(numbers().await.iter().zip(&before).all(|(now, then)| now - then == 1_000_000));
        refused(by([&a, &b], "again").await, "there is no quarantine");
        let (clock, randomness) = (scene.house.app.clock.clone(), scene.house.app.randomness.clone());
        let place = Place::of(&db, scene.path("journal"), clock, randomness).await.unwrap();
        let behind = close_if_behind(&db, &place).await.unwrap();
        assert_eq!(behind, None, "what is left of the journal was answered for, too");
        let rows = storage::audit::newest(&mut db.read().await.unwrap(), None, 10).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.action == "restore.release").count(), 2);
        db.close().await;
        scene.house.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_backup_is_proved_on_a_scratch_copy() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        let prove = async |journals: &[PathBuf]| {
            let scratch = TempDir::new().unwrap();
            let (clock, randomness) = (&*scene.house.app.clock, &*scene.house.app.randomness);
            verify(&scene.path("backup.zip"), journals, scratch.path(), clock, randomness).await
        };
        let proved = prove(&[scene.path("journal")]).await.unwrap();
        assert_eq!((proved.gaps.len(), proved.manifest.id), (0, scene.made.manifest.id));
        assert!(proved.journal.1 > 5 && proved.audit_rows > 0 && proved.replayed.numbers_raised == 1);
        assert!(!prove(&[]).await.unwrap().gaps.is_empty());
        let before = std::fs::read(scene.path("backup.zip")).unwrap();
        assert_eq!(before, std::fs::read(scene.path("backup.zip")).unwrap());
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(scene.path("backup.zip")).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        let restored = scene.restore("backup.zip", &[], "closed").await.unwrap();
        assert!(!restored.gaps.is_empty());
        let db = Db::open(&scene.url("closed")).await.unwrap();
        let (to, uploads) = (&scene.path("no"), &Store::in_memory());
        let order = Order { db: &db, journal: &scene.place, uploads, files: vec![], to, program: "test" };
        refused(backup::make(&order).await, "quarantine");
        assert!(!matches!(backup::make(&order).await, Err(Fault::Io(_))));
        db.close().await;
        scene.house.app.db.close().await;
    })
    .await;
}
