//! Four eyes: what one person of the staff proposes is done only when another one approves it.

use axum::http::StatusCode;
use domain::{
    applications::State,
    office::{FourEyes, Matter},
    permissions::Role,
};
use services::Settings;

use crate::{
    browser::{Answer, Browser},
    ladder::certificates_of,
    steps::{CERTIFICATE, ELIGIBILITY, clinic, file, letters_of, mails, staff, stored},
    support::{House, on_each_database_with},
    trouble::with_terminal,
};

/// An installation that asks for a second person where the program does by itself.
pub(crate) fn by_default(settings: &mut Settings) {
    let rules = domain::applications::Rules { four_eyes: FourEyes::default(), ..(*settings.rules).clone() };
    settings.rules = std::sync::Arc::new(rules);
}

/// The page of the proposal that an answer leads to.
pub(crate) fn proposal(location: &str) -> String {
    let (page, _) = location.split_once("?done=made").expect("a proposal");
    page.to_owned()
}

/// An officer proposes to revoke the certificate of a case; the page of the proposal.
async fn proposed(house: &House, officer: &Browser, case: &str) -> String {
    let id = certificates_of(house, case).await.pop().unwrap().id;
    let answer = officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "superseded")]).await;
    proposal(&answer.location)
}

async fn state_of(house: &House, case: &str) -> String {
    certificates_of(house, case).await.pop().unwrap().state
}

