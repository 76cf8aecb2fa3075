//! The audit chain in the hands of somebody who has the database: whatever they do with the database's own client is found, and
//! the first bad row is named.

use std::{path::PathBuf, process::Command};

use services::{
    audit::{Fault, Whole, sign_head_when_due, verify},
    backup::{self, Order, Target},
    journal::{Place, catch_up},
    uploads::Store,
};
use sha2::{Digest, Sha256};
use storage::{
    Db,
    audit::{Broken, Entry, Row},
};
use tempfile::TempDir;
use time::Duration;

use crate::support::{
    House,
    restoring::{Site, on_each_empty_database, open_house},
};

/// An installation with signed heads and a journal, and somebody with the database's own client.
struct Scene {
    house: House,
    place: Place,
    /// The last row that was there before the story.
    base: i64,
    _folder: TempDir,
}

/// Rows of each of the three minutes.
const MINUTE: i64 = 8;

impl Scene {
    async fn new(url: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let (keys, journal) = (folder.path().join("keys"), folder.path().join("journal"));
        let (house, place) = open_house(&Site { url, keys: &keys, journal: &journal }, 1).await;
        let base = storage::audit::head(&mut house.app.db.read().await.unwrap()).await.unwrap().0;
        let scene = Self { house, place, base, _folder: folder };
        for _ in 0..3 {
            scene.minute().await;
            assert!(sign_head_when_due(&scene.house.app).await.unwrap());
        }
        scene.minute().await;
        scene
    }

    /// Rows of one minute.
    async fn minute(&self) {
        self.house.clock.pass(Duration::minutes(1));
        for number in 0..MINUTE {
            let mut tx = self.house.app.db.write().await.unwrap();
            tx.audit(Entry {
                at: self.house.app.clock.now().as_millis(),
                actor: format!("account:{number}"),
                on_behalf_of: "institution".to_owned(),
                action: "application.view".to_owned(),
                subject: format!("application:{number}"),
                source: "192.0.2.1".to_owned(),
                before_hash: "b".to_owned(),
                after_hash: "a".to_owned(),
            });
            tx.commit().await.unwrap();
        }
    }

    async fn verified(&self) -> Result<Whole, Fault> {
        verify(&self.house.app.db, &[self.house.app.audit_key.public()], Some(&self.place)).await.unwrap()
    }

    fn last(&self) -> i64 {
        self.base + 4 * MINUTE
    }

    /// Runs statements with the client of the database: `sqlite3` or `psql`.
    fn client(&self, statements: &str) {
        client(&self.house.url, statements);
    }

    /// Keeps a copy beside the tables.
    fn keep(&self) {
        for table in TABLES {
            self.client(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"));
        }
    }

    /// Everything as it was.
    fn mend(&self) {
        let mend = |table: &&str| format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table};");
        self.client(&TABLES.iter().map(mend).collect::<String>());
    }

    /// What is found after some statements; then everything is mended.
    async fn after(&self, statements: &str) -> Fault {
        self.client(statements);
        let found = self.verified().await;
        self.mend();
        found.expect_err(statements)
    }
}

const TABLES: [&str; 3] = ["audit", "audit_head", "audit_signed_heads"];

