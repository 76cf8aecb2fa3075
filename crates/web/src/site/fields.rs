//! From the forms of `domain` to what templates show.

use domain::{
    applications::line_customer_id::LineCustomerId,
    calendar::YearMonth,
    forms::{Answers, Choice, Condition, Document, Field, Findings, Input, Keyboard, Picture, Section},
};

use domain::uploads::{Upload, UploadState, size_words};
use services::applications::Difference;

use super::Posted;
use crate::view::form::{
    ChoiceView, Condition as ShownWhen, ErrorSummary, FieldError, FieldView, InputView, PictureView, SectionView,
    TextKind, TextView, UploadView, Width,
};
use crate::view::frame::Link;
use crate::view::parts::{CompareRow, CompareView, StateView, Tone};

/// What a form shows besides its fields.
pub struct FormLook<'a> {
    /// Answers to show.
    pub answers: &'a Answers,
    /// Faults and remarks; none before the first check.
    pub findings: Option<&'a Findings>,
    /// Keys that may be edited.
    pub editable: &'a [String],
    /// Reasons of a returned case.
    pub reasons: &'a [(String, String)],
    /// Files of the case.
    pub uploads: &'a [Upload],
    /// Address of the case, under which its files are opened; empty where it has none.
    pub case: &'a str,
}

