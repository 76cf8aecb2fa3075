//! The telephone: number and spoken code open a case for an hour, and nothing is told without them.

use axum::http::StatusCode;
use domain::{ids::AccountId, permissions::Role, reference::ReferenceNumber};
use time::Duration;

use crate::{
    browser::{Answer, Browser, account, institution, named_account},
    steps::{approved, filed, mails, posted, staff, stored},
    support::{House, on_each_database},
};

const DESK: &str = "/office/desk-call";

/// The code that a page shows: two groups of three digits.
fn spoken(page: &str) -> String {
    let place = page.find("spoken-code").unwrap();
    let shown = page[place..].split('>').skip(1).find(|part| part.starts_with(|c: char| c.is_ascii_digit())).unwrap();
    let second = page[place..].split("<span>").nth(2).unwrap();
    format!("{}{}", &shown[..3], &second[..3])
}

async fn look(agent: &Browser, number: &str, code: &str) -> Answer {
    agent.post(DESK, &[("number", number), ("code", code)]).await
}

/// A code that is surely another.
fn other(code: &str) -> String {
    code.chars().map(|digit| char::from(b'0' + (digit as u8 - b'0' + 1) % 10)).collect()
}

async fn audited(house: &House, action: &str) -> usize {
    let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 500).await.unwrap();
    rows.iter().filter(|row| row.action == action).count()
}

async fn owner(house: &House) -> (AccountId, Browser) {
    let clinic = institution(house, "1330100016", "さくら歯科").await;
    let id = named_account(house, "桜井 咲", "owner@clinic.example", &[], Some(clinic)).await;
    (id, Browser::of(house, id, false).await)
}

