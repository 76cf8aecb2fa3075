//! Settings that staff change while the portal runs: from their day on, with their history, and never alone where two are asked.

use axum::http::StatusCode;
use domain::permissions::Role;
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    four_eyes::{by_default, proposal},
    steps::{approved, clinic, file, filed, mails, staff},
    support::{House, on_each_database, on_each_database_with},
};

fn day(house: &House, days: i64) -> String {
    (house.app.clock.now() + Duration::days(days)).date().to_string()
}

async fn set(browser: &Browser, topic: &str, fields: &[(&str, &str)]) -> Answer {
    browser.post(&format!("/office/settings/{topic}/change"), fields).await
}

fn saved(answer: &Answer) {
    assert!(answer.location.ends_with("?done=set"), "{} {}", answer.status, answer.body);
}

#[tokio::test]
async fn a_fee_that_two_clerks_agree_on_applies_from_its_day_and_not_before() {
    on_each_database_with(by_default, async |house| {
        let (first, second) = (staff(house, Role::BillingClerk).await, staff(house, Role::BillingClerk).await);
        let from = day(house, 3);
        let fields = [
            ("certificate_fee_yen", "１,８００"),
            ("certificate_months", "39"),
            ("from", from.as_str()),
            ("why", "委員会の決定"),
            ("seen", "0"),
        ];
        let page = proposal(&set(&first, "fees", &fields).await.location);
        let shown = second.get(&page).await.body;
        assert!(shown.contains("1,500円") && shown.contains("1,800円") && shown.contains("委員会の決定"), "{shown}");
        assert!(second.post(&format!("{page}/approve"), &[]).await.location.ends_with("?done=approve"));
        assert_eq!(house.app.rules().certificate_fee_yen, 1_500);
        house.clock.pass(Duration::days(3));
        assert_eq!(house.app.rules().certificate_fee_yen, 1_800, "nobody had to do anything at midnight");
        let history = staff(house, Role::Auditor).await.get("/office/settings/fees").await.body;
        assert!(history.contains("1,800円") && history.contains("承認："), "{history}");
    })
    .await;
}

