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

    /// Names the heading before each error of a section whose questions stand in another section too, such as one for
    /// each terminal: the same words twice would not say where.
    #[must_use]
    pub fn told_apart(mut self, sections: &[SectionView]) -> Self {
        let asks_the_same = |one: &SectionView, other: &SectionView| {
            one.title != other.title
                && one.fields.iter().any(|field| other.fields.iter().any(|f| f.label == field.label))
        };
        for error in &mut self.errors {
            let section = sections.iter().find(|section| section.fields.iter().any(|field| field.key == error.key));
            if let Some(section) = section.filter(|section| sections.iter().any(|other| asks_the_same(section, other)))
            {
                error.message = format!("{}：{}", section.title, error.message);
            }
        }
        self
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::form::{FieldView, InputView};

    #[test]
    fn the_same_question_in_two_sections_names_its_section() {
        let section = |title: &str, key: &str, label: &str| SectionView {
            title: title.to_owned(),
            fields: vec![FieldView::new(key, label, InputView::default())],
            ..SectionView::default()
        };
        let sections = [
            section("申請者", "contact", "担当者名"),
            section("端末 1台目", "name_1", "端末名称等"),
            section("端末 2台目", "name_2", "端末名称等"),
        ];
        let error = |key: &str| FieldError { key: key.to_owned(), message: "入力してください。".to_owned() };
        let summary = ErrorSummary { errors: ["contact", "name_2", ""].map(error).to_vec() }.told_apart(&sections);
        let told: Vec<_> = summary.errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(told, ["入力してください。", "端末 2台目：入力してください。", "入力してください。"]);
    }
}
