//! Forms as data: sections of fields, rendered the same way on every page.
//!
//! A page prints `{{ section }}` or `{{ field }}`; both are templates themselves and escape what they show.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::view::frame::Link;

mod section;
mod summary;
mod text;
mod upload;

pub use section::SectionView;
pub use summary::{ErrorSummary, FieldError};
pub use text::{TextKind, TextView, Width};
pub use upload::UploadView;

/// One question of a form with everything that stands around its input.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/field.html")]
pub struct FieldView {
    /// Name of the input; its id is `f-` + key. Letters, digits, `_` and `-` only.
    pub key: String,
    /// The question, short.
    pub label: String,
    /// True shows 必須, false 任意; shown and agreement-free texts show neither.
    pub required: bool,
    /// Paragraphs of help between label and input.
    pub help: Vec<String>,
    /// What the last paragraph of help says later: from when, in milliseconds since 1970 UTC, and the paragraph.
    pub later: Option<(i64, String)>,
    /// Drawing of where the answer is printed; in a fold, so that it waits for whoever wants it.
    pub picture: Option<PictureView>,
    /// Documents and helpers that belong to the question, shown under the help.
    pub links: Vec<Link>,
    /// What is wrong and how to put it right.
    pub error: Option<String>,
    /// A doubt that does not stop the form.
    pub warning: Option<String>,
    /// The input itself.
    pub input: InputView,
    /// For whom the field is shown; `None` for everybody.
    pub conditional: Option<Condition>,
    /// Why the reviewer sent this field back (補正依頼).
    pub returned_reason: Option<String>,
    /// True shows the value without an input, because only returned fields may be changed.
    pub locked: bool,
    /// Key of the choice field that a list helps to answer (js/suggest.js); empty for none.
    pub beside: String,
    /// Words of the button that shows the form anew after this answer; empty for none.
    pub shapes: String,
}

impl HtmlSafe for FieldView {}

/// A drawing of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureView {
    /// Name of the file below `img/help/`, without its ending.
    pub name: &'static str,
    /// Words of the fold in which it stands.
    pub summary: &'static str,
    /// What can be seen, for those who do not see it.
    pub alt: &'static str,
    /// Width in CSS pixels.
    pub width: u16,
    /// Height in CSS pixels.
    pub height: u16,
}

/// When a field is shown: chosen by CSS, so it works without a script.
///
/// `reveal r3` shows the field while an input with class `reveals-r3` is chosen, several `r…` mean *or*.
/// Adding `and-r1` hides it again unless `reveals-r1` is chosen too. Numbers run from 1 to 16 in one form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// CSS classes, e.g. `reveal r3` or `reveal r4 r5 and-r1`.
    pub classes: String,
    /// The same in words for browsers that show everything, e.g. `回線種別で1を選んだ場合`.
    pub words: String,
}

/// Kinds of input.
#[derive(Debug, Clone)]
pub enum InputView {
    /// One of a few choices, all visible.
    Radio {
        /// The choices in order.
        choices: Vec<ChoiceView>,
    },
    /// Any number of choices.
    Checks {
        /// The choices in order; all are sent under the field's key.
        choices: Vec<ChoiceView>,
    },
    /// One of many choices (lists of data, months).
    Select {
        /// The choices in order; a change of `group` opens a heading in the list.
        choices: Vec<ChoiceView>,
        /// First entry with an empty value, e.g. `選んでください`; empty for none.
        placeholder: String,
    },
    /// A document to open and a box to tick.
    Agreement {
        /// Value that is sent when it is ticked, e.g. the version of the document.
        value: String,
        /// The sentence that is agreed to.
        label: String,
        /// Title of the document.
        document_title: String,
        /// Page of the document; opens in a new tab.
        document_url: String,
        /// True when it was ticked.
        checked: bool,
    },
    /// One line of text.
    Text(TextView),
    /// Several lines of text.
    LongText {
        /// Text as typed.
        value: String,
        /// Greatest number of characters; 0 shows no limit.
        maxlength: u32,
    },
    /// Something the portal knows; not sent.
    Shown {
        /// The value in words.
        value: String,
        /// Where it comes from; empty for none.
        note: String,
    },
    /// A file to send; needs a multipart form.
    File {
        /// Accepted types as in the HTML attribute, e.g. `.pdf,image/png`.
        accept: String,
        /// Name of the file that is already there; empty for none.
        current: String,
    },
    /// Files that are handed in one by one; needs a multipart form.
    Uploads {
        /// Files that are there.
        files: Vec<UploadView>,
        /// Most files of the field.
        most: usize,
    },
}

impl Default for InputView {
    fn default() -> Self {
        Self::Text(TextView::default())
    }
}

/// One choice of a radio group, a list or a group of boxes.
#[derive(Debug, Clone, Default)]
pub struct ChoiceView {
    /// Value that is sent.
    pub value: String,
    /// Words of the choice.
    pub label: String,
    /// A line under it; in a list all of them stand under the list.
    pub note: Option<String>,
    /// True when it is chosen.
    pub selected: bool,
    /// Class on the input or option, e.g. `reveals-r3`, that shows conditional fields.
    pub reveals: Option<String>,
    /// Heading in a list under which it stands (year of a month); empty for none.
    pub group: String,
    /// Value that choosing it in a list suggests for the field that [`FieldView::beside`] names; empty for none.
    pub suggests: String,
}

impl ChoiceView {
    /// A choice without note, not chosen.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }
}

impl FieldView {
    /// An optional field with its input and nothing else.
    #[must_use]
    pub fn new(key: impl Into<String>, label: impl Into<String>, input: InputView) -> Self {
        Self { key: key.into(), label: label.into(), input, ..Self::default() }
    }

