//! A Markdown text as its readers will see it, beside the form in which it is written.

use askama::Template;
use askama::filters::HtmlSafe;

/// The preview of a text; js/preview.js draws it anew while the text is typed.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/preview.html")]
pub struct PreviewView {
    /// Key of the field that holds the text.
    pub of: String,
    /// The text as HTML that was made safe.
    pub html: String,
    /// What keeps it from being saved.
    pub faults: Vec<String>,
}

impl HtmlSafe for PreviewView {}
