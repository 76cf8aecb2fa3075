use std::collections::{BTreeMap, BTreeSet};

use domain::institutions::{ImportDefaults, InstitutionStatus, Layout, RegisterLayout};

use super::*;

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|digit| digit.to_digit(10)).collect()
}

/// The rule as the specification words it (spec 2.1), apart from the code under test.
fn check_digit_holds(code: &str) -> bool {
    let capital_area = ["11", "12", "13", "14"].iter().any(|prefecture| code.starts_with(prefecture));
    let counted = if capital_area { &code[3..] } else { code };
    let sum: u32 = digits(counted)
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

#[test]
fn the_rule_of_this_test_agrees_with_the_published_codes() {
    for code in ["0110112489", "1330100016", "1440100016", "2730100019", "4710100019"] {
        assert!(check_digit_holds(code), "{code}");
    }
    for code in ["0110100014", "1330100019", "1440100017", "2730100016", "4710100018"] {
        assert!(!check_digit_holds(code), "{code}");
    }
}

#[test]
fn every_code_stands_once_and_its_check_digit_holds() {
    let rows = rows(2_000).unwrap();
    let codes: BTreeSet<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes.len(), 2_000);
    for code in codes {
        assert_eq!(digits(code).len(), 10, "{code}");
        assert!(check_digit_holds(code), "{code}");
    }
}

#[test]
fn every_prefecture_has_every_score_table_within_the_first_188_rows() {
    let seen: BTreeSet<_> =
        rows(188).unwrap().iter().filter_map(|row| Some((row.prefecture()?, row.score_table()?))).collect();
    let wanted: BTreeSet<_> = (1..=47).flat_map(|prefecture| SCORE_TABLES.map(|table| (prefecture, table))).collect();
    assert_eq!(seen, wanted);
}

#[test]
fn a_row_reads_like_a_real_one() {
    for row in rows(600).unwrap() {
        assert_eq!(digits(&row.phone).len(), 10, "{}", row.phone);
        assert!(row.phone.starts_with('0') && row.phone.split('-').count() == 3, "{}", row.phone);
        assert!(row.phone.split('-').nth(1).unwrap().starts_with('0'), "{} may be somebody's", row.phone);
        assert_eq!((row.postal_code.len(), row.postal_code.find('-')), (8, Some(3)), "{}", row.postal_code);
        assert!(row.name_kana.chars().all(|letter| ('ァ'..='ー').contains(&letter)), "{}", row.name_kana);
        assert!(!row.founder.contains('{') && !row.founder.is_empty(), "{}", row.founder);
        assert_eq!(row.status == "closed", !row.valid_to.is_empty(), "{}", row.code);
        assert!(row.valid_from.as_str() < "2026-01-01", "{}", row.valid_from);
    }
}

#[test]
fn the_import_takes_it_for_the_full_layout_and_knows_every_status() {
    let text = register_csv(500).unwrap();
    let sample: Vec<Vec<&str>> = text.lines().take(20).map(|line| line.split(',').collect()).collect();
    let layout = Layout::detect(&sample).unwrap();
    assert_eq!((layout.kind(), layout.has_header()), (RegisterLayout::Full, true));
    layout.ready(&ImportDefaults::default()).unwrap();
    let found: BTreeSet<_> =
        rows(500).unwrap().iter().map(|row| InstitutionStatus::parse(row.status).unwrap()).collect();
    assert_eq!(found, BTreeSet::from(InstitutionStatus::ALL));
}

#[test]
fn the_address_names_the_prefecture_of_the_code() {
    let parts = Parts::read().unwrap();
    let names: BTreeMap<_, _> = parts.prefectures.iter().map(|p| (p.code.as_str(), p.name.as_str())).collect();
    assert_eq!(names.len(), 47);
    for row in rows(600).unwrap() {
        assert!(row.address.starts_with(names[&row.code[..2]]), "{} {}", row.code, row.address);
    }
}

#[test]
fn a_name_is_borne_once_in_a_prefecture() {
    let rows = rows(600).unwrap();
    let names: BTreeSet<_> = rows.iter().map(|row| (row.prefecture(), &row.name)).collect();
    assert_eq!(names.len(), rows.len());
}

#[test]
fn the_same_count_gives_the_same_text_and_a_longer_register_begins_with_the_shorter() {
    let short = register_csv(500).unwrap();
    assert_eq!(short, register_csv(500).unwrap());
    assert!(register_csv(700).unwrap().starts_with(&short));
    assert_eq!(short.lines().count(), 501);
    assert_eq!(short.lines().next(), Some(HEADING.join(",").as_str()));
}

#[test]
fn the_first_row_is_known_beforehand() {
    let first = "0110290012,霧見原内科・小児科,キリミハラナイカショウニカ,040-0049,北海道函館市宝町4-30,0138-04-7382,\
                 川村 康平,active,2001-06-01,";
    assert_eq!(rows(1).unwrap()[0].fields().join(","), first);
}
