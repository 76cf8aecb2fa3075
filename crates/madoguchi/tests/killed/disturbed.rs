//! The disk of the database is full, or the clock jumps, while the process lives: nothing is signed, what was signed is served,
//! and everything goes on by itself afterwards.

use pki::CertStatus;
use tempfile::TempDir;

use crate::{ALONE, client::Answer, journal::Scene, outside::Outside, register::authority};

/// Somebody fetches, everything is disturbed, somebody is told, and everything is well again.
async fn disturbed(by: &str, is_told: impl Fn(&Answer)) {
    let _alone = ALONE.lock().await;
    let folder = TempDir::new().unwrap();
    let mut scene = Scene::new(folder.path());
    let mut outside = Outside::new(scene.place.portal, &authority(&scene.place.folder).await);
    let first = scene.fetch().unwrap();
    assert_eq!(outside.status(&first).unwrap(), Some(CertStatus::Good));
    let list = outside.list(0).unwrap();
    let before = scene.certificates().await;
    scene.order(by);
    for _ in 0..3 {
        is_told(&scene.try_to_fetch());
        assert_eq!(outside.list(0).unwrap(), list, "the list is served");
        assert_eq!(outside.status(&first).unwrap(), Some(CertStatus::Good), "and the answer");
    }
    scene.all_well();
    assert_eq!(scene.certificates().await, before, "nothing was recorded, so nothing was signed");
    let second = scene.fetch().unwrap();
    let status = outside.status(&first).unwrap();
    assert!(
        matches!(status, Some(CertStatus::Revoked { .. })),
        "the letter's new certificate ends the first: {status:?}"
    );
    assert_eq!(outside.status(&second).unwrap(), Some(CertStatus::Good));
}

#[tokio::test]
async fn a_full_disk_of_the_database_refuses_before_signing_and_recovers_by_itself() {
    disturbed("full", |told| {
        assert_eq!(told.status, 500, "{}", told.text());
        assert!(
            told.text().contains("処理を終えられませんでした") && told.text().contains("番号「"),
            "{}",
            told.text()
        );
    })
    .await;
}

fn the_clock_is_named(told: &Answer) {
    assert_eq!(told.status, 503, "{}", told.text());
    assert!(told.text().contains("発行に使う時計にずれが見つかった"), "{}", told.text());
}

#[tokio::test]
async fn a_clock_that_leaps_forward_refuses_until_it_is_put_right() {
    disturbed("clock 10800", the_clock_is_named).await;
}

#[tokio::test]
async fn a_clock_that_goes_back_refuses_until_it_is_put_right() {
    disturbed("clock -600", the_clock_is_named).await;
}
