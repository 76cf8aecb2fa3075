//! マイリスト: everything of an institution in one list, newest first, by parts, and as a file.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::Browser,
    fees::{by_slip, close, in_june},
    inquiries::asked,
    pickup::fetch,
    steps::{begin, clinic, posted, staff},
    support::{House, on_each_database},
};

/// What stands on a row: its name with its address, and its kind.
fn rows(page: &str) -> Vec<(String, String, String)> {
    let part = |text: &str, from: &str, to: &str| text.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
    let row = |row: &str| {
        let (href, kind) = (part(row, "href=\"", "\""), part(row, "data-label=\"種類\">", "<"));
        (part(row, &format!("href=\"{href}\">"), "<"), href, kind)
    };
    page.split("<th scope=\"row\"").skip(1).map(row).collect()
}

/// All rows of a part, walked from page to page.
async fn walked(browser: &Browser, first: &str) -> (Vec<(String, String, String)>, usize) {
    let (mut found, mut pages, mut next) = (vec![], 0, first.to_owned());
    loop {
        let page = browser.get(&next).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        found.extend(rows(&page.body));
        pages += 1;
        let more = page.body.split("href=\"").find_map(|rest| {
            let (href, rest) = rest.split_once('"')?;
            rest.starts_with(" rel=\"next\"").then(|| href.replace("&#38;", "&"))
        });
        match more {
            Some(href) => next = href,
            None => return (found, pages),
        }
    }
}

/// A clinic with twelve terminals, one certificate fetched, a question, a draft and a bill.
async fn furnished(house: &House) -> Browser {
    let (_, first, cases) = by_slip(house, "1330100016", 12).await;
    let paper = posted(house, &staff(house, Role::DispatchClerk).await, &cases[0], "12345678901").await;
    house.clock.pass(Duration::minutes(5));
    fetch(&Browser::terminal(house), &paper).await;
    asked(house, &first, "", "通知書はいつ届きますか。").await;
    in_june(house);
    close(house, "2026-05").await;
    house.clock.pass(Duration::minutes(5));
    let email = "owner-1330100016@clinic.example";
    let known = storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), email).await.unwrap().unwrap();
    let owner = Browser::of(house, known.id, false).await;
    begin(&owner, "claims").await;
    owner
}

#[tokio::test]
async fn everything_of_the_institution_is_found_once_newest_first() {
    on_each_database(async |house| {
        let owner = furnished(house).await;
        let (all, pages) = walked(&owner, "/mylist").await;
        assert!(pages > 1, "one page would not show that pages follow each other");
        let of = |kind: &str| all.iter().filter(|row| row.2 == kind).count();
        let counts = ["下書き", "申請・届出", "お問い合わせ", "端末の電子証明書", "通知書", "ダウンロード"].map(of);
        assert_eq!(counts, [1, 13, 1, 1, 12, 14], "{all:?}");
        let mut addresses: Vec<_> = all.iter().map(|row| (&row.1, &row.2)).collect();
        addresses.sort();
        addresses.dedup();
        assert_eq!(addresses.len(), all.len(), "nothing stands there twice");
        assert_eq!(all[0].2, "下書き", "it was written last");
        assert!(all[1].0.starts_with("払込請求書（2026年5月分、18,000円）"), "{:?}", all[1]);
        // Each part is what the whole list has of it, in the same order.
        for (part, kind) in [("applications", "申請・届出"), ("letters", "通知書"), ("downloads", "ダウンロード")]
        {
            let (found, _) = walked(&owner, &format!("/mylist?part={part}")).await;
            let expected: Vec<_> = all.iter().filter(|row| row.2 == kind).cloned().collect();
            assert_eq!(found, expected, "{part}");
        }
        // Whatever stands there can be opened.
        for (name, href, _) in &all {
            assert_eq!(owner.get(href).await.status, StatusCode::OK, "{name} {href}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_the_institution_is_shown_alone_and_as_a_file() {
    on_each_database(async |house| {
        let owner = furnished(house).await;
        let (waiting, _) = walked(&owner, "/mylist?only=waiting").await;
        let kinds: Vec<&str> = waiting.iter().map(|row| row.2.as_str()).collect();
        assert_eq!(
            kinds,
            ["下書き", "ダウンロード", "申請・届出", "端末の電子証明書"],
            "both wait for the connection test"
        );
        let file = owner.get("/mylist.csv?only=waiting").await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        let lines: Vec<&str> = file.body.lines().collect();
        assert_eq!(lines.len(), 5, "{}", file.body);
        assert!(lines[0].ends_with("種類,名前,受付番号,状態,次にすること,日時"));
        assert!(lines[4].contains("受付1のパソコン") && lines[4].contains("接続テスト待ち"), "{}", lines[4]);
        let whole = owner.get("/mylist.csv").await;
        assert_eq!(whole.body.lines().count(), 43);
    })
    .await;
}

#[tokio::test]
async fn the_list_of_one_institution_has_nothing_of_another() {
    on_each_database(async |house| {
        furnished(house).await;
        let (_, stranger) = clinic(house, "2730100019").await;
        let page = stranger.get("/mylist").await.body;
        assert!(rows(&page).is_empty() && page.contains("まだ何もありません"), "{page}");
        assert_eq!(stranger.get("/mylist.csv").await.body.lines().count(), 1);
        let odd = stranger.get("/mylist?part=nothing&after=1_2&only=x").await;
        assert_eq!(odd.status, StatusCode::OK, "an address that nobody made is the whole list");
    })
    .await;
}
