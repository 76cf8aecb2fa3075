//! A person with two institutions who meets something of the one they did not choose: nothing typed is lost, nothing stands under
//! the wrong name, and nobody is blamed.

use axum::http::StatusCode;
use domain::{
    applications::Kind,
    ids::{AccountId, InstitutionId},
};

use crate::{
    browser::{Browser, account, institution},
    interview::with_what_is_there,
    overview::{join, switch},
    steps::{ELIGIBILITY, begin, clinic, filed, stored},
    support::{House, on_each_database},
};

/// A person of さくら歯科, which each login begins with, and of みどり歯科, with which they go on.
async fn with_two(house: &House) -> (Browser, AccountId, [InstitutionId; 2]) {
    let first = institution(house, "1330100016", "さくら歯科").await;
    let second = institution(house, "1330100115", "みどり歯科").await;
    let person = account(house, "owner@clinic.example", &[], Some(first)).await;
    join(house, person, second).await;
    let browser = Browser::of(house, person, false).await;
    switch(&browser, second, "/").await;
    (browser, person, [first, second])
}

/// How often somebody was noted who asked for a case of others.
async fn blamed(house: &House) -> usize {
    let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 1_000).await.unwrap();
    rows.iter().filter(|row| row.action == "application.view_refused").count()
}

#[tokio::test]
async fn a_form_that_outlived_its_session_comes_back_in_its_own_institution() {
    on_each_database(async |house| {
        let (browser, person, _) = with_two(house).await;
        let case = begin(&browser, "eligibility").await;
        house.clock.pass(time::Duration::hours(2));
        let parked = browser.post(&format!("{case}/edit"), ELIGIBILITY).await;
        let again = Browser::of(house, person, false).await.with_cookie(&parked.cookie);
        assert_eq!(again.get("/resume").await.location, format!("{case}/edit"));
        assert_eq!(stored(house, &case).await.answers.get("v6_option"), "contracted");
        let page = again.get(&format!("{case}/edit")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("みどり歯科"), "the session goes on with it");
        assert_eq!(blamed(house).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_page_of_the_interview_that_outlived_its_session_comes_back_in_its_own_institution() {
    on_each_database(async |house| {
        let (browser, person, [first, second]) = with_two(house).await;
        browser.post("/together", &[("kinds", "eligibility"), ("paper_filed", "no")]).await;
        let page = browser.get("/together/papers").await;
        let sent = with_what_is_there(&page, &[("papers", "ctc")]);
        let sent: Vec<(&str, &str)> = sent.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        house.clock.pass(time::Duration::hours(2));
        let late = browser.post_from_old_tab("/together/papers", &sent, &browser).await;
        let again = Browser::of(house, person, false).await.with_cookie(&late.cookie);
        assert_eq!(again.get("/resume").await.location, "/together/papers");
        let mut conn = house.app.db.read().await.unwrap();
        let draft = storage::applications::draft_of(&mut conn, second, Kind::Eligibility).await.unwrap().unwrap();
        assert_eq!(draft.answers.get("papers"), "ctc");
        let other = storage::applications::draft_of(&mut conn, first, Kind::Eligibility).await.unwrap();
        assert!(other.is_none(), "nothing was begun for the other one");
    })
    .await;
}

#[tokio::test]
async fn a_link_in_a_mail_says_whose_case_it_is_and_switches_with_one_button() {
    on_each_database(async |house| {
        let (browser, person, [_, second]) = with_two(house).await;
        let case = filed(house, &browser).await;
        let later = Browser::of(house, person, false).await;
        for page in [case.clone(), format!("{case}/done"), format!("{case}/withdraw"), format!("{case}/copy.pdf")] {
            let told = later.get(&page).await;
            assert_eq!(told.status, StatusCode::CONFLICT, "{page}");
            assert!(told.body.contains("このページは「みどり歯科」のものです"), "{}", told.body);
            assert!(told.body.contains(&format!("name=\"next\" value=\"{page}\"")), "{}", told.body);
            assert!(told.body.contains(&format!("name=\"institution\" value=\"{second}\"")), "{}", told.body);
        }
        assert_eq!(switch(&later, second, &case).await, case);
        assert_eq!(later.get(&case).await.status, StatusCode::OK);
        assert_eq!(blamed(house).await, 0, "it is theirs");
        let (_, stranger) = clinic(house, "1330100131").await;
        assert_eq!(stranger.get(&case).await.status, StatusCode::NOT_FOUND);
        assert_eq!(blamed(house).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_tab_of_the_institution_before_keeps_what_is_typed_and_nothing_stands_under_the_wrong_name() {
    on_each_database(async |house| {
        let (tab, _, [first, _]) = with_two(house).await;
        let case = begin(&tab, "eligibility").await;
        switch(&tab, first, "/").await;
        let saved = tab.post(&format!("{case}/draft"), &[("customer_id", "CAF0123456789")]).await;
        assert_eq!(saved.status, StatusCode::OK, "typing is kept");
        let sent = tab.post(&format!("{case}/edit"), ELIGIBILITY).await;
        assert_eq!(sent.location, format!("{case}/check"));
        assert_eq!(stored(house, &case).await.answers.get("v6_option"), "contracted");
        for page in ["edit", "check"] {
            assert_eq!(tab.get(&format!("{case}/{page}")).await.status, StatusCode::CONFLICT, "{page}");
        }
        let refused = tab.post(&format!("{case}/edit"), &[("start_month", "x")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains(&format!("name=\"next\" value=\"{case}\"")), "{}", refused.body);
        let submitted = tab.post(&format!("{case}/submit"), &[("version", "1")]).await;
        assert_eq!(submitted.status, StatusCode::CONFLICT, "nothing is sent for one under the name of the other");
        assert!(stored(house, &case).await.submitted_at.is_none());
    })
    .await;
}
