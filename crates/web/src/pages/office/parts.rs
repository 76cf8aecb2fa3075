//! What the pages of the back office share: permission first, messages, tables, paging by key.

use std::{fmt::Display, str::FromStr};

use askama::Template;
use domain::{clock::Timestamp, forms::Finding, permissions::Permission, text::brief};
use services::{Error, accounts::Session, letters::RowFault};

use crate::{
    site::{Failure, Visit, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{ColumnView, FilterBarView, RowView, TableView},
    },
};

/// Rows on a page of a list.
pub(super) const PAGE: usize = 50;
/// Key of the question for a reason.
pub(super) const REASON: &str = "reason";

/// Goes on only for staff with one of the permissions, before anything is looked up.
///
/// # Errors
/// A redirect to the login or to the step of it that is left; [`Error::Forbidden`].
pub(super) fn insist<'a>(visit: &'a Visit, any: &[Permission]) -> Result<&'a Session, Failure> {
    let session = visit.person()?;
    if any.iter().any(|permission| may(visit, *permission)) { Ok(session) } else { Err(Error::Forbidden.into()) }
}

/// Whether the person has a permission.
pub(super) fn may(visit: &Visit, permission: Permission) -> bool {
    visit.ctx().permit(permission).is_ok()
}

/// An identifier in an address.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// Rows of a list that are named in full at most; those behind them stand in the field only.
const NAMED: usize = 20;

/// What is said of rows that could not be used.
pub(super) fn row_faults(faults: &[RowFault]) -> Vec<String> {
    let more = faults.len().saturating_sub(NAMED);
    let words = |one: &RowFault| format!("{}行目「{}」：{}", one.line, brief(&one.row), one.message);
    let rest = (more > 0).then(|| format!("ほかに{more}行が使えませんでした。"));
    faults.iter().take(NAMED).map(words).chain(rest).collect()
}

/// A message above the content.
pub(super) fn banner(kind: BannerKind, title: impl Into<String>, body: &[&str]) -> BannerView {
    BannerView { kind, title: title.into(), body: body.iter().map(|line| (*line).to_owned()).collect(), link: None }
}

pub(super) use crate::pages::{address, after};

/// A row as [`after`] reads it.
pub(super) fn after_text(at: Timestamp, id: impl Display) -> String {
    format!("{}_{id}", at.as_millis())
}

/// Columns; those in `numbers` are set right.
pub(super) fn columns(labels: &[&str], numbers: &[usize]) -> Vec<ColumnView> {
    let column =
        |(place, label): (usize, &&str)| ColumnView { numeric: numbers.contains(&place), ..ColumnView::new(*label) };
    labels.iter().enumerate().map(column).collect()
}

/// A table whose heading stands above it.
pub(super) fn table(caption: &str, labels: &[&str], rows: Vec<RowView>) -> TableView {
    TableView { caption: caption.to_owned(), columns: columns(labels, &[]), rows, ..TableView::default() }
}

/// A row without weight.
pub(super) fn row(cells: Vec<crate::view::parts::CellView>) -> RowView {
    RowView { cells, strong: false }
}

/// A list to choose from in a filter, with 「すべて」 first.
pub(super) fn filter(
    key: &str,
    label: &str,
    choices: impl Iterator<Item = (String, String)>,
    chosen: &str,
) -> FieldView {
    let choice =
        |(value, label): (String, String)| ChoiceView { selected: value == chosen, ..ChoiceView::new(value, label) };
    let choices = choices.map(choice).collect();
    FieldView::new(key, label, InputView::Select { choices, placeholder: "すべて".to_owned() })
}

/// The question for a reason, alone in its form: with what was typed, and what is wrong with it.
pub(super) fn reason(label: &str, help: &str, typed: &str, fault: Option<&str>) -> (FieldView, ErrorSummary) {
    let field = FieldView::new(REASON, label, InputView::Text(TextView::new(typed))).required().with_help(help);
    let slip = |message: &str| Finding { field: REASON.to_owned(), message: message.to_owned() };
    let (fields, errors) = with_slips(vec![field], &fault.map(slip).into_iter().collect::<Vec<_>>());
    (fields.into_iter().next().unwrap_or_default(), errors)
}

/// A page that is a list: filters, table, or what to do when it is empty.
#[derive(Debug, Template)]
#[template(path = "office/list.html")]
pub(super) struct ListPage {
    /// The frame.
    pub(super) frame: Frame,
    /// A sentence above the list; empty for none.
    pub(super) lead: String,
    /// Other pages of the same matter.
    pub(super) links: Vec<Link>,
    /// Filters.
    pub(super) filters: Option<FilterBarView>,
    /// The list.
    pub(super) table: TableView,
    /// What is said when it is empty.
    pub(super) empty: (&'static str, &'static str),
}

impl ListPage {
    /// A list without filters and links.
    pub(super) fn new(frame: Frame, table: TableView, empty: (&'static str, &'static str)) -> Self {
        Self { frame, lead: String::new(), links: vec![], filters: None, table, empty }
    }

    /// Whether J, K and Enter have something to move between.
    fn has_links(&self) -> bool {
        use crate::view::parts::CellView;
        self.table.rows.iter().any(|row| row.cells.iter().any(|cell| matches!(cell, CellView::Link(_))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::MailId;

    #[test]
    fn a_page_of_a_list_begins_after_the_row_that_its_address_names() {
        let id: MailId = "01975c2e-0000-7000-8000-000000000001".parse().unwrap();
        let at = Timestamp::from_millis(1_795_400_000_123);
        assert_eq!(after(&after_text(at, id)), Some((at, id)));
        for odd in ["", "_", "12", "12_x", "x_01975c2e-0000-7000-8000-000000000001"] {
            assert_eq!(after::<MailId>(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_address_carries_only_what_is_set() {
        assert_eq!(address("/office/mails", &[("after", "")]), "/office/mails");
        assert_eq!(address("/a", &[("text", "東 &"), ("x", ""), ("y", "1")]), "/a?text=%E6%9D%B1+%26&y=1");
    }
}
