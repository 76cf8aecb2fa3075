//! 期限切れ: bills that should have been paid, the longest ago first.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_date, calendar::typed_day, fees::BillNumber, permissions::Permission as P};
use serde::Deserialize;
use services::{
    fees::{self, Reminded},
    rows::{Bill, ListedBill},
};
use time::Date;

use super::CLOSINGS;
use crate::{
    pages::{
        fees::words::{day, yen},
        office::parts,
    },
    site::{Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, RowView, TableView},
    },
};

/// Address of the list.
pub(in crate::pages::office) const OVERDUE: &str = "/office/overdue";

#[derive(Template)]
#[template(path = "office/fees/overdue.html")]
struct OverduePage {
    frame: Frame,
    may: bool,
    table: TableView,
}

/// Which part is shown, and what was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    after: String,
    #[serde(default)]
    told: String,
    #[serde(default)]
    not: String,
}

/// The last row of the page before: its due day and number.
fn place(text: &str) -> Option<ListedBill> {
    let (due_on, number) = text.split_once('_')?;
    let id = BillNumber::parse(number).ok()?.id();
    let institution_id = domain::ids::InstitutionId(uuid::Uuid::nil());
    let bill = Bill {
        id,
        month: String::new(),
        institution_id,
        payment: String::new(),
        entries: 0,
        amount_yen: 0,
        paid_yen: 0,
        due_on: due_on.to_owned(),
        reminded_at: None,
    };
    Some(ListedBill { bill, code: String::new(), name: String::new() })
}

fn told(said: &Said) -> Option<BannerView> {
    let (told, not) = (said.told.parse::<usize>().ok()?, said.not.parse::<usize>().unwrap_or(0));
    if told + not == 0 {
        return Some(parts::banner(BannerKind::Info, "請求が選ばれていません。メールは送りませんでした。", &[]));
    }
    let why = format!(
        "{not}件には送りませんでした。今日すでに送ったか、お支払いいただく金額がないか、代表者のアカウントがありません。"
    );
    let body: &[&str] = if not > 0 { &[&why] } else { &[] };
    let kind = if told > 0 { BannerKind::Success } else { BannerKind::Info };
    Some(parts::banner(kind, format!("{told}件の医療機関等にメールで知らせました。"), body))
}

/// Overdue bills.
pub(super) async fn list(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let bills = fees::overdue(&visit.ctx(), place(&said.after).as_ref()).await?;
    let may = parts::may(&visit, P::ManageFees);
    let last = bills.last().filter(|_| bills.len() == parts::PAGE);
    let last = last.map(|last| format!("{}_{}", last.bill.due_on, BillNumber::new(last.bill.id).plain()));
    let labels = ["選択", "払込番号", "医療機関等", "支払い期限", "経過", "督促のメール", "残り"];
    let today = visit.ctx().now.date();
    let table = TableView {
        columns: parts::columns(&labels, &[4, 6]),
        row_header: 1,
        first: (!said.after.is_empty()).then(|| OVERDUE.to_owned()),
        next: last.map(|last| parts::address(OVERDUE, &[("after", &last)])),
        ..parts::table("期限切れの請求（古い順）", &[], bills.iter().map(|one| row(one, today)).collect())
    };
    let mut frame = visit.office_frame("期限切れの請求", CLOSINGS);
    frame.breadcrumb.push(Link::new("月の締め", CLOSINGS));
    frame.banners.extend(told(&said));
    Ok(Html(OverduePage { frame, may, table }).into_response())
}

fn row(listed: &ListedBill, today: Date) -> RowView {
    let (bill, number) = (&listed.bill, BillNumber::new(listed.bill.id));
    let age = typed_day(&bill.due_on).map_or(0, |due| (today - due).whole_days());
    parts::row(vec![
        CellView::Check { name: "bills".to_owned(), value: number.plain(), label: format!("{number}を選ぶ") },
        CellView::link(number.to_string(), format!("/office/bills/{}", number.plain())),
        CellView::Lines(listed.name.clone(), grouped_code(&listed.code)),
        CellView::Text(day(&bill.due_on)),
        CellView::Number(format!("{age}日")),
        CellView::Text(bill.reminded_at.map_or_else(|| "－".to_owned(), |at| japanese_date(at.date()))),
        CellView::Number(yen(bill.open_yen())),
    ])
}

/// Reminds the institutions of the chosen bills: one decision for each, and both sorts are counted.
pub(super) async fn remind(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let (mut told, mut not) = (0, 0);
    for number in posted.all("bills").filter_map(|number| BillNumber::parse(number).ok()).take(parts::PAGE) {
        match fees::remind(&visit.ctx(), number).await? {
            Reminded::Told(_) => told += 1,
            Reminded::Before | Reminded::NothingToPay | Reminded::Nobody => not += 1,
        }
    }
    Ok(see_other(&format!("{OVERDUE}?told={told}&not={not}")))
}
