//! Two versions beside each other.

use askama::Template;
use askama::filters::HtmlSafe;

/// Side-by-side comparison, e.g. the application in force and the change.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/compare.html")]
pub struct CompareView {
    /// What is compared; the caption of the table.
    pub caption: String,
    /// Name of the left column, e.g. いまの内容.
    pub before: String,
    /// Name of the right column, e.g. 今回の申請.
    pub after: String,
    /// The rows.
    pub rows: Vec<CompareRow>,
}

impl HtmlSafe for CompareView {}

impl CompareView {
    /// Number of rows that differ.
    #[must_use]
    pub fn differences(&self) -> usize {
        self.rows.iter().filter(|row| row.differs()).count()
    }
}

/// One row of a comparison.
#[derive(Debug, Clone, Default)]
pub struct CompareRow {
    /// The question.
    pub label: String,
    /// Answer on the left.
    pub before: String,
    /// Answer on the right.
    pub after: String,
}

impl CompareRow {
    /// True when the two answers differ.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.before != self.after
    }
}
