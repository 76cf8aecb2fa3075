use std::task::Poll;

use tokio::task::JoinHandle;

use super::*;
use crate::{Db, audit::Entry, db::on_engine};

async fn database(folder: &tempfile::TempDir) -> Db {
    let db = Db::open(&format!("sqlite:{}", folder.path().join("group.db").display())).await.unwrap();
    let mut tx = db.write().await.unwrap();
    on_engine!(&mut *tx, |c| sqlx::query("CREATE TABLE marks (n BIGINT PRIMARY KEY)").execute(c).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
    db
}

async fn mark(tx: &mut crate::Tx, n: i64) -> Result<()> {
    on_engine!(&mut **tx, |c| sqlx::query("INSERT INTO marks (n) VALUES ($1)").bind(n).execute(c).await.map(drop))?;
    Ok(())
}

async fn marks(db: &Db) -> Vec<i64> {
    let mut conn = db.read().await.unwrap();
    on_engine!(&mut conn, |c| sqlx::query_scalar("SELECT n FROM marks ORDER BY n").fetch_all(c).await).unwrap()
}

/// Lets a transaction commit; the next one queued before, and so joins its group.
async fn joined(db: &Db, first: crate::Tx) -> (crate::Tx, JoinHandle<Result<()>>) {
    let mut told = vec![];
    let (next, ()) = tokio::join!(db.write(), async { told.push(tokio::spawn(first.commit())) });
    (next.unwrap(), told.remove(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_queue_become_durable_together_and_one_that_is_undone_takes_nobody_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let first = db.write().await.unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.write().await?;
                mark(&mut tx, n).await?;
                match n % 4 {
                    0 => tx.commit().await,
                    1 => tx.rollback().await,
                    2 => mark(&mut tx, n).await.and(tx.commit().await),
                    _ => {
                        drop(tx);
                        Ok(())
                    }
                }
            })
        })
        .collect();
    first.commit().await.unwrap();
    for (n, task) in tasks.into_iter().enumerate() {
        let outcome = task.await.unwrap();
        assert_eq!(outcome.is_err(), n % 4 == 2, "{n}: {outcome:?}");
    }
    let kept: Vec<i64> = (0..40).filter(|n| n % 4 == 0 || n % 4 == 2).collect();
    assert_eq!(marks(&db).await, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_success_before_the_group_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let mut slow = db.write().await.unwrap();
    mark(&mut slow, 1).await.unwrap();
    let (next, told) = joined(&db, slow).await;
    assert!(!told.is_finished());
    assert!(marks(&db).await.is_empty(), "a group under way is not seen");
    next.rollback().await.unwrap();
    told.await.unwrap().unwrap();
    assert_eq!(marks(&db).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_to_the_end_of_a_group_stays_with_whoever_commits() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let first = db.write().await.unwrap();
    let tasks: Vec<_> = (0..9)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.write().await?;
                if n % 3 == 1 {
                    mark(&mut tx, n).await?;
                }
                tx.audit(Entry { action: format!("act-{n}"), ..Entry::default() });
                if n % 3 == 2 { tx.rollback().await } else { tx.commit().await }
            })
        })
        .collect();
    first.commit().await.unwrap();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let rows = crate::audit::newest(&mut db.read().await.unwrap(), None, 20).await.unwrap();
    let mut acts: Vec<_> = rows.into_iter().map(|row| row.action).collect();
    acts.sort();
    assert_eq!(acts, ["act-0", "act-1", "act-3", "act-4", "act-6", "act-7"]);
    assert_eq!(marks(&db).await, [1, 4, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_gives_up_leaves_the_writer_free() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let mut tx = db.write().await.unwrap();
    mark(&mut tx, 7).await.unwrap();
    drop(tx);
    drop(db.write().await.unwrap());
    let other = Db::open(&format!("sqlite:{}", folder.path().join("group.db").display())).await.unwrap();
    let mut tx = other.write().await.unwrap();
    mark(&mut tx, 8).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(marks(&db).await, [8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_nothing_waits_for_no_other_process() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let other = Db::open(&format!("sqlite:{}", folder.path().join("group.db").display())).await.unwrap();
    let mut busy = other.write().await.unwrap();
    mark(&mut busy, 1).await.unwrap();
    db.write().await.unwrap().commit().await.unwrap();
    db.write().await.unwrap().rollback().await.unwrap();
    busy.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    mark(&mut tx, 2).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(marks(&db).await, [1, 2]);
}

/// Polls a statement once, so that it is on its way, and gives up waiting for the answer.
async fn give_up(tx: &mut crate::Tx, n: i64) {
    let mut statement = std::pin::pin!(mark(tx, n));
    std::future::poll_fn(|cx| Poll::Ready(statement.as_mut().poll(cx).is_ready())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_their_first_statement_takes_nothing_of_those_before_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let mut kept = vec![];
    let mut waiting = vec![];
    let mut held = Some(db.write().await.unwrap());
    for n in 0..60 {
        // All of them are in one group: each next one queues before the one before it ends.
        let mut tx = held.take().unwrap();
        let (next, _) = tokio::join!(db.write(), async {
            match n % 3 {
                0 => {
                    mark(&mut tx, n).await.unwrap();
                    kept.push(n);
                    waiting.push(tokio::spawn(tx.commit()));
                    tokio::task::yield_now().await;
                }
                1 => give_up(&mut tx, n).await,
                _ => {
                    mark(&mut tx, n).await.unwrap();
                    tx.rollback().await.unwrap();
                }
            }
        });
        held = Some(next.unwrap());
    }
    drop(held);
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!(marks(&db).await, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_before_it_began_cannot_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let (mut refused, mut kept) = (0, vec![]);
    for n in 0..40 {
        let mut first = db.write().await.unwrap();
        mark(&mut first, n).await.unwrap();
        kept.push(n);
        let (mut second, first) = joined(&db, first).await;
        give_up(&mut second, 1_000 + n).await;
        // The engine may have been quick enough to begin with it, or to answer.
        refused += i32::from(matches!(second.commit().await, Err(crate::db::Error::NotDurable)));
        first.await.unwrap().unwrap();
    }
    assert!(refused > 0);
    let marks = marks(&db).await;
    assert!(marks.starts_with(&kept) && marks.len() + refused as usize <= 80, "{refused} {marks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_moves_into_the_database_file_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let db = database(&folder).await;
    let file = folder.path().join("group.db");
    let size = || std::fs::metadata(&file).unwrap().len();
    let before = size();
    for n in 0.. {
        let mut tx = db.write().await.unwrap();
        for place in 0..200 {
            mark(&mut tx, n * 200 + place).await.unwrap();
        }
        tx.commit().await.unwrap();
        if size() > before {
            break;
        }
        assert!(n < 2_000, "the log stayed beside the file");
    }
}
