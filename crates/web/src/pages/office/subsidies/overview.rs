//! What waits for a decision, and the batches.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime, typed_day},
    clock::Timestamp,
    permissions::Permission as P,
    text::thousands,
};
use serde::Deserialize;
use services::{rows::GrantBatch, subsidies};

use super::ROOM;
use crate::{
    pages::{fees::words::yen, office::parts},
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, Frame},
        parts::{CellView, RowView, StateView, TableView, Tone},
    },
};

#[derive(Template)]
#[template(path = "office/subsidies/overview.html")]
struct OverviewPage {
    frame: Frame,
    waiting: Vec<WaitingView>,
    may_decide: bool,
    reads_cases: bool,
    reads_schemes: bool,
    batches: TableView,
}

/// Accepted cases of a scheme.
struct WaitingView {
    scheme: String,
    name: String,
    cases: String,
    amount: String,
}

/// Which part of the list is shown, and what was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    after: String,
    #[serde(default)]
    said: String,
}

/// What waits, and the batches.
pub(super) async fn show(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadGrants])?;
    let overview = subsidies::overview(&visit.ctx(), parts::after(&said.after)).await?;
    let mut frame = visit.office_frame("補助金の交付決定", ROOM);
    match said.said.as_str() {
        "nothing" => frame.banners.push(parts::banner(BannerKind::Info, "決定を待っている申請はありません。", &[])),
        "dissolved" => {
            let next = "申請は、また決定を待っています。";
            frame.banners.push(parts::banner(BannerKind::Success, "束を取り崩しました。", &[next]));
        }
        _ => {}
    }
    let last = overview.batches.last().filter(|_| overview.batches.len() == parts::PAGE);
    let next = last.map(|last| parts::after_text(Timestamp::from_millis(last.made_at), last.id));
    let waiting = overview.waiting.into_iter().map(|one| WaitingView {
        name: one.scheme_name,
        cases: thousands(one.cases),
        amount: yen(one.amount_yen),
        scheme: one.scheme,
    });
    let labels = ["作った日時", "制度", "状態", "交付決定日", "件数", "交付額"];
    Ok(Html(OverviewPage {
        frame,
        waiting: waiting.collect(),
        may_decide: parts::may(&visit, P::DecideGrants),
        reads_cases: parts::may(&visit, P::ReadApplications),
        reads_schemes: parts::may(&visit, P::ReadSettings),
        batches: TableView {
            columns: parts::columns(&labels, &[4, 5]),
            first: (!said.after.is_empty()).then(|| ROOM.to_owned()),
            next: next.map(|next| parts::address(ROOM, &[("after", &next)])),
            ..parts::table("交付決定の束（新しい順）", &[], overview.batches.iter().map(|b| row(&visit, b)).collect())
        },
    })
    .into_response())
}

/// The name of a scheme as it is now.
pub(super) fn scheme_name(visit: &Visit, key: &str) -> String {
    let schemes = visit.site.app.reference().schemes;
    schemes.iter().find(|scheme| scheme.key == key).map_or_else(|| key.to_owned(), |scheme| scheme.name.clone())
}

/// How far a batch is.
pub(super) fn state(batch: &GrantBatch) -> StateView {
    match (batch.decided_at, batch.filed_at) {
        (None, _) => StateView::new(Tone::Waiting, "決定待ち"),
        (Some(_), None) => StateView::new(Tone::Active, "支払いファイル未作成"),
        (Some(_), Some(_)) => StateView::new(Tone::Done, "支払いファイル作成済み"),
    }
}

/// The day of the decision.
pub(super) fn decided_on(batch: &GrantBatch) -> String {
    batch.decided_on.as_deref().and_then(typed_day).map(japanese_date).unwrap_or_default()
}

fn row(visit: &Visit, batch: &GrantBatch) -> RowView {
    let made = japanese_datetime(Timestamp::from_millis(batch.made_at));
    parts::row(vec![
        CellView::link(made, format!("{ROOM}/batches/{}", batch.id)),
        CellView::Text(scheme_name(visit, &batch.scheme)),
        CellView::State(state(batch)),
        CellView::Text(decided_on(batch)),
        CellView::Number(format!("{}件", thousands(batch.cases))),
        CellView::Number(yen(batch.amount_yen)),
    ])
}

/// Gathers what waits of a scheme into a batch.
pub(super) async fn make(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DecideGrants])?;
    Ok(match subsidies::make_batch(&visit.ctx(), posted.get("scheme")).await? {
        Some(id) => see_other(&format!("{ROOM}/batches/{id}?said=made")),
        None => see_other(&format!("{ROOM}?said=nothing")),
    })
}
