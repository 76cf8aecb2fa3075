//! What is said about a case without deciding it: a question to its applicant, notes among staff.

use axum::http::StatusCode;
use domain::{
    applications::{Flag, State},
    permissions::Role,
};

use crate::{
    browser::{Browser, named_account},
    queues::listed,
    reviewing::{office, version},
    steps::{clinic, decide, filed, mails, staff, stored},
    support::on_each_database,
};

/// The question that waits on the page of a case.
async fn waiting(browser: &Browser, case: &str) -> String {
    let page = browser.get(case).await.body;
    page.split("name=\"question\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_question_does_not_return_the_form_and_is_answered_on_the_page() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let reviewer = named_account(house, "審査 正", "shinsa@madoguchi.example", &[Role::Reviewer], None).await;
        let reviewer = Browser::of(house, reviewer, true).await;
        mails(house).await;
        decide(
            house,
            &reviewer,
            &case,
            "ask",
            &[("canned-question", "construction_day"), ("words-question", "6月ですか。")],
        )
        .await;
        let found = stored(house, &case).await;
        assert_eq!((found.state, found.flag), (State::InReview, Flag::Asked));
        let (subject, body) = mails(house).await.remove(0);
        assert!(
            subject.contains("おたずねします") && body.contains("6月ですか。") && body.contains("2026年6月3日"),
            "{body}"
        );
        let page = browser.get(&case).await.body;
        for words in ["審査担当からの質問", "工事やシステムの設置の予定日", "回答の期限は2026年6月3日（水）です。"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("審査 正"), "staff are not named: {page}");
        assert!(browser.get("/").await.body.contains("質問に答えてください"), "the home page says so too");
        assert_eq!(listed(&reviewer, "state=in_review&flag=asked").await, std::slice::from_ref(&case));
        let question = waiting(&browser, &case).await;
        let (_, stranger) = clinic(house, "2710200018").await;
        let foreign = stranger.post(&format!("{case}/answer"), &[("question", &question), ("answer", "はい")]).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        let empty = browser.post(&format!("{case}/answer"), &[("question", &question), ("answer", " ")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let told =
            browser.post(&format!("{case}/answer"), &[("question", &question), ("answer", "6月10日です。")]).await;
        assert_eq!(told.location, format!("{case}?said=answered"));
        let late = browser.post(&format!("{case}/answer"), &[("question", &question), ("answer", "7月です。")]).await;
        assert_eq!(late.location, format!("{case}?said=answered_late"));
        assert_eq!(listed(&reviewer, "state=in_review&flag=answered").await, std::slice::from_ref(&case));
        let page = reviewer.get(&office(&case)).await.body;
        assert!(
            page.contains("6月10日です。") && page.contains("申請者の回答あり") && !page.contains("7月です。"),
            "{page}"
        );
        decide(house, &reviewer, &case, "accept", &[]).await;
        let found = stored(house, &case).await;
        assert_eq!((found.state, found.flag), (State::Accepted, Flag::Plain));
    })
    .await;
}

#[tokio::test]
async fn a_question_is_over_once_the_case_is_decided() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let reviewer = staff(house, Role::Reviewer).await;
        decide(house, &reviewer, &case, "ask", &[("words-question", "いつですか。")]).await;
        let seen = version(house, &case).await;
        let twice =
            reviewer.post(&format!("{}/ask", office(&case)), &[("version", &seen), ("words-question", "x？")]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT, "one question at a time");
        let question = waiting(&browser, &case).await;
        decide(house, &reviewer, &case, "reject", &[("words-general", "お断りします。")]).await;
        let late = browser.post(&format!("{case}/answer"), &[("question", &question), ("answer", "明日です。")]).await;
        assert_eq!(late.location, format!("{case}?said=answered_late"));
        assert_eq!(stored(house, &case).await.state, State::Rejected);
        assert!(!browser.get(&case).await.body.contains("name=\"answer\""));
    })
    .await;
}

#[tokio::test]
async fn notes_are_among_staff_and_only_grow() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let notes = format!("{}/notes", office(&case));
        for (role, status) in [
            (Role::Reviewer, StatusCode::SEE_OTHER),
            (Role::CallCentreAgent, StatusCode::SEE_OTHER),
            (Role::RaOfficer, StatusCode::FORBIDDEN),
            (Role::Auditor, StatusCode::FORBIDDEN),
            (Role::DispatchClerk, StatusCode::FORBIDDEN),
        ] {
            let note = format!("{role}が電話で確認しました。");
            assert_eq!(staff(house, role).await.post(&notes, &[("note", &note)]).await.status, status, "{role}");
        }
        let seen = staff(house, Role::Auditor).await.get(&office(&case)).await.body;
        assert!(
            seen.contains("reviewerが電話で確認しました。") && seen.contains("call_centre_agentが電話で"),
            "{seen}"
        );
        assert!(!seen.contains("name=\"note\""), "an auditor writes nothing");
        let applicant = browser.get(&case).await.body;
        assert!(!applicant.contains("電話で確認しました"), "{applicant}");
        assert!(
            !storage::STATEMENTS
                .iter()
                .any(|(_, text)| text.contains("UPDATE case_notes") || text.contains("DELETE FROM case_notes"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_question_can_be_answered_after_the_reviewer_let_go_of_the_case() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let reviewer = staff(house, Role::Reviewer).await;
        decide(house, &reviewer, &case, "ask", &[("words-question", "いつですか。")]).await;
        decide(house, &reviewer, &case, "release", &[]).await;
        let question = waiting(&browser, &case).await;
        let told = browser.post(&format!("{case}/answer"), &[("question", &question), ("answer", "明日です。")]).await;
        assert_eq!(told.location, format!("{case}?said=answered"));
        assert_eq!(listed(&staff(house, Role::Reviewer).await, "flag=answered").await, std::slice::from_ref(&case));
        assert_eq!(stored(house, &case).await.state, State::Submitted);
    })
    .await;
}
