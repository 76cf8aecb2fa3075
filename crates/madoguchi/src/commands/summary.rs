//! What a command did, in lines that people read.

use std::fmt::Write;

use domain::forms::Finding;
use services::{accounts::import as accounts, institutions::import as institutions};

/// Rejected rows that are printed; `--json` prints all.
const SHOWN: usize = 20;

/// A figure and what it counts, one a line; figures are set right.
fn table(lines: &[(u64, &str)]) -> String {
    let width = lines.iter().map(|(figure, _)| figure.to_string().len()).max().unwrap_or(0);
    lines.iter().fold(String::new(), |mut text, (figure, what)| {
        let _ = writeln!(text, "{figure:>width$} {what}");
        text
    })
}

/// The figures of an import of institutions.
pub(super) fn institutions(summary: &institutions::Summary) -> String {
    table(&[
        (summary.rows, "rows read"),
        (summary.created, "institutions created"),
        (summary.updated, "updated"),
        (summary.unchanged, "unchanged"),
        (summary.repeated, "rows repeated in the file, counted once"),
        (summary.warned, "rows taken over with a warning: the check digit fits another score table"),
        (summary.rejected, "rows rejected"),
        (summary.missing, "institutions in the register but not in the file; they stay"),
    ])
}

/// The figures of an import of accounts and the first rows that were left out.
pub(super) fn accounts(summary: &accounts::Summary, rejected: &[accounts::Rejected]) -> String {
    let mut text = table(&[
        (summary.rows, "rows read"),
        (summary.created, "accounts created"),
        (summary.updated, "joined one more institution"),
        (summary.unchanged, "unchanged"),
        (summary.rejected, "rows rejected"),
    ]);
    for row in rejected.iter().take(SHOWN) {
        let _ = writeln!(text, "line {}: {}", row.line, row.reason);
    }
    if rejected.len() > SHOWN {
        let _ = writeln!(text, "… and {} more; --json names all", rejected.len() - SHOWN);
    }
    text
}

/// What is wrong with what was typed, one a line.
pub(super) fn slips(slips: &[Finding]) -> String {
    slips.iter().map(|slip| format!("- {}: {}", slip.field, slip.message)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_below_each_other_and_say_what_they_count() {
        let summary = institutions::Summary { rows: 97_024, created: 96_488, repeated: 536, ..Default::default() };
        let text = institutions(&summary);
        assert!(text.starts_with("97024 rows read\n96488 institutions created\n    0 updated\n"), "{text}");
        assert!(!text.contains('{') && !text.contains("Summary"), "no text of the program's own: {text}");
    }

    #[test]
    fn rejected_accounts_are_named_by_line_and_the_rest_is_counted() {
        let rejected: Vec<_> = (1..=23)
            .map(|line| accounts::Rejected {
                line, reason: "医療機関等コードが台帳にありません。".to_owned()
            })
            .collect();
        let text = accounts(&accounts::Summary { rows: 23, rejected: 23, ..Default::default() }, &rejected);
        assert!(
            text.contains("line 20: 医療機関等コードが台帳にありません。\n… and 3 more; --json names all\n"),
            "{text}"
        );
    }

    #[test]
    fn a_slip_is_named_with_its_field() {
        let slip = Finding { field: "email".to_owned(), message: "「@」がありません。".to_owned() };
        assert_eq!(slips(&[slip]), "- email: 「@」がありません。");
    }
}
