//! The applicant's page of a case: who did what, since when it stands where it stands, and until when something is awaited.

use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::{Browser, account, institution, named_account},
    pickup::fetch,
    steps::{CERTIFICATE, approved, clinic, decide, file, filed, mails, posted, staff, stored},
    support::on_each_database,
};

/// The history on the page of a case.
async fn history(browser: &Browser, case: &str) -> String {
    let page = browser.get(case).await.body;
    let table = page.split("経過</caption>").nth(1).unwrap();
    table.split("</table>").next().unwrap().to_owned()
}

#[tokio::test]
async fn the_history_names_colleagues_and_never_staff() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let sato = named_account(house, "佐藤 健", "sato@clinic.example", &[], Some(clinic)).await;
        let suzuki = named_account(house, "鈴木 一郎", "suzuki@clinic.example", &[], Some(clinic)).await;
        let reviewer = named_account(house, "審査 正", "shinsa@madoguchi.example", &[Role::Reviewer], None).await;
        let reviewer = Browser::of(house, reviewer, true).await;
        let (sato, suzuki_at_work) = (Browser::of(house, sato, false).await, Browser::of(house, suzuki, false).await);
        let case = filed(house, &sato).await;
        let version = stored(house, &case).await.version.to_string();
        let office = case.replace("/applications/", "/office/applications/");
        reviewer.post(&format!("{office}/take"), &[("version", &version)]).await;
        suzuki_at_work.post(&format!("{case}/withdraw"), &[]).await;
        for browser in [&sato, &suzuki_at_work] {
            let told = history(browser, &case).await;
            assert!(told.contains("佐藤 健") && told.contains("鈴木 一郎") && told.contains("運営者"), "{told}");
            assert!(!told.contains("審査 正"), "{told}");
        }
        let mut tx = house.app.db.write().await.unwrap();
        let left = storage::accounts::membership_of(&mut tx, suzuki, clinic).await.unwrap().unwrap();
        let now = house.app.clock.now();
        storage::accounts::decide_membership(&mut tx, left.id, "active", "removed", "test", now).await.unwrap();
        tx.commit().await.unwrap();
        assert!(history(&sato, &case).await.contains("鈴木 一郎"), "who leaves keeps the name in the history");
    })
    .await;
}

