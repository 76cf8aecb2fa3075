//! A job that takes longer than its lease stays with its worker, and what a worker says too late counts for nothing.

use domain::{
    clock::{Clock, Timestamp},
    ids::JobId,
};
use serde_json::json;
use storage::jobs::{self, Job};
use time::Duration;

use crate::support::{House, on_each_database};

const KEY: &str = "one that takes long";

async fn claim(house: &House, worker: &str) -> Option<Job> {
    let mut tx = house.app.db.write().await.unwrap();
    let claimed = jobs::claim_keyed(&mut tx, worker, KEY, house.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

async fn keep(house: &House, job: &Job, worker: &str) -> bool {
    let mut tx = house.app.db.write().await.unwrap();
    let kept = jobs::keep(&mut tx, job, worker, house.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    kept
}

async fn retry(house: &House, job: &Job, worker: &str, at: Timestamp) {
    let mut tx = house.app.db.write().await.unwrap();
    jobs::retry(&mut tx, job, worker, "later", at).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_job_stays_with_the_worker_that_prolongs_its_lease_and_stale_words_change_nothing() {
    on_each_database(async |house| {
        let now = house.clock.now();
        let mut tx = house.app.db.write().await.unwrap();
        let id = JobId::new(now, &*house.app.randomness);
        assert!(jobs::enqueue(&mut tx, id, "mail.send", Some(KEY), json!({}), now).await.unwrap());
        tx.commit().await.unwrap();
        let first = claim(house, "a").await.unwrap();
        for _ in 0..9 {
            house.clock.pass(Duration::seconds(20));
            assert!(keep(house, &first, "a").await);
            assert!(claim(house, "b").await.is_none(), "a scanner that thinks for minutes keeps its job");
        }
        house.clock.pass(Duration::seconds(61));
        let second = claim(house, "b").await.unwrap();
        assert_eq!((first.attempt, second.attempt), (1, 2), "its worker is gone");
        assert!(!keep(house, &first, "a").await);
        house.clock.pass(Duration::seconds(61));
        let third = claim(house, "b").await.unwrap();
        let later = house.clock.now() + Duration::hours(1);
        for (stale, worker) in [(&first, "a"), (&second, "b")] {
            retry(house, stale, worker, later).await;
            let mut tx = house.app.db.write().await.unwrap();
            assert!(!jobs::done(&mut tx, stale, worker, house.clock.now()).await.unwrap(), "of an attempt before");
            tx.commit().await.unwrap();
        }
        assert!(keep(house, &third, "b").await);
        retry(house, &third, "b", later).await;
        assert!(claim(house, "a").await.is_none(), "the waiting time counts");
        house.clock.pass(Duration::hours(1));
        assert_eq!(claim(house, "a").await.unwrap().attempt, 4);
    })
    .await;
}
