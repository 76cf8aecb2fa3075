//! How the service stands: reported by staff, on every page within ten seconds, begun and ended by the clock.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::Browser,
    notices::typed,
    steps::{clinic, staff},
    support::{House, on_each_database},
};

/// Tells of a trouble or a maintenance and gives the address of its page in the office.
pub(crate) async fn told(editor: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = editor.post("/office/status", fields).await;
    assert!(answer.location.ends_with("?done=told"), "{} {}", answer.status, answer.body);
    answer.location.split('?').next().unwrap().to_owned()
}

async fn seen(editor: &Browser, page: &str) -> String {
    let body = editor.get(page).await.body;
    body.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The line on top of a page.
async fn line(browser: &Browser, path: &str) -> String {
    let body = browser.get(path).await.body;
    let line = body.split("class=\"status-line").nth(1);
    assert!(line.is_some(), "{path}: {body}");
    line.unwrap().split("</div>").next().unwrap().to_owned()
}

async fn maintenance(house: &House, editor: &Browser, title: &str, (from, until): (i64, i64)) -> String {
    let ((day, time), (last_day, last_time)) =
        (typed(house, Duration::hours(from)), typed(house, Duration::hours(until)));
    let fields = [
        ("kind", "maintenance"),
        ("title", title),
        ("parts", "portal"),
        ("parts", "mail"),
        ("from_day", &day),
        ("from_time", &time),
        ("until_day", &last_day),
        ("until_time", &last_time),
        ("words", "停止の間、画面は開けません。"),
    ];
    told(editor, &fields).await
}

#[tokio::test]
async fn a_trouble_stands_on_every_page_until_it_is_over_and_then_in_the_history() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let (_, member) = clinic(house, "1330100016").await;
        let (visitor, terminal) = (Browser::visitor(house), Browser::terminal(house));
        assert!(line(&visitor, "/").await.contains("正常"));
        let fields =
            [("kind", "trouble"), ("title", "メールが遅れています"), ("parts", "mail"), ("words", "調べています。")];
        let page = told(&editor, &fields).await;
        for (browser, path) in
            [(&visitor, "/"), (&member, "/"), (&member, "/mylist"), (&editor, "/office"), (&terminal, "/")]
        {
            let line = line(browser, path).await;
            assert!(line.contains("一部障害") && line.contains("メールが遅れています"), "{path}: {line}");
        }
        assert!(!line(&terminal, "/").await.contains("href"), "the portal may be out of reach from there");
        assert!(line(&visitor, "/nowhere").await.contains("一部障害"), "also where a page is missing");
        house.clock.pass(Duration::hours(2));
        let editor = staff(house, Role::Editor).await;
        let version = seen(&editor, &page).await;
        let (day, time) = typed(house, Duration::hours(-2));
        let more = [
            ("title", "メールが遅れています"),
            ("parts", "mail"),
            ("from_day", day.as_str()),
            ("from_time", &time),
            ("words", "原因がわかりました。"),
            ("seen", &version),
        ];
        assert!(editor.post(&format!("{page}/change"), &more).await.location.ends_with("?done=told"));
        let public = visitor.get("/status").await.body;
        let order = ["原因がわかりました。", "調べています。"].map(|words| public.find(words).unwrap());
        assert!(order[0] < order[1] && public.contains("メールの送信") && !public.contains("山田"), "{public}");
        let stale = editor.post(&format!("{page}/close"), &[("last", "復旧しました。"), ("seen", &version)]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(stale.body.contains("復旧しました。") && stale.body.contains("ほかの方が変更しました"));
        let version = seen(&editor, &page).await;
        assert!(
            editor
                .post(&format!("{page}/close"), &[("last", "復旧しました。"), ("seen", &version)])
                .await
                .location
                .ends_with("?done=closed")
        );
        assert!(line(&visitor, "/").await.contains("正常"));
        let public = visitor.get("/status").await.body;
        assert!(public.contains("いつもどおり") && public.contains("復旧しました。"), "{public}");
        assert!(editor.get(&page).await.body.contains("終了にした人"));
    })
    .await;
}

#[tokio::test]
async fn maintenance_appears_a_week_ahead_begins_and_ends_by_itself() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Administrator).await, Browser::visitor(house));
        maintenance(house, &editor, "機器の入替え", (10 * 24, 10 * 24 + 8)).await;
        assert!(line(&visitor, "/").await.contains("正常"), "ten days are too far");
        assert!(visitor.get("/status").await.body.contains("機器の入替え"), "its page tells of it already");
        house.clock.pass(Duration::days(3));
        let planned = line(&visitor, "/").await;
        assert!(
            planned.contains("メンテナンス予定") && planned.contains("2026年5月30日（土）10:00〜18:00"),
            "{planned}"
        );
        house.clock.pass(Duration::days(7));
        assert!(line(&visitor, "/").await.contains("メンテナンス中"));
        house.clock.pass(Duration::hours(8));
        assert!(line(&visitor, "/").await.contains("正常"));
        assert!(visitor.get("/status").await.body.contains("メンテナンス終了"));
    })
    .await;
}

