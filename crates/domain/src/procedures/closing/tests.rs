//! The rules of a closing, each with a wrong and a right answer.

use std::sync::Arc;

use time::macros::date;
use uuid::Uuid;

use super::*;
use crate::applications::{Entry, Known, Lists, Rules, examine};
use crate::calendar::Holidays;
use crate::clock::Timestamp;
use crate::closing::Ending;
use crate::ids::InstitutionId;
use crate::institutions::Institution;

fn facts(status: InstitutionStatus) -> Facts {
    let institution = Institution {
        id: InstitutionId(Uuid::nil()),
        code: "1330100016".parse().unwrap(),
        name: "さくら歯科".to_owned(),
        name_kana: String::new(),
        postal_code: String::new(),
        address: String::new(),
        phone: "03-1234-5678".to_owned(),
        founder: String::new(),
        status,
        valid_from: None,
        valid_to: None,
        in_register: true,
    };
    let entry = |value: &str| Entry { value: value.to_owned(), label: value.to_owned(), ..Entry::default() };
    let lists = [
        ("closing_deeds".to_owned(), ["abolish", "suspend", "resume"].map(entry).to_vec()),
        ("closing_certificates".to_owned(), ["keep", "revoke"].map(entry).to_vec()),
    ];
    let ending = Ending { terminals: vec!["受付".to_owned()], owed: (1, 1_500), ..Ending::default() };
    Facts {
        now: Timestamp::start_of_day(date!(2026 - 05 - 20)),
        institution,
        person_name: "山田 花子".to_owned(),
        person_email: "yamada@clinic.example".to_owned(),
        documents: Arc::default(),
        lists: Arc::new(Lists(lists.into_iter().collect())),
        rules: Arc::new(Rules::default()),
        holidays: Arc::new(Holidays::default()),
        schemes: std::sync::Arc::default(),
        known: Known { ending: Some(ending), ..Known::default() },
    }
}

fn sound(deed: &str) -> Answers {
    [
        ("deed", deed),
        ("day", "2026年6月30日"),
        ("until", "2026-12-01"),
        ("certificates", "revoke"),
        ("reason", "院長の高齢のため"),
        ("contact", "山田 花子"),
        ("contact_phone", "03-1234-5678"),
    ]
    .into_iter()
    .collect()
}

#[test]
fn what_ends_is_said_in_order_with_the_day() {
    let facts = facts(InstitutionStatus::Active);
    let checked = examine(&Form, &facts, &sound("abolish"));
    assert_eq!(checked.findings, Findings::default());
    assert!(!checked.answers.has("until") && !checked.answers.has("certificates"), "asked of a rest only");
    let says = Form.before_sending(&facts, &checked.answers);
    assert!(says[0].contains("2026年6月30日（火）の午前0時"), "{says:?}");
    assert!(says[1].starts_with("1. 端末の電子証明書1枚を失効させます（受付）"), "{says:?}");
    assert!(says[6].starts_with("6. 未払いの請求1件（1,500円）は、なくなりません"), "{says:?}");
    assert!(says[8].starts_with("8. 台帳の状態を「廃止」"), "{says:?}");
    assert!(says[9].ends_with("取りやめられます。"), "{says:?}");
    let late = examine(&Form, &facts, &sound("abolish").with("day", "2026-05-20"));
    let says = Form.before_sending(&facts, &late.answers);
    assert!(says[9].ends_with("取りやめることはできません。"), "{says:?}");
}

#[test]
fn a_rest_says_until_when_and_only_a_rest_is_ended_by_going_on() {
    let active = facts(InstitutionStatus::Active);
    let said = |facts: &Facts, answers: &Answers, field: &str| {
        examine(&Form, facts, answers).findings.error_of(field).unwrap_or_default().to_owned()
    };
    assert!(said(&active, &sound("suspend").with("until", ""), "until").contains("選んでください"));
    assert!(said(&active, &sound("suspend").with("until", "2026-06-30"), "until").contains("より後の日"));
    assert_eq!(said(&active, &sound("suspend"), "until"), "");
    assert!(said(&active, &sound("resume"), "deed").contains("一覧にない"));
    let resting = facts(InstitutionStatus::Suspended);
    assert_eq!(said(&resting, &sound("resume"), "deed"), "");
    assert_eq!(Form.preset(&resting).get("deed"), "resume");
    assert!(said(&resting, &sound("suspend"), "deed").contains("一覧にない"));
}

#[test]
fn the_day_lies_near_and_a_passed_one_is_remarked() {
    let facts = facts(InstitutionStatus::Active);
    for (day, refused, remarked) in [
        ("2026-04-19", true, false),
        ("2026-04-20", false, true),
        ("2026-05-20", false, true),
        ("2026-05-21", false, false),
        ("2027-05-20", false, false),
        ("2027-05-21", true, false),
        ("来月", true, false),
    ] {
        let findings = examine(&Form, &facts, &sound("abolish").with("day", day)).findings;
        assert_eq!(findings.has_error("day"), refused, "{day}");
        assert_eq!(findings.warnings.iter().any(|one| one.field == "day"), remarked, "{day}");
    }
}
