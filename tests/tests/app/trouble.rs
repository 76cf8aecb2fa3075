//! 「端末に何かあったとき」: one question a page, the fee before the deed, the deed at the end; the clock of a lost key;
//! the calendar behind its secret address.

use axum::http::StatusCode;
use domain::{applications::State, ids::AccountId, permissions::Role};
use time::Duration;

use crate::{
    browser::{Answer, Browser, account},
    ladder::{certificates_of, go_to, installed},
    pickup::fetch,
    steps::{CERTIFICATE, approved, clinic, mails, posted, staff, stored},
    support::{House, on_each_database},
    terminals::page_of,
};

/// A clinic with one installed terminal: its browser and the address of its case.
pub(crate) async fn with_terminal(house: &House) -> (Browser, String) {
    let (_, browser) = clinic(house, "1330100016").await;
    let case = approved(house, &browser).await;
    installed(house, &case, "12345678901").await;
    mails(house).await;
    (browser, case)
}

pub(crate) async fn asks(browser: &Browser, case: &str, answers: &str) -> Answer {
    browser.get(&format!("{}/trouble{answers}", page_of(case))).await
}

pub(crate) async fn reasons(house: &House, case: &str) -> Vec<Option<String>> {
    certificates_of(house, case).await.into_iter().map(|one| one.revocation_reason).collect()
}

#[tokio::test]
async fn each_answer_leads_on_and_the_fee_is_said_before_the_deed() {
    on_each_database(async |house| {
        let (browser, case) = with_terminal(house).await;
        assert!(browser.get(&page_of(&case)).await.body.contains("端末に何かあったとき"));
        let first = asks(&browser, &case, "").await.body;
        assert!(first.contains("何がありましたか") && !first.contains("value=\"apply\""), "{first}");
        let empty = asks(&browser, &case, "?asked=what").await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("id=\"f-what-error\""), "{}", empty.body);
        let (free, fee) = ("発行料はかかりません。", "発行料は1,500円です。");
        for (answers, words, cost) in [
            ("?what=replaced", "控えと、「ファイルのパスワード」がありますか", ""),
            ("?what=replaced&backup=yes", "申請は要りません", free),
            ("?what=replaced&backup=no", "前のパソコンは、まだ使えますか", ""),
            ("?what=replaced&backup=no&old_works=yes", "発行の申請に進む", fee),
            ("?what=broken&backup=no", "失効させて、申請に進む", fee),
            ("?what=deleted&backup=yes", "控えのファイルを端末に入れる", free),
            ("?what=lost", "いますぐ失効させる", fee),
            ("?what=lost", "失効の期限：2026年5月21日（木）10:00", fee),
            ("?what=code_changed", "新しいコードで、端末の電子証明書を申請します", fee),
            ("?what=code_changed", "button-first\" href=\"/procedures/succession\"", fee),
            ("?what=stopped", "使用をやめる", free),
            ("?what=nonsense", "何がありましたか", ""),
        ] {
            let page = asks(&browser, &case, answers).await.body;
            assert!(page.contains(words) && page.contains(cost), "{answers}: {page}");
        }
        assert_eq!(reasons(house, &case).await, [None], "looking changes nothing");
    })
    .await;
}

