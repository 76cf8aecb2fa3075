//! Notices by mail: wanted twice before anything is sent, told once, and ended with one click.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use domain::{ids::SubscriptionId, permissions::Role};
use services::mail::Bounced;
use storage::{mails::Mail, subscriptions::Subscription};
use tempfile::TempDir;
use time::Duration;

use crate::{
    browser::Browser,
    notices::{published, seen, typed},
    smtp::{Sink, kept, quiet_port, smtp},
    steps::{clinic, mails, staff},
    support::{House, on_each_database, on_each_database_mailing},
};

pub(crate) const TELLS: (&str, &str) = ("tells", "1");

pub(crate) async fn subscribed(house: &House, email: &str, procedures: i64, important: bool) -> SubscriptionId {
    let now = house.app.clock.now();
    let id = SubscriptionId::new(now, &*house.app.randomness);
    let one = Subscription { id, email: email.to_owned(), account_id: None, procedures, important };
    let mut tx = house.app.db.write().await.unwrap();
    storage::subscriptions::put(&mut tx, &one, now).await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub(crate) async fn is_kept(house: &House, email: &str) -> bool {
    storage::subscriptions::by_email(&mut house.app.db.read().await.unwrap(), email).await.unwrap().is_some()
}

/// The path of the first link below a folder of the portal in a mail.
fn path(body: &str, folder: &str) -> String {
    let start = format!("https://madoguchi.example{folder}");
    let rest = body.split(&start).nth(1);
    assert!(rest.is_some(), "{body}");
    format!("{folder}{}", rest.unwrap().split_whitespace().next().unwrap())
}

async fn told(house: &House) -> Vec<Mail> {
    services::jobs::work_all(&house.app, "test").await.unwrap();
    let mut mails = house.postbox.empty();
    mails.sort_by(|one, other| one.recipient.cmp(&other.recipient));
    mails
}

fn addresses(mails: &[Mail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.recipient.as_str()).collect()
}

#[tokio::test]
async fn nothing_is_sent_before_the_button_behind_the_link_was_pressed() {
    on_each_database(async |house| {
        let (editor, visitor) = (staff(house, Role::Editor).await, Browser::visitor(house));
        let wish = [("email", "Hanako@Clinic.example"), ("important", "0"), ("procedures", "claims")];
        assert_eq!(visitor.post("/notices/subscription", &wish).await.location, "/notices/subscription/sent");
        let mail = mails(house).await.remove(0);
        let link = path(&mail.1, "/notices/subscription/");
        published(&editor, "届出の締切", &[TELLS, ("procedures", "claims")]).await;
        assert!(told(house).await.is_empty(), "nobody has confirmed yet");
        let page = visitor.get(&link).await.body;
        assert!(page.contains("オンライン請求 利用開始") && page.contains("はじめる</button>"), "{page}");
        assert!(!is_kept(house, "hanako@clinic.example").await, "opening the link changes nothing");
        let begun = visitor.post(&link, &[]).await;
        assert!(begun.status == StatusCode::OK && begun.body.contains("はじまりました"), "{}", begun.body);
        let again = visitor.post(&link, &[]).await;
        assert_eq!(again.status, StatusCode::GONE);
        house.clock.pass(Duration::minutes(1));
        published(&editor, "届出の様式", &[TELLS, ("important", "1"), ("procedures", "claims")]).await;
        published(&editor, "回線の話", &[TELLS, ("procedures", "eligibility")]).await;
        published(&editor, "知らせないもの", &[]).await;
        let told = told(house).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (told[0].recipient.as_str(), told[0].subject.as_str()),
            ("hanako@clinic.example", "【重要】届出の様式")
        );
        assert!(told[0].body.contains("https://madoguchi.example/notices/2026-"), "{}", told[0].body);
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_too_old_begins_nothing_and_its_address_is_forgotten() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        visitor.post("/notices/subscription", &[("email", "late@clinic.example")]).await;
        let link = path(&mails(house).await.remove(0).1, "/notices/subscription/");
        house.clock.pass(Duration::hours(48));
        let late = visitor.post(&link, &[]).await;
        assert_eq!(late.status, StatusCode::GONE);
        assert!(late.body.contains("有効期限が過ぎています") && !is_kept(house, "late@clinic.example").await);
        services::accounts::sweep(&house.app).await.unwrap();
        assert_eq!(visitor.get(&link).await.status, StatusCode::NOT_FOUND, "nothing of the wish is kept");
    })
    .await;
}

