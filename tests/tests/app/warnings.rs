//! The table of the manual's warnings names tests that exist.

use std::{fs, path::Path};

/// Warnings that must be in the table, by words of their row.
const MUST: [&str; 10] = [
    "フレッツ",
    "確認用お客様ID",
    "IPv4",
    "IPsec",
    "請求開始年月",
    "20日以降",
    "利用申請を行ってから",
    "宛名",
    "端末1台に1枚",
    "v6オプション",
];

/// The words between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a Rust file has a test of this name.
fn has_test(source: &str, name: &str) -> bool {
    let signature = format!("fn {name}(");
    let lines: Vec<&str> = source.lines().collect();
    let tests = lines.windows(2).filter(|pair| matches!(pair[0].trim(), "#[tokio::test]" | "#[test]"));
    tests.into_iter().any(|pair| pair[1].contains(&signature))
}

#[test]
fn every_warning_of_the_manual_is_shown_by_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let table = fs::read_to_string(root.join("docs/user/warnings.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with('|') && line.contains(".rs`"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 25, "{} rows", rows.len());
    for row in &rows {
        assert_eq!(row.len(), 4, "step, warning, where it is prevented, test: {row:?}");
        let names = quoted(row[3]);
        assert!(names.len() >= 2 && names.len().is_multiple_of(2), "a file and a test: {row:?}");
        for pair in names.chunks(2) {
            let source = fs::read_to_string(root.join(pair[0])).unwrap_or_default();
            assert!(has_test(&source, pair[1]), "{} has no test {}", pair[0], pair[1]);
        }
    }
    for words in MUST {
        assert!(rows.iter().any(|row| row[1].contains(words)), "no warning about {words}");
    }
}

#[test]
fn a_test_that_was_renamed_or_is_no_test_is_not_found() {
    let source = "#[test]\nfn one() {}\n\nfn two() {}\n#[tokio::test]\nasync fn three() {}\n";
    assert!(has_test(source, "one") && has_test(source, "three"));
    assert!(!has_test(source, "two") && !has_test(source, "on") && !has_test(source, "four"));
}
