//! 交付決定通知書ダウンロード: decisions about the institution that a person acts for (spec 6.1).

use askama::Template;
use axum::extract::{Path, Query};
use domain::{
    calendar::{japanese_date, typed_day},
    clock::Timestamp,
    ids::GrantId,
    subsidies::{Line, LineKind},
};
use serde::Deserialize;
use services::{Error, rows::Grant, subsidies};

use super::fees::words::yen;
use crate::{
    site::{Access, Download, Failure, Html, Routes, Visit},
    view::{
        frame::Frame,
        parts::{CellView, ColumnView, RowView, StateView, TableView, Tone},
    },
};

/// Address of the list.
const LIST: &str = "/grants";
/// Rows of a page of the list.
const PAGE: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get("/grants", Access::Member, list).get("/grants/{id}/notice.pdf", Access::Member, notice)
}

#[derive(Template)]
#[template(path = "grants/list.html")]
pub(super) struct ListPage {
    frame: Frame,
    grants: TableView,
}

/// Which part of the list is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
}

fn columns(labels: &[&str], numbers: &[usize]) -> Vec<ColumnView> {
    let column =
        |(nth, label): (usize, &&str)| ColumnView { numeric: numbers.contains(&nth), ..ColumnView::new(*label) };
    labels.iter().enumerate().map(column).collect()
}

/// Decisions, the newest first.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<ListPage>, Failure> {
    visit.member()?;
    let grants = subsidies::own_grants(&visit.ctx(), super::after(&page.after)).await?;
    let last = grants.last().filter(|_| grants.len() == PAGE);
    let grants = TableView {
        caption: "交付決定（新しい順）".to_owned(),
        columns: columns(&["交付決定番号", "交付決定日", "補助金", "状態", "通知書", "交付決定額"], &[5]),
        rows: grants.iter().map(row).collect(),
        first: (!page.after.is_empty()).then(|| LIST.to_owned()),
        next: last.map(|last| format!("{LIST}?after={}_{}", last.at, last.id)),
        ..TableView::default()
    };
    Ok(Html(ListPage { frame: visit.frame("交付決定通知書ダウンロード"), grants }))
}

fn row(grant: &Grant) -> RowView {
    let decided = grant.decided_on.as_deref().and_then(typed_day).map(japanese_date).unwrap_or_default();
    let case = format!("/applications/{}", grant.application_id);
    let (number, day, notice) = if grant.reverses.is_some() {
        let day = japanese_date(Timestamp::from_millis(grant.at).date());
        (CellView::Text("取消し".to_owned()), day, CellView::Text(format!("理由：{}", grant.note)))
    } else {
        let number = subsidies::number_of(grant);
        let notice = CellView::link(format!("{number}の通知書（PDF）"), format!("{LIST}/{}/notice.pdf", grant.id));
        (CellView::link(number, case), decided, notice)
    };
    RowView {
        strong: false,
        cells: vec![
            number,
            match paid_on(grant).filter(|_| grant.reverses.is_none()) {
                Some(paid) => CellView::Lines(day, format!("支払い：{paid}")),
                None => CellView::Text(day),
            },
            CellView::Text(grant.scheme_name.clone()),
            CellView::State(state(grant)),
            notice,
            CellView::Number(yen(grant.amount_yen)),
        ],
    }
}

fn paid_on(grant: &Grant) -> Option<String> {
    grant.paid_on.as_deref().and_then(typed_day).map(japanese_date)
}

fn state(grant: &Grant) -> StateView {
    match paid_on(grant) {
        _ if grant.reverses.is_some() => StateView::new(Tone::Stopped, "決定を取り消しました"),
        _ if grant.reversed => StateView::new(Tone::Stopped, "取り消されました"),
        Some(_) => StateView::new(Tone::Done, "支払い済み"),
        None if grant.listed => StateView::new(Tone::Waiting, "支払い手続中"),
        None => StateView::new(Tone::Done, "決定しました"),
    }
}

/// The notice of a decision.
pub(super) async fn notice(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.member()?;
    let id: GrantId = name.parse().map_err(|_| Error::NotFound)?;
    let (number, bytes) = subsidies::own_notice(&visit.ctx(), id).await?;
    Ok(Download { name: format!("grant-{number}.pdf"), media_type: "application/pdf", bytes, inline: true })
}

/// The lines of a grant and their sum.
pub(in crate::pages) fn lines_table(caption: &str, lines: &[Line], total_yen: i64) -> TableView {
    let row = |line: &Line| {
        let of_costs = |amount: i64| if line.kind == LineKind::Category { yen(amount) } else { String::new() };
        RowView {
            strong: false,
            cells: vec![
                CellView::Lines(line.label.clone(), line.why.clone()),
                CellView::Number(of_costs(line.claimed_yen)),
                CellView::Number(of_costs(line.eligible_yen)),
                CellView::Number(yen(line.yen)),
            ],
        }
    };
    let empty = || CellView::Number(String::new());
    let sum = RowView {
        strong: true,
        cells: vec![CellView::Text("交付額".to_owned()), empty(), empty(), CellView::Number(yen(total_yen))],
    };
    TableView {
        caption: caption.to_owned(),
        columns: columns(&["費用", "申請された額", "対象の額", "交付額"], &[1, 2, 3]),
        rows: lines.iter().map(row).chain([sum]).collect(),
        ..TableView::default()
    }
}
