//! The lines in which two texts differ.

use askama::Template;
use askama::filters::HtmlSafe;

/// The lines in which two texts differ, with words and signs beside the colours.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/diff.html")]
pub struct DiffView {
    /// What is compared (`h2`).
    pub title: String,
    /// The lines in order; none when the texts are equal.
    pub lines: Vec<DiffLine>,
}

impl HtmlSafe for DiffView {}

impl DiffView {
    /// How many lines came or went.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line.mark, DiffMark::Added | DiffMark::Removed)).count()
    }
}

/// A line.
#[derive(Debug, Clone)]
pub struct DiffLine {
    /// What became of it.
    pub mark: DiffMark,
    /// Its text; of a gap the number of lines that are left out.
    pub text: String,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffMark {
    /// It stayed.
    Same,
    /// It came.
    Added,
    /// It went.
    Removed,
    /// Lines that stayed and are left out.
    Gap,
}
