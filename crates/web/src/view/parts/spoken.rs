//! The six digits that are read aloud on the telephone.

use askama::Template;
use askama::filters::HtmlSafe;

/// The code of a person for the telephone, with the number to call.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/spoken.html")]
pub struct SpokenView {
    /// The digits in two groups.
    pub groups: [String; 2],
    /// Until when they are shown.
    pub until: String,
    /// Phone number.
    pub phone: String,
    /// Whether somebody answers now, and when next.
    pub attendance: String,
}

impl HtmlSafe for SpokenView {}
