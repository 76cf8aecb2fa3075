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
        let page = browser.get(&case).await.body;
        let told = |words: &str| page.find(&format!("{words}</td>")).unwrap_or_else(|| panic!("{words}: {page}"));
        assert!(told("通知書の不着・紛失") < told("通知書の再発行"), "of one instant, and in their order: {page}");
        assert!(page.contains("書留番号 12345678901"), "{page}");
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
async fn a_clinic_telephones_and_the_desk_notes_it_and_has_a_new_letter_at_once() {
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
        mails(house).await;
        assert_eq!(dispatch.post(&format!("{letter}/lost"), &[]).await.location, format!("{letter}?done=lost"));
        assert!(!works(&Browser::terminal(house), &first).await, "dead in the same moment");
        assert_eq!(stored(house, &case).await.state, State::LetterReissued, "and the new one waits for the print");
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].0.contains("送り直します"), "the applicant is told: {told:?}");
        for action in ["lost", "reissue"] {
            let twice = dispatch.post(&format!("{letter}/{action}"), &[]).await;
            assert_eq!(twice.status, StatusCode::CONFLICT, "{action}: one new letter is enough");
        }
        assert!(!dispatch.get("/office/letters").await.body.contains(&letter));
        let acts = acts(house).await;
        assert!(["letter.lost", "letter.order"].iter().all(|act| acts.contains(&(*act).to_owned())), "{acts:?}");
        let mut conn = house.app.db.read().await.unwrap();
        let fees = storage::ledger::of_application(&mut conn, stored(house, &case).await.id).await.unwrap();
        assert_eq!(fees.len(), 1);
        drop(conn);
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
async fn who_fetches_nothing_is_asked_after_a_week_and_reminded_before_the_deadline() {
    on_each_database(async |house| {
        let (_, late) = clinic(house, "1330100016").await;
        let case = approved(house, &late).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        mails(house).await;
        let mut subjects = vec![];
        for day in 1..=179 {
            house.clock.pass(Duration::days(1));
            subjects.extend(mails(house).await.into_iter().map(|(subject, text)| (day, subject, text)));
        }
        let days: Vec<i32> = subjects.iter().map(|(day, _, _)| *day).collect();
        assert_eq!(days, [7, 91, 151, 174], "{subjects:?}");
        assert!(subjects[0].1.contains("届きましたか") && subjects[0].2.contains("通知書を送り直す"), "{subjects:?}");
        assert!(subjects[1].1.contains("取得期限が近づいています"), "{subjects:?}");
        for ((_, _, text), left) in subjects[1..].iter().zip([89, 29, 6]) {
            assert!(text.contains(&format!("2026年11月16日（月）（あと{left}日）")), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_did_not_arrive_within_a_week_is_seen_by_both_sides() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        let asked = |page: String| page.contains("通知書は届きましたか");
        assert!(!asked(browser.get(&case).await.body));
        house.clock.pass(Duration::days(7));
        let (dispatch, owner) = (staff(house, Role::DispatchClerk).await, stored(house, &case).await.created_by);
        let browser = Browser::of(house, owner, false).await;
        assert!(asked(browser.get(&case).await.body));
        let letter = letters_of(house, &case).await[0].id;
        assert!(dispatch.get("/office/letters").await.body.contains("届いた記録のない通知書"));
        dispatch.post(&format!("/office/letters/{letter}/delivered"), &[]).await;
        assert!(!dispatch.get("/office/letters").await.body.contains("届いた記録のない通知書"));
        assert!(!asked(browser.get(&case).await.body), "the post has delivered it");
        mails(house).await;
        let told = mails(house).await;
        assert!(told.is_empty(), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_came_back_and_was_forgotten_is_remembered() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        let letter = letters_of(house, &case).await[0].id;
        dispatch.post(&format!("/office/letters/{letter}/came-back"), &[("reason", "転居先不明")]).await;
        mails(house).await;
        house.clock.pass(Duration::days(91));
        let told = mails(house).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].0.contains("あと89日") && told[0].1.contains("「通知書を送り直す」を押してください"),
            "{told:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_came_back_twice_is_remembered_once() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        for number in ["12345678901", "12345678902"] {
            posted(house, &dispatch, &case, number).await;
            let letters = letters_of(house, &case).await;
            let living = letters.iter().find(|letter| !letter.is_dead()).unwrap().id;
            dispatch.post(&format!("/office/letters/{living}/came-back"), &[("reason", "転居先不明")]).await;
            if number == "12345678901" {
                browser.post(&format!("{case}/send-again"), &[]).await;
                house.clock.pass(Duration::minutes(1));
            }
        }
        mails(house).await;
        house.clock.pass(Duration::days(91));
        let told = mails(house).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.contains("「通知書を送り直す」を押してください"), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_letter_that_was_sent_again_is_remembered_though_the_first_one_died() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        browser.post(&format!("{case}/send-again"), &[]).await;
        posted(house, &dispatch, &case, "12345678902").await;
        let letters = letters_of(house, &case).await;
        let living = letters.iter().find(|letter| !letter.is_dead()).unwrap().id;
        dispatch.post(&format!("/office/letters/{living}/delivered"), &[]).await;
        mails(house).await;
        house.clock.pass(Duration::days(91));
        let told = mails(house).await;
        assert!(told.len() == 1 && told[0].0.contains("取得期限が近づいています"), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_number_that_was_typed_wrong_is_put_right_and_the_applicant_is_told() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let dispatch = staff(house, Role::DispatchClerk).await;
        posted(house, &dispatch, &case, "12345678901").await;
        mails(house).await;
        let letter = format!("/office/letters/{}", letters_of(house, &case).await[0].id);
        let wrong = dispatch.post(&format!("{letter}/number"), &[("number", "12")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("id=\"f-number-error\"") && wrong.body.contains("数字8～20桁"), "{}", wrong.body);
        for _ in 0..2 {
            let right = dispatch.post(&format!("{letter}/number"), &[("number", "1234-5678-902")]).await;
            assert_eq!(right.location, format!("{letter}?done=number"), "{}", right.body);
        }
        let told = mails(house).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.contains("正しい書留番号：12345678902") && told[0].1.contains("12345678901"), "{told:?}");
        assert_eq!(acts(house).await.iter().filter(|act| *act == "letter.correct_number").count(), 1);
        assert!(browser.get(&case).await.body.contains("12345678902"));
    })
    .await;
}

#[tokio::test]
async fn batches_of_the_same_minute_have_numbers_of_their_own() {
    on_each_database(async |house| {
        let dispatch = staff(house, Role::DispatchClerk).await;
        for (number, code) in ["1330100016", "2730100019"].into_iter().enumerate() {
            approved(house, &clinic(house, code).await.1).await;
            let made = batch(&dispatch).await;
            let (name, page) = (format!("第{}束", number + 1), dispatch.get(&made).await.body);
            assert!(page.contains(&name) && page.contains("2026年5月20日（水）"), "{name}: {page}");
        }
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
        let early = dispatch.post(&format!("{made}/confirm"), &[]).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "what nobody opened was not printed");
        assert!(early.body.contains("まだPDFを開いていない通知書が2通あります"), "{}", early.body);
        assert!(letters_of(house, &cases[0]).await[0].secret_sealed.is_some(), "and nothing is destroyed");
        dispatch.get(&format!("{made}/issuance_notice.pdf")).await;
        dispatch.post(&format!("{made}/confirm"), &[]).await;
        let list = dispatch.get(&format!("{made}/manifest.csv")).await.body;
        let mut filled: Vec<String> = list.lines().map(str::to_owned).collect();
        let first = stored(house, &cases[0]).await.reference.unwrap();
        let (posted, open) = if filled[1].contains(&first) { (0, 1) } else { (1, 0) };
        filled[1] = format!("{},12345678901,", filled[1].strip_suffix(",,").unwrap());
        let numbers = format!("{made}/numbers");
        let told = dispatch.post_file(&numbers, "list_file", filled.join("\r\n").as_bytes()).await;
        assert!(told.location.ends_with("?done=posted&count=1"), "{}", told.body);
        assert_eq!(stored(house, &cases[posted]).await.state, State::LetterPosted);
        assert_eq!(stored(house, &cases[open]).await.state, State::LetterPrinted, "an open row waits");
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
