//! 承継: from the old code to the new one, the term of the old certificates, and whose history is read (spec 6.1).

use std::io::Cursor;

use axum::http::StatusCode;
use domain::{
    applications::State,
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId},
    permissions::Role,
    succession::RUNGS,
};
use serde_json::json;
use services::{
    Ctx, MembershipRule,
    authority::publish_when_due,
    institutions::import::{Options, Outcome, run},
    succession,
};
use storage::{applications::Application, institutions::by_code};
use time::{Duration, macros::date};

use crate::{
    browser::{Browser, account, institution},
    refused::is_listed,
    renewal::{Installed, test},
    steps::{accepted, begin, clinic, file, filed, letters_of, mails, not_begun, staff, stored},
    support::{House, on_each_database, on_each_database_with},
};

/// The new code of さくら歯科, whose old one is 1330100016.
const NEW: &str = "1330100107";

/// A sound form; the change is 2026-06-01.
const FORM: [(&str, &str); 8] = [
    ("reason", "corporate"),
    ("direction", "to_corporation"),
    ("new_code", "13-3-0100107"),
    ("changed_on", "2026年6月1日"),
    ("founder", "医療法人社団さくら会"),
    ("history", "yes"),
    ("contact", "山田 花子"),
    ("contact_phone", "03-1234-5678"),
];

fn with(key: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    FORM.into_iter().map(|(name, typed)| (name, if name == key { value } else { typed })).collect()
}

/// Someone who acts for another institution of theirs.
async fn acting(house: &House, person: AccountId, place: InstitutionId) -> Browser {
    let browser = Browser::of(house, person, false).await;
    let chosen = browser.post("/account/switch", &[("institution", &place.to_string())]).await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER, "{}", chosen.body);
    browser
}

fn go_to(house: &House, day: time::Date) {
    let noon = Timestamp::start_of_day(day) + Duration::hours(12);
    house.clock.pass(noon - house.app.clock.now());
}

/// What a form says of a field once it was sent to the check.
async fn said(browser: &Browser, case: &str, typed: &[(&str, &str)]) -> String {
    let saved = browser.post(&format!("{case}/edit"), typed).await;
    if saved.status == StatusCode::SEE_OTHER { browser.get(&saved.location).await.body } else { saved.body }
}

async fn reminders(house: &House) -> Vec<String> {
    succession::warn_when_due(&house.app).await.unwrap();
    services::terminals::warn_when_due(&house.app).await.unwrap();
    mails(house).await.into_iter().map(|(subject, _)| subject).collect()
}

#[tokio::test]
async fn a_code_changes_and_the_old_certificate_works_for_its_term_and_not_longer() {
    let by_decision = |settings: &mut services::Settings| settings.membership = MembershipRule::Reviewer;
    on_each_database_with(by_decision, async |house| {
        let own = Installed::new(house).await;
        let new = institution(house, NEW, "医療法人社団さくら会 さくら歯科").await;
        let old = stored(house, &own.case).await.institution_id;
        let colleague = account(house, "second@clinic.example", &[], Some(old)).await;
        let browser = own.at_the_portal(house, false).await;
        let case = file(house, &browser, "succession", &FORM).await;
        accepted(house, &case).await;
        let told = mails(house).await;
        let (_, text) = told.iter().find(|(subject, _)| subject.starts_with("【受付済み】承継")).unwrap();
        assert!(text.contains("2026年9月29日（火）") && text.contains("「切り替える」"), "{text}");
        // The one who filed is there by the decision; the other owner waits for them.
        let mut conn = house.app.db.read().await.unwrap();
        let mine = storage::accounts::membership_of(&mut conn, own.owner, new).await.unwrap().unwrap();
        let other = storage::accounts::membership_of(&mut conn, colleague, new).await.unwrap().unwrap();
        drop(conn);
        assert_eq!((mine.state.as_str(), mine.role.as_str(), other.state.as_str()), ("active", "owner", "owner"));
        let page = browser.get("/succession").await.body;
        assert!(
            page.contains("あと132日") && page.contains("切り替える") && !page.contains("この端末の申請をはじめる")
        );
        assert!(browser.get("/").await.body.contains("2026年9月29日（火）まで（あと132日）"));
        let again = not_begun(&browser, "succession").await;
        assert!(again.contains("すでに受け付けています"), "{again}");
        under_the_new_code(house, &own, new).await;
        not_renewed(house, &own).await;
        counted_down(house, &own, old).await;
    })
    .await;
}

