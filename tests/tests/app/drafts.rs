//! Drafts: continued at the same question on any device, kept for ninety days, and never gone without a word.

use axum::http::StatusCode;
use domain::{
    applications::State,
    calendar::japanese_date,
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
    permissions::Role,
};
use serde_json::json;
use time::{Date, Duration, macros::date};

use crate::{
    browser::{Browser, named_account},
    steps::{ELIGIBILITY, begin, clinic, decide, filed, staff, stored},
    support::{House, on_each_database, on_each_database_with},
};

/// The day on which every story begins.
const FIRST: Date = date!(2026 - 05 - 20);

/// Moves the clock to noon of a day, so many days after the first.
fn go_to(house: &House, days: i64) {
    house.clock.set(Timestamp::start_of_day(FIRST + Duration::days(days)) + Duration::hours(12));
}

/// Lets the work of the day be done, twice, and gives the mails about drafts: address and text.
async fn told(house: &House) -> Vec<(String, String)> {
    for _ in 0..2 {
        services::applications::sweep_drafts_when_due(&house.app).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        services::applications::sweep_drafts(&house.app, &json!({})).await.unwrap();
    }
    services::jobs::work_all(&house.app, "test").await.unwrap();
    let mails = house.postbox.empty().into_iter().filter(|mail| mail.subject.contains("下書き"));
    let mut mails: Vec<_> = mails.map(|mail| (mail.recipient, format!("{}\n{}", mail.subject, mail.body))).collect();
    mails.sort();
    mails
}

/// The person who began a case, after logging in again.
async fn again(house: &House, case: &str) -> Browser {
    Browser::of(house, stored(house, case).await.created_by, false).await
}

async fn is_there(house: &House, case: &str) -> bool {
    let id: ApplicationId = case.rsplit('/').next().unwrap().parse().unwrap();
    storage::applications::find(&mut house.app.db.read().await.unwrap(), id).await.unwrap().is_some()
}

async fn colleague(house: &House, place: InstitutionId) -> Browser {
    let id = named_account(house, "佐藤 次郎", "second@clinic.example", &[], Some(place)).await;
    Browser::of(house, id, false).await
}

#[tokio::test]
async fn owners_are_told_once_and_two_weeks_later_the_draft_is_gone() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        colleague(house, place).await;
        let case = begin(&browser, "eligibility").await;
        browser.post(&format!("{case}/draft"), &ELIGIBILITY[2..4]).await;
        for days in [1, 60, 75] {
            go_to(house, days);
            assert_eq!(told(house).await, [], "{days}");
        }
        go_to(house, 76);
        let mails = told(house).await;
        let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(to, ["owner-1330100016@clinic.example", "second@clinic.example"]);
        let last = FIRST + Duration::days(90);
        for words in [
            format!("最後の保存：{}（山田 花子）", japanese_date(FIRST)),
            "必須の9項目のうち2項目を入力済み".to_owned(),
            format!("保存の期限：{}", japanese_date(last)),
            format!("{}に下書きを削除します", japanese_date(last + Duration::DAY)),
            format!("https://madoguchi.example{case}/edit"),
        ] {
            assert!(mails[0].1.contains(&words), "{words}: {}", mails[0].1);
        }
        for days in [77, 89, 90] {
            go_to(house, days);
            assert_eq!(told(house).await, [], "{days}");
            assert!(is_there(house, &case).await, "{days}");
        }
        go_to(house, 91);
        assert_eq!(told(house).await, []);
        assert!(!is_there(house, &case).await);
        let audit = staff(house, Role::Auditor).await.get("/office/audit").await.body;
        assert!(audit.contains("下書きの削除の予告") && audit.contains("保存の期限による下書きの削除"), "{audit}");
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_is_written_again_begins_a_new_period() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        go_to(house, 80);
        assert_eq!(told(house).await.len(), 1);
        let browser = again(house, &case).await;
        let page = browser.get("/procedures/eligibility").await.body;
        assert!(page.contains(&japanese_date(FIRST + Duration::days(94))), "told late, it is kept longer: {page}");
        let seen = stored(house, &case).await;
        browser.post(&format!("{case}/draft"), &ELIGIBILITY[2..3]).await;
        let mut tx = house.app.db.write().await.unwrap();
        assert!(!storage::applications::remove_draft(&mut tx, &seen).await.unwrap(), "it was written meanwhile");
        assert!(!storage::applications::told(&mut tx, &seen, house.app.clock.now()).await.unwrap());
        tx.rollback().await.unwrap();
        for days in [95, 120, 155] {
            go_to(house, days);
            assert_eq!(told(house).await, [], "{days}");
        }
        go_to(house, 80 + 76);
        assert_eq!(told(house).await.len(), 1, "told of the new period");
        go_to(house, 80 + 91);
        told(house).await;
        assert!(!is_there(house, &case).await);
    })
    .await;
}

