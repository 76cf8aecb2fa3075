//! 請求: fees and bills of the institution that a person acts for (spec 6.3).

pub(in crate::pages) mod words;

use askama::Template;
use axum::extract::{Path, Query};
use domain::{
    calendar::{YearMonth, japanese_date},
    clock::Timestamp,
    fees::{BillNumber, PAYMENT_SLIP},
    ids::EntryId,
};
use serde::Deserialize;
use services::{
    Error,
    fees::{self, OwnBill},
    rows::{LedgerRow, ListedBill, ListedPayment},
};

use self::words::{bill_state, day, due, kind, month, payment_kind, yen};
use crate::{
    site::{Access, Download, Failure, Html, Routes, Visit},
    view::{
        frame::{Frame, Link},
        parts::{CellView, ColumnView, RowView, SummaryListView, SummaryRow, TableView},
    },
};

/// Address of the list.
const LIST: &str = "/fees";
/// Rows of a page of a list.
const PAGE: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get("/fees", Access::Member, list).get("/fees/{number}", Access::Member, show).get(
        "/fees/{number}/slip.pdf",
        Access::Member,
        slip,
    )
}

#[derive(Template)]
#[template(path = "fees/list.html")]
pub(super) struct ListPage {
    frame: Frame,
    bills: TableView,
    entries: TableView,
}

/// Which part of the two lists is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    bills: String,
    #[serde(default)]
    after: String,
}

fn columns(labels: &[&str], numeric: usize) -> Vec<ColumnView> {
    let column = |(nth, label): (usize, &&str)| ColumnView { numeric: nth == numeric, ..ColumnView::new(*label) };
    labels.iter().enumerate().map(column).collect()
}

/// The last row of the page before, as it stands in an address.
fn place(text: &str) -> Option<(Timestamp, EntryId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?))
}

fn next(entries: &[LedgerRow], address: &str) -> Option<String> {
    let last = entries.last().filter(|_| entries.len() == PAGE)?;
    Some(format!("{address}?after={}_{}", last.at, last.id))
}

/// Bills and fees of the institution.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<ListPage>, Failure> {
    visit.member()?;
    let ctx = visit.ctx();
    let before = BillNumber::parse(&page.bills).ok();
    let bills = fees::own_bills(&ctx, before).await?;
    let entries = fees::own_entries(&ctx, place(&page.after)).await?;
    let last = bills.last().filter(|_| bills.len() == PAGE);
    let bills = TableView {
        caption: "請求（新しい順）".to_owned(),
        columns: columns(&["払込番号", "対象の月", "状態", "支払方法", "支払い期限", "払込請求書", "請求額"], 6),
        rows: bills.iter().map(|bill| bill_row(&visit, bill)).collect(),
        next: last.map(|last| format!("{LIST}?bills={}", BillNumber::new(last.bill.id).plain())),
        first: (!page.bills.is_empty()).then(|| LIST.to_owned()),
        ..TableView::default()
    };
    let entries = TableView {
        caption: "発行料・更新料（新しい順）".to_owned(),
        columns: columns(&ENTRY_COLUMNS, 4),
        next: next(&entries, LIST),
        first: (!page.after.is_empty()).then(|| LIST.to_owned()),
        rows: entries.iter().map(entry_row).collect(),
        ..TableView::default()
    };
    Ok(Html(ListPage { frame: visit.frame("発行料・更新料の請求"), bills, entries }))
}

fn payment_words(visit: &Visit, payment: &str) -> String {
    let lists = visit.site.app.reference().lists;
    lists.entry("fee_payments", payment).map_or_else(|| payment.to_owned(), |entry| entry.label.clone())
}

fn bill_row(visit: &Visit, listed: &ListedBill) -> RowView {
    let bill = &listed.bill;
    let number = BillNumber::new(bill.id);
    let slip = if bill.payment == PAYMENT_SLIP && bill.amount_yen > 0 {
        CellView::link(format!("{}分のPDF", month(&bill.month)), format!("{LIST}/{}/slip.pdf", number.plain()))
    } else {
        CellView::Text("－".to_owned())
    };
    RowView {
        strong: false,
        cells: vec![
            CellView::link(number.to_string(), format!("{LIST}/{}", number.plain())),
            CellView::Text(month(&bill.month)),
            CellView::State(bill_state(bill, visit.ctx().now.date())),
            CellView::Text(payment_words(visit, &bill.payment)),
            CellView::Text(due(bill).unwrap_or_else(|| "－".to_owned())),
            slip,
            CellView::Number(yen(bill.amount_yen)),
        ],
    }
}

