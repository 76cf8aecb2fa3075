use std::{collections::BTreeMap, sync::Arc};

use ::time::macros::date;

use super::*;
use crate::applications::{Entry, Known, KnownTerminal, Lists, Rules};
use crate::calendar::Holidays;
use crate::forms::Document;
use crate::institutions::{Institution, InstitutionStatus};

fn clinic() -> Institution {
    Institution {
        id: crate::ids::InstitutionId(uuid::Uuid::nil()),
        code: "1330100016".parse().unwrap(),
        name: "さくら歯科".into(),
        name_kana: String::new(),
        postal_code: "100-0001".into(),
        address: "東京都千代田区千代田1-1".into(),
        phone: String::new(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: true,
    }
}

fn lists() -> Lists {
    let option = |value: &str| Entry { value: value.into(), label: value.into(), ..Entry::default() };
    let papers = |value: &str, line: &str, certain| Entry {
        line_kind: line.into(),
        claims_connection: "ip_vpn_ipv6".into(),
        certain,
        ..option(value)
    };
    Lists(BTreeMap::from([
        ("line_kinds".to_owned(), vec![option("ip_vpn"), option("ip_vpn_ctc_qtnet")]),
        ("claims_connections".to_owned(), vec![option("ip_vpn_ipv6")]),
        ("line_finder".to_owned(), vec![papers("flets", "ip_vpn", true), papers("unknown", "", false)]),
        ("vendor_names".to_owned(), vec![Entry { names: vec!["株式会社オプテック".into()], ..option("v") }]),
        ("fee_payments".to_owned(), vec![option("deduction"), option("payment_slip")]),
    ]))
}

fn facts(institution: Institution, known: Known) -> Facts {
    let document = |slug: &str| {
        let known = Document { slug: slug.into(), version: "1.0".into(), title: slug.into() };
        (slug.to_owned(), known)
    };
    Facts {
        now: Timestamp::start_of_day(date!(2026 - 05 - 22)),
        institution,
        person_name: String::new(),
        person_email: String::new(),
        documents: Arc::new(["eligibility-terms", "claims-terms", "claims-safety-rules"].map(document).into()),
        lists: Arc::new(lists()),
        rules: Arc::new(Rules::default()),
        holidays: Arc::new(Holidays::default()),
        schemes: Arc::default(),
        known,
    }
}

fn eligibility() -> Answers {
    Answers::new()
        .with("application_kind", "start")
        .with("terms", "1.0")
        .with("papers", "flets")
        .with("line_kind", "ip_vpn")
        .with("customer_id_kind", "caf")
        .with("customer_id", "CAF0123456789")
        .with("start_month", "2026-07")
        .with("fee_payment", "deduction")
}

fn certificate() -> Answers {
    Answers::new().with("contact", "事務部 山田 花子").with("terminal_name_1", "受付のパソコン")
}

/// What needs a person, as `name:verdict`.
fn found(kind: Kind, answers: &Answers, facts: &Facts, others: &[Elsewhere], sender: Sender) -> Vec<String> {
    let sent_at = Timestamp::start_of_day(date!(2026 - 05 - 20));
    let case = CaseFacts { kind, answers, sent_at, remarks: &[], facts, elsewhere: others, sender };
    let all = checks(&case);
    assert_eq!(all.len(), CheckName::ALL.len(), "each check once");
    assert!(all.iter().all(|check| !check.needs_a_person() || check.words.ends_with(['。', '由'])), "{all:?}");
    all.iter().filter(|check| check.needs_a_person()).map(|c| format!("{}:{}", c.name, c.verdict)).collect()
}

fn plain(kind: Kind, answers: &Answers) -> Vec<String> {
    found(kind, answers, &facts(clinic(), Known::default()), &[], Sender::Member)
}

#[test]
fn a_faultless_case_is_green() {
    assert_eq!(plain(Kind::Eligibility, &eligibility()), [""; 0]);
    assert_eq!(plain(Kind::Certificate, &certificate()), [""; 0]);
}

#[test]
fn each_answer_that_is_wrong_is_found_and_only_that() {
    for (key, value, expected) in [
        ("application_kind", "change", "application_kind:bad"),
        ("terms", "0.9", "terms:look"),
        ("line_kind", "ip_vpn_ctc_qtnet", "line_kind:bad"),
        ("papers", "unknown", "line_kind:look"),
        ("customer_id", "CAF012345", "customer_id:look"),
        ("customer_id", "123", "customer_id:bad"),
        ("start_month", "2026-04", "start_month:bad"),
    ] {
        assert_eq!(plain(Kind::Eligibility, &eligibility().with(key, value)), [expected], "{key} {value}");
    }
    assert_eq!(plain(Kind::Eligibility, &eligibility().with("papers", "")), [""; 0], "what is not known is not judged");
    let vendor = certificate().with("contact", "株式会社オプテック　田中");
    assert_eq!(plain(Kind::Certificate, &vendor), ["addressee:bad"]);
    let same = certificate().with("technical_contact", "事務部　山田花子");
    assert_eq!(plain(Kind::Certificate, &same), ["addressee:look"]);
}

#[test]
fn the_register_is_compared() {
    let odd = |change: fn(&mut Institution)| {
        let mut place = clinic();
        change(&mut place);
        found(Kind::Eligibility, &eligibility(), &facts(place, Known::default()), &[], Sender::Member)
    };
    assert_eq!(odd(|place| place.in_register = false), ["register:look"]);
    assert_eq!(odd(|place| place.status = InstitutionStatus::Closed), ["working:bad"]);
    assert_eq!(odd(|place| place.address = "大阪府大阪市1".into()), ["address:look"]);
    assert_eq!(odd(|place| place.address.clear()), ["address:bad"]);
    assert_eq!(odd(|place| place.code = "1330100017".parse().unwrap()), ["check_digit:look"]);
}

#[test]
fn what_is_known_besides_the_case_is_compared() {
    let other = Elsewhere {
        id: crate::ids::ApplicationId(uuid::Uuid::nil()),
        kind: Kind::Eligibility,
        state: State::Submitted,
        reference: "E7K4-9MWP-3".into(),
        institution: "もみじ薬局".into(),
        code: "2740200015".into(),
    };
    let plain = facts(clinic(), Known::default());
    let answers = eligibility();
    assert_eq!(found(Kind::Eligibility, &answers, &plain, &[other], Sender::Member), ["customer_id_elsewhere:look"]);
    assert_eq!(found(Kind::Eligibility, &answers, &plain, &[], Sender::Staff), ["sender:look"]);
    let known = Known {
        claims: Some(Answers::new().with("fee_payment", "payment_slip")),
        claims_line_id: Some("COP01234567".into()),
        ..Known::default()
    };
    assert_eq!(
        found(Kind::Eligibility, &answers, &facts(clinic(), known), &[], Sender::Member),
        ["customer_id_other:look", "fee_payment:look"]
    );
}

#[test]
fn a_terminal_with_a_certificate_is_named_whatever_way_it_is_written() {
    let terminal = KnownTerminal {
        name: "受付のﾊﾟｿｺﾝ".into(),
        applied_at: Timestamp::start_of_day(date!(2026 - 04 - 01)),
        state: State::Installed,
        ends_at: Some(Timestamp::end_of_day(date!(2029 - 07 - 01))),
    };
    let known = facts(clinic(), Known { terminals: vec![terminal], ..Known::default() });
    assert_eq!(found(Kind::Certificate, &certificate(), &known, &[], Sender::Member), ["terminal:bad"]);
    let told = certificate().with("second_reason", "入れ替えの理由");
    assert_eq!(found(Kind::Certificate, &told, &known, &[], Sender::Member), ["terminal:look"]);
}

#[test]
fn a_claims_filing_is_late_by_its_day_of_sending_and_over_when_its_month_has_passed() {
    let filing = |month: &str| {
        let answers = Answers::new()
            .with("application_kind", "start")
            .with("terms", "1.0")
            .with("safety_rules", "1.0")
            .with("connection", "ip_vpn_ipv6")
            .with("start_month", month);
        plain(Kind::Claims, &answers)
    };
    assert_eq!(filing("2026-07"), [""; 0], "sent on the 20th");
    assert_eq!(filing("2026-06"), ["start_month:bad"]);
    assert_eq!(filing(""), ["start_month:bad"]);
}