#[tokio::test]
async fn after_a_long_time_away_owners_are_told_before_anything_is_removed() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        go_to(house, 300);
        let page = again(house, &case).await.get("/procedures/eligibility").await.body;
        assert!(page.contains(&japanese_date(FIRST + Duration::days(314))), "{page}");
        let mails = told(house).await;
        assert!(mails[0].1.contains(&japanese_date(FIRST + Duration::days(314))), "{mails:?}");
        go_to(house, 314);
        told(house).await;
        assert!(is_there(house, &case).await);
        go_to(house, 315);
        told(house).await;
        assert!(!is_there(house, &case).await);
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_or_returned_is_never_removed_and_every_page_of_drafts_is_walked() {
    let few = |settings: &mut services::Settings| {
        let drafts = domain::applications::Keeping { days: 10, notice_days: 2 };
        settings.rules = std::sync::Arc::new(domain::applications::Rules { drafts, ..(*settings.rules).clone() });
    };
    on_each_database_with(few, async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let returned = filed(house, &browser).await;
        let reviewer = staff(house, Role::Reviewer).await;
        decide(house, &reviewer, &returned, "return", &[("words-customer_id", "お確かめください。")]).await;
        assert_eq!(stored(house, &returned).await.state, State::Returned);
        let draft = stored(house, &begin(&browser, "claims").await).await;
        let mut drafts = vec![draft.id];
        let mut tx = house.app.db.write().await.unwrap();
        for number in 0..130 {
            let place = domain::institutions::Institution {
                id: InstitutionId::new(house.app.clock.now(), &*house.app.randomness),
                code: domain::institutions::InstitutionCode::parse(&crate::home::code(number)).unwrap(),
                ..storage::institutions::find(&mut tx, draft.institution_id).await.unwrap().unwrap()
            };
            storage::institutions::insert(&mut tx, &place, house.app.clock.now()).await.unwrap();
            let id = ApplicationId::new(house.app.clock.now(), &*house.app.randomness);
            let one = storage::applications::Application { id, institution_id: place.id, ..draft.clone() };
            assert!(storage::applications::insert_draft(&mut tx, &one).await.unwrap());
            drafts.push(id);
        }
        tx.commit().await.unwrap();
        go_to(house, 8);
        assert_eq!(told(house).await.len(), 131);
        go_to(house, 11);
        told(house).await;
        for id in drafts {
            assert!(!is_there(house, &format!("/applications/{id}")).await);
        }
        assert!(is_there(house, &returned).await);
        go_to(house, 400);
        told(house).await;
        assert_eq!(stored(house, &returned).await.state, State::Returned);
    })
    .await;
}

#[tokio::test]
async fn the_choice_page_says_who_wrote_it_how_far_it_is_and_until_when_it_is_kept() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let other = colleague(house, place).await;
        other.post(&format!("{case}/draft"), &[ELIGIBILITY[2], ELIGIBILITY[3], ("left_at", "customer_id")]).await;
        for (page, words) in [
            ("/procedures/eligibility", "2026年5月20日（水）10:00　佐藤 次郎"),
            ("/procedures/eligibility", "必須の9項目のうち2項目を入力済み"),
            ("/procedures/eligibility", "2026年8月18日（火）まで"),
            ("/", "必須の9項目のうち2項目を入力済み"),
            ("/mylist", "必須の9項目のうち2項目を入力済み"),
        ] {
            let shown = browser.get(page).await.body;
            assert!(shown.contains(words), "{page}, {words}: {shown}");
        }
        for page in ["/procedures/eligibility", "/", case.as_str(), "/mylist"] {
            let shown = browser.get(page).await.body;
            assert!(shown.contains(&format!("href=\"{case}/edit#f-customer_id\"")), "{page}: {shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_goes_on_where_it_was_left_or_at_the_first_missing_answer() {
    on_each_database(async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        let at = async |browser: &Browser| {
            let page = browser.get("/procedures/eligibility").await.body;
            let href = page.split(&format!("href=\"{case}/edit")).nth(1).unwrap().split('"').next().unwrap();
            assert!(
                href.is_empty()
                    || browser.get(&format!("{case}/edit")).await.body.contains(&format!("id=\"{}\"", &href[1..]))
            );
            href.to_owned()
        };
        assert_eq!(at(&browser).await, "#f-terms", "nothing was answered but what was known");
        browser.post(&format!("{case}/draft"), &ELIGIBILITY[..3]).await;
        assert_eq!(at(&browser).await, "#f-customer_id_kind", "without scripts: the first answer that is missing");
        let leave = [ELIGIBILITY[0], ELIGIBILITY[1], ELIGIBILITY[2], ("left_at", "start_month"), ("action", "leave")];
        let left = browser.post(&format!("{case}/edit"), &leave).await;
        assert_eq!(left.location, format!("{case}?saved=1"));
        assert_eq!(at(&colleague(house, place).await).await, "#f-start_month", "on another device too");
        let page = browser.get(&format!("{case}/edit")).await.body;
        assert!(page.contains("name=\"left_at\" value=\"start_month\""), "{page}");
        let answers = stored(house, &case).await.answers;
        assert!(!answers.has("left_at"), "it is no answer");
        for strange in ["nothing", "csrf", "\"><script>", "institution_code"] {
            browser.post(&format!("{case}/draft"), &[ELIGIBILITY[2], ("left_at", strange)]).await;
            assert!(at(&browser).await.starts_with("#f-"), "{strange}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_that_was_sent_too_late_comes_back_at_the_same_question() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = begin(&browser, "eligibility").await;
        house.clock.pass(Duration::hours(3));
        let typed = [ELIGIBILITY[2], ELIGIBILITY[3], ("left_at", "customer_id_kind")];
        let late = browser.post(&format!("{case}/edit"), &typed).await;
        assert_eq!(late.status, StatusCode::SEE_OTHER);
        let again = again(house, &case).await.with_cookie(&late.cookie);
        assert_eq!(again.get("/resume").await.location, format!("{case}/edit#f-customer_id_kind"));
        assert!(stored(house, &case).await.answers.is("customer_id_kind", "caf"));
    })
    .await;
}
