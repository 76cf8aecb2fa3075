//! Printed letters of which nobody notes that they were posted: a spoiled sheet, a number that nobody kept.

use axum::http::StatusCode;
use domain::{applications::State, permissions::Role};
use time::Duration;

use crate::{
    browser::Browser,
    steps::{Paper, approved, batch, clinic, letters_of, mails, posted, read, staff, stored, works},
    support::{House, on_each_database},
};

/// Approves a certificate and confirms the print of its letter; gives the clinic's browser, the case and the letter.
async fn printed(house: &House) -> (Browser, String, Paper) {
    let (_, browser) = clinic(house, "1330100016").await;
    let case = approved(house, &browser).await;
    let dispatch = staff(house, Role::DispatchClerk).await;
    let made = batch(&dispatch).await;
    let paper = read(house, &letters_of(house, &case).await[0]);
    dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
    let confirmed = dispatch.post(&format!("{made}/confirm"), &[]).await;
    assert!(confirmed.location.ends_with("?done=printed"), "{}", confirmed.body);
    assert_eq!(stored(house, &case).await.state, State::LetterPrinted);
    mails(house).await;
    (browser, case, paper)
}

/// The clinic's browser after some days, in which its session ended.
async fn later(house: &House, case: &str, days: i64) -> Browser {
    house.clock.pass(Duration::days(days));
    Browser::of(house, stored(house, case).await.created_by, false).await
}

#[tokio::test]
async fn the_desk_gives_up_a_spoiled_sheet_and_prints_a_new_letter() {
    on_each_database(async |house| {
        let (browser, case, first) = printed(house).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        let old = letters_of(house, &case).await.remove(0);
        let letter = format!("/office/letters/{}", old.id);
        let made = format!("/office/letters/batches/{}", old.batch_id.unwrap());
        let page = dispatch.get(&letter).await.body;
        assert!(page.contains("発送を記録できないとき") && page.contains(&made), "{page}");
        assert!(!page.contains("届かない、なくしたと申請者から"), "nothing was posted: {page}");
        let reader = staff(house, Role::Auditor).await;
        assert!(!reader.get(&letter).await.body.contains("発送を記録できないとき"));
        assert_eq!(reader.post(&format!("{letter}/lost"), &[]).await.status, StatusCode::FORBIDDEN);

        let given_up = dispatch.post(&format!("{letter}/lost"), &[]).await;
        assert_eq!(given_up.location, format!("{letter}?done=unposted"), "{}", given_up.body);
        let page = dispatch.get(&given_up.location).await.body;
        assert!(page.contains("封入せずに裁断してください") && !page.contains("発送を記録できないとき"), "{page}");
        assert_eq!(stored(house, &case).await.state, State::LetterReissued);
        assert!(!works(&Browser::terminal(house), &first).await, "dead in the same moment");
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].0.contains("送り直します"), "{told:?}");
        assert!(!told[0].1.contains("お申し出"), "the clinic asked for nothing: {told:?}");
        assert!(browser.get(&case).await.body.contains("発送の記録のない通知書"), "and reads why");
        let twice = dispatch.post(&format!("{letter}/lost"), &[]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT, "one new letter is enough");
        assert!(dispatch.get(&made).await.body.contains("この束から外れた通知書"));

        let second = posted(house, &dispatch, &case, "12345678902").await;
        assert!(works(&Browser::terminal(house), &second).await);
        let letters = letters_of(house, &case).await;
        assert_eq!(letters[0].deadline, letters[1].deadline, "no more time");
        let mut conn = house.app.db.read().await.unwrap();
        let fees = storage::ledger::of_application(&mut conn, stored(house, &case).await.id).await.unwrap();
        assert_eq!(fees.len(), 1, "and no second fee");
    })
    .await;
}

#[tokio::test]
async fn a_clinic_whose_letter_was_never_noted_as_posted_has_the_button_after_a_week() {
    on_each_database(async |house| {
        let (browser, case, first) = printed(house).await;
        let again = format!("{case}/send-again");
        assert!(!browser.get(&case).await.body.contains(&again), "the letter is about to be posted");
        assert_eq!(browser.get(&again).await.status, StatusCode::CONFLICT);
        assert_eq!(browser.post(&again, &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(stored(house, &case).await.state, State::LetterPrinted);

        let browser = later(house, &case, 7).await;
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].0.contains("届きましたか"), "{told:?}");
        assert!(told[0].1.contains("印刷しましたが、発送の記録がありません") && told[0].1.contains("通知書を送り直す"));
        let page = browser.get(&case).await.body;
        assert!(
            page.contains("通知書は届きましたか") && page.contains("届かない、なくした：通知書を送り直す"),
            "{page}"
        );
        assert!(browser.get("/certificates").await.body.contains(&again), "the list leads there as well");
        let asks = browser.get(&again).await.body;
        assert!(asks.contains("発送の記録がありません"), "{asks}");
        let asked = browser.post(&again, &[]).await;
        assert_eq!(asked.location, format!("{case}?said=sent_again"), "{}", asked.body);
        assert_eq!(stored(house, &case).await.state, State::LetterReissued);
        assert!(!works(&Browser::terminal(house), &first).await);
        let dispatch = staff(house, Role::DispatchClerk).await;
        let second = posted(house, &dispatch, &case, "12345678902").await;
        assert!(works(&Browser::terminal(house), &second).await);
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_came_without_its_number_and_was_locked_is_sent_again_at_once() {
    on_each_database(async |house| {
        let (browser, case, first) = printed(house).await;
        let terminal = Browser::terminal(house);
        let wrong = Paper { secret: first.secret.chars().rev().collect(), ..first.clone() };
        for _ in 0..10 {
            assert!(!works(&terminal, &wrong).await);
        }
        assert!(!works(&terminal, &first).await, "ten wrong tries lock it");
        assert!(browser.get(&case).await.body.contains(&format!("{case}/send-again")));
        assert_eq!(browser.post(&format!("{case}/send-again"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(stored(house, &case).await.state, State::LetterReissued);
    })
    .await;
}

#[tokio::test]
async fn who_has_a_printed_letter_is_asked_after_a_week_and_reminded_before_the_deadline() {
    on_each_database(async |house| {
        let (_, case, _) = printed(house).await;
        let mut told = vec![];
        for day in 1..=179 {
            house.clock.pass(Duration::days(1));
            told.extend(mails(house).await.into_iter().map(|(subject, _)| (day, subject)));
        }
        let days: Vec<i32> = told.iter().map(|(day, _)| *day).collect();
        assert_eq!(days, [7, 91, 151, 174], "{told:?}");
        assert!(told[1..].iter().all(|(_, subject)| subject.contains("取得期限が近づいています")), "{told:?}");
        assert_eq!(stored(house, &case).await.state, State::LetterPrinted);
    })
    .await;
}