pub(crate) fn client(url: &str, statements: &str) {
    let mut command = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut command = Command::new("sqlite3");
            command.args(["-cmd", ".timeout 5000"]).arg(PathBuf::from(path));
            command
        }
        None => {
            let mut command = Command::new("psql");
            command.args(["-q", "-v", "ON_ERROR_STOP=1", url, "-c"]);
            command
        }
    };
    let output = command.arg(statements).output().unwrap();
    assert!(output.status.success(), "{statements}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn every_edit_deletion_and_reorder_is_found_at_its_first_row() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        let whole = scene.verified().await.unwrap();
        assert_eq!((whole.first, whole.last, whole.heads), (1, scene.last(), 3));
        assert_eq!(whole.signed_until, scene.base + 3 * MINUTE);
        assert_eq!(whole.noted_until, whole.signed_until, "the journal noted what was signed");
        scene.keep();
        for row in 1..=scene.last() {
            let found = scene.after(&format!("UPDATE audit SET action = action || '!' WHERE seq = {row}")).await;
            assert_eq!(found, Fault::Rows(Broken::Changed(row)));
        }
        let row = scene.base + 11;
        let texts = ["actor", "on_behalf_of", "subject", "source", "before_hash", "after_hash", "previous", "hash"];
        for column in texts {
            let edit = format!("UPDATE audit SET {column} = {column} || '0' WHERE seq = {row}");
            assert_eq!(scene.after(&edit).await.row(), row, "{column}");
        }
        assert_eq!(scene.after(&format!("UPDATE audit SET at = at + 1 WHERE seq = {row}")).await.row(), row);
        for row in [1, row, scene.last()] {
            assert_eq!(scene.after(&format!("DELETE FROM audit WHERE seq = {row}")).await.row(), row);
        }
        let several = format!("DELETE FROM audit WHERE seq >= {row} AND seq < {row} + 5");
        assert_eq!(scene.after(&several).await, Fault::Rows(Broken::Gap { expected: row, found: row + 5 }));
        let swapped = format!(
            "UPDATE audit SET seq = -1 WHERE seq = {row}; UPDATE audit SET seq = {row} WHERE seq = {row} + 3;
            UPDATE audit SET seq = {row} + 3 WHERE seq = -1;"
        );
        assert_eq!(scene.after(&swapped).await.row(), row);
        assert!(scene.verified().await.is_ok(), "mended, it is whole");
        scene.house.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn rows_that_are_cut_off_with_everything_that_tells_of_them_are_missed() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        scene.keep();
        let last = scene.last();
        let cut = |row: i64| {
            format!(
                "DELETE FROM audit WHERE seq > {row};
                UPDATE audit_head SET seq = {row}, hash = (SELECT hash FROM audit WHERE seq = {row});"
            )
        };
        assert_eq!(scene.after(&format!("DELETE FROM audit WHERE seq > {last} - 2")).await.row(), last - 1);
        // The head of the table goes back with the rows: what was signed remembers.
        let row = scene.base + 2 * MINUTE + 3;
        let truncated = Fault::Rows(Broken::Truncated { expected: scene.base + 3 * MINUTE, found: row });
        assert_eq!(scene.after(&cut(row)).await, truncated);
        // What was signed goes, too: the journal outside the database remembers.
        let all = format!("{} DELETE FROM audit_signed_heads WHERE seq > {row};", cut(row));
        assert_eq!(scene.after(&all).await, truncated);
        // A row that somebody wrote after the end.
        let more = format!(
            "INSERT INTO audit SELECT seq + 1, at, actor, on_behalf_of, action, subject, source, before_hash, after_hash,
            hash, hash FROM audit WHERE seq = {last};"
        );
        assert_eq!(scene.after(&more).await, Fault::Rows(Broken::Beyond(last + 1)));
        scene.house.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn signed_heads_cannot_be_removed_or_changed_unnoticed() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        scene.keep();
        let (first, second) = (scene.base + 1, scene.base + MINUTE + 1);
        let delete = |number: i64| format!("DELETE FROM audit_signed_heads WHERE number = {number}");
        assert_eq!(scene.after(&delete(1)).await, Fault::HeadMissing { number: 1, row: 1 });
        assert_eq!(scene.after(&delete(2)).await, Fault::HeadMissing { number: 2, row: second });
        let third = Fault::HeadMissing { number: 3, row: second + MINUTE };
        assert_eq!(scene.after(&delete(3)).await, third, "the journal knows how many there were");
        let later = "UPDATE audit_signed_heads SET at = at + 1 WHERE number = 2";
        assert!(matches!(scene.after(later).await, Fault::HeadChanged { number: 2, .. }));
        let moved = format!("UPDATE audit_signed_heads SET seq = {first} WHERE number = 1");
        assert!(scene.after(&moved).await.row() <= first);
        let foreign = services::audit::HeadKey::of_vault(&[9; 32]).unwrap().public();
        let found = verify(&scene.house.app.db, &[foreign], Some(&scene.place)).await.unwrap().unwrap_err();
        assert!(matches!(found, Fault::HeadForeign { number: 1, .. }), "{found}");
        scene.house.app.db.close().await;
    })
    .await;
}

/// The hash of a row, as the chain makes it.
fn hash_of(row: &Row) -> String {
    let mut digest = Sha256::new();
    digest.update(row.seq.to_be_bytes());
    digest.update(row.at.to_be_bytes());
    let texts = [&row.actor, &row.on_behalf_of, &row.action, &row.subject, &row.source];
    for text in texts.into_iter().chain([&row.before_hash, &row.after_hash, &row.previous]) {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    hex::encode(digest.finalize())
}

#[tokio::test]
async fn a_chain_that_was_written_anew_with_fitting_hashes_is_not_the_one_that_was_signed() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        scene.keep();
        let bad = scene.base + MINUTE + 4;
        let mut rows =
            storage::audit::newest(&mut scene.house.app.db.read().await.unwrap(), None, 1_000).await.unwrap();
        rows.reverse();
        let (mut statements, mut previous) = (String::new(), String::new());
        for row in &mut rows {
            if row.seq == bad {
                row.actor = "account:somebody else".to_owned();
            }
            row.previous.clone_from(&previous);
            row.hash = hash_of(row);
            previous.clone_from(&row.hash);
            statements += &format!(
                "UPDATE audit SET actor = '{}', previous = '{}', hash = '{}' WHERE seq = {};",
                row.actor, row.previous, row.hash, row.seq
            );
        }
        statements += &format!("UPDATE audit_head SET hash = '{previous}';");
        scene.client(&statements);
        let signed = scene.base + MINUTE;
        let rewritten = Broken::Rewritten { first: signed + 1, until: signed + MINUTE };
        assert_eq!(scene.verified().await, Err(Fault::Rows(rewritten)), "row {bad} is one of them");
        scene.house.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_new_is_not_signed_again_and_one_node_signs() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        assert!(sign_head_when_due(&scene.house.app).await.unwrap());
        assert!(!sign_head_when_due(&scene.house.app).await.unwrap(), "no row was added");
        scene.minute().await;
        let (other, _) = open_house(
            &Site { url, keys: &scene._folder.path().join("keys"), journal: &scene._folder.path().join("other") },
            2,
        )
        .await;
        other.clock.set(scene.house.app.clock.now());
        assert!(!sign_head_when_due(&other.app).await.unwrap(), "the first node holds the lease");
        other.clock.pass(Duration::minutes(3));
        assert!(sign_head_when_due(&other.app).await.unwrap(), "it takes over when the first one is silent");
        assert!(scene.verified().await.is_ok());
        other.app.db.close().await;
        scene.house.app.db.close().await;
    })
    .await;
}

