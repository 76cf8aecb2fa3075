//! The fee that is charged is the one that was agreed to, whatever comes into force meanwhile.

use axum::http::StatusCode;
use domain::{applications::Rules, permissions::Role};
use services::Settings;

use crate::{
    browser::Browser,
    steps::{CERTIFICATE, begin, clinic, decide, file, filed, mails, staff, stored},
    support::{House, on_each_database},
};

fn dearer(settings: &mut Settings) {
    settings.rules = Rules { certificate_fee_yen: 1_800, ..Rules::default() }.into();
}

async fn owner_in(later: &House, house: &House, case: &str) -> Browser {
    Browser::of(later, stored(house, case).await.created_by, false).await
}

async fn charged(house: &House, case: &str) -> Vec<i64> {
    let id = stored(house, case).await.id;
    let entries = storage::ledger::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    entries.into_iter().map(|entry| entry.amount_yen).collect()
}

#[tokio::test]
async fn a_fee_that_rose_after_the_application_was_sent_does_not_reach_it() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        mails(house).await;
        let later = house.with_other_settings(dearer).await;
        let officer = staff(&later, Role::RaOfficer).await;
        let page = officer.get(&case.replace("/applications/", "/office/applications/")).await.body;
        assert!(page.contains("発行料1,500円") && !page.contains("1,800円"), "{page}");
        decide(&later, &officer, &case, "accept", &[]).await;
        assert_eq!(charged(&later, &case).await, [1_500]);
        let told = mails(&later).await;
        let told: Vec<_> = told.iter().filter(|(_, text)| text.contains("1,800円")).collect();
        assert!(told.is_empty(), "no mail about it names the other fee: {told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_correction_asks_for_no_other_fee() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        let later = house.with_other_settings(dearer).await;
        let officer = staff(&later, Role::RaOfficer).await;
        decide(&later, &officer, &case, "return", &[("words-contact", "宛名をお確かめください。")]).await;
        let browser = owner_in(&later, house, &case).await;
        browser.post(&format!("{case}/edit"), CERTIFICATE).await;
        let check = browser.get(&format!("{case}/check")).await.body;
        assert!(check.contains("1,500円") && !check.contains("1,800円"), "{check}");
        let version = stored(house, &case).await.version.to_string();
        let fields = [("version", version.as_str()), ("fee", "1500")];
        assert_eq!(browser.post(&format!("{case}/submit"), &fields).await.location, format!("{case}/done"));
        decide(&later, &officer, &case, "accept", &[]).await;
        assert_eq!(charged(&later, &case).await, [1_500]);
    })
    .await;
}

#[tokio::test]
async fn whoever_saw_the_old_fee_is_shown_the_new_one_before_anything_is_sent() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = begin(&browser, "certificate").await;
        browser.post(&format!("{case}/edit"), CERTIFICATE).await;
        let shown = browser.get(&format!("{case}/check")).await.body;
        assert!(shown.contains("name=\"fee\" value=\"1500\""), "{shown}");
        let later = house.with_other_settings(dearer).await;
        let browser = owner_in(&later, house, &case).await;
        let version = stored(house, &case).await.version.to_string();
        let sent = browser.post(&format!("{case}/submit"), &[("version", &version), ("fee", "1500")]).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(sent.body.contains("1,800円") && sent.body.contains("まだ送信されていません"), "{}", sent.body);
        let fields = [("version", version.as_str()), ("fee", "1800")];
        assert_eq!(browser.post(&format!("{case}/submit"), &fields).await.location, format!("{case}/done"));
        decide(&later, &staff(&later, Role::RaOfficer).await, &case, "accept", &[]).await;
        assert_eq!(charged(&later, &case).await, [1_800], "what was agreed to");
    })
    .await;
}
