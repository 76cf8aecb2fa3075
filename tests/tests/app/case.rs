//! The applicant's page of a case: who did what, since when it stands where it stands, and until when something is awaited.

use domain::permissions::Role;

use crate::{
    browser::{Browser, institution, named_account},
    steps::{approved, filed, posted, staff, stored},
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
        let done = reviewer.post(&filing, &[("customer_id", "COP01234567")]).await.location;
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
        let (_, browser) = crate::steps::clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        crate::pickup::fetch(&Browser::terminal(house), &paper).await;
        let officer = named_account(house, "登録 守", "ra@madoguchi.example", &[Role::RaOfficer], None).await;
        let officer = Browser::of(house, officer, true).await;
        let mut conn = house.app.db.read().await.unwrap();
        let id = stored(house, &case).await.id;
        let made = storage::authority::of_application(&mut conn, id).await.unwrap().remove(0);
        drop(conn);
        services::jobs::work_all(&house.app, "test").await.unwrap();
        house.postbox.empty();
        officer.post(&format!("/office/certificates/{}/revoke", made.id), &[("reason", "keyCompromise")]).await;
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let told = house.postbox.empty().remove(0).body;
        assert!(told.contains("操作した方：運営者") && !told.contains("登録 守"), "{told}");
    })
    .await;
}
