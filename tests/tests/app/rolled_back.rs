//! An older copy of the database is put in its place, as a snapshot or a dump brings it, beside a journal that went on: it is
//! closed by itself, and the journal is replayed where it is.

use std::task::{Context, Waker};

use services::{
    backup::{self, Order, catch_up_in_place, close_if_behind, in_quarantine},
    journal::Place,
    uploads::Store,
};
use storage::Db;
use tempfile::TempDir;

use crate::{
    drill::{Premises, crl_numbers, live, machine, nothing_came_back, pick_up},
    support::{House, restoring::on_each_pair_of_databases},
};

fn refused<T>(outcome: backup::Result<T>, words: &str) {
    let told = outcome.err().map(|fault| fault.to_string()).unwrap_or_default();
    assert!(told.contains(words), "{words}: {told}");
}

#[tokio::test]
async fn an_older_copy_of_the_database_stays_closed_until_the_journal_was_replayed() {
    on_each_pair_of_databases(async |url, older| {
        let folder = TempDir::new().unwrap();
        let journal = folder.path().join("journal");
        let (house_of, scratch) = (folder.path().join("house"), folder.path().join("scratch"));
        std::fs::create_dir(&scratch).unwrap();
        let now = Premises { url, folder: house_of.clone(), journal: &journal };
        let then = Premises { url: older, folder: house_of, journal: &journal };
        rolled_back(&now, &then, &scratch).await;
    })
    .await;
}

async fn rolled_back(now: &Premises<'_>, then: &Premises<'_>, scratch: &std::path::Path) {
    let copy = async |house: &House, _: &Place| {
        backup::copy(&house.app.db, then.url, scratch).await.unwrap();
    };
    let (house, past) = live(now, copy).await;
    let (clock, randomness) = machine(&house);
    let place = async |db: &Db| Place::of(db, now.journal.to_owned(), clock.clone(), randomness.clone()).await.unwrap();
    let own = place(&house.app.db).await;
    assert_eq!(close_if_behind(&house.app.db, &own).await.unwrap(), None, "the database knows what its journal knows");
    refused(catch_up_in_place(&house.app.db, &own, &[], &*randomness).await, "there is no quarantine");
    house.app.db.close().await;
    drop(house);

    let db = Db::open(then.url).await.unwrap();
    let behind = close_if_behind(&db, &place(&db).await).await.unwrap().unwrap();
    assert!(behind.contains("serials that it does not know: 2") && behind.contains("given up: 1"), "{behind}");
    assert!(in_quarantine(&db).await.unwrap().is_some_and(|mark| mark.was_found()));
    let own = place(&db).await;
    let (to, uploads) = (&scratch.join("no.zip"), &Store::in_memory());
    let order = Order { db: &db, journal: &own, uploads, files: vec![], to, program: "test" };
    refused(backup::make(&order).await, "quarantine");
    let caught = catch_up_in_place(&db, &own, &[], &*randomness).await.unwrap();
    assert_eq!(caught.gaps, [""; 0]);
    let revoked = (caught.replayed.revoked, caught.replayed.revoked_unknown);
    assert_eq!(revoked, (2, 1), "one of them for a graver reason");
    assert!(caught.replayed.held.contains(&past.held.serial), "{:?}", caught.replayed);
    assert!(in_quarantine(&db).await.unwrap().is_none());
    assert_eq!(close_if_behind(&db, &place(&db).await).await.unwrap(), None, "and stays open");
    db.close().await;

    let (house, _) = then.start(2).await;
    nothing_came_back(&house, &past).await;
    let again = pick_up(&house, &past.strange).await;
    assert!(!past.serials.contains(&again.serial), "its letter works again, with a serial that was never used");
    assert_eq!(close_if_behind(&house.app.db, &place(&house.app.db).await).await.unwrap(), None);
    let chain = storage::audit::verify(&mut house.app.db.read().await.unwrap()).await.unwrap();
    assert!(chain.is_ok(), "{chain:?}");
    house.app.db.close().await;
}

#[tokio::test]
async fn a_copy_that_lost_only_numbers_of_lists_is_noticed() {
    on_each_pair_of_databases(async |url, older| {
        let folder = TempDir::new().unwrap();
        let journal = folder.path().join("journal");
        let now = Premises { url, folder: folder.path().join("house"), journal: &journal };
        let (house, place) = now.start(1).await;
        let before = crl_numbers(&house).await;
        backup::copy(&house.app.db, older, folder.path()).await.unwrap();
        let db = Db::open(older).await.unwrap();
        assert_eq!(close_if_behind(&db, &place).await.unwrap(), None, "a copy that is as new is none");
        house.clock.pass(time::Duration::hours(13));
        services::authority::publish_when_due(&house.app).await.unwrap();
        assert_ne!(crl_numbers(&house).await, before);
        let behind = close_if_behind(&db, &place).await.unwrap().unwrap();
        assert!(behind.contains("serials that it does not know: 0") && behind.contains("lists went on: 1"), "{behind}");
        house.app.db.close().await;
        drop(house);
        let caught = catch_up_in_place(&db, &place, &[], &*place.randomness).await.unwrap();
        assert_eq!((caught.gaps.len(), caught.replayed.numbers_raised), (0, 1));
        db.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_looks_while_others_write_raises_no_false_alarm() {
    on_each_pair_of_databases(async |url, _| {
        let folder = TempDir::new().unwrap();
        let journal = folder.path().join("journal");
        let now = Premises { url, folder: folder.path().join("house"), journal: &journal };
        let (house, place) = now.start(1).await;
        let (db, authority) = (&house.app.db, house.app.authority.issuing.id);
        let writes = async {
            for _ in 0..60 {
                let mut tx = db.write().await.unwrap();
                storage::authority::reserve_crl_numbers(&mut tx, authority, 1).await.unwrap();
                tx.commit().await.unwrap();
            }
        };
        let looks = async {
            for _ in 0..20 {
                assert_eq!(close_if_behind(db, &place).await.unwrap(), None);
            }
        };
        tokio::join!(writes, looks);
        house.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_revocation_whose_client_hangs_up_is_in_the_journal_as_well() {
    on_each_pair_of_databases(async |url, _| {
        let folder = TempDir::new().unwrap();
        let journal = folder.path().join("journal");
        let now = Premises { url, folder: folder.path().join("house"), journal: &journal };
        let (house, past) = live(&now, async |_, _| {}).await;
        let mut tx = house.app.db.write().await.unwrap();
        let at = house.app.clock.now();
        assert!(storage::authority::revoke(&mut tx, past.held.id, "superseded", at).await.unwrap());
        let mut commit = tx.commit();
        assert!(commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(commit);
        let db = &house.app.db;
        let found = async || {
            let one = storage::authority::find(&mut db.read().await.unwrap(), past.held.id).await.unwrap().unwrap();
            let journal = std::fs::read_dir(&journal).unwrap().map(|entry| entry.unwrap().path());
            let text: String = journal.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
            let line = |line: &str| line.contains("\"revoked\"") && line.contains(&past.held.serial);
            (one.state == "revoked", text.lines().any(line))
        };
        for _ in 0..600 {
            if found().await == (true, true) {
                return db.close().await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("in the register, in the journal: {:?}", found().await);
    })
    .await;
}