#[tokio::test]
async fn a_filing_on_paper_does_not_name_who_recorded_it() {
    on_each_database(async |house| {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let reviewer = named_account(house, "審査 正", "shinsa@madoguchi.example", &[Role::Reviewer], None).await;
        let reviewer = Browser::of(house, reviewer, true).await;
        let filing = format!("/office/institutions/{clinic}/paper-filing");
        let done = reviewer.post(&filing, &[("customer_id", "COP01234567"), ("received", "2026-05-20")]).await.location;
        let case = done.trim_start_matches("/office").trim_end_matches("?done=paper").to_owned();
        let owner = named_account(house, "佐藤 健", "sato@clinic.example", &[], Some(clinic)).await;
        let told = history(&Browser::of(house, owner, false).await, &case).await;
        assert!(told.contains("運営者") && !told.contains("審査 正"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_mail_about_an_officers_revocation_does_not_name_the_officer() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        let officer = named_account(house, "登録 守", "ra@madoguchi.example", &[Role::RaOfficer], None).await;
        let officer = Browser::of(house, officer, true).await;
        let mut conn = house.app.db.read().await.unwrap();
        let id = stored(house, &case).await.id;
        let made = storage::authority::of_application(&mut conn, id).await.unwrap().remove(0);
        drop(conn);
        mails(house).await;
        officer.post(&format!("/office/certificates/{}/revoke", made.id), &[("reason", "keyCompromise")]).await;
        let told = mails(house).await.remove(0).1;
        assert!(told.contains("操作した方：運営者") && !told.contains("登録 守"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_filing_says_since_when_it_waits_and_until_when_and_from_when_it_counts() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let reviewer = staff(house, Role::Reviewer).await;
        let case = filed(house, &browser).await;
        decide(house, &reviewer, &case, "return", &[("words-customer_id", "書類と違います")]).await;
        let page = browser.get(&case).await.body;
        assert!(page.contains("2026年5月20日（水）に補正をお願いしました。"), "{page}");
        for page in [page, browser.get("/").await.body, browser.get("/mylist").await.body] {
            assert!(page.contains("補正の期限は2026年6月19日（金）です。"), "{page}");
        }
        browser.post(&format!("{case}/submit"), &[("version", &stored(house, &case).await.version.to_string())]).await;
        decide(house, &reviewer, &case, "accept", &[]).await;
        let page = browser.get(&case).await.body;
        assert!(
            page.contains("2026年5月20日（水）に承認し、受付済みになりました。2026年7月から利用できます。"),
            "{page}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_letter_says_until_when_it_works_wherever_its_case_is_shown() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        for place in [case.as_str(), "/", "/mylist", "/certificates"] {
            let page = browser.get(place).await.body;
            assert!(page.contains("取得期限は2026年11月16日（月）です。"), "{place}: {page}");
        }
        fetch(&Browser::terminal(house), &paper).await;
        for place in [case.as_str(), "/certificates"] {
            let page = browser.get(place).await.body;
            assert!(page.contains("2026年5月20日（水）に端末の電子証明書を取得しました。"), "{place}: {page}");
            assert!(page.contains("もう一度取得できる期限は2026年5月27日（水）です。"), "{place}: {page}");
        }
        house.clock.pass(Duration::days(8));
        let later = account(house, "later@clinic.example", &[], Some(clinic)).await;
        let page = Browser::of(house, later, false).await.get(&case).await.body;
        assert!(!page.contains("もう一度取得できる期限"), "over: nothing is open any more");
    })
    .await;
}

#[tokio::test]
async fn a_case_that_ran_out_names_its_last_day() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        house.clock.pass(Duration::days(182));
        mails(house).await;
        let later = account(house, "later@clinic.example", &[], Some(clinic)).await;
        let page = Browser::of(house, later, false).await.get(&case).await.body;
        assert!(page.contains("取得期限（2026年11月16日（月））が過ぎました。"), "{page}");
    })
    .await;
}

/// The part of 申請状況照会 that shows one case.
fn part<'a>(page: &'a str, case: &str) -> &'a str {
    let found = page.split("<article").find(|part| part.contains(case));
    assert!(found.is_some(), "{case} is missing in {page}");
    found.unwrap()
}

#[tokio::test]
async fn the_status_page_shows_every_application_with_its_line_of_life() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let expired = approved(house, &browser).await;
        house.clock.pass(Duration::days(182));
        mails(house).await;
        let later = account(house, "later@clinic.example", &[], Some(clinic)).await;
        let browser = Browser::of(house, later, false).await;
        let officer = staff(house, Role::RaOfficer).await;
        let apply = async |name: &str| {
            let mut answers = CERTIFICATE.to_vec();
            answers[3].1 = name;
            file(house, &browser, "certificate", &answers).await
        };
        let cancelled = apply("受付の端末1号").await;
        browser.post(&format!("{cancelled}/withdraw"), &[]).await;
        let rejected = apply("受付の端末2号").await;
        decide(house, &officer, &rejected, "reject", &[("words-general", "二重の申請です")]).await;
        let going = apply("受付の端末3号").await;
        decide(house, &officer, &going, "accept", &[]).await;

        let page = browser.get("/certificates").await.body;
        let (list, over) = page.split_once("端末の電子証明書を発行せずに終わった申請").unwrap();
        assert!(part(over, &expired).contains("取得期限（2026年11月16日（月））が過ぎました。"));
        assert!(part(over, &cancelled).contains("2026年11月18日（水）に取り消しました。"));
        let told = part(over, &rejected);
        assert!(told.contains("2026年11月18日（水）に却下しました。") && told.contains("終了"), "{told}");
        let told = part(list, &going);
        assert!(told.contains("審査中") && told.contains("いまここ") && told.contains("設定完了"), "{told}");
        assert!(told.contains("取得期限は2027年5月17日（月）です。"), "{told}");
        let stranger = crate::steps::clinic(house, "2730100019").await.1;
        assert!(stranger.get("/certificates").await.body.contains("申請はまだありません"), "others see nothing of it");
    })
    .await;
}
