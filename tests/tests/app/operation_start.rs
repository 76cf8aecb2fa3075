//! 運用開始日登録: after the connection test, changed at will, and fixed once a subsidy refers to it.

use axum::http::StatusCode;
use domain::{applications::State, permissions::Role};
use storage::Conn;
use time::Duration;

use crate::{
    browser::Browser,
    ladder::installed,
    steps::{CERTIFICATE, accepted, begin, clinic, decide, file, filed, mails, staff, stored},
    support::{House, on_each_database},
};

const KIND: &str = "operation_start";

/// A clinic whose terminal has passed the connection test.
async fn connected(house: &House) -> Browser {
    let (_, browser) = clinic(house, "1330100016").await;
    accepted(house, &filed(house, &browser).await).await;
    let terminal = file(house, &browser, "certificate", CERTIFICATE).await;
    decide(house, &staff(house, Role::RaOfficer).await, &terminal, "accept", &[]).await;
    installed(house, &terminal, "12345678901").await;
    mails(house).await;
    browser
}

/// Registers a day; the address of its case.
async fn registered(house: &House, browser: &Browser, day: &str) -> String {
    let case = file(house, browser, KIND, &[("start_day", day)]).await;
    services::jobs::work_all(&house.app, "test").await.unwrap();
    case
}

/// What a form says of a day that is typed into it.
async fn told(browser: &Browser, case: &str, day: &str) -> String {
    let answer = browser.post(&format!("{case}/edit"), &[("start_day", day)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}: {}", answer.location);
    answer.body
}

/// Turns a filed case into one of a subsidy.
async fn of_a_subsidy(house: &House, case: &str) {
    let text = "UPDATE applications SET kind = 'subsidy' WHERE id = $1";
    let id = stored(house, case).await.id.0;
    let mut tx = house.app.db.write().await.unwrap();
    match &mut *tx {
        Conn::Sqlite(conn) => drop(sqlx::query(text).bind(id).execute(&mut *conn).await.unwrap()),
        Conn::Postgres(conn) => drop(sqlx::query(text).bind(id).execute(&mut **conn).await.unwrap()),
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn before_the_connection_test_no_day_can_be_registered() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let page = browser.get("/procedures/operation_start").await.body;
        assert!(page.contains("接続テストを済ませてください") && page.contains("/certificates"), "{page}");
        let refused = browser.post("/procedures/operation_start", &[]).await;
        assert!(!refused.location.ends_with("/edit"), "{}", refused.location);
        let home = browser.get("/").await.body;
        let tasks = home.split_once("<main").map_or("", |(_, tasks)| tasks);
        assert!(tasks.contains("/certificates") && !tasks.contains("/procedures/operation_start"), "{tasks}");
    })
    .await;
}

#[tokio::test]
async fn a_day_is_registered_at_once_changed_and_in_force_when_it_comes() {
    on_each_database(async |house| {
        let browser = connected(house).await;
        let home = browser.get("/").await.body;
        assert!(home.contains("/procedures/operation_start"), "{home}");
        let case = begin(&browser, KIND).await;
        let form = browser.get(&format!("{case}/edit")).await.body;
        assert!(form.contains("type=\"date\"") && form.contains("min=\"2026-05-20\" max=\"2027-05-20\""), "{form}");
        assert!(told(&browser, &case, "2026-05-19").await.contains("最も早い日は2026年5月20日（水）"));
        assert!(told(&browser, &case, "2027-05-21").await.contains("2027年5月20日（木）までの日"));
        assert!(told(&browser, &case, "").await.contains("「運用開始日」を選んでください"));
        let first = registered(house, &browser, "2026/6/1").await;
        assert_eq!(first, case, "the draft goes on");
        let seen = stored(house, &first).await;
        assert_eq!((seen.state, seen.start_month.as_deref()), (State::Accepted, Some("2026-06-01")));
        let subjects: Vec<String> = mails(house).await.into_iter().map(|(subject, _)| subject).collect();
        assert!(subjects.iter().any(|subject| subject.starts_with("【受付】")), "{subjects:?}");
        assert!(browser.get(&first).await.body.contains("2026年6月1日（月）"));

        let same = begin(&browser, KIND).await;
        assert!(told(&browser, &same, "2026-06-01").await.contains("登録済みの日と同じです"));
        let second = registered(house, &browser, "2026-06-10").await;
        assert_eq!(stored(house, &first).await.state, State::Superseded);
        house.clock.pass(Duration::days(20));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!(stored(house, &second).await.state, State::Accepted, "the ninth of June");
        house.clock.pass(Duration::days(1));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!(stored(house, &second).await.state, State::InForce, "the tenth of June");
    })
    .await;
}

#[tokio::test]
async fn a_day_that_a_subsidy_refers_to_stays() {
    on_each_database(async |house| {
        let browser = connected(house).await;
        registered(house, &browser, "2026-06-01").await;
        let open = begin(&browser, KIND).await;
        let other = filed(house, &browser).await;
        of_a_subsidy(house, &other).await;
        let page = told(&browser, &open, "2026-06-10").await;
        assert!(
            page.contains("補助金の申請がこの運用開始日をもとにしている"),
            "a form that was open meanwhile: {page}"
        );
        let page = browser.get("/procedures/operation_start").await.body;
        assert!(page.contains("補助金の申請がこの運用開始日をもとにしている"), "{page}");
    })
    .await;
}
