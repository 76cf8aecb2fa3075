//! Between cells, which people read and type, and answers as they are stored.

use crate::calendar::YearMonth;
use crate::forms::{Choice, Field, Input};
use crate::spreadsheet::unguarded;
use crate::typed::{fold, search_key};

/// What a cell answers: words, the number before them, or the stored value; anything else stays as typed and is judged.
pub fn answer(field: &Field, cell: &str) -> String {
    let typed = unguarded(cell).trim();
    match &field.input {
        Input::Radio(choices) | Input::Select(choices) => {
            chosen(choices, typed).map_or_else(|| typed.to_owned(), |choice| choice.value.clone())
        }
        Input::Several(choices) => several(choices, typed),
        Input::Month { .. } => month(typed).map_or_else(|| typed.to_owned(), YearMonth::as_text),
        _ => typed.to_owned(),
    }
}

/// An answer as a cell shows it.
pub fn cell(field: &Field, answer: &str) -> String {
    match &field.input {
        Input::Radio(choices) | Input::Select(choices) => label(choices, answer).to_owned(),
        Input::Several(choices) => {
            answer.split(Input::AND).map(|one| label(choices, one)).collect::<Vec<_>>().join(BETWEEN)
        }
        Input::Month { .. } => {
            answer.parse::<YearMonth>().map_or_else(|_| answer.to_owned(), |month| month.to_string())
        }
        _ => answer.to_owned(),
    }
}

/// Between the words of several choices in one cell.
const BETWEEN: &str = "／";

fn label<'a>(choices: &'a [Choice], value: &'a str) -> &'a str {
    choices.iter().find(|choice| choice.value == value).map_or(value, |choice| &choice.label)
}

/// Several choices in one cell, between marks that people put there; a comma only where the words themselves have none.
fn several(choices: &[Choice], typed: &str) -> String {
    let strong = |letter: char| ['／', '/', ';', '；', '\n', '+', '＋'].contains(&letter);
    let weak = |letter: char| ['、', ',', '，', '・'].contains(&letter);
    let value = |part: &str| chosen(choices, part.trim()).map(|choice| choice.value.clone());
    let part = |part: &str| {
        let all: Option<Vec<String>> = part.split(weak).filter(|one| !one.trim().is_empty()).map(value).collect();
        value(part).or_else(|| all.map(|all| all.join(Input::AND))).unwrap_or_else(|| part.trim().to_owned())
    };
    let parts = typed.split(strong).filter(|one| !one.trim().is_empty());
    chosen(choices, typed).map_or_else(|| parts.map(part).collect::<Vec<_>>().join(Input::AND), |one| one.value.clone())
}

fn chosen<'a>(choices: &'a [Choice], typed: &str) -> Option<&'a Choice> {
    if typed.is_empty() {
        return None;
    }
    let key = search_key(typed);
    let value = choices.iter().find(|choice| choice.value == typed);
    let words = || choices.iter().find(|choice| search_key(&choice.label) == key);
    let number = || choices.iter().find(|choice| number_of(&choice.label).is_some_and(|number| number == key));
    value.or_else(words).or_else(number)
}

/// The number before the words of a choice: 「1 : IP-VPN…」, 「2. 契約していない」.
fn number_of(label: &str) -> Option<String> {
    let label = fold(label);
    let digits: String = label.chars().take_while(char::is_ascii_digit).collect();
    let rest = label.get(digits.len()..).unwrap_or_default().trim_start();
    (!digits.is_empty() && rest.starts_with([':', '.', ' '])).then_some(digits)
}

/// A month as people and spreadsheets write it: 「2026年7月」, 「2026-07」, 「2026/7/1」, 「202607」.
fn month(typed: &str) -> Option<YearMonth> {
    let text = fold(typed);
    let parts: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let known = text.chars().all(|letter| letter.is_ascii_digit() || "年月日/-. ".contains(letter));
    let (year, month) = match parts.as_slice() {
        _ if !known => return None,
        [year, month] | [year, month, _] if year.len() == 4 => (*year, *month),
        [both] if both.len() == 6 => both.split_at_checked(4)?,
        _ => return None,
    };
    YearMonth::new(year.parse().ok()?, month.parse().ok()?).ok()
}
