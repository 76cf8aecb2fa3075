//! A conversation: what was said, by whom, when.

use askama::Template;
use askama::filters::HtmlSafe;

/// Messages in the order in which they were written.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/thread.html")]
pub struct ThreadView {
    /// The messages.
    pub messages: Vec<MessageView>,
}

impl HtmlSafe for ThreadView {}

/// One message.
#[derive(Debug, Clone, Default)]
pub struct MessageView {
    /// Who wrote it.
    pub who: String,
    /// When, and how it came, e.g. `2026年5月20日（水）10:00　電話`.
    pub when: String,
    /// True for the operator's side.
    pub staff: bool,
    /// The lines; those that are addresses of their own become links.
    pub lines: Vec<MessageLine>,
    /// Names of files that were not kept.
    pub files: Vec<String>,
}

/// A line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageLine {
    /// Words.
    Text(String),
    /// An address that the operator wrote.
    Link(String),
}
