//! The parts of a form.

use super::{Answers, Picture, picture};
use crate::calendar::{YearMonth, japanese_date, typed_day};
use crate::clock::Timestamp;
use crate::institutions::InstitutionCode;
use time::Date;

/// One choice of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is stored.
    pub value: String,
    /// What is read.
    pub label: String,
    /// A sentence under the label; may be empty.
    pub note: String,
    /// Heading in a list under which it stands, such as the vendor of a product; may be empty.
    pub group: String,
    /// Value that it suggests for the field beside which its own field stands; may be empty.
    pub suggests: String,
    /// Whether it is no longer offered; whoever chose it before still reads its label.
    pub retired: bool,
}

impl Choice {
    /// A choice without a note, a group and a suggestion.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        let (note, group, suggests) = (String::new(), String::new(), String::new());
        Self { value: value.into(), label: label.into(), note, group, suggests, retired: false }
    }

    /// The same choice with a note.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The same choice in a group.
    #[must_use]
    pub fn grouped(mut self, group: impl Into<String>) -> Self {
        self.group = group.into();
        self
    }

    /// The same choice, suggesting a value of the field beside which its own field stands.
    #[must_use]
    pub fn suggesting(mut self, value: impl Into<String>) -> Self {
        self.suggests = value.into();
        self
    }
}

/// A versioned document that the applicant agrees to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Name in addresses, such as `eligibility-terms`.
    pub slug: String,
    /// Version in force, such as `1.2`.
    pub version: String,
    /// Title as shown.
    pub title: String,
}

/// Which keyboard a phone shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keyboard {
    /// Any text.
    #[default]
    Text,
    /// Digits only.
    Numeric,
    /// Telephone number.
    Telephone,
    /// Digits of an institution's code, which is read in groups.
    Code,
}

/// How a field is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// One of a few, all visible.
    Radio(Vec<Choice>),
    /// One of many.
    Select(Vec<Choice>),
    /// Any of a few; the stored value is what was chosen, in the order of the list, joined by [`Input::AND`].
    Several(Vec<Choice>),
    /// Agreement to a document; the stored value is the version agreed to.
    Agreement(Document),
    /// Agreement to several documents at once; the stored value is their versions, joined by [`Input::AND`].
    Agreements(Vec<Document>),
    /// One line of at most `max` characters.
    Line {
        /// Longest accepted text in characters.
        max: usize,
        /// Keyboard on a phone.
        keyboard: Keyboard,
        /// Offered values; others are accepted too.
        suggestions: Vec<String>,
    },
    /// Several lines of at most `max` characters.
    Lines {
        /// Longest accepted text in characters.
        max: usize,
    },
    /// A month between two months, both included.
    Month {
        /// First month offered.
        from: YearMonth,
        /// Last month offered.
        to: YearMonth,
    },
    /// A day between two days, both included; the stored value is `2026-05-20`.
    Date {
        /// First day that is taken.
        from: Date,
        /// Last day that is taken.
        to: Date,
    },
    /// A line's customer ID, compared with a second input; shown in groups.
    CustomerId,
    /// Files, handed in one by one; the stored value lists them as `uploads::answer_of` writes it.
    Upload {
        /// Most files of the field.
        most_files: usize,
    },
    /// A fact that is shown, never asked.
    Shown(String),
}

impl Input {
    /// Between the parts of an answer: versions of documents that are agreed to at once, choices of which several count.
    pub const AND: &'static str = "+";

    /// A question that is answered by yes or no; the stored value is `yes` or `no`.
    pub fn yes_no() -> Self {
        Self::Radio(vec![Choice::new("yes", "はい"), Choice::new("no", "いいえ")])
    }

    /// The versions of documents as one value.
    pub fn versions(documents: &[Document]) -> String {
        documents.iter().map(|document| document.version.as_str()).collect::<Vec<_>>().join(Self::AND)
    }
}

/// When a field applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The other field holds one of these values.
    OneOf(&'static str, &'static [&'static str]),
    /// All of these hold.
    All(Vec<Condition>),
}

impl Condition {
    /// Whether the answers fulfil the condition.
    pub fn holds(&self, answers: &Answers) -> bool {
        match self {
            Self::OneOf(key, values) => values.contains(&answers.get(key)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(answers)),
        }
    }

    /// The field that decides last, and the values that make this field appear.
    pub fn deciding(&self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::OneOf(key, values) => Some((key, values)),
            Self::All(conditions) => conditions.last().and_then(Self::deciding),
        }
    }
}

/// What the last paragraph of help says from some moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// From when on.
    pub at: Timestamp,
    /// The paragraph.
    pub help: String,
}

/// One question of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Key of the answer, unique in the form.
    pub key: String,
    /// Question or name.
    pub label: String,
    /// Paragraphs beside the field.
    pub help: Vec<String>,
    /// What the last of them says later, for a page that stays open until then.
    pub later: Option<Later>,
    /// Drawing that shows where the answer is printed.
    pub picture: Option<&'static Picture>,
    /// How it is answered.
    pub input: Input,
    /// Whether an answer is needed while the field applies.
    pub required: bool,
    /// When the field applies; always if none.
    pub when: Option<Condition>,
    /// Number or slug of the article that helps, if any.
    pub article: Option<&'static str>,
    /// Documents to read before answering.
    pub documents: Vec<Document>,
    /// Pages that help to answer: words and address.
    pub pages: Vec<(&'static str, &'static str)>,
    /// Key of the field that this one helps to answer: who may edit that one may edit this one.
    pub beside: Option<&'static str>,
    /// Words of the button that shows the form anew, where the answer decides what else is asked.
    pub shapes: Option<&'static str>,
}

