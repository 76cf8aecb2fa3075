//! Numbers that people copy or read aloud.

use askama::Template;
use askama::filters::HtmlSafe;

/// A code in groups with a copy button.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/copy_value.html")]
pub struct CopyView {
    /// What it is, e.g. 受付番号; names the button too.
    pub label: String,
    /// What the button copies.
    pub value: String,
    /// The same in groups, to read.
    pub groups: Vec<String>,
}

impl HtmlSafe for CopyView {}

impl CopyView {
    /// A code with its groups as they are shown.
    #[must_use]
    pub fn new<S: Into<String>>(label: impl Into<String>, value: impl Into<String>, groups: Vec<S>) -> Self {
        Self { label: label.into(), value: value.into(), groups: groups.into_iter().map(Into::into).collect() }
    }

    /// The code for a screen reader: every character alone, a pause between groups.
    #[must_use]
    pub fn spoken(&self) -> String {
        let spell = |group: &String| group.chars().map(String::from).collect::<Vec<_>>().join(" ");
        self.groups.iter().map(spell).collect::<Vec<_>>().join("、")
    }
}
