//! One case of a procedure at a time: told before the form, refused in the verb, decided in the transaction (issue 4).

use std::{cell::Cell, time::Duration};

use axum::http::StatusCode;
use domain::{
    applications::{Kind, State},
    ids::{AccountId, ApplicationId, InstitutionId},
    permissions::Role,
};
use storage::applications::Application;

use crate::{
    browser::{Browser, account},
    correcting::{returned, send},
    steps::{ELIGIBILITY, accepted, begin, claims, clinic, file, filed, staff, stored},
    support::{House, on_each_database},
};

async fn page(browser: &Browser, kind: &str) -> String {
    browser.get(&format!("/procedures/{kind}")).await.body
}

#[tokio::test]
async fn a_second_application_while_one_is_under_way_is_not_begun_and_the_first_is_shown() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        for kind in ["eligibility", "claims"] {
            let case = match kind {
                "eligibility" => filed(house, &browser).await,
                _ => file(house, &browser, kind, &claims(house, "start")).await,
            };
            let told = page(&browser, kind).await;
            assert!(
                told.contains("すでに進んでいます") && told.contains("2026年5月20日（水）に送信、審査待ち"),
                "{told}"
            );
            assert!(told.contains(&format!("href=\"{case}\"")), "{told}");
            assert!(told.contains(&format!("href=\"{case}/withdraw\"")), "{told}");
            let refused = browser.post(&format!("/procedures/{kind}"), &[]).await;
            assert_eq!((refused.status, refused.location), (StatusCode::SEE_OTHER, format!("/procedures/{kind}")));
            returned(house, &case, if kind == "claims" { "connection" } else { "line_kind" }).await;
            let told = page(&browser, kind).await;
            assert!(told.contains(&format!("href=\"{case}/edit\"")), "it is corrected, not sent anew: {told}");
            browser.post(&format!("{case}/withdraw"), &[]).await;
            assert_ne!(begin(&browser, kind).await, format!("/procedures/{kind}"), "after that a new one may begin");
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_may_begin_once_the_first_is_accepted_and_another_after_that() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let first = filed(house, &browser).await;
        let reviewer = staff(house, Role::Reviewer).await;
        let version = stored(house, &first).await.version.to_string();
        let office = first.replace("/applications/", "/office/applications/");
        reviewer.post(&format!("{office}/take"), &[("version", &version)]).await;
        assert_eq!(stored(house, &first).await.state, State::InReview);
        assert!(page(&browser, "eligibility").await.contains("すでに進んでいます"));
        let version = stored(house, &first).await.version.to_string();
        reviewer.post(&format!("{office}/accept"), &[("version", &version)]).await;
        let change = begin(&browser, "eligibility").await;
        let answers = [ELIGIBILITY, &[("application_kind", "change")]].concat();
        let answers: Vec<(&str, &str)> = answers.into_iter().skip(1).collect();
        browser.post(&format!("{change}/edit"), &answers).await;
        assert_eq!(send(house, &browser, &change).await, format!("{change}/done"));
        assert!(page(&browser, "eligibility").await.contains("すでに進んでいます"));
        accepted(house, &change).await;
        begin(&browser, "eligibility").await;
    })
    .await;
}

/// A case that another way of filing puts under way.
fn sent_meanwhile(house: &House, by: AccountId, institution: InstitutionId, like: &Application) -> Application {
    let now = house.app.clock.now();
    Application {
        id: ApplicationId::new(now, &*house.app.randomness),
        institution_id: institution,
        state: State::Submitted,
        reference: Some("2345-6789-ABCD".to_owned()),
        created_by: by,
        submitted_at: Some(now),
        ..like.clone()
    }
}

async fn begun(house: &House) -> (InstitutionId, AccountId, Browser, String) {
    let (clinic, browser) = clinic(house, "1330100016").await;
    let colleague = account(house, "colleague@clinic.example", &[], Some(clinic)).await;
    let case = begin(&browser, "eligibility").await;
    let saved = browser.post(&format!("{case}/edit"), ELIGIBILITY).await;
    assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
    (clinic, colleague, browser, case)
}

#[tokio::test]
async fn a_draft_from_before_waits_without_losing_a_word() {
    on_each_database(async |house| {
        let (clinic, colleague, browser, case) = begun(house).await;
        let draft = stored(house, &case).await;
        let other = sent_meanwhile(house, colleague, clinic, &draft);
        let mut tx = house.app.db.write().await.unwrap();
        storage::applications::insert_filed(&mut tx, &other).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(browser.get(&format!("{case}/check")).await.location, "/procedures/eligibility");
        assert_eq!(send(house, &browser, &case).await, "/procedures/eligibility");
        let told = page(&browser, "eligibility").await;
        assert!(told.contains("同じ手続は1件ずつ送信できます") && told.contains("そのまま残っています"), "{told}");
        assert_eq!(stored(house, &case).await.answers, draft.answers);
        browser.post(&format!("/applications/{}/withdraw", other.id), &[]).await;
        assert_eq!(send(house, &browser, &case).await, format!("{case}/done"));
    })
    .await;
}

#[tokio::test]
async fn of_two_people_who_send_at_once_one_waits_and_is_told() {
    on_each_database(async |house| {
        let (clinic, colleague, browser, case) = begun(house).await;
        let draft = stored(house, &case).await;
        let other = sent_meanwhile(house, colleague, clinic, &draft);
        let mut tx = house.app.db.write().await.unwrap();
        let found = storage::applications::under_way_in_turn(&mut tx, clinic, Kind::Eligibility).await.unwrap();
        assert_eq!(found, None, "nothing was under way when the first one looked");
        storage::applications::insert_filed(&mut tx, &other).await.unwrap();
        let committing = Cell::new(false);
        let second = async { (send(house, &browser, &case).await, committing.get()) };
        let first = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            committing.set(true);
            tx.commit().await.unwrap();
        };
        let ((told, waited), ()) = tokio::join!(second, first);
        assert!(waited, "the second one waits for the first");
        assert_eq!(told, "/procedures/eligibility");
        assert_eq!(stored(house, &case).await.state, State::Draft);
        let mut conn = house.app.db.read().await.unwrap();
        let cases = storage::applications::of_institution(&mut conn, clinic, None, 10).await.unwrap();
        assert_eq!(cases.iter().filter(|case| case.state.is_under_way()).count(), 1);
    })
    .await;
}
