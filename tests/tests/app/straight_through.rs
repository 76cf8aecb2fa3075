//! Acceptance by rule: off until it is switched on, never with a check that is not green, never for staff, and some are drawn
//! for a person all the same.

use std::sync::Arc;

use domain::{
    applications::{Event, Flag, Rules, State, StraightThrough},
    permissions::Role,
};
use serde_json::json;
use services::Settings;

use crate::{
    browser::Browser,
    queues::listed,
    steps::{CERTIFICATE, ELIGIBILITY, accepted, clinic, decide, file, filed, mails, staff, stored},
    support::{House, on_each_database, on_each_database_with},
};

/// Switches the rule on for all procedures; so many of a hundred are sampled.
fn on(percent: u8) -> impl Fn(&mut Settings) {
    move |settings: &mut Settings| {
        let rule = StraightThrough { eligibility: true, certificate: true, claims: true, sample_percent: percent };
        settings.rules = Arc::new(Rules { straight_through: rule, ..(*settings.rules).clone() });
    }
}

async fn life(house: &House, case: &str) -> Vec<(Event, String, String)> {
    let id = stored(house, case).await.id;
    let events = storage::applications::events(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    events.into_iter().map(|event| (event.event, event.actor, event.note)).collect()
}

/// Does the job for a case once more.
async fn once_more(house: &House, case: &str, version: i64) {
    let id = stored(house, case).await.id;
    let payload = json!({ "application": id, "version": version });
    services::applications::straight_through(&house.app, &payload).await.unwrap();
}

#[tokio::test]
async fn while_the_rule_is_off_every_case_waits_for_a_person() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        mails(house).await;
        once_more(house, &case, stored(house, &case).await.version).await;
        let found = stored(house, &case).await;
        assert_eq!((found.state, found.flag), (State::Submitted, Flag::Plain));
    })
    .await;
}

#[tokio::test]
async fn a_case_whose_checks_are_all_green_is_accepted_by_the_rule_which_is_named() {
    on_each_database_with(on(0), async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        assert_eq!(stored(house, &case).await.state, State::Submitted, "the applicant does not wait for it");
        let sent = stored(house, &case).await.version;
        let told = mails(house).await;
        assert_eq!(told.len(), 2, "received and accepted: {told:?}");
        assert_eq!(stored(house, &case).await.state, State::Accepted);
        let (_, actor, note) = life(house, &case).await.into_iter().find(|line| line.0 == Event::Accept).unwrap();
        assert_eq!(actor, "system:straight_through");
        assert_eq!(note, "自動承認の規則 第1版（抜取り0％）");
        let rows = storage::audit::newest(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap();
        let row = rows.iter().find(|row| row.action == "application.accept").unwrap();
        assert_eq!(row.source, "straight_through/1 sample_percent=0");
        once_more(house, &case, sent).await;
        assert_eq!(mails(house).await.len(), 0, "never twice");
    })
    .await;
}

#[tokio::test]
async fn a_certificate_gets_its_fee_and_its_letter_by_the_rule_too() {
    on_each_database_with(on(0), async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        filed(house, &browser).await;
        let case = file(house, &browser, "certificate", CERTIFICATE).await;
        mails(house).await;
        assert_eq!(stored(house, &case).await.state, State::Approved);
        assert_eq!(crate::steps::letters_of(house, &case).await.len(), 1);
        let id = stored(house, &case).await.id;
        let fees = storage::ledger::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
        assert_eq!(fees.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_sampled_case_stays_in_the_queue_and_is_drawn_once() {
    on_each_database_with(on(100), async |house| {
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        mails(house).await;
        let reviewer = staff(house, Role::Reviewer).await;
        assert_eq!(listed(&reviewer, "flag=sampled").await, std::slice::from_ref(&case));
        let page = reviewer.get(&format!("/office{case}")).await.body;
        assert!(page.contains("抜取り") && page.contains("第1版（抜取り100％）"), "{page}");
        let seen = stored(house, &case).await;
        once_more(house, &case, seen.version).await;
        assert_eq!(stored(house, &case).await, seen);
        accepted(house, &case).await;
        assert_eq!(stored(house, &case).await.state, State::Accepted);
    })
    .await;
}

#[tokio::test]
async fn of_many_cases_about_so_many_are_sampled_as_the_rule_says() {
    on_each_database_with(on(50), async |house| {
        let mut sampled = 0;
        for number in 0..24 {
            let line = format!("CAF00000001{number:02}");
            let day = house.app.clock.now().date();
            crate::queues::sent_on(house, day, &crate::home::code(number), &line, "2026-07").await;
        }
        mails(house).await;
        sampled += listed(&staff(house, Role::Reviewer).await, "flag=sampled").await.len();
        assert!((4..=20).contains(&sampled), "{sampled} of 24");
    })
    .await;
}

#[tokio::test]
async fn a_check_that_is_not_green_leaves_the_case_to_a_person_and_is_named() {
    on_each_database_with(on(0), async |house| {
        let (_, first) = clinic(house, "1330100016").await;
        file(house, &first, "eligibility", ELIGIBILITY).await;
        let (_, second) = clinic(house, "2710200018").await;
        let same_line = file(house, &second, "eligibility", ELIGIBILITY).await;
        mails(house).await;
        let found = stored(house, &same_line).await;
        assert_eq!((found.state, found.flag), (State::Submitted, Flag::Held));
        assert!(found.rule_words.contains("お客様IDの重複"), "{}", found.rule_words);
        let reviewer = staff(house, Role::Reviewer).await;
        let page = reviewer.get(&format!("/office{same_line}")).await.body;
        assert!(
            page.contains("自動では承認していません。人の確認が必要なもの：") && page.contains("お客様IDの重複"),
            "{page}"
        );
        decide(house, &reviewer, &same_line, "return", &[("words-customer_id", "お確かめください。")]).await;
        assert_eq!(stored(house, &same_line).await.flag, Flag::Plain);
    })
    .await;
}

#[tokio::test]
async fn what_staff_sent_is_never_accepted_by_the_rule() {
    on_each_database_with(on(0), async |house| {
        let (place, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let both = crate::browser::account(house, "both@madoguchi.example", &[Role::Reviewer], None).await;
        let sent = stored(house, &case).await;
        let now = house.app.clock.now();
        let case = storage::applications::Application {
            id: domain::ids::ApplicationId::new(now, &*house.app.randomness),
            reference: Some("OWN1-2345-6".to_owned()),
            institution_id: place,
            created_by: both,
            submitted_by: Some(both),
            ..sent
        };
        let mut tx = house.app.db.write().await.unwrap();
        storage::applications::insert_filed(&mut tx, &case).await.unwrap();
        tx.commit().await.unwrap();
        let address = format!("/applications/{}", case.id);
        once_more(house, &address, 1).await;
        let found = stored(house, &address).await;
        assert_eq!((found.state, found.flag), (State::Submitted, Flag::Held));
        assert!(found.rule_words.contains("送信した人"), "{}", found.rule_words);
    })
    .await;
}

#[tokio::test]
async fn the_rule_lets_go_of_a_case_that_a_person_has_taken() {
    on_each_database_with(on(0), async |house| {
        let (_, browser): (_, Browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let sent = stored(house, &case).await.version;
        decide(house, &staff(house, Role::Reviewer).await, &case, "take", &[]).await;
        once_more(house, &case, sent).await;
        assert_eq!(stored(house, &case).await.state, State::InReview);
    })
    .await;
}