impl Field {
    /// A required field without help.
    pub fn new(key: impl Into<String>, label: impl Into<String>, input: Input) -> Self {
        Self {
            key: key.into(),
            label: label.into(),
            help: vec![],
            later: None,
            picture: None,
            input,
            required: true,
            when: None,
            article: None,
            documents: vec![],
            pages: vec![],
            beside: None,
            shapes: None,
        }
    }

    /// A fact that is shown.
    pub fn shown(key: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { required: false, ..Self::new(key, label, Input::Shown(value.into())) }
    }

    /// The same field, not required.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// The same field with one more paragraph of help.
    #[must_use]
    pub fn help(mut self, paragraph: impl Into<String>) -> Self {
        self.help.push(paragraph.into());
        self
    }

    /// The same field, whose last paragraph of help says something else from some moment on.
    #[must_use]
    pub fn later(mut self, at: Timestamp, help: impl Into<String>) -> Self {
        self.later = Some(Later { at, help: help.into() });
        self
    }

    /// The same field with the drawing of this name; without one when there is no such drawing.
    #[must_use]
    pub fn picture(mut self, name: &'static str) -> Self {
        self.picture = picture(name);
        self
    }

    /// The same field with a link to the article that helps.
    #[must_use]
    pub fn article(mut self, slug: &'static str) -> Self {
        self.article = Some(slug);
        self
    }

    /// The same field with one more document to read before answering.
    #[must_use]
    pub fn document(mut self, document: Document) -> Self {
        self.documents.push(document);
        self
    }

    /// The same field with a link to a page that helps to answer.
    #[must_use]
    pub fn page(mut self, words: &'static str, address: &'static str) -> Self {
        self.pages.push((words, address));
        self
    }

    /// The same field as a help for another: who may edit that one may edit this one.
    #[must_use]
    pub fn beside(mut self, key: &'static str) -> Self {
        self.beside = Some(key);
        self
    }

    /// The same field, whose answer decides what else is asked; the words of the button that shows it.
    #[must_use]
    pub fn shapes(mut self, words: &'static str) -> Self {
        self.shapes = Some(words);
        self
    }

    /// The same field, only while another field holds one of the values.
    #[must_use]
    pub fn when(mut self, key: &'static str, values: &'static [&'static str]) -> Self {
        let next = Condition::OneOf(key, values);
        self.when = Some(match self.when {
            None => next,
            Some(Condition::All(mut all)) => {
                all.push(next);
                Condition::All(all)
            }
            Some(one) => Condition::All(vec![one, next]),
        });
        self
    }

    /// Whether the field applies to these answers.
    pub fn applies(&self, answers: &Answers) -> bool {
        self.when.as_ref().is_none_or(|condition| condition.holds(answers))
    }

    /// Whether it is agreed to, or not: nobody answers it for somebody else.
    pub fn is_consent(&self) -> bool {
        match &self.input {
            Input::Agreement(_) | Input::Agreements(_) => true,
            Input::Radio(choices) => choices.iter().map(|choice| choice.value.as_str()).eq(["agree", "refuse"]),
            _ => false,
        }
    }

    /// What a person reads as the answer; 「（未入力）」 when there is none.
    pub fn reading(&self, answers: &Answers) -> String {
        let value = answers.get(&self.key);
        match &self.input {
            Input::Shown(text) => text.clone(),
            _ if value.is_empty() => "（未入力）".to_owned(),
            Input::Radio(choices) | Input::Select(choices) => {
                choices.iter().find(|choice| choice.value == value).map_or(value, |choice| &choice.label).to_owned()
            }
            Input::Several(choices) => {
                let chosen = value
                    .split(Input::AND)
                    .map(|one| choices.iter().find(|choice| choice.value == one).map_or(one, |choice| &choice.label));
                chosen.collect::<Vec<_>>().join("、")
            }
            Input::Agreement(_) | Input::Agreements(_) => format!("同意しました（第{value}版）"),
            Input::Month { .. } => value.parse::<YearMonth>().map_or(value.to_owned(), |month| month.to_string()),
            Input::Date { .. } => typed_day(value).map_or(value.to_owned(), japanese_date),
            Input::Upload { .. } => format!("{}件のファイル", crate::uploads::listed(value).len()),
            Input::Line { keyboard: Keyboard::Code, .. } => {
                InstitutionCode::parse(value).map_or(value.to_owned(), |code| code.grouped())
            }
            Input::Line { .. } | Input::Lines { .. } | Input::CustomerId => value.to_owned(),
        }
    }
}

/// A group of questions under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// Sentences under the heading; may be empty.
    pub lead: String,
    /// Questions in order.
    pub fields: Vec<Field>,
}

impl Section {
    /// A section without a lead.
    pub fn new(title: impl Into<String>, fields: Vec<Field>) -> Self {
        Self { title: title.into(), lead: String::new(), fields }
    }

    /// The same section with sentences under the heading.
    #[must_use]
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = lead.into();
        self
    }
}
