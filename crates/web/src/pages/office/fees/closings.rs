//! Closed months, and the closing of the next one.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{YearMonth, japanese_date, japanese_datetime},
    permissions::Permission as P,
    text::thousands,
};
use serde::Deserialize;
use services::{
    fees::{self, Closed},
    rows::Closing,
};

use crate::{
    pages::{
        fees::words::{day, month, yen},
        office::parts,
    },
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, Frame, Link},
        parts::{CellView, TableView},
    },
};

/// Address of the list.
pub(in crate::pages::office) const CLOSINGS: &str = "/office/closings";

#[derive(Template)]
#[template(path = "office/fees/closings.html")]
struct ListPage {
    frame: Frame,
    next: String,
    may_close: bool,
    overdue: (String, String),
    credits: (String, String),
    table: TableView,
}

/// Which part of the list is shown, and what was just tried.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    before: String,
    #[serde(default)]
    said: String,
}

fn counted((count, yen): (i64, i64)) -> (String, String) {
    (format!("{}件", thousands(count)), crate::pages::fees::words::yen(yen))
}

/// Closed months, the latest first, and which one comes next.
pub(super) async fn list(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let ctx = visit.ctx();
    let closings = fees::closings(&ctx, said.before.parse().ok()).await?;
    let outlook = fees::outlook(&ctx).await?;
    let (overdue, credits) = fees::outstanding(&ctx).await?;
    let mut frame = visit.office_frame("月の締め", CLOSINGS);
    if said.said == "not_now" {
        let next = "月は、終わってから、古い順に締めます。";
        frame.banners.push(parts::banner(BannerKind::Info, "この月は、いまは締められません。", &[next]));
    }
    let last = closings.last().filter(|_| closings.len() == parts::PAGE);
    let labels = ["月", "締めた日時", "支払い期限", "件数", "控除", "払込請求書", "残高"];
    let table = TableView {
        columns: parts::columns(&labels, &[3, 4, 5, 6]),
        first: (!said.before.is_empty()).then(|| CLOSINGS.to_owned()),
        next: last.map(|last| parts::address(CLOSINGS, &[("before", &last.month)])),
        ..parts::table("締めた月（新しい順）", &[], closings.iter().map(row).collect())
    };
    Ok(Html(ListPage {
        frame,
        next: outlook.next.map(|month| month.to_string()).unwrap_or_default(),
        may_close: parts::may(&visit, P::ManageFees),
        overdue: counted(overdue),
        credits: counted(credits),
        table,
    })
    .into_response())
}

fn row(closing: &Closing) -> crate::view::parts::RowView {
    let figures = &closing.figures;
    parts::row(vec![
        CellView::link(month(&closing.month), format!("{CLOSINGS}/{}", closing.month)),
        CellView::Lines(japanese_datetime(closing.closed_at), closing.closed_by.clone()),
        CellView::Text(day(&closing.due_on)),
        CellView::Number(format!("{}件", thousands(figures.entries))),
        CellView::Number(yen(figures.deductions_yen)),
        CellView::Number(yen(figures.slips_yen)),
        CellView::Number(yen(figures.open_yen)),
    ])
}

#[derive(Template)]
#[template(path = "office/fees/close.html")]
struct ClosePage {
    frame: Frame,
    month: String,
    key: String,
    entries: String,
    total: String,
    due: String,
    no_account: bool,
}

/// What the closing of the next month takes in, before it is done.
pub(super) async fn ask(visit: Visit) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let outlook = fees::outlook(&visit.ctx()).await?;
    let Some(next) = outlook.next else { return Ok(see_other(CLOSINGS)) };
    let mut frame = visit.office_frame(format!("{next}を締める"), CLOSINGS);
    frame.breadcrumb.push(Link::new("月の締め", CLOSINGS));
    Ok(Html(ClosePage {
        frame,
        month: next.to_string(),
        key: next.as_text(),
        entries: thousands(outlook.entries),
        total: yen(outlook.yen),
        due: outlook.due_on.map(japanese_date).unwrap_or_default(),
        no_account: visit.site.app.settings.billing.account.trim().is_empty(),
    })
    .into_response())
}

/// Closes a month; a second time changes nothing.
pub(super) async fn close(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let Ok(month) = posted.get("month").parse::<YearMonth>() else { return Ok(see_other(CLOSINGS)) };
    let closing = format!("{CLOSINGS}/{}", month.as_text());
    Ok(match fees::close(&visit.ctx(), month).await? {
        Closed::Now => see_other(&format!("{closing}?said=now")),
        Closed::Before => see_other(&format!("{closing}?said=before")),
        Closed::NotNow => see_other(&format!("{CLOSINGS}?said=not_now")),
    })
}