#[tokio::test]
async fn number_and_spoken_code_open_what_the_caller_sees_and_the_call_is_noted() {
    on_each_database(async |house| {
        let (_, owner) = owner(house).await;
        let case = approved(house, &owner).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        mails(house).await;
        let number = stored(house, &case).await.reference.unwrap();
        let page = owner.get(&case).await.body;
        let code = spoken(&page);
        assert_eq!(code, spoken(&owner.get("/").await.body), "home and case show the same");
        let agent = staff(house, Role::CallCentreAgent).await;
        // As it is heard: full width, lower case, spaces.
        let heard: String = number.to_lowercase().chars().map(|c| if c == '-' { ' ' } else { c }).collect();
        let opened = look(&agent, &heard, &format!("{} {}", &code[..3], &code[3..])).await;
        assert!(opened.location.starts_with("/office/calls/"), "{}", opened.body);
        let view = agent.get(&opened.location).await.body;
        for told in ["桜井 咲", "さくら歯科", "12345678901", "250 OK", "申請者の画面に表示されている説明"]
        {
            assert!(view.contains(told), "{told}: {view}");
        }
        for secret in [&paper.id, &paper.secret] {
            assert!(!view.contains(secret.as_str()), "no secret is shown");
        }
        let note =
            [("category", "letter"), ("question", "届く日をたずねられた。"), ("answer", "あす届くとお答えした。")];
        let noted = agent.post(&format!("{}/note", opened.location), &note).await;
        assert_eq!(noted.location, format!("{}?noted=1", opened.location), "{}", noted.body);
        let (subject, body) = mails(house).await.pop().unwrap();
        assert!(subject.starts_with("【控え】") && body.contains("あす届くとお答えした。"), "{subject}\n{body}");
        let own = owner.get("/inquiries").await.body;
        let thread = own.split("href=\"/inquiries/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let thread = owner.get(&format!("/inquiries/{thread}")).await.body;
        assert!(
            thread.contains("お電話（運営者が記録しました）") && thread.contains("届く日をたずねられた。"),
            "{thread}"
        );
        assert!(!thread.contains("記録：山田"), "who noted it is not named");
        assert_eq!((audited(house, "call.open").await, audited(house, "call.note").await), (1, 1));
        assert!(audited(house, "call.view").await >= 1);
    })
    .await;
}

#[tokio::test]
async fn without_the_code_nothing_is_told_but_the_procedure() {
    on_each_database(async |house| {
        let (_, owner) = owner(house).await;
        let case = filed(house, &owner).await;
        let number = stored(house, &case).await.reference.unwrap();
        let agent = staff(house, Role::CallCentreAgent).await;
        let told = look(&agent, &number, "").await;
        assert_eq!(told.status, StatusCode::OK);
        assert!(
            told.body.contains("オンライン資格確認 利用開始・変更申請") && told.body.contains("/articles/KB0011095"),
            "{}",
            told.body
        );
        for personal in ["さくら歯科", "桜井", "owner@clinic.example", "審査待ち"] {
            assert!(!told.body.contains(personal), "{personal}: {}", told.body);
        }
        let mut wrong = number.clone();
        wrong.replace_range(0..1, if number.starts_with('7') { "8" } else { "7" });
        assert!(look(&agent, &wrong, "").await.body.contains("打ち間違いがあります"));
        let nobody = ReferenceNumber::generate(&*house.app.randomness).to_string();
        assert!(look(&agent, &nobody, "123456").await.body.contains("この番号の申請はありません"));
        assert!(look(&agent, &number, "12345").await.body.contains("数字6桁です"));
    })
    .await;
}

#[tokio::test]
async fn a_code_changes_each_half_day_ends_with_the_membership_and_cannot_be_guessed() {
    on_each_database(async |house| {
        let (_, owner) = owner(house).await;
        let case = filed(house, &owner).await;
        let number = stored(house, &case).await.reference.unwrap();
        let first = spoken(&owner.get("/").await.body);
        // Eleven hours later it is past noon: the old code still counts, the page shows another.
        house.clock.pass(Duration::hours(11));
        let (id, again) = {
            let found =
                storage::accounts::by_email(&mut house.app.db.read().await.unwrap(), "owner@clinic.example").await;
            let id = found.unwrap().unwrap().id;
            (id, Browser::of(house, id, false).await)
        };
        let second = spoken(&again.get("/").await.body);
        assert_ne!(first, second);
        let agent = staff(house, Role::CallCentreAgent).await;
        assert!(look(&agent, &number, &first).await.location.starts_with("/office/calls/"));
        assert!(look(&agent, &number, &second).await.location.starts_with("/office/calls/"));
        house.clock.pass(Duration::hours(12));
        let agent = staff(house, Role::CallCentreAgent).await;
        assert_eq!(look(&agent, &number, &first).await.status, StatusCode::UNPROCESSABLE_ENTITY, "too old");
        // Codes of another institution's members open nothing.
        let elsewhere = institution(house, "2730100019", "もみじ医院").await;
        let stranger = account(house, "other@clinic.example", &[], Some(elsewhere)).await;
        let stranger = spoken(&Browser::of(house, stranger, false).await.get("/").await.body);
        assert_eq!(look(&agent, &number, &stranger).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let now = spoken(&Browser::of(house, id, false).await.get("/").await.body);
        for _ in 0..3 {
            assert_eq!(look(&agent, &number, &other(&now)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let over = look(&agent, &number, &now).await;
        assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS, "even the right one has to wait: {}", over.body);
        let again = staff(house, Role::CallCentreAgent).await;
        assert_eq!(look(&again, &number, &now).await.status, StatusCode::TOO_MANY_REQUESTS, "whoever types it");
        house.clock.pass(Duration::hours(1));
        let agent = staff(house, Role::CallCentreAgent).await;
        assert!(look(&agent, &number, &now).await.location.starts_with("/office/calls/"));
        assert!(audited(house, "call.refuse").await == 5 && audited(house, "call.limit").await == 1);
    })
    .await;
}

#[tokio::test]
async fn a_call_is_open_for_an_hour_to_the_one_who_answered_it() {
    on_each_database(async |house| {
        let (_, owner) = owner(house).await;
        let case = filed(house, &owner).await;
        let number = stored(house, &case).await.reference.unwrap();
        let code = spoken(&owner.get("/").await.body);
        let id = account(house, "agent@madoguchi.example", &[Role::CallCentreAgent], None).await;
        let opened = look(&Browser::of(house, id, true).await, &number, &code).await.location;
        let colleague = staff(house, Role::CallCentreAgent).await;
        assert_eq!(colleague.get(&opened).await.status, StatusCode::NOT_FOUND);
        house.clock.pass(Duration::minutes(60));
        let later = Browser::of(house, id, true).await;
        assert_eq!(later.get(&opened).await.location, format!("{DESK}?over=1"));
        let note = [("category", "letter"), ("question", "x")];
        assert_eq!(later.post(&format!("{opened}/note"), &note).await.status, StatusCode::CONFLICT);
    })
    .await;
}
