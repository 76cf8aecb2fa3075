//! The register: every terminal with its place, its certificate and its next step.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;
use services::{closing, terminals};

use super::words::{columns, row};
use crate::{
    site::{Download, Failure, Html, Visit},
    view::{frame::Frame, parts::TableView},
};

/// Terminals on a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "terminals/list.html")]
pub(super) struct ListPage {
    frame: Frame,
    table: TableView,
    alone: bool,
    /// Whether nothing can be applied for any more.
    over: bool,
}

#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    after: String,
}

/// The terminals of the institution by name.
pub(super) async fn show(visit: Visit, Query(from): Query<From>) -> Result<Html<ListPage>, Failure> {
    visit.member()?;
    let ctx = visit.ctx();
    let page = terminals::page(&ctx, &from.after, PAGE).await?;
    let query = |name: &str| form_urlencoded::Serializer::new(String::new()).append_pair("after", name).finish();
    let next = page.next.as_deref().map(|name| format!("/terminals?{}", query(name)));
    let table = TableView {
        caption: "端末の一覧".to_owned(),
        caption_hidden: true,
        columns: columns(true),
        rows: page.terminals.iter().map(|terminal| row(terminal, true)).collect(),
        first: (!from.after.is_empty()).then(|| "/terminals".to_owned()),
        next,
        ..TableView::default()
    };
    let over = closing::over(&ctx).await?.is_some();
    let alone = !over && !table.rows.is_empty() && terminals::readers(&ctx).await? < 2;
    Ok(Html(ListPage { frame: visit.frame("端末の一覧"), table, alone, over }))
}

/// The register as a file.
pub(super) async fn csv(visit: Visit) -> Result<Download, Failure> {
    visit.member()?;
    let bytes = terminals::csv(&visit.ctx()).await?;
    Ok(Download { name: "terminals.csv".to_owned(), media_type: "text/csv; charset=utf-8", bytes, inline: false })
}

/// Labels for all terminals.
pub(super) async fn labels(visit: Visit) -> Result<Download, Failure> {
    visit.member()?;
    let bytes = terminals::labels(&visit.ctx(), None).await?;
    Ok(Download { name: "labels.pdf".to_owned(), media_type: "application/pdf", bytes, inline: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gallery::{member, show},
        pages::terminals::words::{left, state},
        view::{
            frame::Link,
            parts::{CellView, RowView},
        },
    };
    use domain::terminals::standing::Condition;

    #[test]
    fn the_register_shows_a_terminal_in_every_condition() {
        let row = |(number, condition): (usize, &Condition)| RowView {
            cells: vec![
                CellView::link(format!("診察室{number}のパソコン"), format!("/terminals/{number}")),
                CellView::Lines("1階受付".into(), "共用".into()),
                CellView::State(state(*condition)),
                CellView::Lines("2029年8月20日（月）".into(), left(20 - 10 * i64::try_from(number).unwrap())),
                CellView::Link(Link::new("更新する", "/terminals/1#next")),
            ],
            strong: condition.asks_for_action(),
        };
        let table = TableView {
            caption: "端末の一覧".into(),
            caption_hidden: true,
            columns: columns(true),
            rows: Condition::ALL.iter().enumerate().map(row).collect(),
            next: Some("/terminals?after=a".into()),
            ..TableView::default()
        };
        show("terminals-register", &ListPage { frame: member("端末の一覧"), table, alone: true, over: false });
        show(
            "terminals-none",
            &ListPage { frame: member("端末の一覧"), table: TableView::default(), alone: false, over: false },
        );
    }
}