#[tokio::test]
async fn an_officer_alone_revokes_nothing_and_two_do() {
    on_each_database_with(by_default, async |house| {
        let (_, case) = with_terminal(house).await;
        let (first, second) = (staff(house, Role::RaOfficer).await, staff(house, Role::RaOfficer).await);
        mails(house).await;
        let page = proposed(house, &first, &case).await;
        assert_eq!(state_of(house, &case).await, "valid");
        let told = mails(house).await;
        assert!(told.iter().any(|(subject, _)| subject.contains("承認のお願い")), "{told:?}");
        let own = first.post(&format!("{page}/approve"), &[]).await;
        assert_eq!(own.status, StatusCode::FORBIDDEN);
        assert_eq!(state_of(house, &case).await, "valid");
        assert!(second.get("/office").await.body.contains("承認待ち"));
        let done = second.post(&format!("{page}/approve"), &[]).await;
        assert!(done.location.ends_with("?done=approve"), "{}", done.body);
        assert_eq!(state_of(house, &case).await, "revoked");
        let again = second.post(&format!("{page}/approve"), &[]).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "a second click is told");
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_or_taken_back_is_not_done_and_can_be_proposed_again() {
    on_each_database_with(by_default, async |house| {
        let (_, case) = with_terminal(house).await;
        let (first, second) = (staff(house, Role::RaOfficer).await, staff(house, Role::RaOfficer).await);
        let page = proposed(house, &first, &case).await;
        let id = certificates_of(house, &case).await.pop().unwrap().id;
        let twice = second
            .post(&format!("/office/certificates/{id}/revoke"), &[("reason", "superseded"), ("case", case_id(&case))])
            .await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twice.body.contains("すでに起案されています"));
        let silent = second.post(&format!("{page}/refuse"), &[("reason", " ")]).await;
        assert!(silent.body.contains("「承認しない理由」を入力してください"));
        second.post(&format!("{page}/refuse"), &[("reason", "別の端末です。")]).await;
        assert_eq!(second.post(&format!("{page}/approve"), &[]).await.status, StatusCode::CONFLICT);
        assert!(first.get(&page).await.body.contains("別の端末です。"));
        let again = proposed(house, &first, &case).await;
        assert_eq!(second.post(&format!("{again}/withdraw"), &[]).await.status, StatusCode::FORBIDDEN);
        assert!(first.post(&format!("{again}/withdraw"), &[]).await.location.ends_with("?done=withdraw"));
        assert_eq!(state_of(house, &case).await, "valid");
    })
    .await;
}

fn case_id(case: &str) -> &str {
    case.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_proposal_whose_matter_is_settled_meanwhile_does_nothing_and_stays() {
    on_each_database_with(by_default, async |house| {
        let (owner, case) = with_terminal(house).await;
        let (first, second) = (staff(house, Role::RaOfficer).await, staff(house, Role::RaOfficer).await);
        let page = proposed(house, &first, &case).await;
        let id = certificates_of(house, &case).await.pop().unwrap().id;
        owner.post(&format!("/certificates/{id}/revoke"), &[("reason", "cessationOfOperation")]).await;
        let late = second.post(&format!("{page}/approve"), &[]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("すでに失効しています"), "{}", late.body);
        assert!(first.post(&format!("{page}/withdraw"), &[]).await.location.ends_with("?done=withdraw"));
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_decide_a_matter_neither_sees_nor_decides_its_proposal() {
    on_each_database_with(by_default, async |house| {
        let (_, case) = with_terminal(house).await;
        let page = proposed(house, &staff(house, Role::RaOfficer).await, &case).await;
        for role in [Role::Reviewer, Role::Editor, Role::BillingClerk, Role::Administrator] {
            let other = staff(house, role).await;
            assert_eq!(other.get(&page).await.status, StatusCode::FORBIDDEN, "{role}");
            assert!(other.post(&format!("{page}/approve"), &[]).await.status.is_client_error(), "{role}");
        }
        let auditor = staff(house, Role::Auditor).await;
        assert_eq!(auditor.get(&page).await.status, StatusCode::OK);
        assert_eq!(auditor.post(&format!("{page}/approve"), &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(state_of(house, &case).await, "valid");
    })
    .await;
}

/// An installation in which every decision on a case needs a second person.
fn for_decisions(settings: &mut Settings) {
    let mut four_eyes = FourEyes::none();
    for matter in [Matter::AcceptFiling, Matter::AcceptCertificate, Matter::Reject] {
        four_eyes.set(matter, true);
    }
    settings.rules = std::sync::Arc::new(domain::applications::Rules { four_eyes, ..(*settings.rules).clone() });
}

/// What a reviewer's decision on a case leads to.
async fn decides(house: &House, reviewer: &Browser, case: &str, decision: &str, typed: &[(&str, &str)]) -> Answer {
    let version = stored(house, case).await.version.to_string();
    let fields = [&[("version", version.as_str())], typed].concat();
    reviewer.post(&format!("/office/applications/{}/{decision}", case_id(case)), &fields).await
}

#[tokio::test]
async fn where_two_decide_the_first_proposes_and_the_second_ones_approval_accepts_once() {
    on_each_database_with(for_decisions, async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = file(house, &browser, "eligibility", ELIGIBILITY).await;
        let (first, second) = (staff(house, Role::Reviewer).await, staff(house, Role::Reviewer).await);
        let page = proposal(&decides(house, &first, &case, "accept", &[]).await.location);
        assert_eq!(stored(house, &case).await.state, State::InReview);
        let again = proposal(&decides(house, &first, &case, "accept", &[]).await.location);
        assert_eq!(again, page, "a second click leads to the same proposal");
        assert!(
            first
                .get(&format!("/office/applications/{}", case_id(&case)))
                .await
                .body
                .contains("別の担当者の承認を待っています")
        );
        assert!(second.post(&format!("{page}/approve"), &[]).await.location.ends_with("?done=approve"));
        assert_eq!(stored(house, &case).await.state, State::Accepted);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_of_two_officers_gets_one_letter_and_one_fee() {
    on_each_database_with(for_decisions, async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        file(house, &browser, "eligibility", ELIGIBILITY).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        let (first, second) = (staff(house, Role::RaOfficer).await, staff(house, Role::RaOfficer).await);
        let page = proposal(&decides(house, &first, &case, "accept", &[]).await.location);
        assert!(letters_of(house, &case).await.is_empty());
        second.post(&format!("{page}/approve"), &[]).await;
        assert_eq!(second.post(&format!("{page}/approve"), &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(letters_of(house, &case).await.len(), 1);
        let fees =
            storage::ledger::of_application(&mut house.app.db.read().await.unwrap(), stored(house, &case).await.id)
                .await;
        assert_eq!(fees.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_case_that_is_withdrawn_meanwhile_is_not_refused_by_the_second_one() {
    on_each_database_with(for_decisions, async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = file(house, &browser, "eligibility", ELIGIBILITY).await;
        let (first, second) = (staff(house, Role::Reviewer).await, staff(house, Role::Reviewer).await);
        let page = proposal(
            &decides(house, &first, &case, "reject", &[("words-general", "対象ではありません。")]).await.location,
        );
        assert!(second.get(&page).await.body.contains("対象ではありません。"));
        let version = stored(house, &case).await.version.to_string();
        browser.post(&format!("{case}/withdraw"), &[("version", version.as_str())]).await;
        let late = second.post(&format!("{page}/approve"), &[]).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
        assert!(late.body.contains("申請の状態が変わりました"));
        assert_eq!(stored(house, &case).await.state, State::Withdrawn);
    })
    .await;
}
