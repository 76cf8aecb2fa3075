//! From the fields of a procedure to columns.

use crate::calendar::japanese_date;
use crate::forms::{Answers, Field, Input, Section};
use crate::typed::search_key;

use super::{IN_EVERY_ROW, SECOND};

/// A column: a field of the procedure under its heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The field.
    pub field: Field,
    /// Its label; behind the title of its section where another field has the same label.
    pub heading: String,
    /// Whether the form of every institution has it.
    pub everywhere: bool,
}

impl Column {
    /// Whether a table without this column says nothing that can be sent.
    pub fn is_needed(&self) -> bool {
        self.field.required && self.field.when.is_none() && self.everywhere
    }

    /// Whether a heading as it was typed means this column.
    pub(super) fn is_called(&self, typed: &str) -> bool {
        search_key(&self.heading) == search_key(typed)
    }

    /// Whether something must stand in its cells, in words.
    pub fn needed(&self) -> &'static str {
        match (self.field.required, self.is_needed()) {
            (_, true) => "必須",
            (true, false) => "条件により必須",
            (false, _) => "任意",
        }
    }

    /// What can stand in its cells, for the row under the headings.
    pub fn hint(&self) -> String {
        let (field, needed) = (&self.field, self.needed());
        match &field.input {
            Input::Radio(choices) | Input::Select(choices) | Input::Several(choices) => {
                let offered = choices.iter().filter(|choice| !choice.retired).count();
                let shown: Vec<&str> =
                    choices.iter().filter(|choice| !choice.retired).take(SHOWN).map(|one| one.label.as_str()).collect();
                let more = if offered > SHOWN { format!("／ほか{}件", offered - SHOWN) } else { String::new() };
                format!("{needed}。{}{more}", shown.join("／"))
            }
            Input::Month { from, to } => format!("{needed}。{from}から{to}まで"),
            Input::Date { from, to } => format!("{needed}。{}から{}まで", japanese_date(*from), japanese_date(*to)),
            Input::Line { max, .. } | Input::Lines { max } => format!("{needed}。{max}文字まで"),
            _ => needed.to_owned(),
        }
    }

    /// The values that are offered, in words; none where anything can be typed.
    pub fn offered(&self) -> Vec<&str> {
        match &self.field.input {
            Input::Radio(choices) | Input::Select(choices) | Input::Several(choices) => {
                choices.iter().filter(|choice| !choice.retired).map(|choice| choice.label.as_str()).collect()
            }
            _ => vec![],
        }
    }
}

/// Choices that the row under the headings names.
const SHOWN: usize = 12;

/// Whether a field is asked in each row.
fn is_asked(field: &Field) -> bool {
    let no_cell = matches!(field.input, Input::Shown(_) | Input::Upload { .. });
    !no_cell && !field.is_consent() && !is_shared(&field.key)
}

fn is_shared(key: &str) -> bool {
    key.ends_with(SECOND) || IN_EVERY_ROW.iter().any(|(shared, _)| *shared == key)
}

/// The columns of a procedure, in the order of its form.
pub fn columns(sections: &[Section]) -> Vec<Column> {
    let asked = || sections.iter().flat_map(|section| section.fields.iter().map(move |field| (section, field)));
    let asked = || asked().filter(|(_, field)| is_asked(field));
    let twice = |label: &str| asked().filter(|(_, field)| field.label == label).count() > 1;
    let heading = |section: &Section, field: &Field| {
        if twice(&field.label) { format!("{}：{}", section.title, field.label) } else { field.label.clone() }
    };
    asked()
        .map(|(section, field)| Column { field: field.clone(), heading: heading(section, field), everywhere: true })
        .collect()
}

/// Whether a form asks for a file that no cell can hold.
pub fn needs_files(sections: &[Section]) -> bool {
    let mut fields = sections.iter().flat_map(|section| &section.fields);
    fields.any(|field| field.required && field.when.is_none() && matches!(field.input, Input::Upload { .. }))
}

/// The columns of several forms of one procedure: those of the first, then what only others have.
pub fn united(forms: Vec<Vec<Column>>) -> Vec<Column> {
    let has = |form: &Vec<Column>, heading: &str| form.iter().any(|column| column.heading == heading);
    let mut all: Vec<Column> = vec![];
    for column in forms.iter().flatten() {
        match all.iter_mut().find(|known| known.heading == column.heading) {
            Some(known) => offer(&mut known.field.input, &column.field.input),
            None => {
                let everywhere = forms.iter().all(|form| has(form, &column.heading));
                all.push(Column { everywhere, ..column.clone() });
            }
        }
    }
    all
}

/// Adds the choices that only another form offers.
fn offer(known: &mut Input, other: &Input) {
    let (Input::Radio(known) | Input::Select(known) | Input::Several(known)) = known else { return };
    let (Input::Radio(other) | Input::Select(other) | Input::Several(other)) = other else { return };
    let further: Vec<_> = other.iter().filter(|one| known.iter().all(|known| known.value != one.value)).collect();
    known.extend(further.into_iter().cloned());
}

/// The sections of the form of one row: what is agreed to for all rows is left out.
pub fn row_sections(sections: Vec<Section>) -> Vec<Section> {
    let keep = |field: &Field| matches!(field.input, Input::Shown(_)) || is_asked(field);
    let row = |section: Section| Section { fields: section.fields.into_iter().filter(keep).collect(), ..section };
    sections.into_iter().map(row).filter(|section| !section.fields.is_empty()).collect()
}

/// The questions that are asked once for all rows.
pub fn consents(sections: &[Section]) -> Vec<Field> {
    sections.iter().flat_map(|section| &section.fields).filter(|field| field.is_consent()).cloned().collect()
}

/// The answers of those who agree: what rows are judged with before anybody was asked.
pub fn presumed(sections: &[Section]) -> Answers {
    let agreed = |field: &Field| match &field.input {
        Input::Agreement(document) => document.version.clone(),
        Input::Agreements(documents) => Input::versions(documents),
        _ => "agree".to_owned(),
    };
    consents(sections).iter().map(|field| (field.key.clone(), agreed(field))).collect()
}
