//! The rules that all forms share: needed answers, offered choices, lengths and characters.

use super::{Answers, Choice, Field, Input, Keyboard, Section};
use crate::accounts::{clean_line, clean_text, normalise_phone};
use crate::calendar::{YearMonth, japanese_date, typed_day};
use crate::uploads::{answer_of, listed};
use time::Date;

/// One sentence about one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Key of the field.
    pub field: String,
    /// What is wrong, where, and what to do, in Japanese.
    pub message: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Faults that keep the form from being sent.
    pub errors: Vec<Finding>,
    /// Remarks that the applicant reads before sending.
    pub warnings: Vec<Finding>,
}

impl Findings {
    /// Adds a fault; a second fault of the same field is dropped, one sentence is enough.
    pub fn error(&mut self, field: impl Into<String>, message: impl Into<String>) {
        let field = field.into();
        if !self.has_error(&field) {
            self.errors.push(Finding { field, message: message.into() });
        }
    }

    /// Says of a field what is known better than a fault that was found before.
    pub fn instead(&mut self, field: &str, message: impl Into<String>) {
        self.errors.retain(|finding| finding.field != field);
        self.error(field, message);
    }

    /// Adds a remark.
    pub fn warn(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.warnings.push(Finding { field: field.into(), message: message.into() });
    }

    /// Whether the field has a fault already.
    pub fn has_error(&self, field: &str) -> bool {
        self.errors.iter().any(|finding| finding.field == field)
    }

    /// The fault of a field.
    pub fn error_of(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|finding| finding.field == field).map(|finding| finding.message.as_str())
    }

    /// Puts the faults in the order of the fields on the page.
    pub fn sort_by(&mut self, sections: &[Section]) {
        let order: Vec<&str> = sections.iter().flat_map(|s| &s.fields).map(|f| f.key.as_str()).collect();
        let place = |finding: &Finding| order.iter().position(|key| *key == finding.field).unwrap_or(usize::MAX);
        self.errors.sort_by_key(place);
        self.warnings.sort_by_key(place);
    }
}

/// Answers brought into their stored form, and what was found on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Answers of the fields that apply, normalised. Faulty ones stay as typed.
    pub answers: Answers,
    /// Faults and remarks.
    pub findings: Findings,
}

/// Applies the shared rules to each field that applies; answers of other fields are left out.
pub fn check(sections: &[Section], answers: &Answers) -> Checked {
    let mut checked = Checked::default();
    for field in sections.iter().flat_map(|section| &section.fields) {
        if matches!(field.input, Input::Shown(_)) || !field.applies(answers) {
            continue;
        }
        let typed = answers.get(&field.key);
        match normalise(field, typed) {
            Ok(value) if value.is_empty() && field.required => {
                checked.findings.error(&field.key, missing(field));
            }
            Ok(value) => checked.answers.set(&field.key, value),
            Err(message) => {
                checked.answers.set(&field.key, typed);
                checked.findings.error(&field.key, message);
            }
        }
    }
    checked
}

fn missing(field: &Field) -> String {
    let label = &field.label;
    match &field.input {
        Input::Radio(_) | Input::Select(_) | Input::Month { .. } | Input::Date { .. } => {
            format!("「{label}」を選んでください。")
        }
        Input::Several(_) => format!("「{label}」を1つ以上選んでください。"),
        Input::Agreement(document) => {
            format!("「{}」を読み、同意する場合はチェックを入れてください。", document.title)
        }
        Input::Upload { .. } => format!("「{label}」のファイルを追加してください。"),
        Input::Agreements(_) => format!("「{label}」：すべて読み、同意する場合はチェックを入れてください。"),
        _ => format!("「{label}」を入力してください。"),
    }
}