    /// Marks the field 必須.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Adds a paragraph of help.
    #[must_use]
    pub fn with_help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    /// Adds a document or helper.
    #[must_use]
    pub fn with_link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.links.push(Link::new(label, href));
        self
    }

    /// Sets what is wrong.
    #[must_use]
    pub fn with_error(self, message: impl Into<String>) -> Self {
        Self { error: Some(message.into()), ..self }
    }

    /// Sets a doubt that does not stop the form.
    #[must_use]
    pub fn with_warning(self, message: impl Into<String>) -> Self {
        Self { warning: Some(message.into()), ..self }
    }

    /// Shows the field only under a condition.
    #[must_use]
    pub fn when(self, classes: impl Into<String>, words: impl Into<String>) -> Self {
        Self { conditional: Some(Condition { classes: classes.into(), words: words.into() }), ..self }
    }

    /// True when the field is shown as text instead of an input.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.locked || matches!(self.input, InputView::Shown { .. })
    }

    /// True when the inputs form a group that needs a legend instead of a label.
    #[must_use]
    pub fn is_group(&self) -> bool {
        matches!(self.input, InputView::Radio { .. } | InputView::Checks { .. } | InputView::Agreement { .. })
    }

    /// What is chosen or typed, in words; for locked fields.
    #[must_use]
    pub fn shown_value(&self) -> String {
        match &self.input {
            InputView::Radio { choices } | InputView::Checks { choices } | InputView::Select { choices, .. } => {
                let chosen: Vec<&str> = choices.iter().filter(|c| c.selected).map(|c| c.label.as_str()).collect();
                chosen.join("、")
            }
            InputView::Agreement { label, checked, .. } => {
                if *checked {
                    label.clone()
                } else {
                    "未同意".to_owned()
                }
            }
            InputView::Text(text) => text.value.clone(),
            InputView::LongText { value, .. } | InputView::Shown { value, .. } => value.clone(),
            InputView::File { current, .. } => current.clone(),
            InputView::Uploads { files, .. } => {
                files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join("、")
            }
        }
    }

    /// Classes of the chosen choices: a locked field still decides which others apply.
    #[must_use]
    pub fn reveals_while_locked(&self) -> Vec<&str> {
        match &self.input {
            InputView::Radio { choices } | InputView::Checks { choices } | InputView::Select { choices, .. } => {
                choices.iter().filter(|c| c.selected).filter_map(|c| c.reveals.as_deref()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The files that are there.
    #[must_use]
    pub fn files(&self) -> &[UploadView] {
        if let InputView::Uploads { files, .. } = &self.input { files } else { &[] }
    }

    /// Ids of everything that describes the input, for `aria-describedby`.
    #[must_use]
    pub fn described_by(&self) -> String {
        let mut ids = Vec::new();
        let parts = [
            ("help", !self.help.is_empty() && !self.locked),
            ("returned", self.returned_reason.is_some()),
            ("warning", self.warning.is_some()),
            ("error", self.error.is_some()),
        ];
        for (part, _) in parts.iter().filter(|(_, present)| *present) {
            ids.push(format!("f-{}-{part}", self.key));
        }
        ids.join(" ")
    }

    /// True when a choice of the list suggests an answer of the field beside it.
    #[must_use]
    pub fn suggests(&self) -> bool {
        let InputView::Select { choices, .. } = &self.input else { return false };
        !self.beside.is_empty() && choices.iter().any(|choice| !choice.suggests.is_empty())
    }

    /// What is to be said about the choices of a list: the choices that share a line, and the line.
    #[must_use]
    pub fn choice_notes(&self) -> Vec<(String, &str)> {
        let InputView::Select { choices, .. } = &self.input else { return Vec::new() };
        let mut notes: Vec<(String, &str)> = Vec::new();
        for (choice, note) in choices.iter().filter_map(|choice| Some((choice, choice.note.as_deref()?))) {
            match notes.last_mut() {
                Some((labels, last)) if *last == note => {
                    labels.push('、');
                    labels.push_str(&choice.label);
                }
                _ => notes.push((choice.label.clone(), note)),
            }
        }
        notes
    }

    /// The choices of a list under their headings, in order.
    #[must_use]
    pub fn choice_groups(&self) -> Vec<(&str, Vec<&ChoiceView>)> {
        let InputView::Select { choices, .. } = &self.input else { return Vec::new() };
        let mut groups: Vec<(&str, Vec<&ChoiceView>)> = Vec::new();
        for choice in choices {
            match groups.last_mut() {
                Some((name, list)) if *name == choice.group => list.push(choice),
                _ => groups.push((&choice.group, vec![choice])),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_of_a_list_that_share_a_line_are_named_together() {
        let choice = |label: &str, note: Option<&str>| ChoiceView {
            note: note.map(str::to_owned),
            ..ChoiceView::new(label, label)
        };
        let choices = vec![
            choice("Opt.one3", Some("起動したときの画面")),
            choice("Opt.one", Some("起動したときの画面")),
            choice("名のないもの", None),
            choice("ひだまり訪看", Some("メニューの「設定」")),
        ];
        let input = InputView::Select { choices, placeholder: String::new() };
        let field = FieldView::new("product", "レセコンのプログラム名称", input);
        let told = [("Opt.one3、Opt.one", "起動したときの画面"), ("ひだまり訪看", "メニューの「設定」")];
        assert_eq!(field.choice_notes(), told.map(|(labels, note)| (labels.to_owned(), note)));
    }
}
