//! Settings that staff change while the portal runs: topics, their values, and what a value may be.
//!
//! Every change is a version with the day from which it applies; what applies at an instant is the version whose day
//! came last, and of one day the newest. A topic without a version has what the program and its configuration say.

mod differences;
mod figures;
mod holidays;
mod list;
mod scheme;
mod second_person;
mod service;
mod text;
mod topic;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use differences::{Difference, differences, figure_words};
pub use figures::{Figure, FigureTopic, Shape};
pub use holidays::{days_from_text, days_to_text, holidays_of};
pub use list::{Column, EDITABLE_LISTS, ListTopic, list_topic};
pub use scheme::lines as scheme_lines;
pub use text::{MailText, placeholders_in};
pub use topic::{Topic, UnknownTopic};

use crate::{
    applications::{Entry, Lists},
    forms::Finding,
    subsidies::{self, Scheme},
};

/// Longest name of a day, a choice or a title in characters.
const LINE: usize = 200;
/// Longest text of a mail in characters.
const MAIL: usize = 8_000;
/// Longest document in characters.
const DOCUMENT: usize = 200_000;

/// A value of a topic as a version keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Value {
    /// Figures by key; yes and no are 1 and 0.
    Figures {
        /// The figures.
        figures: BTreeMap<String, i64>,
    },
    /// Public holidays: the day as `2028-01-01` and its name.
    Holidays {
        /// The days.
        days: Vec<(String, String)>,
    },
    /// Entries of a list that forms offer.
    List {
        /// The entries.
        entries: Vec<Entry>,
    },
    /// Text of a mail.
    Mail(MailText),
    /// A version of a document.
    Document {
        /// Version, such as `1.1`.
        version: String,
        /// Title.
        title: String,
        /// Markdown.
        body: String,
    },
    /// A scheme of subsidies.
    Scheme(Box<Scheme>),
}

/// What a value is judged against.
#[derive(Clone, Debug, Default)]
pub struct Around<'a> {
    /// Placeholders that a mail's text may hold.
    pub placeholders: Vec<&'a str>,
    /// Lists in force.
    pub lists: Option<&'a Lists>,
    /// Versions of the document that exist.
    pub versions: Vec<String>,
}

/// What keeps a value from being taken, each named by the field of the topic's form.
pub fn judge(topic: &Topic, value: &Value, around: &Around<'_>) -> Vec<Finding> {
    match (topic, value) {
        (Topic::Figures(topic), Value::Figures { figures }) => topic.judge(figures),
        (Topic::Holidays, Value::Holidays { days }) => holidays::judge(days),
        (Topic::List(name), Value::List { entries }) => list::judge(name, entries, around.lists),
        (Topic::Mail(_), Value::Mail(text)) => text.judge(&around.placeholders),
        (Topic::Document(_), Value::Document { version, title, body }) => {
            text::judge_document(version, title, body, &around.versions)
        }
        (Topic::Scheme(_), Value::Scheme(scheme)) => subsidies::judge(scheme),
        _ => vec![finding("", "この設定には使えない値です。もう一度はじめから入力してください。")],
    }
}

fn finding(field: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding { field: field.into(), message: message.into() }
}