/// Columns of [`entry_row`].
const ENTRY_COLUMNS: [&str; 5] = ["日付", "区分", "端末", "受付番号", "金額"];

fn entry_row(entry: &LedgerRow) -> RowView {
    let case = entry.reference.clone().unwrap_or_else(|| "－".to_owned());
    RowView {
        strong: false,
        cells: vec![
            CellView::Text(japanese_date(Timestamp::from_millis(entry.at).date())),
            CellView::Text(kind(&entry.kind).to_owned()),
            CellView::Text(entry.terminal_name.clone().unwrap_or_default()),
            CellView::link(case, format!("/applications/{}", entry.application_id)),
            CellView::Number(yen(entry.amount_yen)),
        ],
    }
}

#[derive(Template)]
#[template(path = "fees/bill.html")]
pub(super) struct BillPage {
    frame: Frame,
    facts: SummaryListView,
    to_pay: String,
    account: String,
    number: String,
    slip: Option<String>,
    entries: TableView,
    payments: TableView,
}

/// Which part of the fees is shown.
#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    after: String,
}

fn number(text: &str) -> Result<BillNumber, Failure> {
    BillNumber::parse(text).map_err(|_| Error::NotFound.into())
}

/// A bill of the institution.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(from): Query<From>,
) -> Result<Html<BillPage>, Failure> {
    visit.member()?;
    let bill = fees::own_bill(&visit.ctx(), number(&name)?, place(&from.after)).await?;
    let address = format!("{LIST}/{}", bill.number.plain());
    let entries = TableView {
        caption: "明細".to_owned(),
        columns: columns(&ENTRY_COLUMNS, 4),
        rows: bill.entries.iter().map(entry_row).collect(),
        first: (!from.after.is_empty()).then(|| address.clone()),
        next: next(&bill.entries, &address),
        ..TableView::default()
    };
    let payments = TableView {
        caption: "お支払いの記録".to_owned(),
        columns: columns(&["日付", "区分", "金額"], 2),
        rows: bill.payments.iter().map(payment_row).collect(),
        ..TableView::default()
    };
    let mut frame = visit.frame(format!("{}分の請求", month(&bill.listed.bill.month)));
    frame.breadcrumb.push(Link::new("発行料・更新料の請求", LIST));
    let slip = bill.listed.bill.payment == PAYMENT_SLIP && bill.listed.bill.amount_yen > 0;
    let open = bill.listed.bill.open_yen() + bill.waiting_yen;
    Ok(Html(BillPage {
        frame,
        facts: facts(&visit, &bill),
        to_pay: if slip && open > 0 { yen(open) } else { String::new() },
        account: visit.site.app.settings.billing.account.clone(),
        number: bill.number.to_string(),
        slip: slip.then(|| format!("{address}/slip.pdf")),
        entries,
        payments,
    }))
}

fn facts(visit: &Visit, view: &OwnBill) -> SummaryListView {
    let bill = &view.listed.bill;
    let mut rows = vec![
        SummaryRow { code: true, ..SummaryRow::new("払込番号", view.number.to_string()) },
        SummaryRow::new("対象の月", month(&bill.month)),
        SummaryRow::new("支払方法", payment_words(visit, &bill.payment)),
        SummaryRow::new("状態", bill_state(bill, visit.ctx().now.date()).words),
        SummaryRow::new("請求額", yen(bill.amount_yen)),
    ];
    rows.extend(due(bill).map(|day| SummaryRow::new("支払い期限", day)));
    if bill.payment == PAYMENT_SLIP {
        rows.push(SummaryRow::new("お支払い済み・充当", yen(bill.paid_yen)));
    }
    if view.waiting_yen != 0 {
        rows.push(SummaryRow::new("次の請求で差し引く取消し", yen(view.waiting_yen)));
    }
    SummaryListView { title: String::new(), rows }
}

fn payment_row(payment: &ListedPayment) -> RowView {
    RowView {
        strong: false,
        cells: vec![
            CellView::Text(day(&payment.paid_on)),
            CellView::Text(payment_kind(payment).to_owned()),
            CellView::Number(yen(payment.amount_yen)),
        ],
    }
}

/// The payment slip of a bill.
pub(super) async fn slip(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.member()?;
    let number = number(&name)?;
    let bytes = fees::own_slip(&visit.ctx(), number).await?;
    let name = format!("slip-{}.pdf", number.plain());
    Ok(Download { name, media_type: "application/pdf", bytes, inline: true })
}

/// A month in an address.
pub(in crate::pages) fn month_of(text: &str) -> Result<YearMonth, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}