#[tokio::test]
async fn how_many_days_ahead_is_set_by_an_administrator_and_maintenance_can_be_called_off() {
    on_each_database(async |house| {
        let (admin, visitor) = (staff(house, Role::Administrator).await, Browser::visitor(house));
        let page = maintenance(house, &admin, "機器の入替え", (10 * 24, 10 * 24 + 8)).await;
        let today = house.app.clock.now().date().to_string();
        let fields = [("maintenance_days", "14"), ("from", today.as_str()), ("why", "早めに"), ("seen", "0")];
        assert!(admin.post("/office/settings/service/change", &fields).await.location.ends_with("?done=set"));
        assert!(line(&visitor, "/").await.contains("メンテナンス予定"));
        let calendar = visitor.get("/status/maintenance.ics").await;
        assert!(calendar.header("content-type").starts_with("text/calendar"), "{}", calendar.body);
        assert!(visitor.get("/status").await.body.contains("href=\"/status/maintenance.ics\""));
        let at = (house.app.clock.now() + Duration::days(10)).in_japan().to_offset(time::UtcOffset::UTC);
        let begins = format!("{}T{:02}{:02}00Z", at.date().to_string().replace('-', ""), at.hour(), at.minute());
        let whole = calendar.body.replace("\r\n ", "");
        let begins = format!("DTSTART:{begins}\r\n");
        for part in ["SUMMARY:メンテナンス：機器の入替え\r\n", &begins, "DTEND:", "UID:maintenance-"] {
            assert!(whole.contains(part), "{part}: {whole}");
        }
        let version = seen(&admin, &page).await;
        admin.post(&format!("{page}/close"), &[("last", "延期します。"), ("seen", &version)]).await;
        assert!(line(&visitor, "/").await.contains("正常"));
        assert!(visitor.get("/status").await.body.contains("中止"));
        assert!(!visitor.get("/status/maintenance.ics").await.body.contains("VEVENT"), "it does not take place");
    })
    .await;
}

#[tokio::test]
async fn what_is_missing_is_named_and_who_only_reads_changes_nothing() {
    on_each_database(async |house| {
        let (editor, auditor) = (staff(house, Role::Editor).await, staff(house, Role::Auditor).await);
        let wrong =
            editor.post("/office/status", &[("kind", "maintenance"), ("from_day", "2026-06-01"), ("words", "x")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["「題名」を1行で", "1つ以上選んで", "「終了の予定」を入力"] {
            assert!(wrong.body.contains(words), "{words}: {}", wrong.body);
        }
        let page = maintenance(house, &editor, "機器の入替え", (24, 26)).await;
        let read = auditor.get(&page).await;
        assert!(read.status == StatusCode::OK && !read.body.contains("変更を知らせる"), "{}", read.body);
        assert_eq!(auditor.post(&format!("{page}/close"), &[("last", "x")]).await.status, StatusCode::FORBIDDEN);
        let empty = editor.post(&format!("{page}/close"), &[("last", ""), ("seen", &seen(&editor, &page).await)]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "a last report says how it ended");
        assert!(empty.body.contains("id=\"f-last-error\""), "{}", empty.body);
    })
    .await;
}

#[tokio::test]
async fn the_history_is_turned_page_by_page() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        for number in 0..45 {
            let editor = staff(house, Role::Editor).await;
            maintenance(house, &editor, &format!("第{number}回の点検"), (1, 2)).await;
            house.clock.pass(Duration::hours(3));
        }
        let (mut path, mut seen) = ("/status".to_owned(), vec![]);
        loop {
            let body = visitor.get(&path).await.body;
            let titles = body.split("<h3>第").skip(1).filter_map(|rest| rest.split_once("回の点検"));
            seen.extend(titles.filter_map(|(number, _)| number.parse::<u32>().ok()));
            let Some(next) = body.split("rel=\"next\"").next().filter(|_| body.contains("rel=\"next\"")) else { break };
            path = next.rsplit("href=\"").next().unwrap().split('"').next().unwrap().to_owned();
        }
        assert_eq!(seen, (0..45).rev().collect::<Vec<_>>());
    })
    .await;
}
