//! The process is killed at each turning point of a month's closing: wherever it stops, the month is closed whole or not at
//! all, and the next attempt ends with the same figures.

use std::{path::Path, thread::sleep, time::Duration};

use sqlx::Connection;

use crate::{
    ALONE,
    client::Client,
    demo::Place,
    register::{open, runtime},
    steps::settled,
    turning::PAST,
};

/// Address of the closings.
const CLOSINGS: &str = "/office/closings";

/// What of a month stands in the database: whether it is closed, the entries that it says it holds, those that it holds, and
/// the yen of its bills.
async fn closed(place: &Place, month: &str) -> (bool, i64, i64, i64) {
    let mut conn = open(&place.folder).await;
    let said: Option<i64> = sqlx::query_scalar("SELECT entries FROM closings WHERE month = $1")
        .bind(month)
        .fetch_optional(&mut conn)
        .await
        .unwrap();
    let held: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM closed_entries WHERE month = $1")
        .bind(month)
        .fetch_one(&mut conn)
        .await
        .unwrap();
    let billed: i64 = sqlx::query_scalar("SELECT COALESCE(SUM(amount_yen), 0) FROM bills WHERE month = $1")
        .bind(month)
        .fetch_one(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    (said.is_some(), said.unwrap_or(0), held, billed)
}

/// An installation with a month to close, and a clerk who is logged in.
fn stage(folder: &Path) -> (Place, Client, String) {
    let place = Place::with_fault(folder).with_demo();
    place.fault.as_ref().unwrap().order(PAST);
    let mut demo = place.start();
    let password = demo.said["accounts"][0]["password"].as_str().unwrap().to_owned();
    let mut clerk = Client::plain(place.portal);
    let login = [("email", "billing-clerk@madoguchi.example"), ("password", password.as_str())];
    assert_eq!(clerk.send("/login", "/login", &login).unwrap().status, 303);
    let page = clerk.get(&format!("{CLOSINGS}/next")).unwrap();
    let month = page.value("month");
    assert_eq!(month.len(), 7, "{}", page.text());
    // Mails of the demo's cases would come between the turning points.
    runtime().block_on(settled(&place, 120));
    demo.kill();
    (place, clerk, month)
}

#[test]
fn killed_at_any_turning_point_a_month_is_closed_whole_or_not_at_all() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let (stage, clerk, month) = stage(folder.path());
    let close = |place: &Place| clerk.at(place.portal).send(CLOSINGS, CLOSINGS, &[("month", month.as_str())]);
    let (mut seen, mut ends) = ([false, false], vec![]);
    for point in 1..60 {
        let own = tempfile::TempDir::new_in(folder.path()).unwrap();
        let place = stage.copy(own.path());
        let fault = place.fault.as_ref().unwrap();
        fault.order(PAST);
        let mut demo = place.start();
        fault.order(&format!("{PAST} step {point}"));
        let done = close(&place);
        // The answer may arrive before what is written afterwards falls.
        sleep(Duration::from_millis(200));
        let survived = done.is_ok() && demo.lives();
        if !survived {
            demo.ended();
        }
        let (is_closed, said, held, billed) = runtime().block_on(closed(&place, &month));
        assert_eq!((said, is_closed), (held, held > 0), "point {point}: all of it or nothing");
        assert_eq!(billed > 0, is_closed, "point {point}");
        assert!(is_closed || done.is_err(), "point {point}: what was acknowledged is closed");
        seen[usize::from(is_closed)] = true;
        fault.none();
        if survived {
            demo.kill();
        }
        let mut demo = place.start();
        let told = close(&place).unwrap();
        assert!(told.location.contains(&month), "point {point}: {}", told.text());
        ends.push(runtime().block_on(closed(&place, &month)));
        demo.kill();
        assert!(place.verify_audit().contains("the chain is whole"), "point {point}");
        if survived {
            break;
        }
    }
    assert_eq!(seen, [true, true], "kills fell before and behind the commit");
    assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "the same figures wherever it stopped: {ends:?}");
}
