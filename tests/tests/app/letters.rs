//! Letters on their way: batches that lose a letter, letters that come back, get lost and are sent again.

use axum::http::StatusCode;
use domain::{applications::State, permissions::Role};
use time::Duration;

use crate::{
    browser::Browser,
    steps::{approved, batch, clinic, letters_of, mails, posted, staff, stored, works},
    support::{House, on_each_database},
};

/// The last acts in the audit chain, newest first.
async fn acts(house: &House) -> Vec<String> {
    let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 20).await.unwrap();
    rows.into_iter().map(|row| row.action).collect()
}

#[tokio::test]
async fn a_batch_prints_without_a_letter_that_died_meanwhile_and_says_so() {
    on_each_database(async |house| {
        let (_, early) = clinic(house, "1330100016").await;
        let dead = approved(house, &early).await;
        house.clock.pass(Duration::days(100));
        let (_, late) = clinic(house, "2730100019").await;
        let living = approved(house, &late).await;
        let made = batch(&staff(house, Role::DispatchClerk).await).await;
        house.clock.pass(Duration::days(81));
        services::jobs::work_all(&house.app, "test").await.unwrap();
        assert_eq!(stored(house, &dead).await.state, State::PickupExpired);
        let dispatch = staff(house, Role::DispatchClerk).await;
        let printed = dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
        assert_eq!(printed.status, StatusCode::OK, "one dead letter must not keep the others");
        let page = dispatch.get(&made).await.body;
        assert!(page.contains("この束から外れた通知書") && page.contains("1通を印刷済みにする"), "{page}");
        let list = dispatch.get(&format!("{made}/manifest.csv")).await.body;
        let row = |case: &str| list.lines().find(|line| line.contains(case)).unwrap().to_owned();
        let references =
            [stored(house, &dead).await.reference.unwrap(), stored(house, &living).await.reference.unwrap()];
        let [gone, goes] = references.map(|plain| row(&plain[..4]));
        assert!(gone.ends_with("無効になったため、発送しません") && goes.ends_with(','), "{list}");
        let confirmed = dispatch.post(&format!("{made}/confirm"), &[]).await;
        assert!(confirmed.location.ends_with("?done=printed"));
        assert_eq!(stored(house, &living).await.state, State::LetterPrinted);
        assert_eq!(stored(house, &dead).await.state, State::PickupExpired, "a dead letter moves nothing");
        let again = dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "after the confirmation no secret is left to print");
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_came_back_dies_and_the_clinic_asks_for_a_new_one() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let (dispatch, terminal) = (staff(house, Role::DispatchClerk).await, Browser::terminal(house));
        let first = posted(house, &dispatch, &case, "1234-5678-901").await;
        assert!(works(&terminal, &first).await);
        let desk = dispatch.get("/office/letters?find=1234-5678-901").await.body;
        let letter = format!("/office/letters/{}", letters_of(house, &case).await[0].id);
        assert!(desk.contains(&letter), "the number on the envelope finds the letter");
        mails(house).await;
        let empty = dispatch.post(&format!("{letter}/came-back"), &[("reason", " ")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let noted = dispatch.post(&format!("{letter}/came-back"), &[("reason", "あて所に尋ねあたりません")]).await;
        assert_eq!(noted.location, format!("{letter}?done=came_back"), "{}", noted.body);
        assert_eq!(stored(house, &case).await.state, State::LetterReturned);
        assert!(!works(&terminal, &first).await, "what came back may have been opened: its secret is dead");
        let told = mails(house).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].0.contains("戻ってきました") && told[0].1.contains("あて所に尋ねあたりません"));
        assert!(acts(house).await.contains(&"letter.came_back".to_owned()));

        let page = browser.get(&case).await.body;
        assert!(page.contains("通知書を送り直す") && page.contains(&format!("{case}/send-again")), "{page}");
        assert!(browser.get(&format!("{case}/send-again")).await.body.contains("東京都千代田区千代田1-1"));
        let asked = browser.post(&format!("{case}/send-again"), &[]).await;
        assert_eq!(asked.location, format!("{case}?said=sent_again"), "{}", asked.body);
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].0.contains("送り直します"), "{told:?}");
        let twice = browser.post(&format!("{case}/send-again"), &[]).await;
        assert_eq!(twice.location, asked.location, "a double click sees what the first one did");
        assert_eq!(letters_of(house, &case).await.len(), 2, "and orders no second letter");
        let second = posted(house, &dispatch, &case, "1234-5678-902").await;
        assert!(second.id != first.id && second.secret != first.secret);
        assert!(!works(&terminal, &first).await && works(&terminal, &second).await);
    })
    .await;
}

#[tokio::test]
async fn a_lost_letter_costs_neither_a_new_certificate_nor_a_fee_nor_more_time() {
    on_each_database(async |house| {
        let (clinic, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        let early = browser.post(&format!("{case}/send-again"), &[]).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "nothing is on its way yet");
        let first = posted(house, &dispatch, &case, "12345678901").await;
        let asked = browser.post(&format!("{case}/send-again"), &[]).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
        assert!(!works(&Browser::terminal(house), &first).await, "dead in the same moment");
        let letters = letters_of(house, &case).await;
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0].deadline, letters[1].deadline, "180 days after the approval, whatever the post does");
        let mut conn = house.app.db.read().await.unwrap();
        let fees = storage::ledger::of_application(&mut conn, stored(house, &case).await.id).await.unwrap();
        assert_eq!(fees.len(), 1);
        let cases = storage::applications::of_institution(&mut conn, clinic, None, 10).await.unwrap();
        assert_eq!(cases.len(), 2, "eligibility and one certificate application");
    })
    .await;
}

