//! The register of terminals: what stands in it, who sees it, its files, and the same on the home page.

use axum::http::StatusCode;
use domain::permissions::Role;

use crate::{
    browser::{Browser, account},
    home::terminals,
    ladder::{go_to, installed, show},
    pickup::fetch,
    steps::{approved, begin, clinic, file, posted, staff, stored},
    support::on_each_database,
};

/// The terminal's page for its case.
pub(crate) fn page_of(case: &str) -> String {
    case.replace("/applications/", "/terminals/")
}

#[tokio::test]
async fn a_terminal_says_at_every_stage_what_comes_next() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        assert!(browser.get("/terminals").await.body.contains("端末はまだありません"));
        let case = approved(house, &browser).await;
        let list = browser.get("/terminals").await.body;
        assert!(list.contains("発行の手続中") && list.contains(&format!("href=\"{case}\"")), "{list}");
        assert!(browser.get(&page_of(&case)).await.body.contains("申請の状況を見る</a>"), "a button has a short name");
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        let home = browser.get("/").await.body;
        assert!(home.contains("接続テスト待ち") && home.contains("対応が必要な端末が1台あります"), "{home}");
        let one = browser.get(&page_of(&case)).await.body;
        assert!(one.contains("/connection-test") && one.contains("接続テストをしてください"), "{one}");
        let end = show(house, &case).await.not_after;
        let list = browser.get("/terminals").await.body;
        assert!(list.contains("利用中") && list.contains("ありません"), "{list}");
        for (left, words) in
            [(90, "更新の時期"), (30, "まもなく期限"), (-1, "期限切れ（更新できます）"), (-31, "期限切れ")]
        {
            go_to(house, end, -left);
            let name = format!("day{left}@clinic.example");
            let browser = Browser::of(house, account(house, &name, &[], Some(place)).await, false).await;
            for page in ["/", "/terminals"] {
                let told = browser.get(page).await.body;
                assert!(told.contains(words), "{left} on {page}: {told}");
            }
            let one = browser.get(&page_of(&case)).await.body;
            assert_eq!(one.contains("/renew</span>"), left > -31, "{one}");
            assert_eq!(one.contains("有効期限後の更新を認めます"), left == -1, "{one}");
            assert_eq!(one.contains("利用中"), left > 0, "an ended one is not in use, in no table: {one}");
            for page in ["/certificates", &case] {
                let told = browser.get(page).await.body;
                assert_eq!(told.contains("に有効期限が切れました"), left < 0, "{left} on {page}: {told}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_owner_says_where_a_terminal_stands_and_list_and_label_repeat_it() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let early = browser.get(&format!("{}/label.pdf", page_of(&case))).await;
        assert_eq!(early.status, StatusCode::NOT_FOUND, "no label without a certificate");
        assert!(!browser.get(&page_of(&case)).await.body.contains("label.pdf"), "and no link to it");
        installed(house, &case, "12345678901").await;
        let own = page_of(&case);
        let saved = browser.post(&format!("{own}/place"), &[("place", "　1階 受付 ")]).await;
        assert_eq!(saved.location, format!("{own}?done=place"), "{}", saved.body);
        let long = browser.post(&format!("{own}/place"), &[("place", &"受".repeat(61))]).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(long.body.contains("「設置場所」："), "{}", long.body);
        let list = browser.get("/terminals/list.csv").await.body;
        let reference = services::reference(&stored(house, &case).await.reference.unwrap());
        let row = list.lines().nth(1).unwrap();
        assert!(row.contains("1階 受付") && row.contains(&reference) && row.contains("利用中,2029-08-20,"), "{list}");
        for address in ["/terminals/labels.pdf".to_owned(), format!("{own}/label.pdf")] {
            let label = browser.get(&address).await;
            assert!(label.status == StatusCode::OK && label.body.starts_with("%PDF-"), "{address}");
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_sees_or_moves_terminals_of_another_institution() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        installed(house, &case, "12345678901").await;
        let (_, other) = clinic(house, "2730100019").await;
        let own = page_of(&case);
        for address in [own.clone(), format!("{own}/label.pdf"), "/terminals/labels.pdf".to_owned()] {
            assert_eq!(other.get(&address).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        assert!(!other.get("/terminals/list.csv").await.body.contains("オンライン資格確認パソコン"));
        let moved = other.post(&format!("{own}/place"), &[("place", "となり")]).await;
        assert_eq!(moved.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn many_terminals_come_in_pages_and_a_draft_hides_none() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let many = terminals(50);
        let many: Vec<(&str, &str)> = many.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        file(house, &browser, "certificate", &many).await;
        begin(&browser, "certificate").await;
        let first = browser.get("/terminals").await.body;
        let next = first.split("href=\"/terminals?after=").nth(1).and_then(|rest| rest.split('"').next());
        let second = browser.get(&format!("/terminals?after={}", next.unwrap())).await.body;
        let rows = |page: &str| page.matches("<th scope=\"row\"").count();
        assert_eq!((rows(&first), rows(&second)), (50, 1));
        let home = browser.get("/").await.body;
        assert!(home.contains("下書きの続きを入力する"), "{home}");
        assert!(!home.contains("端末の状態"), "before the first certificate the tasks say it all: {home}");
        installed(house, &case, "12345678901").await;
        let home = browser.get("/").await.body;
        assert!(home.contains("全51台のうち10台"), "{home}");
    })
    .await;
}