impl Scene {
    /// The same ten years later, when all rows but those of the last minute were removed; gives the first row that is kept.
    async fn ten_years_later(&self) -> i64 {
        let app = &self.house.app;
        self.house.clock.pass(Duration::days(3_000));
        self.minute().await;
        assert!(sign_head_when_due(app).await.unwrap());
        self.house.clock.pass(Duration::days(700));
        services::audit::keep_when_due(app).await.unwrap();
        services::jobs::work_all(app, "test").await.unwrap();
        self.last() + 1
    }
}

#[tokio::test]
async fn after_ten_years_rows_go_and_the_chain_is_verified_from_a_signed_checkpoint() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        let app = &scene.house.app;
        let kept_from = scene.ten_years_later().await;
        let whole = scene.verified().await.unwrap();
        assert_eq!(whole.first, kept_from, "the first four minutes are older than ten years");
        assert!(whole.last > kept_from + MINUTE - 1, "the purge is recorded itself");
        let counted = storage::audit::newest(&mut app.db.read().await.unwrap(), Some(kept_from), 10).await.unwrap();
        assert!(counted.is_empty());
        services::audit::keep_when_due(app).await.unwrap();
        services::jobs::work_all(app, "test").await.unwrap();
        assert_eq!(scene.verified().await.unwrap(), whole, "once a day, and nothing twice");
        assert!(sign_head_when_due(app).await.unwrap());

        scene.keep();
        let checkpoint = "kind = 'checkpoint'";
        let edit = format!("UPDATE audit_signed_heads SET first_kept = 1 WHERE {checkpoint}");
        assert!(matches!(scene.after(&edit).await, Fault::HeadChanged { .. } | Fault::HeadMissing { .. }));
        let gone = format!("DELETE FROM audit_signed_heads WHERE {checkpoint}");
        assert_eq!(scene.after(&gone).await.row(), 1, "without it the first rows are missing");
        let further = format!("DELETE FROM audit WHERE seq = {kept_from}");
        assert_eq!(scene.after(&further).await.row(), kept_from);
        let own = format!(
            "UPDATE audit_signed_heads SET seq = {kept_from}, hash = (SELECT hash FROM audit WHERE seq = {kept_from})
            WHERE {checkpoint}; DELETE FROM audit WHERE seq <= {kept_from};"
        );
        assert!(matches!(scene.after(&own).await, Fault::HeadChanged { .. }), "nobody else signs a checkpoint");
        app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_backup_carries_signatures_and_checkpoint_and_is_verified_after_a_restore() {
    on_each_empty_database(async |url| {
        let scene = Scene::new(url).await;
        catch_up(&scene.house.app.db, &scene.place).await.unwrap();
        let kept_from = scene.ten_years_later().await;
        let (db, key) = (&scene.house.app.db, [scene.house.app.audit_key.public()]);
        let (file, folder) = (scene._folder.path().join("backup.zip"), scene._folder.path().join("restored"));
        let uploads = &scene.house.app.uploads.store;
        let order = Order { db, journal: &scene.place, uploads, files: vec![], to: &file, program: "test" };
        backup::make(&order).await.unwrap();
        let database = format!("sqlite:{}", scene._folder.path().join("restored.db").display());
        let journals = [scene._folder.path().join("journal")];
        let (clock, randomness) = (&*scene.house.app.clock, &*scene.house.app.randomness);
        let uploads = &|| Ok(Store::in_memory());
        let target = Target { database: &database, folder: &folder, uploads, journals: &journals, clock, randomness };
        let restored = backup::restore(&file, &target).await.unwrap();
        assert_eq!(restored.gaps, [""; 0]);
        let copy = Db::open(&database).await.unwrap();
        let whole = verify(&copy, &key, None).await.unwrap().unwrap();
        assert_eq!((whole.first, whole.heads), (kept_from, 2), "one head and the checkpoint");
        let edit = format!("UPDATE audit SET source = 'x' WHERE seq = {}", kept_from + 3);
        client(&database, &edit);
        assert_eq!(verify(&copy, &key, None).await.unwrap().unwrap_err().row(), kept_from + 3);
        copy.close().await;
        scene.house.app.db.close().await;
    })
    .await;
}