#[tokio::test]
async fn a_clinic_telephones_and_the_desk_sends_a_new_letter() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        let first = posted(house, &dispatch, &case, "12345678901").await;
        let letter = format!("/office/letters/{}", letters_of(house, &case).await[0].id);
        let auditor = staff(house, Role::Auditor).await;
        assert_eq!(auditor.get(&letter).await.status, StatusCode::OK);
        for action in ["came-back", "lost", "reissue"] {
            let refused = auditor.post(&format!("{letter}/{action}"), &[("reason", "x")]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
        }
        let early = dispatch.post(&format!("{letter}/reissue"), &[]).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "first it must be lost");
        assert_eq!(dispatch.post(&format!("{letter}/lost"), &[]).await.location, format!("{letter}?done=lost"));
        assert!(!works(&Browser::terminal(house), &first).await);
        assert!(dispatch.get("/office/letters").await.body.contains(&letter), "it waits on the desk");
        assert_eq!(dispatch.post(&format!("{letter}/reissue"), &[]).await.location, "/office/letters?done=reissued");
        assert_eq!(stored(house, &case).await.state, State::LetterReissued);
        assert!(!dispatch.get("/office/letters").await.body.contains(&letter));
        let second = posted(house, &dispatch, &case, "12345678902").await;
        assert_eq!(stored(house, &case).await.state, State::LetterPosted);
        assert!(works(&Browser::terminal(house), &second).await);
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_came_back_and_was_never_asked_for_runs_out_with_its_time() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        let letter = letters_of(house, &case).await.remove(0);
        dispatch.post(&format!("/office/letters/{}/came-back", letter.id), &[("reason", "保管期間の経過")]).await;
        mails(house).await;
        house.clock.pass(Duration::days(182));
        let told = mails(house).await;
        assert_eq!(stored(house, &case).await.state, State::PickupExpired);
        assert_eq!(told.len(), 1, "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_delivery_is_noted_once_and_a_letter_can_still_be_lost_afterwards() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        let early = format!("/office/letters/{}", letters_of(house, &case).await[0].id);
        let told = dispatch.post(&format!("{early}/delivered"), &[]).await;
        assert_eq!(told.status, StatusCode::CONFLICT, "nothing arrives before it was posted");
        posted(house, &dispatch, &case, "12345678901").await;
        let noted = dispatch.post(&format!("{early}/delivered"), &[]).await;
        assert_eq!(noted.location, format!("{early}?done=delivered"), "{}", noted.body);
        let page = dispatch.get(&early).await.body;
        assert!(page.contains("配達済み") && !page.contains("配達を記録する"), "{page}");
        assert_eq!(dispatch.post(&format!("{early}/delivered"), &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(acts(house).await[0], "letter.deliver");
        let again = browser.post(&format!("{case}/send-again"), &[]).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
        assert_eq!(stored(house, &case).await.state, State::LetterReissued);
    })
    .await;
}

#[tokio::test]
async fn who_fetches_nothing_is_reminded_once_a_month_before_the_deadline() {
    on_each_database(async |house| {
        let (_, late) = clinic(house, "1330100016").await;
        let case = approved(house, &late).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        mails(house).await;
        house.clock.pass(Duration::days(149));
        assert_eq!(mails(house).await, []);
        house.clock.pass(Duration::days(2));
        let told = mails(house).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].0.contains("取得の期限が近づいています") && told[0].1.contains("2026年11月16日（月）"),
            "{told:?}"
        );
        house.clock.pass(Duration::days(5));
        assert_eq!(mails(house).await, []);
    })
    .await;
}

#[tokio::test]
async fn the_list_of_a_batch_comes_back_filled_in_as_a_file() {
    on_each_database(async |house| {
        let cases = [clinic(house, "1330100016").await.1, clinic(house, "2730100019").await.1];
        let cases = [approved(house, &cases[0]).await, approved(house, &cases[1]).await];
        let dispatch = staff(house, Role::DispatchClerk).await;
        let made = batch(&dispatch).await;
        dispatch.post(&format!("{made}/confirm"), &[]).await;
        let list = dispatch.get(&format!("{made}/manifest.csv")).await.body;
        let mut filled: Vec<String> = list.lines().map(str::to_owned).collect();
        filled[1] = format!("{},12345678901,", filled[1].strip_suffix(",,").unwrap());
        let numbers = format!("{made}/numbers");
        let told = dispatch.post_file(&numbers, "list_file", filled.join("\r\n").as_bytes()).await;
        assert!(told.location.ends_with("?done=posted&count=1"), "{}", told.body);
        assert_eq!(stored(house, &cases[0]).await.state, State::LetterPosted);
        assert_eq!(stored(house, &cases[1]).await.state, State::LetterPrinted, "an open row waits");
        let again = dispatch.post_file(&numbers, "list_file", filled.join("\n").as_bytes()).await;
        assert!(again.location.ends_with("?done=nothing&count=0"), "what is known is no fault: {}", again.body);
        filled[2] = format!("{},12,", filled[2].strip_suffix(",,").unwrap());
        let told = dispatch.post_file(&numbers, "list_file", filled.join("\n").as_bytes()).await;
        assert!(told.body.contains("数字8～20桁"), "{}", told.body);
        let mut twice = filled.clone();
        twice[2] = twice[2].replace(",12,", ",12345678901,");
        let told = dispatch.post_file(&numbers, "list_file", twice.join("\n").as_bytes()).await;
        assert!(told.body.contains("ほかの通知書に記録されています"), "one number, one letter: {}", told.body);
        let picture = dispatch.post_file(&numbers, "list_file", b"\x89PNG\xff\xd8\x81").await;
        assert!(picture.body.contains("ファイルを読み取れません"), "{}", picture.body);
    })
    .await;
}
