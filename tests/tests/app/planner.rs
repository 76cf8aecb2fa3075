//! The planner: by which day each step must be done so that the vendor's visit is not in vain. It is Wednesday 20 May 2026.

use axum::http::StatusCode;
use time::{Duration, macros::datetime};

use crate::{
    browser::Browser,
    steps::{accepted, approved, claims_on_another_line, clinic, file, filed},
    support::{House, on_each_database},
};

fn says(page: &str, words: &str) {
    assert!(page.contains(words), "「{words}」 is missing in: {page}");
}

/// How often a word stands in a page.
fn times(page: &str, word: &str) -> usize {
    page.matches(word).count()
}

#[tokio::test]
async fn a_visitor_types_the_day_of_the_visit_and_reads_the_last_day_of_each_step() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let page = visitor.get("/planner").await.body;
        assert!(!page.contains("期限："), "nothing is planned before a day is typed");
        for typed in ["2026-07-15", "%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%96%2F%EF%BC%97%2F%EF%BC%91%EF%BC%95"] {
            let page = visitor.get(&format!("/planner?visit={typed}")).await;
            assert_eq!(page.status, StatusCode::OK, "{typed}");
            says(&page.body, "2026年7月15日（水）の訪問に間に合わせる計画");
            for day in ["2026年6月20日（土）", "2026年7月1日（水）", "2026年7月6日（月）", "2026年7月8日（水）"]
            {
                says(&page.body, &format!("期限：<b>{day}</b>"));
            }
            says(&page.body, "毎月20日が締切です。この日までに送信すると2026年8月から始められ");
            assert_eq!(times(&page.body, "まだ間に合います"), 5);
        }
    })
    .await;
}

#[tokio::test]
async fn a_day_that_cannot_be_planned_for_is_named_and_stays_in_the_field() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        for (typed, told) in [
            ("", "訪問日を入力してください。"),
            ("soon", "西暦の年・月・日で入力してください。"),
            ("2026-02-30", "西暦の年・月・日で入力してください。"),
            ("2026-05-19", "今日（2026年5月20日（水））以降の日"),
            ("2028-06-01", "2028年5月31日（水）までの日"),
        ] {
            let page = visitor.get(&format!("/planner?visit={typed}")).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
            says(&page.body, told);
            says(&page.body, "<title>エラー：");
            says(&page.body, &format!("value=\"{typed}\""));
            let file = visitor.get(&format!("/planner.ics?visit={typed}")).await;
            assert_eq!((file.status, file.location), (StatusCode::SEE_OTHER, format!("/planner?visit={typed}")));
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_missed_is_said_in_words_with_what_to_do_and_a_day_that_works() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let page = visitor.get("/planner?visit=2026-06-03").await.body;
        assert_eq!(times(&page, "</svg>今日までです"), 2, "the application and the certificate: {page}");
        let page = visitor.get("/planner?visit=2026-05-26").await.body;
        says(&page, "2026年5月26日（火）の訪問に間に合わない手続が、4つあります。");
        assert_eq!(times(&page, "</svg>期限が過ぎました"), 5, "{page}");
        says(&page, "今日のうちに送信し、訪問日を");
        says(&page, "2026年6月11日（木）以降の訪問なら、すべて間に合います。");
        let better = visitor.get("/planner?visit=2026-06-11").await.body;
        assert_eq!(times(&better, "</svg>期限が過ぎました"), 0, "{better}");
    })
    .await;
}

#[tokio::test]
async fn a_member_sees_as_done_what_the_institution_has_sent_and_a_visitor_does_not() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let address = "/planner?visit=2026-07-15";
        let done = async |browser: &Browser| times(&browser.get(address).await.body, "</svg>済み");
        assert_eq!(done(&browser).await, 0);
        let first = filed(house, &browser).await;
        assert_eq!(done(&browser).await, 1);
        accepted(house, &first).await;
        approved(house, &browser).await;
        assert_eq!(done(&browser).await, 3, "applied for, and approved");
        file(house, &browser, "claims", &claims_on_another_line(house, "start")).await;
        assert_eq!(done(&browser).await, 4);
        assert_eq!(done(&Browser::visitor(house)).await, 0);
        let (_, stranger) = clinic(house, "2730100019").await;
        assert_eq!(done(&stranger).await, 0, "another institution's steps are its own");
    })
    .await;
}

#[tokio::test]
async fn the_plan_goes_into_a_calendar_with_the_same_names_each_time() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let file = visitor.get("/planner.ics?visit=2026-07-15").await;
        assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"madoguchi-plan-2026-07-15.ics\"");
        assert!(file.body.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{}", file.body);
        let uids = |body: &str| -> Vec<String> {
            body.replace("\r\n ", "").lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect()
        };
        let first = uids(&file.body);
        assert_eq!(first.len(), 6, "five steps and the visit: {first:?}");
        let whole = file.body.replace("\r\n ", "");
        says(&whole, "DTSTART;VALUE=DATE:20260620\r\nSUMMARY:期限：オンライン請求の届出を送信する\r\n");
        says(&whole, "DTSTART;VALUE=DATE:20260715\r\nSUMMARY:システムベンダの訪問\r\n");
        house.clock.pass(Duration::days(30));
        let later = uids(&visitor.get("/planner.ics?visit=2026-07-15").await.body);
        assert_eq!(later, first, "it is 19 June, and nothing has passed");
        house.clock.pass(Duration::days(2));
        let after = uids(&visitor.get("/planner.ics?visit=2026-07-15").await.body);
        assert_eq!(after.len(), 5, "what was missed is no appointment any more");
        assert!(after.iter().all(|uid| first.contains(uid)));
    })
    .await;
}

/// The form of a claims filing at an instant.
async fn form_at(house: &House, instant: time::OffsetDateTime) -> String {
    let millis = i64::try_from(instant.unix_timestamp_nanos() / 1_000_000).unwrap();
    house.clock.set(domain::clock::Timestamp::from_millis(millis));
    let code = if instant.minute() == 59 { "1330100016" } else { "2730100019" };
    let (_, browser) = clinic(house, code).await;
    filed(house, &browser).await;
    let case = crate::steps::begin(&browser, "claims").await;
    browser.get(&format!("{case}/edit")).await.body
}

#[tokio::test]
async fn the_cut_off_stands_in_the_form_and_changes_at_midnight_in_japan() {
    on_each_database(async |house| {
        let before = form_at(house, datetime!(2026-05-20 23:59:59 +9)).await;
        says(&before, ">5月20日までに送信すると7月から、21日以降は8月から</p>");
        says(&before, "<option value=\"2026-07\">");
        let midnight = datetime!(2026-05-21 00:00 +9).unix_timestamp() * 1000;
        says(&before, &format!("data-cutoff=\"{midnight}\""));
        says(&before, "data-cutoff-after=\"6月20日までに送信すると8月から、21日以降は9月から\"");
        let after = form_at(house, datetime!(2026-05-21 00:00 +9)).await;
        says(&after, ">6月20日までに送信すると8月から、21日以降は9月から</p>");
        assert!(!after.contains("<option value=\"2026-07\">"), "July is no more");
        says(&after, "<option value=\"2026-08\">");
    })
    .await;
}