fn normalise(field: &Field, typed: &str) -> Result<String, String> {
    let label = &field.label;
    match &field.input {
        Input::Shown(_) => Ok(String::new()),
        Input::Radio(choices) | Input::Select(choices) => offered(label, choices, typed).map(|()| typed.to_owned()),
        Input::Several(choices) => several(label, choices, typed),
        Input::Agreement(document) => {
            if typed.is_empty() || typed == document.version {
                Ok(typed.to_owned())
            } else {
                Err(format!(
                    "「{}」が第{}版に改まりました。もう一度読んでから、チェックを入れてください。",
                    document.title, document.version
                ))
            }
        }
        Input::Agreements(documents) => {
            if typed.is_empty() || typed == Input::versions(documents) {
                Ok(typed.to_owned())
            } else {
                Err(format!("「{label}」の文書が改まりました。もう一度読んでから、チェックを入れてください。"))
            }
        }
        Input::Line { max, keyboard: Keyboard::Telephone, .. } => phone(label, typed, *max),
        Input::Line { max, .. } => clean_line(typed, *max).map_err(|fault| about(label, &fault.to_string())),
        Input::Lines { max } => clean_text(typed, *max).map_err(|fault| about(label, &fault.to_string())),
        Input::CustomerId => clean_line(typed, 64).map_err(|fault| about(label, &fault.to_string())),
        Input::Month { from, to } => month(label, typed, *from, *to),
        Input::Upload { most_files } => files(label, typed, *most_files),
        Input::Date { from, to } => day(label, typed, *from, *to),
    }
}

/// A telephone number in the form in which it is kept.
fn phone(label: &str, typed: &str, max: usize) -> Result<String, String> {
    let line = clean_line(typed, max).map_err(|fault| about(label, &fault.to_string()))?;
    if line.is_empty() {
        return Ok(line);
    }
    normalise_phone(&line).map_err(|fault| about(label, &fault.to_string()))
}

/// Whether a value is among the choices; the empty one always is.
fn offered(label: &str, choices: &[Choice], typed: &str) -> Result<(), String> {
    match choices.iter().find(|choice| choice.value == typed) {
        Some(choice) if choice.retired => {
            Err(format!("「{label}」の「{}」は、いまは選べません。一覧から選び直してください。", choice.label))
        }
        None if !typed.is_empty() => {
            Err(format!("「{label}」で、一覧にないものが選ばれています。一覧から選び直してください。"))
        }
        _ => Ok(()),
    }
}

/// Several choices, each once and in the order of the list.
fn several(label: &str, choices: &[Choice], typed: &str) -> Result<String, String> {
    let chosen: Vec<&str> = typed.split(Input::AND).collect();
    chosen.iter().try_for_each(|one| offered(label, choices, one))?;
    let kept = choices.iter().map(|choice| choice.value.as_str()).filter(|value| chosen.contains(value));
    Ok(kept.collect::<Vec<_>>().join(Input::AND))
}

fn files(label: &str, typed: &str, most: usize) -> Result<String, String> {
    let files = listed(typed);
    if files.len() > most {
        return Err(format!("「{label}」のファイルは{most}件までです。使わないものを一覧から削除してください。"));
    }
    Ok(answer_of(files))
}

fn about(label: &str, fault: &str) -> String {
    format!("「{label}」：{fault}")
}

fn month(label: &str, typed: &str, from: YearMonth, to: YearMonth) -> Result<String, String> {
    if typed.is_empty() {
        return Ok(String::new());
    }
    let Ok(month) = typed.parse::<YearMonth>() else {
        return Err(format!("「{label}」を一覧から選び直してください。"));
    };
    if month < from {
        return Err(format!("「{label}」に{month}は選べません。最も早い月は{from}です。{from}以降を選んでください。"));
    }
    if month > to {
        return Err(format!("「{label}」に{month}は選べません。{to}までの月を選んでください。"));
    }
    Ok(typed.to_owned())
}