#[tokio::test]
async fn a_broken_computer_ends_in_a_revocation_and_an_application_that_is_filled_in() {
    on_each_database(async |house| {
        let (browser, case) = with_terminal(house).await;
        let open = browser.post(&format!("{}/trouble", page_of(&case)), &[("what", "broken")]).await;
        assert_eq!(open.location, page_of(&case), "a question is still open: nothing is done");
        let answers = [("what", "broken"), ("backup", "no"), ("way", "revoke_and_apply")];
        let done = browser.post(&format!("{}/trouble", page_of(&case)), &answers).await;
        assert!(done.location.ends_with("/edit"), "{}", done.body);
        assert_eq!(reasons(house, &case).await, [Some("superseded".to_owned())]);
        let draft = stored(house, done.location.trim_end_matches("/edit")).await;
        assert_eq!(draft.state, State::Draft);
        for (key, value) in &CERTIFICATE[1..] {
            assert_eq!(draft.answers.get(key), *value, "{key}");
        }
        assert_eq!(draft.answers.get("consent"), "", "the fee is agreed to by a person");
        assert_eq!(draft.answers.get("second_reason"), "パソコンが壊れた、または初期化した");
        let again = browser.post(&format!("{}/trouble", page_of(&case)), &answers).await;
        assert_eq!(again.location, done.location, "a second click finds the same draft");
        let told = browser.get(&page_of(&case)).await.body;
        assert!(told.contains("新しい端末の電子証明書に切り替えた"), "the reason in words: {told}");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_that_is_not_used_any_more_is_asked_about_no_more() {
    on_each_database(async |house| {
        let (_, case) = with_terminal(house).await;
        let end = certificates_of(house, &case).await[0].not_after;
        go_to(house, end, 1);
        let browser = Browser::of(house, stored(house, &case).await.created_by, false).await;
        let home = browser.get("/").await.body;
        assert!(
            home.contains("対応が必要な端末が1台あります") && !home.contains("していただくことはありません"),
            "{home}"
        );
        let done =
            browser.post(&format!("{}/trouble", page_of(&case)), &[("what", "stopped"), ("way", "retire")]).await;
        assert_eq!(done.location, format!("{}?done=retired", page_of(&case)), "{}", done.body);
        assert_eq!(reasons(house, &case).await, [Some("cessationOfOperation".to_owned())]);
        mails(house).await;
        assert!(!browser.get("/").await.body.contains("対応が必要な端末が"));
        assert!(browser.get("/terminals").await.body.contains("使用終了"));
        go_to(house, end, 7);
        services::terminals::warn_when_due(&house.app).await.unwrap();
        assert_eq!(mails(house).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_letter_of_the_last_week_is_used_again_without_a_fee() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        fetch(&Browser::terminal(house), &paper).await;
        let page = asks(&browser, &case, "?what=deleted").await.body;
        assert!(page.contains("2026年5月27日（水）10:00までに") && page.contains("発行料はかかりません"), "{page}");
        house.clock.pass(Duration::days(8));
        let browser = Browser::of(house, stored(house, &case).await.created_by, false).await;
        let page = asks(&browser, &case, "?what=deleted").await.body;
        assert!(page.contains("控えと、「ファイルのパスワード」がありますか"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn an_owner_revokes_a_stolen_terminal_at_once_and_both_sides_see_the_clock() {
    on_each_database(async |house| {
        let (browser, case) = with_terminal(house).await;
        let done =
            browser.post(&format!("{}/trouble", page_of(&case)), &[("what", "lost"), ("way", "revoke_lost")]).await;
        assert_eq!(done.location, format!("{}?done=revoked", page_of(&case)), "{}", done.body);
        assert_eq!(reasons(house, &case).await, [Some("keyCompromise".to_owned())]);
        let page = browser.get(&done.location).await.body;
        for words in ["失効させました", "届出から0時間0分で失効しました", "失効の期限", "新しく申請する"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        let apply = asks(&browser, &case, "?what=apply").await.body;
        assert!(apply.contains("発行の申請に進む") && apply.contains("1,500円"), "{apply}");
        let begun = browser.post(&format!("{}/trouble", page_of(&case)), &[("what", "apply"), ("way", "apply")]).await;
        assert!(begun.location.ends_with("/edit"), "{}", begun.body);
        assert!(mails(house).await.iter().any(|(subject, _)| subject.contains("失効させました")));
    })
    .await;
}

/// A member who is no owner.
pub(crate) async fn colleague(house: &House, owner: AccountId) -> Browser {
    let id = account(house, "staff@clinic.example", &[], None).await;
    let mut tx = house.app.db.write().await.unwrap();
    let place = storage::accounts::memberships_of_account(&mut tx, owner).await.unwrap()[0].institution_id;
    let now = house.app.clock.now();
    let membership = domain::ids::MembershipId::new(now, &*house.app.randomness);
    storage::accounts::insert_membership(&mut tx, membership, id, place, "staff", "active", now).await.unwrap();
    tx.commit().await.unwrap();
    Browser::of(house, id, false).await
}

#[tokio::test]
async fn a_member_reports_a_theft_and_an_officer_revokes_within_the_day() {
    on_each_database(async |house| {
        let (_, case) = with_terminal(house).await;
        let officer = staff(house, Role::RaOfficer).await;
        let colleague = colleague(house, stored(house, &case).await.created_by).await;
        let page = asks(&colleague, &case, "?what=stopped").await.body;
        assert!(
            page.contains("代表者だけです")
                && !page.contains("method=\"post\" novalidate>\n  <input type=\"hidden\" name=\"csrf\""),
            "{page}"
        );
        let refused =
            colleague.post(&format!("{}/trouble", page_of(&case)), &[("what", "stopped"), ("way", "retire")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        for _ in 0..2 {
            let done = colleague
                .post(&format!("{}/trouble", page_of(&case)), &[("what", "lost"), ("way", "revoke_lost")])
                .await;
            assert_eq!(done.location, format!("{}?done=reported", page_of(&case)), "{}", done.body);
        }
        assert_eq!(reasons(house, &case).await, [None], "a report revokes nothing by itself");
        let told: Vec<_> =
            mails(house).await.into_iter().filter(|(subject, _)| subject.contains("盗難・紛失")).collect();
        assert!(told.len() >= 2 && told.iter().all(|(_, text)| text.contains("2026年5月21日（木）10:00")), "{told:?}");
        let list = colleague.get("/terminals").await.body;
        assert!(list.contains("紛失の届出あり"), "{list}");
        house.clock.pass(Duration::hours(25));
        let id = certificates_of(house, &case).await[0].id;
        let officer_again = staff(house, Role::RaOfficer).await;
        drop(officer);
        let office = officer_again.get("/office/losses").await.body;
        assert!(office.contains("失効の期限を1時間0分過ぎています"), "{office}");
        let address = format!("/office/certificates/{id}/revoke");
        let ask = officer_again.get(&format!("{address}?case={}", stored(house, &case).await.id)).await.body;
        assert!(ask.contains("盗難・紛失の届出"), "{ask}");
        officer_again.post(&address, &[("reason", "keyCompromise")]).await;
        let office = officer_again.get("/office/losses").await.body;
        assert!(office.contains("失効を待つ届出はありません"), "{office}");
    })
    .await;
}

#[tokio::test]
async fn the_call_centre_notes_a_theft_that_was_told_by_telephone() {
    on_each_database(async |house| {
        let (browser, case) = with_terminal(house).await;
        let agent = staff(house, Role::CallCentreAgent).await;
        let id = certificates_of(house, &case).await[0].id;
        let own = stored(house, &case).await.id.to_string();
        let page = agent.get(&format!("/office/applications/{own}")).await.body;
        let address = format!("/office/certificates/{id}/loss");
        assert!(page.contains(&address), "{page}");
        assert!(agent.get(&format!("{address}?case={own}")).await.body.contains("オンライン資格確認パソコン"));
        let noted = agent.post(&address, &[("case", &own)]).await;
        assert_eq!(noted.location, format!("/office/applications/{own}?done=loss"), "{}", noted.body);
        let seen = browser.get(&page_of(&case)).await.body;
        assert!(seen.contains("失効の期限まで、あと24時間0分です") && seen.contains("運営者"), "{seen}");
        let auditor = staff(house, Role::Auditor).await;
        assert_eq!(auditor.post(&address, &[]).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn the_calendar_is_behind_a_secret_that_the_owner_renews() {
    on_each_database(async |house| {
        let (browser, case) = with_terminal(house).await;
        let end = certificates_of(house, &case).await[0].not_after;
        assert!(browser.get("/terminals/calendar").await.body.contains("まだアドレスがありません"));
        browser.post("/terminals/calendar", &[]).await;
        let address = async || {
            let page = browser.get("/terminals/calendar").await.body;
            let place = page.find("/calendar/").unwrap();
            page[place..].split(['"', '<']).next().unwrap().to_owned()
        };
        let first = address().await;
        let visitor = Browser::visitor(house);
        let feed = visitor.get(&first).await;
        assert_eq!(feed.status, StatusCode::OK);
        let lines = feed.body.replace("\r\n ", "");
        for line in [
            "BEGIN:VCALENDAR",
            "DTSTART;VALUE=DATE:20290522",
            "DTSTART;VALUE=DATE:20290820",
            "オンライン資格確認パソコン",
        ] {
            assert!(lines.contains(line), "{line}: {lines}");
        }
        assert!(!lines.contains("山田") && !lines.contains("さくら"), "nothing personal: {lines}");
        assert_eq!(visitor.get(&first).await.body, feed.body, "the same certificates give the same file");
        let (status, tag) = visitor.get_if_changed(&first, "\"other\"").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(visitor.get_if_changed(&first, &tag).await.0, StatusCode::NOT_MODIFIED);
        browser.post("/terminals/calendar", &[]).await;
        assert_eq!(visitor.get(&first).await.status, StatusCode::NOT_FOUND, "the old address works no more");
        let second = address().await;
        assert_eq!(visitor.get(&second).await.status, StatusCode::OK);
        assert_eq!(visitor.get("/calendar/guessed").await.status, StatusCode::NOT_FOUND);
        go_to(house, end, 31);
        assert!(!visitor.get(&second).await.body.contains("BEGIN:VEVENT"), "what can no longer be renewed is left out");
    })
    .await;
}