#[tokio::test]
async fn the_answer_is_the_same_for_every_address_and_mails_are_bounded() {
    on_each_database(async |house| {
        subscribed(house, "known@clinic.example", 0, false).await;
        let visitor = Browser::visitor(house);
        let ask = async |email: &str| visitor.post("/notices/subscription", &[("email", email)]).await.location;
        let (known, unknown) = (ask("known@clinic.example").await, ask("unknown@clinic.example").await);
        assert_eq!((known.as_str(), &known), ("/notices/subscription/sent", &unknown));
        let sent = mails(house).await;
        assert_eq!((sent.len(), &sent[0].0), (2, &sent[1].0), "the same mail too");
        for _ in 0..30 {
            assert_eq!(ask("known@clinic.example").await, "/notices/subscription/sent");
        }
        assert!(mails(house).await.len() < 6, "nobody can fill a stranger's mailbox");
        for odd in ["", "no-address", "a@b@c", "abcdefgh@13"] {
            let told = visitor.post("/notices/subscription", &[("email", odd)]).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}");
        }
    })
    .await;
}

#[tokio::test]
async fn one_click_ends_it_without_a_cookie_or_a_form() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        subscribed(house, "hanako@clinic.example", 0, false).await;
        published(&editor, "お休み", &[TELLS]).await;
        let mail = told(house).await.remove(0);
        let address = mail.unsubscribe.clone().unwrap();
        let path = address.strip_prefix("https://madoguchi.example").unwrap().to_owned();
        assert!(mail.body.contains(&address), "people find it too");
        let visitor = Browser::visitor(house);
        assert!(visitor.get(&path).await.body.contains("受け取りをやめる</button>"));
        assert!(is_kept(house, "hanako@clinic.example").await, "a scanner that opens links ends nothing");
        let click = || {
            Request::post(&path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from("List-Unsubscribe=One-Click"))
                .unwrap()
        };
        assert_eq!(visitor.ask(click()).await.status(), StatusCode::OK);
        assert!(!is_kept(house, "hanako@clinic.example").await);
        assert_eq!(visitor.ask(click()).await.status(), StatusCode::OK, "twice is no fault");
        assert!(visitor.get(&path).await.body.contains("やめました"));
        let forged = format!("{}AAAA", &path[..path.len() - 4]);
        subscribed(house, "other@clinic.example", 0, false).await;
        for odd in [forged.as_str(), "/notices/end/x", "/notices/end/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(visitor.post(odd, &[]).await.status, StatusCode::NOT_FOUND, "{odd}");
        }
        published(&editor, "また", &[TELLS]).await;
        assert_eq!(addresses(&told(house).await), ["other@clinic.example"]);
    })
    .await;
}

#[tokio::test]
async fn a_mail_program_finds_the_click_in_the_head_of_the_mail() {
    let (port, folder) = (quiet_port(), TempDir::new().unwrap());
    let _sink = Sink::start(folder.path(), port);
    on_each_database_mailing(&smtp(port), async |house| {
        let editor = staff(house, Role::Editor).await;
        subscribed(house, "hanako@clinic.example", 0, false).await;
        published(&editor, "お休み", &[TELLS]).await;
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let arrived = kept(folder.path(), 1).pop().unwrap();
        let whole = arrived.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
        let head = whole.split("\n\n").next().unwrap();
        assert!(head.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"), "{head}");
        assert!(head.contains("List-Unsubscribe: <https://madoguchi.example/notices/end/"), "{head}");
        assert!(head.contains(">\n"), "{head}");
    })
    .await;
}

#[tokio::test]
async fn members_begin_change_and_end_with_one_button() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let (_, member) = clinic(house, "1330100016").await;
        let page = "/notices/subscription/mine";
        assert!(member.get(page).await.body.contains("メールで受け取る</button>"));
        assert!(member.post(page, &[("important", "0")]).await.location.ends_with("?done=begun"));
        assert!(member.get(page).await.body.contains("お送りしています"));
        published(&editor, "大阪の方へ", &[TELLS, ("prefectures", "27")]).await;
        published(&editor, "東京の方へ", &[TELLS, ("prefectures", "13")]).await;
        let subjects: Vec<String> = told(house).await.into_iter().map(|mail| mail.subject).collect();
        assert_eq!(subjects, ["東京の方へ"], "what concerns their institution");
        assert!(member.post(page, &[("important", "1")]).await.location.ends_with("?done=begun"));
        published(&editor, "ふつうのお知らせ", &[TELLS]).await;
        assert!(told(house).await.is_empty());
        assert!(member.post("/notices/subscription/mine/end", &[]).await.location.ends_with("?done=ended"));
        assert!(!is_kept(house, "owner-1330100016@clinic.example").await);
        assert!(Browser::visitor(house).get(page).await.location.starts_with("/login"));
    })
    .await;
}

