//! Between the report of a theft and its answer: nobody gets another certificate of the case, and no other one stops the clock.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    est::{key, send, wire},
    ladder::certificates_of,
    pickup::{fetch, request, send_request},
    renewal::{IN_TIME, Installed, renew_by_request},
    steps::staff,
    stolen::fetched,
    support::{House, on_each_database},
    trouble::reasons,
};

const WORDS: &str = "盗難・紛失の届出が出ているため、端末の電子証明書を受け取れません";

/// The newest certificate of a case is reported lost by telephone.
async fn reported(house: &House, case: &str) -> Answer {
    let id = certificates_of(house, case).await.pop().unwrap().id;
    let agent = staff(house, Role::CallCentreAgent).await;
    agent.post(&format!("/office/certificates/{id}/loss"), &[]).await
}

async fn losses(house: &House) -> usize {
    storage::terminals::open_losses(&mut house.app.db.read().await.unwrap(), 9).await.unwrap().len()
}

/// Withdraws the report about a certificate of a case.
async fn withdrawn(house: &House, case: &str) {
    let id = certificates_of(house, case).await.pop().unwrap().id;
    let withdraw = format!("/office/certificates/{id}/loss/withdraw");
    let done = staff(house, Role::RaOfficer).await.post(&withdraw, &[("reason", "院内で見つかった")]).await;
    assert_eq!(done.location, "/office/losses?done=withdrawn", "{}", done.body);
}

#[tokio::test]
async fn a_letter_gives_nothing_while_a_report_waits_and_the_office_sees_who_tried() {
    on_each_database(async |house| {
        let (_, case, paper) = fetched(house).await;
        assert_eq!(reported(house, &case).await.location, "/office/losses");
        let terminal = Browser::terminal(house);
        let told = fetch(&terminal, &paper).await;
        assert!(told.status == StatusCode::UNPROCESSABLE_ENTITY && told.body.contains(WORDS), "{}", told.body);
        let told = send_request(&terminal, &paper, &request(&["-newkey", "rsa:2048"])).await;
        assert!(told.body.contains(WORDS), "{}", told.body);
        send(&terminal, "simpleenroll", Some(&paper), wire(&key())).await.refused(StatusCode::FORBIDDEN, WORDS);
        assert_eq!((reasons(house, &case).await, losses(house).await), (vec![None], 1), "the clock runs on");
        let auditor = staff(house, Role::Auditor).await.get("/office/audit").await.body;
        assert!(auditor.contains("盗難・紛失の届出がある端末への発行の拒否"), "{auditor}");
        withdrawn(house, &case).await;
        assert_eq!(fetch(&terminal, &paper).await.status, StatusCode::OK, "it was a mistake");
    })
    .await;
}

#[tokio::test]
async fn a_stolen_terminal_is_not_renewed_on_the_page_nor_by_itself() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        reported(house, &own.case).await;
        let terminal = own.terminal(house);
        assert!(terminal.get("/renew").await.body.contains(WORDS));
        assert!(renew_by_request(&terminal, &key()).await.body.contains(WORDS));
        send(&terminal, "simplereenroll", None, wire(&key())).await.refused(StatusCode::FORBIDDEN, WORDS);
        assert_eq!(reasons(house, &own.case).await, [None]);
        withdrawn(house, &own.case).await;
        assert_eq!(renew_by_request(&terminal, &key()).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn whoever_fetches_as_the_theft_is_reported_gets_nothing_that_nobody_looks_at() {
    on_each_database(async |house| {
        let (_, case, paper) = fetched(house).await;
        let id = certificates_of(house, &case).await[0].id;
        let agent = staff(house, Role::CallCentreAgent).await;
        house.clock.pass(Duration::seconds(1));
        let (thief, own, report) = (Browser::terminal(house), key(), format!("/office/certificates/{id}/loss"));
        let (_, told) = tokio::join!(send(&thief, "simpleenroll", Some(&paper), wire(&own)), agent.post(&report, &[]));
        let first = certificates_of(house, &case).await.remove(0);
        let reported = losses(house).await == 1;
        assert_eq!(reported, first.state == "valid", "{first:?}");
        assert!(reported || told.status == StatusCode::CONFLICT, "the agent is told to look again: {}", told.body);
    })
    .await;
}

#[tokio::test]
async fn a_report_waits_for_an_answer_though_another_certificate_took_the_place() {
    on_each_database(async |house| {
        let (owner, case, paper) = fetched(house).await;
        reported(house, &case).await;
        let id = certificates_of(house, &case).await[0].id;
        owner.post(&format!("/certificates/{id}/revoke"), &[("reason", "superseded")]).await;
        assert_eq!((reasons(house, &case).await, losses(house).await), (vec![Some("superseded".to_owned())], 1));
        assert!(fetch(&Browser::terminal(house), &paper).await.body.contains(WORDS));
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "keyCompromise")]).await;
        assert_eq!((reasons(house, &case).await, losses(house).await), (vec![Some("keyCompromise".to_owned())], 0));
        assert!(!fetch(&Browser::terminal(house), &paper).await.body.contains(WORDS), "the letter is dead");
    })
    .await;
}