fn day(label: &str, typed: &str, from: Date, to: Date) -> Result<String, String> {
    if typed.is_empty() {
        return Ok(String::new());
    }
    let Some(day) = typed_day(typed) else {
        return Err(format!(
            "「{label}」を、カレンダーから選ぶか、「{from}」のように年4桁・月・日で入力してください。"
        ));
    };
    if day < from {
        let first = japanese_date(from);
        return Err(format!("「{label}」に{}は選べません。最も早い日は{first}です。", japanese_date(day)));
    }
    if day > to {
        let last = japanese_date(to);
        return Err(format!("「{label}」に{}は選べません。{last}までの日を選んでください。", japanese_date(day)));
    }
    Ok(day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn sections() -> Vec<Section> {
        let colours = vec![Choice::new("1", "赤"), Choice::new("2", "青")];
        let line = Input::Line { max: 5, keyboard: super::super::Keyboard::Text, suggestions: vec![] };
        vec![Section::new(
            "色",
            vec![
                Field::new("colour", "色", Input::Radio(colours)),
                Field::new("name", "名前", line.clone()).when("colour", &["2"]),
                Field::new("note", "備考", line).optional(),
            ],
        )]
    }

    #[test]
    fn a_needed_answer_is_asked_for_only_while_its_field_applies() {
        let red = check(&sections(), &Answers::new().with("colour", "1").with("name", "残り"));
        assert!(red.findings.errors.is_empty());
        assert!(!red.answers.has("name"), "an answer to a question that does not apply is not sent");
        let blue = check(&sections(), &Answers::new().with("colour", "2"));
        assert_eq!(blue.findings.error_of("name"), Some("「名前」を入力してください。"));
    }

    #[test]
    fn a_value_that_was_not_offered_is_refused() {
        let forged = check(&sections(), &Answers::new().with("colour", "<script>"));
        assert!(forged.findings.has_error("colour"));
        assert_eq!(forged.answers.get("colour"), "<script>", "what was typed is kept");
    }

    #[test]
    fn a_telephone_number_is_kept_in_one_form_wherever_it_is_asked() {
        let input = Input::Line { max: 20, keyboard: Keyboard::Telephone, suggestions: vec![] };
        let form = [Section::new("連絡先", vec![Field::new("phone", "電話番号", input)])];
        let typed = |typed: &str| check(&form, &Answers::new().with("phone", typed));
        assert_eq!(typed("０３（１２３４）５６７８").answers.get("phone"), "03-1234-5678");
        let odd = typed("1234");
        assert!(odd.findings.error_of("phone").unwrap().starts_with("「電話番号」："));
        assert_eq!(odd.answers.get("phone"), "1234", "what was typed is kept");
        assert_eq!(typed("").findings.error_of("phone"), Some("「電話番号」を入力してください。"));
    }

    #[test]
    fn of_several_choices_each_counts_once_and_in_the_order_of_the_list() {
        let colours = vec![Choice::new("r", "赤"), Choice::new("b", "青"), Choice::new("g", "緑")];
        let form = vec![Section::new("色", vec![Field::new("colours", "色", Input::Several(colours))])];
        let checked = |typed: &str| check(&form, &Answers::new().with("colours", typed));
        let both = checked("g+r+g");
        assert_eq!((both.answers.get("colours"), both.findings.errors.len()), ("r+g", 0));
        assert_eq!(form[0].fields[0].reading(&both.answers), "赤、緑");
        assert_eq!(checked("").findings.error_of("colours"), Some("「色」を1つ以上選んでください。"));
        assert!(checked("r+violet").findings.has_error("colours"));
    }

    #[test]
    fn a_day_is_taken_however_it_is_typed_and_only_within_its_bounds() {
        let input = Input::Date { from: date!(2026 - 05 - 20), to: date!(2027 - 05 - 20) };
        let form = vec![Section::new("日", vec![Field::new("day", "開始日", input)])];
        let checked = |typed: &str| check(&form, &Answers::new().with("day", typed));
        for typed in ["2026-05-20", "2026/5/20", "２０２６年５月２０日"] {
            let checked = checked(typed);
            assert_eq!((checked.answers.get("day"), checked.findings.errors.len()), ("2026-05-20", 0), "{typed}");
            assert_eq!(form[0].fields[0].reading(&checked.answers), "2026年5月20日（水）");
        }
        for (typed, told) in [
            ("", "「開始日」を選んでください。"),
            ("2026-05-19", "最も早い日は2026年5月20日（水）です"),
            ("2027-05-21", "2027年5月20日（木）までの日"),
            ("2026-02-30", "「2026-05-20」のように"),
        ] {
            let found = checked(typed).findings.error_of("day").unwrap_or_default().to_owned();
            assert!(found.contains(told), "{typed}: {found}");
        }
    }

    #[test]
    fn a_long_line_is_named_with_its_field() {
        let long = check(&sections(), &Answers::new().with("colour", "1").with("note", "あいうえおか"));
        assert!(long.findings.error_of("note").is_some_and(|message| message.starts_with("「備考」：")));
    }
}