#[tokio::test]
async fn a_change_is_taken_back_before_its_day_and_never_after() {
    on_each_database(async |house| {
        let clerk = staff(house, Role::BillingClerk).await;
        let (later, today) = (day(house, 5), day(house, 0));
        saved(
            &set(
                &clerk,
                "fees",
                &[
                    ("certificate_fee_yen", "1600"),
                    ("certificate_months", "39"),
                    ("from", &today),
                    ("why", "改定"),
                    ("seen", "0"),
                ],
            )
            .await,
        );
        assert_eq!(house.app.rules().certificate_fee_yen, 1_600);
        saved(
            &set(
                &clerk,
                "fees",
                &[
                    ("certificate_fee_yen", "1700"),
                    ("certificate_months", "39"),
                    ("from", &later),
                    ("why", "改定"),
                    ("seen", "1"),
                ],
            )
            .await,
        );
        let back = clerk.post("/office/settings/fees/take-back", &[("version", "2")]).await;
        assert!(back.location.ends_with("?done=back"), "{}", back.body);
        let late = clerk.post("/office/settings/fees/take-back", &[("version", "1")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        house.clock.pass(Duration::days(6));
        assert_eq!(house.app.rules().certificate_fee_yen, 1_600);
    })
    .await;
}

#[tokio::test]
async fn slips_are_named_and_keep_what_was_typed_and_the_slower_of_two_is_told() {
    on_each_database(async |house| {
        let (one, other) = (staff(house, Role::Administrator).await, staff(house, Role::Administrator).await);
        let today = day(house, 0);
        let wrong = [
            ("day", "32"),
            ("months_before", "二"),
            ("months_after", "3"),
            ("from", "2020/1/1"),
            ("why", ""),
            ("seen", "0"),
        ];
        let told = set(&one, "cut_off", &wrong).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in [
            "1から31日まで",
            "「締め日までに送信したとき」は",
            "今日から10年後まで",
            "「変更の理由」",
            "value=\"32\"",
            "value=\"二\"",
        ] {
            assert!(told.body.contains(words), "{words}: {}", told.body);
        }
        let right = [
            ("day", "25"),
            ("months_before", "2"),
            ("months_after", "3"),
            ("from", today.as_str()),
            ("why", "改定"),
            ("seen", "0"),
        ];
        saved(&set(&one, "cut_off", &right).await);
        let slower = set(&other, "cut_off", &right).await;
        assert_eq!(slower.status, StatusCode::CONFLICT);
        assert!(slower.body.contains("画面を開いた後に変更されました"));
        assert_eq!(house.app.rules().cut_off.day, 25);
    })
    .await;
}

#[tokio::test]
async fn who_may_change_what_is_not_for_one_administrator_alone() {
    on_each_database(async |house| {
        let (one, other) = (staff(house, Role::Administrator).await, staff(house, Role::Administrator).await);
        let today = day(house, 0);
        let mut fields: Vec<(&str, &str)> = [
            "terms",
            "fees",
            "settings",
            "schemes",
            "texts",
            "accept_filing",
            "accept_certificate",
            "reject",
            "content",
        ]
        .iter()
        .map(|matter| (*matter, "0"))
        .collect();
        fields.extend([("revocation", "1"), ("from", today.as_str()), ("why", "二人で行う"), ("seen", "0")]);
        let page = proposal(&set(&one, "four_eyes", &fields).await.location);
        assert!(!house.app.rules().four_eyes.asks(domain::office::Matter::Revocation));
        other.post(&format!("{page}/approve"), &[]).await;
        assert!(house.app.rules().four_eyes.asks(domain::office::Matter::Revocation));
    })
    .await;
}

#[tokio::test]
async fn a_mail_is_sent_in_the_words_that_an_editor_set() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let today = day(house, 0);
        let text = |body: &'static str, seen: &'static str, what: &'static str| {
            vec![
                ("subject", "新しい件名 {{reference}}"),
                ("body", body),
                ("why", "わかりやすく"),
                ("seen", seen),
                ("do", what),
            ]
        };
        let mut wrong = text("{{person}} 様 {{nobody}}", "0", "");
        wrong.push(("from", &today));
        let told = set(&editor, "mail.eligibility_received", &wrong).await;
        assert!(told.body.contains("「{{nobody}}」は、このメールでは使えません"), "{}", told.body);
        let shown =
            set(&editor, "mail.eligibility_received", &text("{{person}} 様、こんにちは。", "0", "preview")).await;
        assert!(
            shown.body.contains("様、こんにちは。") && shown.body.contains("まだ保存していません"),
            "{}",
            shown.body
        );
        let mut right = text("{{person}} 様、受け付けました。", "0", "");
        right.push(("from", &today));
        saved(&set(&editor, "mail.eligibility_received", &right).await);
        mails(house).await;
        let (_, browser) = clinic(house, "1330100016").await;
        file(house, &browser, "eligibility", crate::steps::ELIGIBILITY).await;
        let subjects: Vec<String> = mails(house).await.into_iter().map(|(subject, _)| subject).collect();
        assert!(subjects.iter().any(|subject| subject.starts_with("新しい件名 ")), "{subjects:?}");
    })
    .await;
}

