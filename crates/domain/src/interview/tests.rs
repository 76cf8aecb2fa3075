//! The interview against the forms: nothing is asked twice, nothing is forgotten.

use std::sync::Arc;

use time::macros::date;
use uuid::Uuid;

use super::*;
use crate::{
    applications::{Entry, Known, Lists, Rules},
    calendar::Holidays,
    clock::Timestamp,
    forms::Input,
    ids::InstitutionId,
    institutions::{Institution, InstitutionStatus},
};

fn entry(value: &str, os: &str) -> Entry {
    Entry { value: value.to_owned(), label: value.to_owned(), os: os.to_owned(), ..Entry::default() }
}

fn facts(known: Known) -> Facts {
    let text = String::new;
    let institution = Institution {
        id: InstitutionId(Uuid::nil()),
        code: "1330100016".parse().unwrap(),
        name: "さくら歯科".to_owned(),
        name_kana: text(),
        postal_code: text(),
        address: text(),
        phone: text(),
        founder: text(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    };
    let lists = [
        ("line_kinds", vec![entry("ip_vpn", ""), entry("ip_vpn_ctc_qtnet", ""), entry("ipsec_ike", "")]),
        ("os_browsers", vec![entry("win11", "windows_11"), entry("other", "")]),
        ("terminal_name_examples", vec![entry("both", "")]),
    ];
    Facts {
        now: Timestamp::start_of_day(date!(2026 - 05 - 21)),
        institution,
        person_name: "山田 花子".to_owned(),
        person_email: "yamada@clinic.example".to_owned(),
        documents: Arc::default(),
        lists: Arc::new(Lists(lists.into_iter().map(|(name, list)| (name.to_owned(), list)).collect())),
        rules: Arc::new(Rules::default()),
        holidays: Arc::new(Holidays::default()),
        schemes: Arc::default(),
        known,
    }
}

fn keys(interview: &Interview) -> Vec<String> {
    let pages = interview.pages().into_iter().flat_map(|page| page.sections);
    pages.flat_map(|section| section.fields).map(|field| field.key).collect()
}

#[test]
fn no_datum_is_asked_twice_and_every_field_of_every_form_is_asked_or_follows() {
    let interview = Interview::begin(facts(Known::default()), &ORDER, &Forms::new());
    let asked = keys(&interview);
    for (place, key) in asked.iter().enumerate() {
        assert!(!asked[..place].contains(key), "{key} is asked twice");
    }
    let follows = ["application_kind", "paper_filed", "customer_id_kind", "purpose_1"];
    for kind in ORDER {
        let sections = kind.procedure().sections(&interview.facts, interview.form(kind));
        for field in sections.into_iter().flat_map(|section| section.fields) {
            let known = matches!(field.input, Input::Shown(_)) || follows.contains(&field.key.as_str());
            assert!(known || interview.place_of(kind, &field.key).is_some(), "{kind}: {} is forgotten", field.key);
        }
    }
}

#[test]
fn what_one_answer_decides_is_written_into_every_form() {
    let mut interview = Interview::begin(facts(Known::default()), &ORDER, &Forms::new());
    let lines = [
        ("ip_vpn", "ip_vpn_ipv6", "cop 1234-5678", "cop"),
        ("ip_vpn_ctc_qtnet", "ip_vpn_ipv4", "CAF1234567890", "caf"),
        ("ipsec_ike", "ipsec_ike", "", "caf"),
    ];
    for (line, connection, id, kind) in lines {
        let typed = Answers::new().with("line_kind", line).with("customer_id", id).with("customer_id_confirm", id);
        interview.write(Step::Line, &typed);
        let (eligibility, claims) = (interview.form(Kind::Eligibility), interview.form(Kind::Claims));
        assert_eq!((eligibility.get("line_kind"), claims.get("connection")), (line, connection));
        assert_eq!((eligibility.get("customer_id_kind"), claims.get("customer_id_kind")), (kind, kind));
        assert_eq!(eligibility.get("customer_id"), claims.get("customer_id"));
    }
    interview.write(Step::Computer, &Answers::new().with("os_browser", "win11"));
    assert_eq!(interview.form(Kind::Certificate).get("terminal_os_1"), "windows_11");
    interview.write(Step::Time, &Answers::new().with("start_month", "2026-06"));
    let claims = interview.form(Kind::Claims);
    assert_eq!(claims.get("start_month"), "2026-08", "after the 20th the earliest month is the third");
}

#[test]
fn a_line_that_was_declared_before_is_not_asked_for_again() {
    let filed = Answers::new().with("line_kind", "ip_vpn").with("fee_payment", "deduction");
    let known =
        Known { eligibility: Some(filed), eligibility_line_id: Some("CAF1234567890".to_owned()), ..Known::default() };
    let facts = facts(known);
    let left = open(&facts);
    assert_eq!(left, [Kind::Certificate, Kind::Claims]);
    let interview = Interview::begin(facts, &left, &Forms::new());
    assert!(
        keys(&interview)
            .iter()
            .all(|key| !["papers", "line_kind", "connection", "customer_id"].contains(&key.as_str()))
    );
    let claims = interview.form(Kind::Claims);
    assert_eq!((claims.get("connection"), claims.get("customer_id_kind")), ("ip_vpn_ipv6", "same"));
    assert_eq!(claims.get("fee_payment"), "deduction", "known, so shown");
}

#[test]
fn side_by_side_stands_what_several_filings_say() {
    let line = |key: &str, value: &str| crate::applications::ReadingLine {
        key: key.to_owned(),
        label: key.to_owned(),
        value: value.to_owned(),
        shown: false,
        files: vec![],
    };
    let filings = [
        (
            Kind::Eligibility,
            vec![line("application_kind", "開始"), line("line_kind", "1"), line("fee_payment", "控除")],
        ),
        (Kind::Certificate, vec![line("contact", "山田")]),
        (Kind::Claims, vec![line("application_kind", "開始"), line("connection", "2"), line("fee_payment", "控除")]),
    ];
    let rows = side_by_side(&filings);
    let told: Vec<(&str, bool)> = rows.iter().map(|row| (row.key.as_str(), row.differs())).collect();
    assert_eq!(told, [("line_kind", true), ("fee_payment", false)]);
    assert!(rows[0].cells[1].is_none() && !rows[0].why.is_empty());
}
