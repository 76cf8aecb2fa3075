//! The dispatch desk: letters that wait, and the batches (spec 04.2).

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, clock::Timestamp, permissions::Permission as P};
use serde::Deserialize;
use services::{letters, rows::Batch};

use super::{letter, parts};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, Frame},
        parts::{CellView, RowView, StateView, TableView, Tone},
    },
};

/// Address of the desk.
pub(super) const DESK: &str = "/office/letters";

#[derive(Template)]
#[template(path = "office/letters.html")]
struct Desk {
    frame: Frame,
    to_print: i64,
    to_post: i64,
    may_dispatch: bool,
    batches: TableView,
    gone: TableView,
    overdue: TableView,
    find: String,
    found: TableView,
}

/// What was just tried, or is looked for.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    none: String,
    #[serde(default)]
    done: String,
    #[serde(default)]
    find: String,
}

/// The desk.
pub(super) async fn desk(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLetters])?;
    let desk = letters::desk(&visit.ctx()).await?;
    let mut frame = visit.office_frame("通知書の発送", DESK);
    if !said.none.is_empty() {
        frame.banners.push(parts::banner(
            BannerKind::Info,
            "印刷待ちの通知書はありません。束は作りませんでした。",
            &[],
        ));
    }
    if said.done == "reissued" {
        let next = "印刷待ちに加わりました。申請者にメールで知らせました。";
        frame.banners.push(parts::banner(BannerKind::Success, "新しい通知書を作りました。", &[next]));
    }
    let found = letters::by_number(&visit.ctx(), &said.find).await?;
    let gone = letters::gone(&visit.ctx()).await?;
    let overdue = letters::overdue(&visit.ctx()).await?;
    let labels = ["作成", "状態", "通数", "発送済み", "作成した人"];
    let batches = TableView {
        columns: parts::columns(&labels, &[2, 3]),
        ..parts::table("印刷した束", &[], desk.batches.iter().map(row).collect())
    };
    let may_dispatch = parts::may(&visit, P::DispatchLetters);
    Ok(Html(Desk {
        frame,
        to_print: desk.to_print,
        to_post: desk.to_post,
        may_dispatch,
        batches,
        gone: parts::table("返送・不着で、送り直しを待つ通知書", &letter::COLUMNS, letter::rows(&gone)),
        overdue: parts::table("発送から7日たち、届いた記録のない通知書", &letter::COLUMNS, letter::rows(&overdue)),
        found: parts::table("見つかった通知書", &letter::COLUMNS, letter::rows(&found)),
        find: said.find,
    })
    .into_response())
}

fn row(batch: &Batch) -> RowView {
    let state = state(batch);
    RowView {
        strong: state.tone == Tone::Active,
        cells: vec![
            CellView::link(title(batch), format!("/office/letters/batches/{}", batch.id)),
            CellView::State(state),
            CellView::Number(format!("{}通", batch.letters)),
            CellView::Number(format!("{}通", batch.posted)),
            CellView::Text(batch.created_by.clone()),
        ],
    }
}

/// A batch is known by its number and the time at which it was made.
pub(super) fn title(batch: &Batch) -> String {
    format!("第{}束（{}）", batch.number, japanese_datetime(Timestamp::from_millis(batch.created_at)))
}

/// How far a batch got.
pub(super) fn state(batch: &Batch) -> StateView {
    match (batch.confirmed_at, batch.posted < batch.letters) {
        (None, _) => StateView::new(Tone::Active, "印刷の確認待ち"),
        (Some(_), true) => StateView::new(Tone::Active, "発送の記録待ち"),
        (Some(_), false) => StateView::new(Tone::Done, "発送済み"),
    }
}

/// Puts waiting letters into a batch.
pub(super) async fn make_batch(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DispatchLetters])?;
    Ok(match letters::make_batch(&visit.ctx()).await? {
        Some(id) => see_other(&format!("/office/letters/batches/{id}?done=made")),
        None => see_other("/office/letters?none=1"),
    })
}
