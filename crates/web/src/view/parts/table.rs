//! Lists as tables: sorting, paging by key, cards on a phone; and the filters above them.

use askama::Template;
use askama::filters::HtmlSafe;

use super::StateView;
use crate::view::form::FieldView;
use crate::view::frame::Link;

/// A list as a table; on a phone each row becomes a card.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/table.html")]
pub struct TableView {
    /// What the list shows, e.g. 申請の一覧.
    pub caption: String,
    /// True hides the caption from the eye (a heading says the same).
    pub caption_hidden: bool,
    /// The columns.
    pub columns: Vec<ColumnView>,
    /// The rows; each has one cell per column.
    pub rows: Vec<RowView>,
    /// Number of the column that names the row, from 0.
    pub row_header: usize,
    /// What part is shown, e.g. `全128件のうち1〜50件`; empty for none.
    pub extent: String,
    /// Back to the first page; `None` while it is shown.
    pub first: Option<String>,
    /// The next page (keyset); `None` on the last.
    pub next: Option<String>,
}

impl HtmlSafe for TableView {}

/// Columns from which on a table may be wider than its page.
const WIDE: usize = 6;

impl TableView {
    /// Whether the keyboard could not scroll it: it is wide, and nothing in it takes the focus.
    #[must_use]
    pub fn takes_focus(&self) -> bool {
        let focusable = |cell: &CellView| matches!(cell, CellView::Link(_) | CellView::Check { .. });
        let sorted = self.columns.iter().any(|column| column.sort.is_some());
        self.columns.len() >= WIDE && !sorted && !self.rows.iter().flat_map(|row| &row.cells).any(focusable)
    }
}

/// A column of a table.
#[derive(Debug, Clone, Default)]
pub struct ColumnView {
    /// Heading of the column.
    pub label: String,
    /// True for numbers: set right.
    pub numeric: bool,
    /// How to sort by it; `None` when it cannot be sorted by.
    pub sort: Option<SortView>,
}

impl ColumnView {
    /// A column that cannot be sorted by.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }
}

/// Sorting by a column.
#[derive(Debug, Clone, Default)]
pub struct SortView {
    /// The list sorted by this column, the other way round when it already is.
    pub href: String,
    /// `Some(true)` when sorted with the smallest first, `Some(false)` with the greatest first.
    pub ascending: Option<bool>,
}

impl SortView {
    /// Value of `aria-sort`.
    #[must_use]
    pub fn aria(&self) -> &'static str {
        match self.ascending {
            Some(true) => "ascending",
            Some(false) => "descending",
            None => "none",
        }
    }
}

/// A row of a table.
#[derive(Debug, Clone, Default)]
pub struct RowView {
    /// The cells.
    pub cells: Vec<CellView>,
    /// True gives the row weight (overdue, unread).
    pub strong: bool,
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub enum CellView {
    /// Words.
    Text(String),
    /// A number or an amount, set right.
    Number(String),
    /// A code, in the face for codes.
    Code(String),
    /// A link, usually of the cell that names the row.
    Link(Link),
    /// A state.
    State(StateView),
    /// Words with a quiet line under them.
    Lines(String, String),
    /// A box to choose the row, for one decision on many.
    Check {
        /// Name of the input.
        name: String,
        /// Value that is sent.
        value: String,
        /// What is chosen, for a screen reader.
        label: String,
    },
}

impl CellView {
    /// CSS class of the cell.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Code(text) if text.len() <= LONGEST_WHOLE => "code whole",
            Self::Code(_) => "code",
            Self::Link(link) if is_reference(&link.label) => "code whole",
            Self::Text(text) | Self::Lines(text, _) if begins_with_a_day(text) => "dated",
            _ => "",
        }
    }

    /// A link from its words and its target.
    #[must_use]
    pub fn link(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link(Link::new(label, href))
    }
}

/// Characters of the longest code that stays on one line, also on a phone; longer ones, such as serial numbers, wrap.
const LONGEST_WHOLE: usize = 20;

/// Whether words are a reference number: groups of capitals and digits with hyphens between them.
fn is_reference(text: &str) -> bool {
    let groups = || text.split('-');
    let is_group = |group: &str| {
        (1..=4).contains(&group.len()) && group.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
    };
    groups().count() == 4 && groups().all(is_group)
}

/// Whether words begin with a day as pages write it: 2026年5月20日（水）.
fn begins_with_a_day(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 4 && text[digits..].starts_with('年')
}

/// Filters above a list, sent with GET.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/filter_bar.html")]
pub struct FilterBarView {
    /// Where the list is.
    pub action: String,
    /// The filters: lists and one-line texts.
    pub fields: Vec<FieldView>,
    /// The list without filters; empty while none is set.
    pub reset: String,
    /// Saved filters of the person.
    pub saved: Vec<Link>,
}

impl HtmlSafe for FilterBarView {}
