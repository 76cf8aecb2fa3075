//! The check page: label, value and the way to change it.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::view::form::UploadView;

/// A block of answers under one heading.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/summary_list.html")]
pub struct SummaryListView {
    /// Heading (`h2`); empty shows none.
    pub title: String,
    /// The answers.
    pub rows: Vec<SummaryRow>,
}

impl HtmlSafe for SummaryListView {}

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct SummaryRow {
    /// The question.
    pub label: String,
    /// The answer in words; line breaks are kept; empty shows （記入なし）.
    pub value: String,
    /// Where it is changed, e.g. `/eligibility/…/edit#f-line_kind`; empty for none.
    pub change: String,
    /// A line under the answer; empty for none.
    pub note: String,
    /// A doubt about the answer that does not stop the form; empty for none.
    pub warning: String,
    /// True shows the answer in the face for codes.
    pub code: bool,
    /// Files that are the answer, in place of the words.
    pub files: Vec<UploadView>,
    /// True lets pictures be seen beside the answer.
    pub preview: bool,
}

impl SummaryRow {
    /// An answer that cannot be changed here.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// Adds the way to change it.
    #[must_use]
    pub fn with_change(self, href: impl Into<String>) -> Self {
        Self { change: href.into(), ..self }
    }
}