/// A condition that some field has; its place in the list is the number of its CSS class.
type Rule = (&'static str, &'static [&'static str]);

fn collect(condition: &Condition, rules: &mut Vec<Rule>) {
    match condition {
        Condition::OneOf(key, values) => {
            if !rules.contains(&(*key, *values)) {
                rules.push((*key, *values));
            }
        }
        Condition::All(all) => all.iter().for_each(|one| collect(one, rules)),
    }
}

/// The sections of a form as templates show them.
pub fn section_views(sections: &[Section], look: &FormLook<'_>) -> Vec<SectionView> {
    let mut rules = vec![];
    sections.iter().flat_map(|s| &s.fields).filter_map(|f| f.when.as_ref()).for_each(|when| collect(when, &mut rules));
    let labels: Vec<(&str, &str)> =
        sections.iter().flat_map(|s| &s.fields).map(|f| (f.key.as_str(), f.label.as_str())).collect();
    sections
        .iter()
        .map(|section| SectionView {
            title: section.title.clone(),
            lead: section.lead.clone(),
            fields: section.fields.iter().map(|field| view(field, look, &rules, &labels)).collect(),
        })
        .collect()
}

fn view(field: &Field, look: &FormLook<'_>, rules: &[Rule], labels: &[(&str, &str)]) -> FieldView {
    let value = look.answers.get(&field.key);
    let shown = matches!(field.input, Input::Shown(_));
    let article = field.article.map(|slug| Link::new("確認のしかたを見る", format!("/articles/{slug}")));
    let agreed = match &field.input {
        Input::Agreements(documents) => documents.as_slice(),
        _ => &[],
    };
    let pages = field.pages.iter().map(|(words, address)| Link::new(*words, *address));
    let links = field.documents.iter().chain(agreed).map(document_link).chain(pages).chain(article).collect();
    FieldView {
        key: field.key.clone(),
        label: field.label.clone(),
        required: field.required,
        help: field.help.clone(),
        later: field.later.as_ref().map(|later| (later.at.as_millis(), later.help.clone())),
        picture: field.picture.map(picture_view),
        links,
        error: look.findings.and_then(|findings| findings.error_of(&field.key)).map(str::to_owned),
        warning: look
            .findings
            .and_then(|f| f.warnings.iter().find(|w| w.field == field.key))
            .map(|w| w.message.clone()),
        input: input(field, value, rules, look),
        conditional: field.when.as_ref().map(|when| shown_when(when, rules, labels)),
        returned_reason: look.reasons.iter().find(|(key, _)| *key == field.key).map(|(_, reason)| reason.clone()),
        locked: !shown && !look.editable.contains(&field.key),
        beside: field.beside.unwrap_or_default().to_owned(),
        shapes: field.shapes.unwrap_or_default().to_owned(),
    }
}

/// A drawing beside a field.
const fn picture_view(picture: &Picture) -> PictureView {
    let Picture { name, summary, alt, width, height } = *picture;
    PictureView { name, summary, alt, width, height }
}

/// A document with its version, as a link to that version.
pub fn document_link(document: &Document) -> Link {
    let title = format!("{}（第{}版）", document.title, document.version);
    Link::new(title, format!("/documents/{}/{}", document.slug, document.version))
}

fn number(rule: Rule, rules: &[Rule]) -> usize {
    rules.iter().position(|known| *known == rule).map_or(0, |place| place + 1)
}

fn shown_when(when: &Condition, rules: &[Rule], labels: &[(&str, &str)]) -> ShownWhen {
    let mut all = vec![];
    collect(when, &mut all);
    let mut classes = vec!["reveal".to_owned()];
    if let Some((last, before)) = all.split_last() {
        classes.push(format!("r{}", number(*last, rules)));
        classes.extend(before.iter().map(|rule| format!("and-r{}", number(*rule, rules))));
    }
    let label = all.last().and_then(|(key, _)| labels.iter().find(|(k, _)| k == key)).map_or("", |(_, label)| label);
    ShownWhen {
        classes: classes.join(" "), words: format!("「{label}」の選び方によって必要な項目です")
    }
}

fn choices(field: &Field, all: &[Choice], value: &str, rules: &[Rule]) -> Vec<ChoiceView> {
    all.iter()
        .filter(|choice| !choice.retired || choice.value == value)
        .map(|choice| {
            let reveals: Vec<String> = rules
                .iter()
                .enumerate()
                .filter(|(_, (key, values))| *key == field.key && values.contains(&choice.value.as_str()))
                .map(|(place, _)| format!("reveals-r{}", place + 1))
                .collect();
            ChoiceView {
                value: choice.value.clone(),
                label: choice.label.clone(),
                note: Some(choice.note.clone()).filter(|note| !note.is_empty()),
                selected: choice.value == value,
                reveals: Some(reveals.join(" ")).filter(|classes| !classes.is_empty()),
                group: choice.group.clone(),
                suggests: choice.suggests.clone(),
            }
        })
        .collect()
}

fn input(field: &Field, value: &str, rules: &[Rule], look: &FormLook<'_>) -> InputView {
    match &field.input {
        Input::Radio(all) => InputView::Radio { choices: choices(field, all, value, rules) },
        Input::Select(all) => InputView::Select {
            choices: choices(field, all, value, rules),
            placeholder: "選んでください".to_owned(),
        },
        Input::Several(all) => {
            let chosen: Vec<&str> = value.split(Input::AND).collect();
            let mark = |choice: ChoiceView| ChoiceView { selected: chosen.contains(&choice.value.as_str()), ..choice };
            let offered = all.iter().filter(|choice| !choice.retired || chosen.contains(&choice.value.as_str()));
            let offered: Vec<Choice> = offered.cloned().map(|choice| Choice { retired: false, ..choice }).collect();
            InputView::Checks { choices: choices(field, &offered, "", rules).into_iter().map(mark).collect() }
        }
        Input::Agreement(document) => InputView::Agreement {
            value: document.version.clone(),
            label: "内容を読み、同意します。".to_owned(),
            document_title: format!("{}（第{}版）", document.title, document.version),
            document_url: format!("/documents/{}/{}", document.slug, document.version),
            checked: value == document.version,
        },
        Input::Agreements(documents) => {
            let versions = Input::versions(documents);
            let selected = value == versions;
            let label = "すべての内容を読み、同意します。";
            InputView::Checks { choices: vec![ChoiceView { selected, ..ChoiceView::new(versions, label) }] }
        }
        Input::Line { max, keyboard, suggestions } => InputView::Text(TextView {
            value: value.to_owned(),
            kind: if *keyboard == Keyboard::Telephone { TextKind::Phone } else { TextKind::Text },
            inputmode: if matches!(keyboard, Keyboard::Numeric | Keyboard::Code) {
                "numeric".to_owned()
            } else {
                String::new()
            },
            maxlength: u32::try_from(*max).unwrap_or(0),
            suggestions: suggestions.clone(),
            ..TextView::default()
        }),
        Input::Lines { max } => {
            InputView::LongText { value: value.to_owned(), maxlength: u32::try_from(*max).unwrap_or(0) }
        }
        Input::Month { from, to } => {
            InputView::Select { choices: months(*from, *to, value), placeholder: "選んでください".to_owned() }
        }
        Input::Date { from, to } => InputView::Text(TextView {
            width: Width::Short,
            bounds: Some((from.to_string(), to.to_string())),
            ..TextView::of(TextKind::Date, value, "")
        }),
        Input::CustomerId => {
            let groups = LineCustomerId::parse(value).map(|id| id.groups()).unwrap_or_default();
            InputView::Text(TextView::code(value, groups))
        }
        Input::Upload { most_files } => {
            let own: Vec<Upload> = look.uploads.iter().filter(|file| file.field == field.key).cloned().collect();
            InputView::Uploads { files: file_views(&own, look.case), most: *most_files }
        }
        Input::Shown(text) => InputView::Shown { value: text.clone(), note: String::new() },
    }
}

fn months(from: YearMonth, to: YearMonth, value: &str) -> Vec<ChoiceView> {
    let count = u16::try_from(from.months_until(to)).unwrap_or(0) + 1;
    from.run(count)
        .map(|month| ChoiceView {
            group: format!("{}年", month.year()),
            selected: month.as_text() == value,
            ..ChoiceView::new(month.as_text(), month.to_string())
        })
        .collect()
}

/// Files as pages list them; `case` is the address under which they are opened.
pub(crate) fn file_views(files: &[Upload], case: &str) -> Vec<UploadView> {
    let view = |file: &Upload| UploadView {
        id: file.id.to_string(),
        name: file.name.clone(),
        size: size_words(file.size),
        state: state_of_file(file.state),
        href: if file.state.is_open() && !case.is_empty() {
            format!("{case}/files/{}", file.id)
        } else {
            String::new()
        },
        picture: file.kind.is_picture(),
    };
    files.iter().map(view).collect()
}

/// What is to be said of a file; nothing when all is well.
fn state_of_file(state: UploadState) -> Option<StateView> {
    let tone = match state {
        UploadState::Clean => return None,
        UploadState::Waiting | UploadState::Failed | UploadState::Prepared => Tone::Waiting,
        UploadState::Infected | UploadState::Lost => Tone::Attention,
        UploadState::Removing => Tone::Stopped,
    };
    Some(StateView::new(tone, state.label()))
}

/// The faults of a form as its error summary.
pub fn error_summary(findings: &Findings) -> ErrorSummary {
    let error = |f: &domain::forms::Finding| FieldError { key: f.field.clone(), message: f.message.clone() };
    ErrorSummary { errors: findings.errors.iter().map(error).collect() }
}

/// What was typed into a form.
pub fn answers_from(posted: &Posted) -> Answers {
    posted.answers()
}

/// The differences of a change as a table; the two columns are the answers before and now.
pub(crate) fn comparison(caption: &str, [before, after]: [&str; 2], differences: &[Difference]) -> CompareView {
    let row = |difference: &Difference| CompareRow {
        label: difference.label.clone(),
        before: difference.before.clone(),
        after: difference.now.clone(),
    };
    CompareView {
        caption: caption.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
        rows: differences.iter().map(row).collect(),
    }
}
