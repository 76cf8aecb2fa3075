//! What happened meanwhile: a case comes back, a month goes by, an earlier case is taken back, a paper arrives.

use axum::http::StatusCode;
use domain::{
    applications::{Kind, State},
    ids::{ApplicationId, InstitutionId},
    permissions::Role,
};
use storage::applications::Application;
use time::Duration;

use crate::{
    browser::{Browser, account},
    steps::{ELIGIBILITY, accepted, approved, begin, claims, clinic, decide, file, filed, staff, stored},
    support::{House, on_each_database},
};

pub(crate) async fn returned(house: &House, case: &str, field: &str) {
    let reviewer = staff(house, Role::Reviewer).await;
    decide(house, &reviewer, case, "return", &[(&format!("words-{field}"), "書類をご確認ください。")]).await;
    assert_eq!(stored(house, case).await.state, State::Returned);
}

async fn colleague(house: &House, clinic: InstitutionId, email: &str) -> Browser {
    Browser::of(house, account(house, email, &[], Some(clinic)).await, false).await
}

pub(crate) async fn send(house: &House, browser: &Browser, case: &str) -> String {
    let version = stored(house, case).await.version.to_string();
    browser.post(&format!("{case}/submit"), &[("version", &version)]).await.location
}

async fn record_paper(house: &House, clinic: InstitutionId, received: &str) -> String {
    let reviewer = staff(house, Role::Reviewer).await;
    let path = format!("/office/institutions/{clinic}/paper-filing");
    let done = reviewer.post(&path, &[("customer_id", "COP76543210"), ("received", received)]).await;
    assert!(done.location.ends_with("?done=paper"), "{}", done.body);
    done.location.trim_end_matches("?done=paper").replace("/office/", "/")
}

#[tokio::test]
async fn a_returned_change_of_the_claims_filing_can_be_sent_again() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let first = file(house, &browser, "claims", &claims(house, "start")).await;
        accepted(house, &first).await;
        let change = file(house, &browser, "claims", &claims(house, "change")).await;
        returned(house, &change, "os_browser").await;
        let mut answers = claims(house, "change");
        answers.iter_mut().find(|(key, _)| *key == "os_browser").unwrap().1 = "win11_iot_ltsc_2024_edge".to_owned();
        let answers: Vec<(&str, &str)> = answers.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let saved = browser.post(&format!("{change}/edit"), &answers).await;
        assert_eq!(saved.location, format!("{change}/check"), "{}", saved.body);
        assert_eq!(send(house, &browser, &change).await, format!("{change}/done"));
        assert_eq!(stored(house, &change).await.state, State::Submitted);
    })
    .await;
}

#[tokio::test]
async fn a_month_that_went_by_while_the_case_was_away_may_be_corrected_too() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        returned(house, &case, "v6_option").await;
        let open = browser.get(&format!("{case}/edit")).await.body;
        assert!(!open.contains("name=\"start_month\""), "only what was asked for is open");
        house.clock.pass(Duration::days(92));
        let browser = colleague(house, clinic, "later@clinic.example").await;
        let led = browser.get(&format!("{case}/check")).await.location;
        assert_eq!(led, format!("{case}/edit?faults=1"));
        let open = browser.get(&led).await.body;
        assert!(open.contains("name=\"start_month\"") && open.contains("id=\"f-start_month-error\""), "{open}");
        assert!(!open.contains("name=\"line_kind\""), "what was right stays as it is");
        let answers = [("v6_option", "contracted"), ("start_month", "2026-10")];
        let saved = browser.post(&format!("{case}/edit"), &answers).await;
        assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
        assert_eq!(send(house, &browser, &case).await, format!("{case}/done"));
    })
    .await;
}

#[tokio::test]
async fn a_fault_that_arose_before_sending_is_shown_at_its_field() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let saved = browser.post(&format!("{case}/edit"), ELIGIBILITY).await;
        assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
        house.clock.pass(Duration::days(92));
        let browser = colleague(house, clinic, "later@clinic.example").await;
        let led = send(house, &browser, &case).await;
        assert_eq!(led, format!("{case}/edit?faults=1"));
        let page = browser.get(&led).await.body;
        assert!(page.contains("<title>エラー：") && page.contains("id=\"f-start_month-error\""), "{page}");
        assert_eq!(stored(house, &case).await.state, State::Draft);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_not_applied_for_after_the_application_before_it_was_taken_back() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let first = filed(house, &browser).await;
        let draft = begin(&browser, "certificate").await;
        let saved = browser.post(&format!("{draft}/edit"), crate::steps::CERTIFICATE).await;
        assert_eq!(saved.location, format!("{draft}/check"), "{}", saved.body);
        let gone = browser.post(&format!("{first}/withdraw"), &[]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
        assert_eq!(browser.get(&format!("{draft}/check")).await.location, "/procedures/certificate");
        assert_eq!(send(house, &browser, &draft).await, "/procedures/certificate");
        let mut conn = house.app.db.read().await.unwrap();
        let cases = storage::applications::of_institution(&mut conn, clinic, None, 10).await.unwrap();
        assert!(cases.iter().all(|case| case.kind != Kind::Certificate || case.state == State::Draft));
    })
    .await;
}

