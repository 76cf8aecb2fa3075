//! The list of everything that is wrong, on top of the form.

use askama::Template;
use askama::filters::HtmlSafe;

use super::SectionView;

/// Error summary: takes the focus and leads to each field. Shows nothing when there is no error.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/error_summary.html")]
pub struct ErrorSummary {
    /// Errors in the order of the page.
    pub errors: Vec<FieldError>,
}

impl HtmlSafe for ErrorSummary {}

/// An error and the field it belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldError {
    /// Key of the field; empty for an error of the whole form.
    pub key: String,
    /// What is wrong and how to put it right.
    pub message: String,
}

impl ErrorSummary {
    /// Collects the errors of all fields.
    #[must_use]
    pub fn of(sections: &[SectionView]) -> Self {
        let fields = sections.iter().flat_map(|section| &section.fields);
        let errors = fields.filter_map(|field| {
            field.error.as_ref().map(|message| FieldError { key: field.key.clone(), message: message.clone() })
        });
        Self { errors: errors.collect() }
    }

    /// Adds an error of the whole form, before the others.
    #[must_use]
    pub fn with(mut self, message: impl Into<String>) -> Self {
        self.errors.insert(0, FieldError { key: String::new(), message: message.into() });
        self
    }

    /// True when nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
}