/// The guided list: what comes first, then each terminal by one click.
async fn under_the_new_code(house: &House, own: &Installed, new: InstitutionId) {
    let browser = acting(house, own.owner, new).await;
    let page = browser.get("/succession").await.body;
    assert!(page.contains("新しいコードで必要な手続") && page.contains("オンライン資格確認パソコン"), "{page}");
    let begin = format!("/succession/terminals/{}", own.id(house).await);
    let early = browser.post(&begin, &[]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", early.location);
    assert!(early.body.contains("利用申請が必要です"), "{}", early.body);
    filed(house, &browser).await;
    let begun = browser.post(&begin, &[]).await;
    let draft = stored(house, begun.location.trim_end_matches("/edit")).await;
    assert_eq!((draft.institution_id, draft.answers.get("terminal_name_1")), (new, "オンライン資格確認パソコン"));
    assert_eq!(browser.post(&begin, &[]).await.location, begun.location, "a second click finds the same draft");
    started(house, &browser, &draft).await;
    // Only read, and marked.
    let list = browser.get("/succession/history").await.body;
    let old_case = format!("/succession/history/{}", own.id(house).await);
    assert!(list.contains(&old_case) && list.contains("読むだけで、書き換えることはできません"), "{list}");
    let shown = browser.get(&old_case).await.body;
    assert!(shown.contains("事務部 山田 花子") && shown.contains("前のコード 13-3-0100016"), "{shown}");
    assert_eq!(browser.get(&own.case).await.status, StatusCode::CONFLICT, "it is of the old code");
}

/// The start of operation is the last step, once a terminal has passed the connection test.
async fn started(house: &House, browser: &Browser, draft: &Application) {
    let page = browser.get("/succession").await.body;
    let (_, list) = page.split_once("新しいコードで必要な手続").unwrap();
    let at = |words: &str| list.find(words).ok_or_else(|| format!("{words} in {list}"));
    let [claims, start, terminals] =
        ["オンライン請求 利用開始", "運用開始日登録", "端末ごとの状況"].map(at).map(Result::unwrap);
    assert!(claims < start && start < terminals);
    assert!(page.contains("接続テストが済むと、登録できます") && !page.contains("接続テストが済みました"), "{page}");
    let installed = Application {
        id: ApplicationId::new(house.app.clock.now(), &*house.app.randomness),
        state: State::Installed,
        reference: Some("999999999999".to_owned()),
        terminal_name: Some("会計のパソコン".to_owned()),
        ..draft.clone()
    };
    let mut tx = house.app.db.write().await.unwrap();
    storage::applications::insert_filed(&mut tx, &installed).await.unwrap();
    tx.commit().await.unwrap();
    let page = browser.get("/succession").await.body;
    assert!(page.contains("接続テストが済みました") && page.contains("/procedures/operation_start"), "{page}");
    file(house, browser, "operation_start", &[("start_day", "2026-07-01")]).await;
    let page = browser.get("/succession").await.body;
    assert!(!page.contains("接続テストが済みました") && !page.contains("まだ登録していません"), "{page}");
}

async fn not_renewed(house: &House, own: &Installed) {
    let page = own.terminal(house).get("/renew").await.body;
    assert!(page.contains("前の医療機関等コードのものです") && page.contains("2026年9月29日（火）"), "{page}");
    assert_eq!(own.all(house).await.len(), 1);
}

/// Told on each rung, then revoked, once.
async fn counted_down(house: &House, own: &Installed, old: InstitutionId) {
    let last = date!(2026 - 09 - 29);
    mails(house).await;
    for left in RUNGS {
        go_to(house, last - Duration::days(left));
        let subjects = reminders(house).await;
        let words = format!("あと{left}日です");
        assert!(subjects.iter().filter(|subject| subject.contains(&words)).count() == 2, "{left}: {subjects:?}");
        assert_eq!(reminders(house).await, [""; 0], "{left}: once");
        house.clock.pass(Duration::days(1));
        let next = reminders(house).await;
        assert!(left == 1 || next.is_empty(), "{left}: {next:?}");
    }
    assert!(test(house, &own.certificate).await.contains("expires_on"), "the last day");
    house.clock.pass(Duration::days(1));
    let subjects = reminders(house).await;
    assert!(subjects.iter().any(|subject| subject.contains("期間が終わりました")), "{subjects:?}");
    let ended = own.all(house).await.remove(0);
    assert_eq!((ended.state.as_str(), ended.revocation_reason.as_deref()), ("revoked", Some("cessationOfOperation")));
    publish_when_due(&house.app).await.unwrap();
    assert!(is_listed(house, &ended).await);
    succession::end(&house.app, &json!({ "old": old })).await.unwrap();
    assert_eq!(mails(house).await, [], "a second run changes nothing");
    let browser = own.at_the_portal(house, false).await;
    assert!(browser.get("/succession").await.body.contains("期間は終わりました"));
    let refused = not_begun(&browser, "claims").await;
    assert!(refused.contains("承継により終わりました"), "{refused}");
    let home = browser.get("/").await.body;
    assert!(home.contains("承継の状況を見る") && !home.contains("申請をはじめる"), "{home}");
}

#[tokio::test]
async fn a_code_of_somebody_else_is_refused_by_one_sentence() {
    const REFUSED: &str = "この医療機関等コードへは、承継できません。";
    on_each_database(async |house| {
        let (old, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "succession").await;
        // Somebody owns it.
        let (_, stranger) = clinic(house, NEW).await;
        let told = said(&browser, &case, &FORM).await;
        assert!(told.contains(REFUSED) && !told.contains("さくら歯科 さくら歯科"), "{told}");
        // It is closed; it is the same; it is of another kind; its check digit does not hold.
        let closed = institution(house, "1330100115", "もみじ歯科").await;
        set_closed(house, closed).await;
        for (code, words) in [
            ("1330100115", REFUSED),
            ("1330100016", "いまの医療機関等コードと同じです"),
            ("1310100016", "点数表コード"),
            ("1330100108", "f-new_code-error"),
        ] {
            let told = said(&browser, &case, &with("new_code", code)).await;
            assert!(told.contains(words), "{code}: {told}");
        }
        // Whoever only asked to belong keeps nobody off.
        let free = institution(house, "1330100123", "かえで歯科").await;
        let asking = account(house, "asking@clinic.example", &[], None).await;
        waits(house, asking, free).await;
        let told = said(&browser, &case, &with("new_code", "1330100123")).await;
        assert!(!told.contains(REFUSED) && told.contains("かえで歯科"), "{told}");
        // Circles and chains: the code has a part in another succession.
        let taken = institution(house, "1330100131", "すみれ歯科").await;
        let from = stranger_of(house).await;
        link(house, from, taken, &case).await;
        for code in ["1330100131", NEW] {
            assert!(said(&browser, &case, &with("new_code", code)).await.contains(REFUSED), "{code}");
        }
        // A member who does not own the institution files nothing of this kind.
        let member = account(house, "member@clinic.example", &[], None).await;
        belongs(house, member, old).await;
        let member = Browser::of(house, member, false).await;
        assert_eq!(member.post("/procedures/succession", &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(stranger.get("/succession/history").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

async fn set_closed(house: &House, id: InstitutionId) {
    let mut tx = house.app.db.write().await.unwrap();
    let mut place = storage::institutions::find(&mut tx, id).await.unwrap().unwrap();
    place.status = domain::institutions::InstitutionStatus::Closed;
    storage::institutions::upsert(&mut tx, &[place], house.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn stranger_of(house: &House) -> InstitutionId {
    by_code(&mut house.app.db.read().await.unwrap(), NEW).await.unwrap().unwrap().id
}

async fn member_in(house: &House, person: AccountId, place: InstitutionId, state: &str) {
    let now = house.app.clock.now();
    let id = domain::ids::MembershipId::new(now, &*house.app.randomness);
    let mut tx = house.app.db.write().await.unwrap();
    storage::accounts::insert_membership(&mut tx, id, person, place, "staff", state, now).await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

async fn waits(house: &House, person: AccountId, place: InstitutionId) {
    member_in(house, person, place, "letter").await;
}

async fn belongs(house: &House, person: AccountId, place: InstitutionId) {
    member_in(house, person, place, "active").await;
}

/// A succession between two institutions, as its acceptance leaves it.
async fn link(house: &House, old: InstitutionId, new: InstitutionId, case: &str) {
    let now = house.app.clock.now();
    let row = storage::successions::Succession {
        old,
        new,
        application: stored(house, case).await.id,
        reason: "founder".to_owned(),
        changed_on: "2026-05-20".to_owned(),
        ends_at: now + Duration::days(120),
        history: false,
        accepted_at: now,
        told: None,
        ended_at: None,
    };
    let mut tx = house.app.db.write().await.unwrap();
    assert!(storage::successions::insert(&mut tx, &row).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_code_that_is_not_in_the_register_waits_and_the_applicant_is_told_when_it_comes() {
    on_each_database(async |house| {
        let (old, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let typed = with("history", "no");
        let case = file(house, &browser, "succession", &typed).await;
        mails(house).await;
        for path in [case.as_str(), "/", "/succession", "/procedures/succession"] {
            let told = browser.get(path).await.body;
            assert!(told.contains("新しいコードが台帳に載ると") && told.contains(&case), "{path}: {told}");
        }
        let reviewer = staff(house, Role::Reviewer).await;
        let office = case.replace("/applications/", "/office/applications/");
        let version = async || stored(house, &case).await.version.to_string();
        let early = reviewer.post(&format!("{office}/accept"), &[("version", &version().await)]).await;
        assert!(early.body.contains("まだ台帳にありません"), "{}", early.body);
        assert_ne!(stored(house, &case).await.state, State::Accepted);
        let row = "1330100107,医療法人社団さくら会 さくら歯科,サクラシカ,1000001,東京都千代田区千代田1-1,0300000000,医療法人社団さくら会,現存,2026-06-01,\n";
        for told in [1, 0] {
            let options = Options { file_name: "list.csv".into(), ..Options::default() };
            let done = run(&Ctx::system(&house.app, "test"), Cursor::new(row), options).await.unwrap();
            assert!(matches!(done, Outcome::Done(_)));
            let subjects = mails(house).await.into_iter().map(|(subject, _)| subject);
            assert_eq!(subjects.filter(|subject| subject.contains("台帳に載りました")).count(), told);
        }
        let told = browser.get("/succession").await.body;
        assert!(told.contains("審査担当が内容を確認します"), "{told}");
        accepted(house, &case).await;
        mails(house).await;
        // By the letter to the new address, ordered once.
        let new = by_code(&mut house.app.db.read().await.unwrap(), NEW).await.unwrap().unwrap();
        let mut conn = house.app.db.read().await.unwrap();
        let owner = stored(house, &case).await.submitted_by.unwrap();
        let mine = storage::accounts::membership_of(&mut conn, owner, new.id).await.unwrap().unwrap();
        assert_eq!((mine.state.as_str(), mine.code_hash.is_some()), ("letter", true));
        let proof = storage::accounts::proof(&mut conn, mine.id).await.unwrap().unwrap();
        drop(conn);
        succession::letter(&house.app, &json!({ "membership": mine.id })).await.unwrap();
        let again = storage::accounts::proof(&mut house.app.db.read().await.unwrap(), mine.id).await.unwrap();
        assert_eq!(again, Some(proof), "one letter");
        // Nothing was handed over: the new one reads nothing, and never a third one.
        let third = account(house, "third@clinic.example", &[], Some(new.id)).await;
        let third = Browser::of(house, third, false).await;
        for path in ["/succession/history".to_owned(), case.replace("/applications/", "/succession/history/")] {
            assert_eq!(third.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let page = third.get("/succession").await.body;
        assert!(page.contains("引き継いでいません") && !page.contains("端末ごとの状況"), "{page}");
        assert!(letters_of(house, &case).await.is_empty());
        let of_old = storage::successions::of_old(&mut house.app.db.read().await.unwrap(), old).await.unwrap();
        assert_eq!(of_old.map(|one| (one.new, one.history)), Some((new.id, false)));
    })
    .await;
}
