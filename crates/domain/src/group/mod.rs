//! 一括申請: one procedure for many institutions, a row of a table for each application (spec 6.1).
//!
//! A row is a form: its columns are the fields of the procedure, its cells are answers in words or as they are stored, and
//! it is judged by [`crate::applications::examine`] like a form on a page. What is agreed to is asked once for all rows.

mod cells;
mod columns;
mod head;

pub use cells::{answer, cell};
pub use columns::{Column, columns, consents, needs_files, presumed, row_sections, united};
pub use head::{Head, HeadFault};

use crate::applications::{Facts, Kind, Procedure, TERMINAL_COUNT, TerminalRequest, examine, terminal_requests};
use crate::forms::{Answers, Checked};
use crate::terminals::{name_key, terminal_name};
use crate::words::words;

/// Most rows of one table (spec 6.1).
pub const MOST_ROWS: usize = 5_000;
/// Most octets of one table.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Most columns of one table.
pub const MOST_COLUMNS: usize = 200;
/// A table that nobody touched is removed after so many days: it repeats what the cases hold, or was never sent.
pub const KEPT_DAYS: i64 = 90;

/// Heading of the column with the ten-digit code.
pub const CODE: &str = "医療機関等コード";
/// Heading of the column with the name, which is only there to be read.
pub const NAME: &str = "医療機関等名";
/// Heading of the column that says what to put right, which is only there to be read.
pub const FAULTS: &str = "直すところ";
/// A row that begins so explains the columns and is no application.
pub const NOTE: char = '※';
/// The first cell of that row.
pub const NOTE_WORDS: &str = "※選べる値など（この行は残したままでかまいません）";

/// The same in every row, so that nobody is asked: a row is one terminal.
const IN_EVERY_ROW: &[(&str, &str)] = &[(TERMINAL_COUNT, "1")];
/// Ending of the key of a second input, which would only repeat the cell of the first.
const SECOND: &str = "_confirm";

words! {
    /// Where a row stands.
    RowState {
        /// Something must be put right.
        Faulty = "faulty", "直すところがあります";
        /// Nothing keeps it from being sent.
        Good = "good", "送信できます";
        /// Nothing was filled in, or the person left it out.
        Left = "left", "送信しません";
        /// It was agreed to and waits for its turn.
        Queued = "queued", "送信を待っています";
        /// It became a case.
        Sent = "sent", "送信済み";
    }
}

/// What is known of a row before it is filled in: the preset of the procedure, without second inputs.
pub fn begun(procedure: &dyn Procedure, facts: &Facts) -> Answers {
    let preset = procedure.preset(facts);
    let first: Answers = preset.iter().filter(|(key, _)| !key.ends_with(SECOND)).collect();
    shared(first)
}

/// The same with what every row shares, where the procedure asks it.
fn shared(answers: Answers) -> Answers {
    let asked = IN_EVERY_ROW.iter().filter(|(key, _)| answers.has(key)).collect::<Vec<_>>();
    asked.into_iter().fold(answers, |answers, (key, value)| answers.with(*key, value))
}

/// Whether a row says no more than was known before.
pub fn is_untouched(columns: &[Column], begun: &Answers, typed: &Answers) -> bool {
    columns.iter().all(|column| begun.get(&column.field.key) == typed.get(&column.field.key))
}

/// Judges a row as its form is judged, with what was agreed to for all rows.
pub fn judge(procedure: &dyn Procedure, facts: &Facts, agreed: &Answers, typed: &Answers) -> Checked {
    let mut checked = examine(procedure, facts, &whole(typed, agreed));
    // The first input says the same of the same cell.
    let first = |key: &str| !key.ends_with(SECOND);
    checked.findings.errors.retain(|finding| first(&finding.field));
    checked.findings.warnings.retain(|finding| first(&finding.field));
    checked
}

/// The form of a row: its answers, what was agreed to, and second inputs, which repeat the first.
pub fn whole(typed: &Answers, agreed: &Answers) -> Answers {
    let first = || typed.iter().filter(|(key, _)| !key.ends_with(SECOND));
    let second = first().map(|(key, value)| (format!("{key}{SECOND}"), value.to_owned()));
    let all = first().chain(agreed.iter()).map(|(key, value)| (key.to_owned(), value.to_owned()));
    shared(second.chain(all).collect())
}

/// What two rows of one institution may not share: two of them with the same word are one too many.
pub fn sameness(kind: Kind, answers: &Answers) -> String {
    if kind.is_one_at_a_time() {
        return String::new();
    }
    let names: Vec<String> = terminals(answers).iter().map(|terminal| name_key(&terminal.name)).collect();
    let all = || answers.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("\n");
    if names.iter().all(String::is_empty) { all() } else { names.join("\n") }
}

fn terminals(answers: &Answers) -> Vec<TerminalRequest> {
    if answers.has(TERMINAL_COUNT) { terminal_requests(answers) } else { vec![] }
}

/// What is wrong with a row that shares too much with an earlier one: key of the field, empty for the row, and the sentence.
pub fn doubled(kind: Kind, answers: &Answers, earlier: i64) -> (&'static str, String) {
    let name = terminals(answers).first().and_then(|one| terminal_name(&one.name).ok());
    match name {
        _ if kind.is_one_at_a_time() => (
            "",
            format!(
                "{earlier}行目と同じ医療機関等です。この手続は、医療機関等ごとに1件だけ送信できます。どちらかを送信しない行にしてください。"
            ),
        ),
        Some(name) => (
            "terminal_name_1",
            format!("「{name}」が{earlier}行目にも入力されています。端末ごとに違う名前にしてください。"),
        ),
        None => ("", format!("{earlier}行目と同じ内容です。どちらかを送信しない行にしてください。")),
    }
}

/// The fault of a code at which the person may file nothing; whether somebody else has it is told to nobody.
pub fn unknown_code(typed: &str) -> String {
    let shown: String = typed.chars().take(40).collect();
    format!(
        "「{shown}」は、あなたが申請できる医療機関等のコードではありません。10桁のコードを確かめてください。メンバーになっていない医療機関等の分は送信できません。"
    )
}

/// What is wrong with a cell, with the label of its field unless the sentence begins with it; a fault of the whole row has
/// no key.
pub fn named(key: &str, label: &str, message: &str) -> String {
    let is_named = key.is_empty() || message.starts_with(&format!("「{label}」"));
    if is_named { message.to_owned() } else { format!("{label}：{message}") }
}

#[cfg(test)]
mod tests;
