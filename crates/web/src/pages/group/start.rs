//! The first page: the procedures that can be filed by a table, and the tables that were handed in before.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, ids::SheetId};
use serde::Deserialize;
use services::{group, rows::Sheet};

use super::{ADDRESS, TITLE, figure, procedure};
use crate::{
    pages::{address, after},
    site::{Failure, Html, Visit},
    view::{
        frame::{Frame, Link},
        parts::{CellView, ColumnView, RowView, StateView, TableView, Tone},
    },
};

#[derive(Template)]
#[template(path = "group/start.html")]
struct Page {
    frame: Frame,
    procedures: Vec<Link>,
    several: bool,
    table: TableView,
}

/// Which part of the list is shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

/// The procedures, and earlier tables.
pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let several = visit.member()?.institutions > 1;
    let (sheets, more) = group::sheets(&visit.ctx(), after::<SheetId>(&asked.after)).await?;
    let last = sheets.last().filter(|_| more);
    let next = last.map(|sheet| format!("{}_{}", sheet.made_at.as_millis(), sheet.id));
    let kinds = group::offered(&visit.ctx()).await?;
    let table = TableView {
        caption: "これまでの一括申請".to_owned(),
        columns: ["作成した日時", "手続", "状態", "行", "送信済み"]
            .iter()
            .enumerate()
            .map(|(place, label)| ColumnView { numeric: place > 2, ..ColumnView::new(*label) })
            .collect(),
        rows: sheets.iter().map(row).collect(),
        first: (!asked.after.is_empty()).then(|| ADDRESS.to_owned()),
        next: next.map(|next| address(ADDRESS, &[("after", &next)])),
        ..TableView::default()
    };
    let procedures = kinds.into_iter().map(procedure::link).collect();
    Ok(Html(Page { frame: visit.frame(TITLE), procedures, several, table }).into_response())
}

fn row(sheet: &Sheet) -> RowView {
    let state = match (sheet.sending, sheet.sent) {
        (true, _) => StateView::new(Tone::Active, "送信しています"),
        (false, 0) => StateView::new(Tone::Idle, "未送信"),
        (false, sent) if sent == sheet.rows => StateView::new(Tone::Done, "すべて送信しました"),
        (false, _) => StateView::new(Tone::Waiting, "一部を送信しました"),
    };
    RowView {
        cells: vec![
            CellView::link(japanese_datetime(sheet.made_at), format!("{ADDRESS}/{}", sheet.id)),
            CellView::Text(sheet.kind.label().to_owned()),
            CellView::State(state),
            CellView::Number(format!("{}行", figure(sheet.rows))),
            CellView::Number(format!("{}件", figure(sheet.sent))),
        ],
        strong: sheet.sending,
    }
}