#[tokio::test]
async fn new_terms_are_agreed_to_from_their_day_and_earlier_cases_keep_theirs() {
    on_each_database(async |house| {
        let editor = staff(house, Role::Editor).await;
        let (_, browser) = clinic(house, "1330100016").await;
        let case = filed(house, &browser).await;
        let before = crate::steps::stored(house, &case).await.answers;
        let later = day(house, 2);
        let fields = [
            ("version", "9.1"),
            ("title", "新しい利用規約"),
            ("body", "## 第1条\n\n本文"),
            ("from", later.as_str()),
            ("why", "改定"),
            ("seen", "0"),
        ];
        saved(&set(&editor, "document.eligibility-terms", &fields).await);
        let version = |house: &House| house.app.reference().documents["eligibility-terms"].version.clone();
        assert_ne!(version(house), "9.1");
        assert_eq!(browser.get("/documents/eligibility-terms").await.body.matches("新しい利用規約").count(), 0);
        house.clock.pass(Duration::days(2));
        assert_eq!(version(house), "9.1");
        assert!(browser.get("/documents/eligibility-terms").await.body.contains("新しい利用規約"));
        assert_eq!(crate::steps::stored(house, &case).await.answers, before);
        let twice = [
            ("version", "9.1"),
            ("title", "別の規約"),
            ("body", "本文"),
            ("from", later.as_str()),
            ("why", "改定"),
            ("seen", "1"),
        ];
        let editor = staff(house, Role::Editor).await;
        assert!(set(&editor, "document.eligibility-terms", &twice).await.body.contains("版「9.1」はすでにあります"));
    })
    .await;
}

#[tokio::test]
async fn a_choice_is_added_and_another_one_retired_without_losing_what_was_filed() {
    on_each_database(async |house| {
        let one = staff(house, Role::Administrator).await;
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let today = day(house, 0);
        let add = [
            ("label", "あたらしいOS"),
            ("pkcs12", "modern"),
            ("position", "1"),
            ("from", today.as_str()),
            ("why", "追加"),
            ("seen", "0"),
        ];
        saved(&set(&one, "list.terminal_oses", &add).await);
        let lists = house.app.reference().lists;
        assert_eq!(lists.choices("terminal_oses")[0].label, "あたらしいOS");
        let chosen = crate::steps::stored(house, &case).await.answers.get("terminal_os_1").to_owned();
        let label = lists.entry("terminal_oses", &chosen).unwrap().label.clone();
        let retire = [
            ("entry", chosen.as_str()),
            ("label", &label),
            ("pkcs12", "modern"),
            ("position", "2"),
            ("retired", "yes"),
            ("from", &today),
            ("why", "廃止"),
            ("seen", "1"),
        ];
        saved(&set(&one, "list.terminal_oses", &retire).await);
        assert!(house.app.reference().lists.offered("terminal_oses").all(|entry| entry.value != chosen));
        assert!(browser.get(&case).await.body.contains(&label), "the case still reads what was chosen");
    })
    .await;
}