#[tokio::test]
async fn hundreds_are_told_page_by_page_at_the_hour_and_each_once() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        for number in 0..250 {
            subscribed(house, &format!("s{number:03}@clinic.example"), 0, number % 2 == 0).await;
        }
        let (day, time) = typed(house, Duration::hours(2));
        let ahead = [TELLS, ("important", "1"), ("from_day", &day), ("from_time", &time)];
        let page = published(&editor, "計画停止", &ahead).await;
        assert!(told(house).await.is_empty(), "not before it begins");
        house.clock.pass(Duration::hours(2));
        let editor = staff(house, Role::Editor).await;
        let first = told(house).await;
        assert_eq!(first.len(), 250);
        let mut unique = addresses(&first);
        unique.dedup();
        assert_eq!(unique.len(), 250);
        let version = seen(&editor, &page).await;
        let fields = [
            ("title", "計画停止（訂正）"),
            ("body", "x"),
            ("important", "1"),
            ("seen", &version),
            TELLS,
            ("do", "save"),
        ];
        assert!(editor.post(&format!("{page}/edit"), &fields).await.location.ends_with("?done=save"));
        assert!(told(house).await.is_empty(), "a correction is not told again");
        let id = page.rsplit('/').next().unwrap();
        let again = serde_json::json!({ "notice": id, "after": "00000000-0000-0000-0000-000000000000" });
        services::content::tell(&house.app, &again).await.unwrap();
        assert!(told(house).await.is_empty(), "the work done twice is done once");
        published(&editor, "ふつうのお知らせ", &[TELLS]).await;
        assert_eq!(told(house).await.len(), 125, "half of them want only important ones");
        house.clock.pass(Duration::days(91));
        services::content::forget_told(&house.app, &serde_json::json!({ "page": 1 })).await.unwrap();
        services::content::tell(&house.app, &again).await.unwrap();
        assert_eq!(told(house).await.len(), 200, "after three months it is not remembered who was told");
    })
    .await;
}

#[tokio::test]
async fn a_notice_that_was_taken_back_before_its_hour_is_told_to_nobody() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        subscribed(house, "hanako@clinic.example", 0, false).await;
        let (day, time) = typed(house, Duration::hours(2));
        let page = published(&editor, "まちがい", &[TELLS, ("from_day", &day), ("from_time", &time)]).await;
        let version = seen(&editor, &page).await;
        editor.post(&format!("{page}/close"), &[("act", "withdraw"), ("seen", &version)]).await;
        let (day, time) = typed(house, Duration::hours(1));
        let moved = published(&editor, "うごかした", &[TELLS, ("from_day", &day), ("from_time", &time)]).await;
        let version = seen(&editor, &moved).await;
        let (day, time) = typed(house, Duration::hours(5));
        let later = [
            ("title", "うごかした"),
            ("body", "x"),
            ("seen", &version),
            TELLS,
            ("from_day", &day),
            ("from_time", &time),
            ("do", "save"),
        ];
        assert!(editor.post(&format!("{moved}/edit"), &later).await.location.ends_with("?done=save"));
        house.clock.pass(Duration::hours(3));
        assert!(told(house).await.is_empty());
        house.clock.pass(Duration::hours(3));
        assert_eq!(told(house).await.len(), 1, "at its new hour");
    })
    .await;
}

#[tokio::test]
async fn an_address_that_refuses_three_times_is_removed() {
    on_each_database(async |house| {
        subscribed(house, "gone@clinic.example", 0, false).await;
        for round in 0..3 {
            let editor = staff(house, Role::Editor).await;
            assert!(is_kept(house, "gone@clinic.example").await, "after {round} refusals");
            published(&editor, &format!("第{round}号"), &[TELLS]).await;
            let mail = told(house).await.remove(0);
            let report = format!(
                "From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n\
                 --b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\
                 Diagnostic-Code: smtp; 550 no such user\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
                 Message-ID: <{}>\r\n--b--\r\n",
                mail.message_id
            );
            let (db, now) = (&house.app.db, house.app.clock.now());
            let noted = services::mail::bounced(db, now, report.as_bytes()).await.unwrap();
            assert_eq!(noted, Bounced::Noted(None));
            house.clock.pass(Duration::days(7));
        }
        assert!(!is_kept(house, "gone@clinic.example").await);
    })
    .await;
}
