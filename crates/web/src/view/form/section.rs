//! A group of fields under one heading.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{FieldView, InputView};

/// A group of fields under one heading.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/form_section.html")]
pub struct SectionView {
    /// Heading (`h2`); empty shows no heading.
    pub title: String,
    /// Sentence under the heading; empty shows none.
    pub lead: String,
    /// Fields in the order of the page.
    pub fields: Vec<FieldView>,
}

impl HtmlSafe for SectionView {}

impl SectionView {
    /// True when files are handed in here.
    #[must_use]
    pub fn takes_files(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.input, InputView::Uploads { .. }) && !field.is_shown())
    }

    /// True when a field with this key can be filled in here.
    #[must_use]
    pub fn asks(&self, key: &str) -> bool {
        self.fields.iter().any(|field| field.key == key && !field.is_shown())
    }

    /// The fields that can be filled in here and decide what else is asked.
    pub fn shaping(&self) -> impl Iterator<Item = &FieldView> {
        self.fields.iter().filter(|field| !field.shapes.is_empty() && !field.locked)
    }
}