#[tokio::test]
async fn a_filing_on_paper_changes_neither_the_way_of_paying_nor_two_filings_in_force() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let online = file(house, &browser, "claims", &claims(house, "start")).await;
        accepted(house, &online).await;
        let paper = record_paper(house, clinic, "2026/5/20").await;
        assert_eq!(stored(house, &online).await.state, State::Superseded);
        let recorded = stored(house, &paper).await;
        assert_eq!((recorded.state, recorded.line_id.as_deref()), (State::InForce, Some("COP76543210")));
        assert_eq!(recorded.submitted_at.unwrap().date().to_string(), "2026-05-20");
        let certificate = approved(house, &browser).await;
        let id = stored(house, &certificate).await.id;
        let mut conn = house.app.db.read().await.unwrap();
        let fees = storage::ledger::of_application(&mut conn, id).await.unwrap();
        assert_eq!(fees.iter().map(|fee| fee.payment.as_str()).collect::<Vec<_>>(), ["deduction"]);
    })
    .await;
}

#[tokio::test]
async fn slips_in_recording_a_paper_are_named_and_kept() {
    on_each_database(async |house| {
        let (clinic, _) = clinic(house, "1330100016").await;
        let reviewer = staff(house, Role::Reviewer).await;
        let path = format!("/office/institutions/{clinic}/paper-filing");
        for (received, words) in [("", "のように入力"), ("2026-05-21", "今日より後"), ("五月二十日", "のように入力")]
        {
            let page = reviewer.post(&path, &[("customer_id", "COPO1234567"), ("received", received)]).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.body.contains(words) && page.body.contains("英字の「O」"), "{}", page.body);
            assert!(page.body.contains(&format!("value=\"{received}\"")) || received.is_empty(), "{}", page.body);
            assert!(page.body.contains("COPO1234567"), "what was typed is kept");
        }
    })
    .await;
}

#[tokio::test]
async fn a_paper_that_is_older_than_the_filing_in_force_replaces_nothing() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let online = file(house, &browser, "claims", &claims(house, "start")).await;
        accepted(house, &online).await;
        let reviewer = staff(house, Role::Reviewer).await;
        let path = format!("/office/institutions/{clinic}/paper-filing");
        let page = reviewer.post(&path, &[("customer_id", "COP76543210"), ("received", "2026-05-19")]).await;
        assert!(page.body.contains("2026年5月20日（水）に送信された届出が、この紙より新しい"), "{}", page.body);
        assert_eq!(stored(house, &online).await.state, State::Accepted);
    })
    .await;
}

#[tokio::test]
async fn a_reviewer_compares_a_change_with_what_is_in_force_and_not_with_the_next_change() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let first = file(house, &browser, "claims", &claims(house, "start")).await;
        accepted(house, &first).await;
        let with_note = |note: &str| [claims(house, "change"), vec![("note", note.to_owned())]].concat();
        let change = file(house, &browser, "claims", &with_note("訪問は午前に")).await;
        let later = stored(house, &change).await;
        let at = house.app.clock.now() + Duration::minutes(1);
        let next = Application {
            id: ApplicationId::new(at, &*house.app.randomness),
            reference: Some("from before one at a time".to_owned()),
            answers: later.answers.clone().with("note", "訪問は午後に"),
            submitted_at: Some(at),
            ..later
        };
        let mut tx = house.app.db.write().await.unwrap();
        storage::applications::insert_filed(&mut tx, &next).await.unwrap();
        tx.commit().await.unwrap();
        let reviewer = staff(house, Role::Reviewer).await;
        let page = reviewer.get(&change.replace("/applications/", "/office/applications/")).await.body;
        assert!(page.contains("<ins>訪問は午前に</ins>") && !page.contains("訪問は午後に"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_that_is_added_while_correcting_was_applied_for_on_that_day() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", crate::steps::CERTIFICATE).await;
        let officer = staff(house, Role::RaOfficer).await;
        decide(house, &officer, &case, "return", &[("words-terminal_count", "2台と伺っています。")]).await;
        house.clock.pass(Duration::days(3));
        let browser = colleague(house, clinic, "later@clinic.example").await;
        let added = [
            ("terminal_count", "2"),
            ("terminal_name_2", "受付パソコン"),
            ("terminal_os_2", "windows_11"),
            ("purpose_2", "both"),
        ];
        browser.post(&format!("{case}/edit"), &[("terminal_count", "2"), ("action", "terminals")]).await;
        let saved = browser.post(&format!("{case}/edit"), &added).await;
        assert_eq!(saved.location, format!("{case}/check"), "{}", saved.body);
        assert_eq!(send(house, &browser, &case).await, format!("{case}/done"));
        let mut conn = house.app.db.read().await.unwrap();
        let all = storage::applications::of_institution(&mut conn, clinic, None, 10).await.unwrap();
        let days: Vec<_> =
            all.iter().filter(|case| case.kind == Kind::Certificate).map(|case| case.submitted_at).collect();
        assert_eq!(days.len(), 2);
        assert!(days.iter().all(|day| day.unwrap().date().to_string() == "2026-05-23"), "{days:?}");
    })
    .await;
}

#[tokio::test]
async fn everyone_who_opens_a_case_reads_the_address_of_who_sent_it() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", crate::steps::CERTIFICATE).await;
        let office = case.replace("/applications/", "/office/applications/");
        let desk = staff(house, Role::RaOfficer).await.get(&office).await.body;
        let sender = "<span>owner-1330100016@clinic.example</span>";
        assert!(desk.contains(sender), "{desk}");
        let other = colleague(house, clinic, "colleague@clinic.example").await.get(&case).await.body;
        assert!(other.contains(sender), "{other}");
    })
    .await;
}