#[tokio::test]
async fn holidays_of_a_year_are_taken_over_and_count() {
    on_each_database(async |house| {
        let one = staff(house, Role::Administrator).await;
        let today = day(house, 0);
        let mut days: Vec<String> =
            house.app.holidays().of_year(2029).map(|(date, name)| format!("{date},{name}")).collect();
        days.push("2029/6/20,臨時の休日".to_owned());
        let fields =
            [("days", days.join("\r\n")), ("from", today), ("why", "官報".to_owned()), ("seen", "0".to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
        saved(&set(&one, "holidays", &fields).await);
        assert!(!house.app.holidays().is_business_day(time::macros::date!(2029 - 06 - 20)));
        assert!(house.app.holidays().is_confirmed(2029));
        let cut = [("days", "2030/1/1,元日"), ("from", fields[1].1), ("why", "官報"), ("seen", "1")];
        assert!(set(&one, "holidays", &cut).await.body.contains("1日しかありません"));
    })
    .await;
}

#[tokio::test]
async fn every_setting_has_a_page_and_only_its_people_a_form() {
    on_each_database(async |house| {
        let browsers = [Role::Auditor, Role::Administrator, Role::BillingClerk, Role::Editor];
        for role in browsers {
            let browser = staff(house, role).await;
            let list = browser.get("/office/settings").await.body;
            let topics: Vec<&str> =
                list.split("href=\"/office/settings/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert!(topics.len() > 60, "{}", topics.len());
            let (mut forms, mut pages) = (0, 0);
            for topic in topics.iter().step_by(if role == Role::Auditor { 1 } else { 5 }) {
                let page = browser.get(&format!("/office/settings/{topic}")).await;
                assert_eq!(page.status, StatusCode::OK, "{topic} as {role}: {}", page.body);
                let form = browser.get(&format!("/office/settings/{topic}/change")).await.status;
                assert!([StatusCode::OK, StatusCode::FORBIDDEN].contains(&form), "{topic} as {role}");
                assert_eq!(form == StatusCode::OK, page.body.contains("/change\""), "{topic} as {role}");
                (pages, forms) = (pages + 1, forms + usize::from(form == StatusCode::OK));
            }
            assert!(
                if role == Role::Auditor { forms == 0 } else { forms > 0 && forms < pages },
                "{role}: {forms} of {pages}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn another_process_reads_what_was_set() {
    on_each_database(async |house| {
        let clerk = staff(house, Role::BillingClerk).await;
        let generation = |house: &House| {
            let app = house.app.clone();
            async move { storage::settings::get(&mut app.db.read().await.unwrap(), "settings.generation").await.unwrap() }
        };
        let before = generation(house).await;
        let today = day(house, 0);
        saved(&set(&clerk, "fees", &[("certificate_fee_yen", "1600"), ("certificate_months", "39"), ("from", &today), ("why", "改定"), ("seen", "0")]).await);
        assert_ne!(generation(house).await, before);
        let mut tx = house.app.db.write().await.unwrap();
        storage::setting_versions::withdraw(&mut tx, "fees", 1, domain::clock::Timestamp::from_millis(0)).await.unwrap();
        storage::settings::set(&mut tx, "settings.generation", "elsewhere").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.app.rules().certificate_fee_yen, 1_600, "not read yet");
        house.app.refresh_if_changed().await.unwrap();
        assert_eq!(house.app.rules().certificate_fee_yen, 1_500);
    })
    .await;
}

#[tokio::test]
async fn certificates_last_as_long_as_is_set_on_the_day_they_are_made() {
    on_each_database(async |house| {
        let clerk = staff(house, Role::BillingClerk).await;
        let today = day(house, 0);
        let fields = [
            ("certificate_fee_yen", "1500"),
            ("certificate_months", "24"),
            ("from", &today),
            ("why", "改定"),
            ("seen", "0"),
        ];
        saved(&set(&clerk, "fees", &fields).await);
        let (_, browser) = clinic(house, "1330100016").await;
        let case = approved(house, &browser).await;
        let made = crate::ladder::installed(house, &case, "12345678901").await;
        let years = made.not_after.date().year() - house.app.clock.now().date().year();
        assert_eq!(years, 2, "{:?}", made.not_after.date());
        let long = [
            ("certificate_fee_yen", "1500"),
            ("certificate_months", "120"),
            ("from", &today),
            ("why", "改定"),
            ("seen", "1"),
        ];
        saved(&set(&clerk, "fees", &long).await);
        let other = crate::steps::file(house, &browser, "certificate", &another_terminal()).await;
        crate::steps::decide(house, &staff(house, Role::RaOfficer).await, &other, "accept", &[]).await;
        let capped = crate::ladder::installed(house, &other, "12345678902").await;
        assert_eq!(
            capped.not_after.date().year() - house.app.clock.now().date().year(),
            3,
            "the profile allows 39 months"
        );
    })
    .await;
}

/// Another terminal than the first one of a clinic.
fn another_terminal() -> Vec<(&'static str, &'static str)> {
    let other = |(key, value): &(&'static str, &'static str)| match *key {
        "terminal_name_1" => ("terminal_name_1", "受付の2台目パソコン"),
        key => (key, *value),
    };
    crate::steps::CERTIFICATE.iter().map(other).collect()
}
