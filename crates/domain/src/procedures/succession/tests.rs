//! The rules of a succession, each with a wrong and a right answer.

use std::sync::Arc;

use time::macros::date;
use uuid::Uuid;

use super::*;
use crate::applications::{Entry, Known, Lists, Rules, examine, reading};
use crate::calendar::Holidays;
use crate::clock::Timestamp;
use crate::ids::InstitutionId;
use crate::institutions::InstitutionStatus;

fn place(code: &str, founder: &str) -> Institution {
    Institution {
        id: InstitutionId(Uuid::nil()),
        code: code.parse().unwrap(),
        name: "さくら歯科".to_owned(),
        name_kana: String::new(),
        postal_code: String::new(),
        address: String::new(),
        phone: "03-1234-5678".to_owned(),
        founder: founder.to_owned(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    }
}

fn lists() -> Lists {
    let lists: std::collections::BTreeMap<String, Vec<Entry>> = toml_like(include_str!("options.toml"));
    Lists(lists.into_iter().collect())
}

/// The lists of the folder, read without a reader of TOML: one entry a line.
fn toml_like(text: &str) -> std::collections::BTreeMap<String, Vec<Entry>> {
    let mut lists = std::collections::BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(list) = line.strip_suffix(" = [") {
            list.clone_into(&mut name);
        } else if let Some(rest) = line.trim().strip_prefix("{ value = \"") {
            let names = rest
                .split_once("names = [")
                .map(|(_, names)| names.split('"').skip(1).step_by(2).map(str::to_owned).collect());
            let value = rest.split('"').next().unwrap_or_default();
            let entry = Entry {
                value: value.to_owned(),
                label: value.to_owned(),
                names: names.unwrap_or_default(),
                ..Entry::default()
            };
            lists.entry(name.clone()).or_insert_with(Vec::new).push(entry);
        }
    }
    lists
}

fn facts(successor: Option<Target>) -> Facts {
    Facts {
        now: Timestamp::start_of_day(date!(2026 - 05 - 20)),
        institution: place("1330100016", "佐藤 一郎"),
        person_name: "山田 花子".to_owned(),
        person_email: "yamada@clinic.example".to_owned(),
        documents: Arc::default(),
        lists: Arc::new(lists()),
        rules: Arc::new(Rules::default()),
        holidays: Arc::new(Holidays::default()),
        schemes: std::sync::Arc::default(),
        known: Known { successor, ..Known::default() },
    }
}

fn free(founder: &str) -> Option<Target> {
    Some(Target::Free(Box::new(place("1330100024", founder))))
}

fn sound() -> Answers {
    [
        ("reason", "corporate"),
        ("direction", "to_corporation"),
        ("new_code", "13-3-0100024"),
        ("changed_on", "2026年6月1日"),
        ("founder", "医療法人社団さくら会"),
        ("history", "yes"),
        ("contact", "山田 花子"),
        ("contact_phone", "０３（１２３４）５６７８"),
    ]
    .into_iter()
    .collect()
}

/// The fault of a field.
fn fault(successor: Option<Target>, answers: &Answers, field: &str) -> String {
    let checked = examine(&Form, &facts(successor), answers);
    checked.findings.error_of(field).unwrap_or_default().to_owned()
}

fn remark(successor: Option<Target>, answers: &Answers, field: &str) -> bool {
    examine(&Form, &facts(successor), answers).findings.warnings.iter().any(|finding| finding.field == field)
}

#[test]
fn a_sound_form_has_no_fault_and_says_until_when_the_old_certificates_work() {
    let facts = facts(free("医療法人社団　さくら会"));
    let checked = examine(&Form, &facts, &sound());
    assert_eq!(checked.findings, Findings::default());
    assert_eq!(checked.answers.get("new_code"), "1330100024");
    assert_eq!(checked.answers.get("changed_on"), "2026-06-01");
    let says = Form.before_sending(&facts, &checked.answers).join("\n");
    assert!(says.contains("2026年9月29日") && says.contains("さくら歯科"), "{says}");
}

#[test]
fn a_code_that_cannot_be_is_named() {
    for (code, words) in
        [("1330100016", "いまの医療機関等コードと同じ"), ("1310100024", "点数表コード"), ("2730100024", "D 所在地変更")]
    {
        let said = fault(free(""), &sound().with("new_code", code), "new_code");
        assert!(said.contains(words), "{code}: {said}");
    }
    let moved = sound().with("new_code", "2730100019").with("reason", "relocation");
    assert_eq!(fault(free(""), &moved, "new_code"), "");
    assert_eq!(fault(Some(Target::Slip("13桁目".to_owned())), &sound(), "new_code"), "13桁目");
}

#[test]
fn a_code_of_somebody_else_is_refused_without_a_word_about_them() {
    assert_eq!(fault(Some(Target::Taken), &sound(), "new_code"), TAKEN);
    assert!(remark(Some(Target::Waiting), &sound(), "new_code"), "a new code may wait for the register");
    assert_eq!(fault(Some(Target::Waiting), &sound(), "new_code"), "");
}

#[test]
fn a_corporation_is_named_where_the_reason_asks_for_one() {
    for (reason, direction, founder, refused) in [
        ("corporate", "to_corporation", "佐藤 一郎", true),
        ("corporate", "to_corporation", "中村 市子", true),
        ("corporate", "to_corporation", "中村", true),
        ("corporate", "to_corporation", "横浜市", false),
        ("corporate", "to_person", "佐藤 一郎", false),
        ("same_corporation", "", "佐藤 一郎", true),
        ("same_corporation", "", "㈱さくら薬局", false),
        ("founder", "", "佐藤 一郎", false),
    ] {
        let answers = sound().with("reason", reason).with("direction", direction).with("founder", founder);
        let said = fault(Some(Target::Waiting), &answers, "founder");
        assert_eq!(!said.is_empty(), refused, "{reason} {founder}: {said}");
    }
    assert!(remark(free("医療法人もみじ会"), &sound(), "founder"), "the register knows another founder");
    let moved = sound().with("reason", "relocation");
    assert!(remark(free("鈴木 二郎"), &moved, "reason") && !remark(free("佐藤　一郎"), &moved, "reason"));
}

#[test]
fn another_reason_needs_words_and_the_day_lies_near() {
    let other = sound().with("reason", "other");
    assert_eq!(fault(free(""), &other, "reason_words"), "「事情」を入力してください。");
    assert_eq!(fault(free(""), &other.with("reason_words", "指定の更新のため"), "reason_words"), "");
    for (day, refused) in [
        ("2026-03-21", false),
        ("2026-03-20", true),
        ("2026-11-16", false),
        ("2026-11-17", true),
        ("令和8年6月1日", true),
        ("6月1日", true),
    ] {
        assert_eq!(!fault(free(""), &sound().with("changed_on", day), "changed_on").is_empty(), refused, "{day}");
    }
}

#[test]
fn the_new_code_is_read_in_groups_as_other_codes_are() {
    let answers = Answers::new().with("new_code", "1330100107");
    let read = reading(&Form, &facts(None), &answers);
    let line = read.iter().flat_map(|(_, lines)| lines).find(|line| line.key == "new_code").unwrap();
    assert_eq!(line.value, "13-3-0100107");
}
