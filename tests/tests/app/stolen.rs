//! Theft and loss: nothing of a stolen terminal works any more, whatever was fetched or posted; reports that were a mistake
//! are withdrawn; a second click does no other deed.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::{Browser, account, named_account},
    est::{key, send, wire},
    ladder::certificates_of,
    pickup::{fetch, request, send_request},
    renewal::{IN_TIME, Installed, renew_by_request},
    steps::{Paper, approved, clinic, letters_of, mails, posted, staff, stored},
    support::{House, on_each_database},
    terminals::page_of,
    trouble::{asks, colleague, reasons, with_terminal},
};

/// A clinic that fetched a certificate and has not installed it: its browser, its case, its letter.
pub(crate) async fn fetched(house: &House) -> (Browser, String, Paper) {
    let (_, browser) = clinic(house, "1330100016").await;
    let case = approved(house, &browser).await;
    let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
    assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK);
    mails(house).await;
    (browser, case, paper)
}

/// Tries the letter with keys that nobody used before, in every way there is.
async fn gives_nothing(house: &House, case: &str, paper: &Paper) {
    let terminal = Browser::terminal(house);
    let before = certificates_of(house, case).await.len();
    let told = send_request(&terminal, paper, &request(&["-newkey", "rsa:2048"])).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.body);
    let refused = "取得IDまたは取得パスワードが正しくありません";
    assert!(told.body.contains(refused) && fetch(&terminal, paper).await.body.contains(refused), "{}", told.body);
    send(&terminal, "simpleenroll", Some(paper), wire(&key())).await.refused(StatusCode::UNAUTHORIZED, refused);
    let made = certificates_of(house, case).await;
    assert_eq!(made.len(), before);
    assert!(made.iter().all(|one| one.state == "revoked"), "nothing of the terminal is valid");
    let letters = letters_of(house, case).await;
    assert!(letters.iter().all(|letter| letter.is_dead() && letter.secret_hash.is_none()));
}

#[tokio::test]
async fn after_a_theft_the_letter_gives_no_new_certificate_for_any_key() {
    on_each_database(async |house| {
        let (browser, case, paper) = fetched(house).await;
        let lost = [("what", "lost"), ("way", "revoke_lost")];
        let done = browser.post(&format!("{}/trouble", page_of(&case)), &lost).await;
        assert!(done.location.ends_with("?done=revoked"), "{}", done.body);
        gives_nothing(house, &case, &paper).await;
        let acts = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 30).await.unwrap();
        assert!(acts.iter().any(|act| act.action == "letter.revoked"));
    })
    .await;
}

#[tokio::test]
async fn an_officers_revocation_kills_the_letter_too_unless_another_certificate_takes_the_place() {
    on_each_database(async |house| {
        let (_, case, paper) = fetched(house).await;
        let officer = staff(house, Role::RaOfficer).await;
        let revoke = async |reason: &str| {
            let id = certificates_of(house, &case).await.pop().unwrap().id;
            officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", reason)]).await;
        };
        revoke("superseded").await;
        house.clock.pass(Duration::seconds(1));
        let again = fetch(&Browser::terminal(house), &paper).await;
        assert_eq!(again.status, StatusCode::OK, "the letter of the last week is used again: {}", again.body);
        revoke("cessationOfOperation").await;
        gives_nothing(house, &case, &paper).await;
    })
    .await;
}

#[tokio::test]
async fn a_thief_who_fetches_while_the_owner_revokes_keeps_nothing() {
    on_each_database(async |house| {
        let (browser, case, paper) = fetched(house).await;
        let id = certificates_of(house, &case).await[0].id;
        let (revoke, reason) = (format!("/certificates/{id}/revoke"), [("reason", "keyCompromise")]);
        let (thief, own) = (Browser::terminal(house), key());
        tokio::join!(send(&thief, "simpleenroll", Some(&paper), wire(&own)), browser.post(&revoke, &reason));
        let made = certificates_of(house, &case).await;
        let states: Vec<_> = made.iter().map(|one| one.state.as_str()).collect();
        assert!(!states.contains(&"valid"), "{states:?}");
    })
    .await;
}

#[tokio::test]
async fn a_successor_that_waits_for_its_test_is_revoked_though_the_old_one_has_ended() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        assert_eq!(renew_by_request(&own.terminal(house), &key()).await.status, StatusCode::OK);
        house.clock.pass(Duration::days(65));
        let owner = own.at_the_portal(house, false).await;
        let page = asks(&owner, &own.case, "?what=lost").await.body;
        assert!(page.contains("いますぐ失効させる"), "{page}");
        assert!(!asks(&owner, &own.case, "").await.body.contains("value=\"apply\""), "one of them works");
        let lost = [("what", "lost"), ("way", "revoke_lost")];
        let done = owner.post(&format!("{}/trouble", page_of(&own.case)), &lost).await;
        assert!(done.location.ends_with("?done=revoked"), "{}", done.body);
        assert_eq!(
            reasons(house, &own.case).await,
            [Some("keyCompromise".to_owned()), Some("keyCompromise".to_owned())]
        );
    })
    .await;
}

