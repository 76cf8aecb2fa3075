//! Inquiries as threads: asked about a case, answered, asked back, opened again, and counted.

use axum::http::StatusCode;
use domain::{
    ids::{InquiryId, InstitutionId},
    permissions::Role,
};
use storage::inquiries::Inquiry;
use time::Duration;

use crate::{
    browser::{Browser, account, institution, named_account},
    steps::{clinic, filed, mails, staff, stored},
    support::{House, on_each_database},
};

const LIST: &str = "/office/inquiries";
const QUESTION: &str = "通知書はいつ届きますか。";
const ANSWER: &str = "承認から約5営業日で届きます。";

/// Asks and gives the thread.
pub(crate) async fn asked(house: &House, browser: &Browser, case: &str, body: &str) -> Inquiry {
    let typed = [("category", "letter"), ("case", case), ("body", body)];
    let sent = browser.post("/inquiries", &typed).await;
    assert!(sent.location.starts_with("/inquiries?sent="), "{}", sent.body);
    let number = sent.location.trim_start_matches("/inquiries?sent=");
    storage::inquiries::by_reference(&mut house.app.db.read().await.unwrap(), number).await.unwrap().unwrap()
}

/// The thread as it is now.
pub(crate) async fn now(house: &House, id: InquiryId) -> Inquiry {
    storage::inquiries::find(&mut house.app.db.read().await.unwrap(), id).await.unwrap().unwrap()
}

async fn answer(browser: &Browser, thread: &Inquiry, body: &str, next: &str) -> crate::browser::Answer {
    let seen = thread.messages.to_string();
    let typed = [("seen", seen.as_str()), ("body", body), ("next", next), ("action", "send")];
    browser.post(&format!("{LIST}/{}/answer", thread.id), &typed).await
}

fn id_of(case: &str) -> &str {
    case.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_question_about_a_case_is_answered_asked_back_and_opened_again() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let case = filed(house, &owner).await;
        let page = owner.get(&case).await.body;
        assert!(page.contains(&format!("/inquiries?case={}", id_of(&case))), "{page}");
        let form = owner.get(&format!("/inquiries?case={}", id_of(&case))).await.body;
        assert!(form.contains(&format!("value=\"{}\" selected", id_of(&case))), "{form}");
        assert!(form.contains("value=\"eligibility\" selected"), "the category follows the case: {form}");
        assert!(form.contains("ただいま受付時間内です（今日の18:00まで）。"));
        let thread = asked(house, &owner, id_of(&case), QUESTION).await;
        assert_eq!(thread.case.as_ref().map(|case| case.1.as_str()), stored(house, &case).await.reference.as_deref());
        let told = mails(house).await;
        let received = told.iter().find(|(subject, _)| subject.contains(&thread.reference)).unwrap();
        assert!(
            received.1.contains("2026年5月22日（金）までにお答えします") && received.1.contains("送信専用"),
            "{}",
            received.1
        );

        let agent = staff(house, Role::CallCentreAgent).await;
        assert!(agent.get(LIST).await.body.contains(&thread.reference));
        let back = answer(&agent, &thread, "どの端末ですか。", "waiting").await;
        assert_eq!(back.location, format!("{LIST}?done=asked"), "{}", back.body);
        let (subject, _) = mails(house).await.pop().unwrap();
        assert!(subject.starts_with("【要返信】"), "{subject}");
        let page = owner.get(&format!("/inquiries/{}", thread.id)).await.body;
        assert!(page.contains("どの端末ですか。") && page.contains("お返事をお待ちしています"), "{page}");
        assert!(page.contains("<b>運営者</b>") && !page.contains("山田 花子</b>"), "staff are not named: {page}");

        house.clock.pass(Duration::minutes(20));
        let said = owner.post(&format!("/inquiries/{}", thread.id), &[("body", "受付の端末です。")]).await;
        assert_eq!(said.location, format!("/inquiries/{}?done=said", thread.id), "{}", said.body);
        let open = now(house, thread.id).await;
        assert_eq!((open.state.as_str(), open.messages, open.since), ("open", 3, house.app.clock.now()));
        let done = answer(&agent, &open, ANSWER, "answered").await;
        assert_eq!(done.location, format!("{LIST}?done=answered"));
        let closed = agent.post(&format!("{LIST}/{}/close", thread.id), &[("seen", "4")]).await;
        assert_eq!(closed.location, format!("{LIST}?done=closed"), "{}", closed.body);
        owner.post(&format!("/inquiries/{}", thread.id), &[("body", "もう一つあります。")]).await;
        assert_eq!(now(house, thread.id).await.state.as_str(), "open", "a new message opens it again");
    })
    .await;
}

#[tokio::test]
async fn two_who_answer_at_once_do_not_send_two_answers() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let thread = asked(house, &owner, "", QUESTION).await;
        let first = named_account(house, "案内 一", "one@madoguchi.example", &[Role::CallCentreAgent], None).await;
        let second = named_account(house, "案内 二", "two@madoguchi.example", &[Role::CallCentreAgent], None).await;
        let (one, two) = (Browser::of(house, first, true).await, Browser::of(house, second, true).await);
        assert_eq!(answer(&one, &thread, ANSWER, "answered").await.status, StatusCode::SEE_OTHER);
        let late = answer(&two, &thread, "別の答えです。", "answered").await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            late.body.contains("新しいやり取りがありました") && late.body.contains("別の答えです。"),
            "{}",
            late.body
        );
        assert!(late.body.contains(ANSWER), "what the other wrote is shown");
        assert_eq!(mails(house).await.iter().filter(|(subject, _)| subject.starts_with("【回答】")).count(), 1);
        // Who answered has it; the other takes it over by saying from whom.
        let held = now(house, thread.id).await;
        assert_eq!(held.assignee, Some(first));
        let address = format!("{LIST}/{}/assign", thread.id);
        let stale = two.post(&address, &[("from", ""), ("action", "mine")]).await;
        assert!(stale.location.ends_with("?done=held"), "{}", stale.location);
        let taken = two.post(&address, &[("from", &first.to_string()), ("action", "mine")]).await;
        assert!(taken.location.ends_with("?done=assigned"), "{}", taken.location);
        let mine = two.get(&format!("{LIST}?state=answered&who=mine")).await.body;
        assert!(mine.contains(&thread.reference), "{mine}");
        assert!(!one.get(&format!("{LIST}?state=answered&who=mine")).await.body.contains(&thread.reference));
    })
    .await;
}