#[tokio::test]
async fn who_has_an_expired_certificate_finds_that_choice() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(Duration::days(1190));
        let owner = own.at_the_portal(house, false).await;
        let page = asks(&owner, &own.case, "").await.body;
        assert!(page.contains("value=\"apply\"") && page.contains("期限が切れた"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_second_click_on_a_theft_begins_no_application() {
    on_each_database(async |house| {
        let (browser, case) = with_terminal(house).await;
        let address = format!("{}/trouble", page_of(&case));
        let lost = [("what", "lost"), ("way", "revoke_lost")];
        for click in 1..=2 {
            let done = browser.post(&address, &lost).await;
            assert_eq!(done.location, format!("{}?done=revoked", page_of(&case)), "click {click}: {}", done.body);
        }
        let place = stored(house, &case).await.institution_id;
        let mut conn = house.app.db.read().await.unwrap();
        let draft = storage::applications::draft_of(&mut conn, place, domain::applications::Kind::Certificate).await;
        assert!(draft.unwrap().is_none(), "nothing was begun that no page spoke of");
    })
    .await;
}

#[tokio::test]
async fn what_the_page_did_not_show_is_not_done_but_shown() {
    on_each_database(async |house| {
        let (browser, case) = with_terminal(house).await;
        let address = format!("{}/trouble", page_of(&case));
        for shown in ["apply", "restore", "", "nonsense"] {
            let told = browser.post(&address, &[("what", "lost"), ("way", shown)]).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{shown}");
            assert!(
                told.body.contains("まだ何もしていません") && told.body.contains("いますぐ失効させる"),
                "{}",
                told.body
            );
            assert!(told.body.contains("name=\"way\" value=\"revoke_lost\""), "{}", told.body);
        }
        assert_eq!(reasons(house, &case).await, [None]);
        let officer = staff(house, Role::RaOfficer).await;
        let id = certificates_of(house, &case).await[0].id;
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "cessationOfOperation")]).await;
        let told = browser.post(&address, &[("what", "lost"), ("way", "revoke_lost")]).await;
        assert!(told.body.contains("まだ何もしていません") && told.body.contains("発行の申請に進む"), "{}", told.body);
    })
    .await;
}

#[tokio::test]
async fn a_report_that_was_a_mistake_is_withdrawn_with_a_reason_and_can_be_made_again() {
    on_each_database(async |house| {
        let (_, case) = with_terminal(house).await;
        let owner = stored(house, &case).await.created_by;
        let colleague = colleague(house, owner).await;
        let report = async || {
            let lost = [("what", "lost"), ("way", "revoke_lost")];
            let done = colleague.post(&format!("{}/trouble", page_of(&case)), &lost).await;
            assert!(done.location.ends_with("?done=reported"), "{}", done.body);
        };
        report().await;
        mails(house).await;
        let id = certificates_of(house, &case).await[0].id;
        let withdraw = format!("/office/certificates/{id}/loss/withdraw");
        let agent = staff(house, Role::CallCentreAgent).await;
        assert_eq!(agent.post(&withdraw, &[("reason", "x")]).await.status, StatusCode::FORBIDDEN);
        assert!(agent.get("/office/losses").await.body.contains("登録局担当が取り下げます"));
        let officer = named_account(house, "登録 守", "ra@madoguchi.example", &[Role::RaOfficer], None).await;
        let officer = Browser::of(house, officer, true).await;
        assert!(officer.get("/office/losses").await.body.contains(&withdraw));
        assert!(officer.get(&withdraw).await.body.contains("届出を取り下げる"));
        let empty = officer.post(&withdraw, &[("reason", " ")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("id=\"f-reason-error\""), "{}", empty.body);
        let done = officer.post(&withdraw, &[("reason", "院内で見つかった")]).await;
        assert_eq!(done.location, "/office/losses?done=withdrawn", "{}", done.body);
        assert!(officer.get(&done.location).await.body.contains("失効を待つ届出はありません"));
        assert_eq!(officer.post(&withdraw, &[("reason", "x")]).await.status, StatusCode::CONFLICT, "once");
        assert_eq!(officer.get(&withdraw).await.status, StatusCode::CONFLICT);
        assert_eq!(reasons(house, &case).await, [None], "the certificate stays as it is");
        let told = mails(house).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].0.contains("届出を取り下げました") && told[0].1.contains("取り下げた理由：院内で見つかった"));
        assert!(told[0].1.contains("操作した方：運営者") && !told[0].1.contains("登録 守"), "{told:?}");
        let page = colleague.get(&page_of(&case)).await.body;
        assert!(page.contains("取り下げられました") && !page.contains("紛失の届出あり"), "{page}");
        let auditor = staff(house, Role::Auditor).await.get("/office/audit").await.body;
        assert!(auditor.contains("鍵の盗難・紛失の届出の取下げ"), "{auditor}");
        house.clock.pass(Duration::minutes(10));
        report().await;
        let office = officer.get("/office/losses").await.body;
        assert!(office.contains("失効の期限まで、あと24時間0分です"), "a later theft starts the clock anew: {office}");
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "keyCompromise")]).await;
        assert!(colleague.get(&page_of(&case)).await.body.contains("届出から0時間0分で失効しました"));
    })
    .await;
}

#[tokio::test]
async fn the_owners_are_told_of_a_revocation_whoever_filed() {
    on_each_database(async |house| {
        let (_, case, _) = fetched(house).await;
        let filed = stored(house, &case).await;
        account(house, "second@clinic.example", &[], Some(filed.institution_id)).await;
        let officer = staff(house, Role::RaOfficer).await;
        let id = certificates_of(house, &case).await[0].id;
        let told = async || {
            services::jobs::work_all(&house.app, "test").await.unwrap();
            let mails = house.postbox.empty().into_iter().filter(|mail| mail.subject.contains("失効させました"));
            let mut to: Vec<_> = mails.map(|mail| mail.recipient).collect();
            to.sort();
            to
        };
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "keyCompromise")]).await;
        assert_eq!(told().await, ["owner-1330100016@clinic.example", "second@clinic.example"]);
    })
    .await;
}