#[tokio::test]
async fn a_canned_answer_is_put_into_the_form_with_the_address_of_its_article_and_nothing_is_sent() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let thread = asked(house, &owner, "", QUESTION).await;
        mails(house).await;
        let agent = staff(house, Role::CallCentreAgent).await;
        let typed = [("seen", "1"), ("canned", "letter_days"), ("body", "お待たせしました。"), ("action", "insert")];
        let page = agent.post(&format!("{LIST}/{}/answer", thread.id), &typed).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("お待たせしました。") && page.body.contains("簡易書留で届きます"), "{}", page.body);
        assert!(page.body.contains("https://madoguchi.example/articles/KB0020001"), "{}", page.body);
        assert_eq!((now(house, thread.id).await.messages, mails(house).await.len()), (1, 0));
        for entry in house.app.reference().lists.entries("canned_answers") {
            let article = storage::content::article(&mut house.app.db.read().await.unwrap(), &entry.article).await;
            assert!(article.unwrap().is_some() && !entry.text.is_empty(), "{}", entry.value);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_reads_or_writes_in_the_thread_of_another() {
    on_each_database(async |house| {
        let (clinic_id, owner) = clinic(house, "1330100016").await;
        let thread = asked(house, &owner, "", QUESTION).await;
        let address = format!("/inquiries/{}", thread.id);
        let colleague = account(house, "staff@clinic.example", &[], Some(clinic_id)).await;
        let colleague = Browser::of(house, colleague, false).await;
        let (_, other) = clinic(house, "2730100019").await;
        for browser in [&colleague, &other] {
            assert_eq!(browser.get(&address).await.status, StatusCode::NOT_FOUND);
            assert_eq!(browser.post(&address, &[("body", "x")]).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(now(house, thread.id).await.messages, 1);
        let case = filed(house, &owner).await;
        let typed = [("category", "letter"), ("case", id_of(&case)), ("body", QUESTION)];
        let foreign = other.post("/inquiries", &typed).await;
        assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY, "a case of another institution cannot be chosen");
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_into_a_thread_outlives_its_session() {
    on_each_database(async |house| {
        let clinic: InstitutionId = institution(house, "1330100016", "さくら歯科").await;
        let id = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let owner = Browser::of(house, id, false).await;
        let thread = asked(house, &owner, "", QUESTION).await;
        house.clock.pass(Duration::hours(2));
        let typed = [("person", id.to_string()), ("body", "追加です。".to_owned())];
        let typed: Vec<(&str, &str)> = typed.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let parked = owner.post(&format!("/inquiries/{}", thread.id), &typed).await;
        assert_eq!(parked.location, format!("/login?next=/inquiries/{}", thread.id));
        let again = Browser::of(house, id, false).await.with_cookie(&parked.cookie);
        let back = again.get("/resume").await.location;
        assert!(back.starts_with(&format!("/inquiries/{}?kept=", thread.id)), "{back}");
        assert!(again.get(&back).await.body.contains("追加です。"));
    })
    .await;
}

#[tokio::test]
async fn the_figures_tell_how_long_answers_took_and_what_waits_too_long() {
    on_each_database(async |house| {
        let (_, owner) = clinic(house, "1330100016").await;
        let agent = staff(house, Role::CallCentreAgent).await;
        let mut threads = vec![];
        for _ in 0..3 {
            threads.push(asked(house, &owner, "", QUESTION).await);
        }
        for (thread, hours) in threads.iter().take(2).zip([2, 1]) {
            house.clock.pass(Duration::hours(hours));
            assert_eq!(
                answer(&staff(house, Role::CallCentreAgent).await, thread, ANSWER, "answered").await.status,
                StatusCode::SEE_OTHER
            );
        }
        drop(agent);
        // Wednesday to the next Tuesday are four business days.
        house.clock.pass(Duration::days(6));
        let auditor = staff(house, Role::Auditor).await;
        let csv = auditor.get(&format!("{LIST}/figures.csv?month=2026-05")).await.body;
        let line = csv.lines().nth(1).unwrap();
        assert_eq!(line, "2026-05,届かない・届いた郵便物,3,2,0,120,180,1,1,0", "{csv}");
        let page = auditor.get(&format!("{LIST}/figures")).await.body;
        assert!(page.contains("2時間0分") && page.contains("3時間0分"), "{page}");
        let list = auditor.get(LIST).await.body;
        assert!(list.contains("4（目安超過）"), "{list}");
        assert!(!list.contains("name=\"action\""), "an auditor answers nothing");
        house.clock.pass(Duration::days(7));
        let csv = staff(house, Role::Auditor).await.get(&format!("{LIST}/figures.csv?month=2026-05")).await.body;
        assert!(csv.lines().nth(1).unwrap().ends_with(",1,1,1"), "{csv}");
    })
    .await;
}
