//! The rows behind each figure of a closing, and what is to be paid back.

use axum::extract::{Path, Query};
use domain::{
    calendar::{YearMonth, japanese_date},
    clock::Timestamp,
    fees::{BillNumber, DEDUCTION, PAYMENT_SLIP},
    ids::{EntryId, PaymentId},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    fees,
    rows::{LedgerRow, ListedBill, ListedPayment},
};

use super::{CLOSINGS, LEDGER};
use crate::{
    pages::{
        fees::{
            month_of,
            words::{bill_state, day, kind, payment_kind, yen},
        },
        office::parts,
    },
    site::{Failure, Html, Visit, grouped_code},
    view::{
        frame::{Frame, Link},
        parts::{CellView, RowView, TableView},
    },
};

/// Which part of a list is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    payment: String,
    #[serde(default)]
    after: String,
}

/// What is said of an empty list.
const EMPTY: (&str, &str) = ("ここには何もありません", "この締めには、当てはまる記録がありません。");

fn frame(visit: &Visit, month: YearMonth, title: &str) -> Frame {
    let mut frame = visit.office_frame(format!("{month}：{title}"), CLOSINGS);
    frame.breadcrumb.push(Link::new("月の締め", CLOSINGS));
    frame.breadcrumb.push(Link::new(format!("{month}の締め"), format!("{CLOSINGS}/{}", month.as_text())));
    frame
}

/// Columns of [`bill_row`].
pub(super) const BILL_COLUMNS: [&str; 6] = ["払込番号", "医療機関等", "状態", "支払い期限", "請求額", "残り"];

/// A bill as a line.
pub(super) fn bill_row(visit: &Visit, listed: &ListedBill) -> RowView {
    let (bill, number) = (&listed.bill, BillNumber::new(listed.bill.id));
    let slip = bill.payment == PAYMENT_SLIP;
    parts::row(vec![
        CellView::link(number.to_string(), format!("/office/bills/{}", number.plain())),
        CellView::Lines(listed.name.clone(), grouped_code(&listed.code)),
        CellView::State(bill_state(bill, visit.ctx().now.date())),
        CellView::Text(if slip { day(&bill.due_on) } else { "－".to_owned() }),
        CellView::Number(yen(bill.amount_yen)),
        CellView::Number(if slip { yen(bill.open_yen()) } else { "－".to_owned() }),
    ])
}

fn last_bill(bills: &[ListedBill]) -> Option<String> {
    let last = bills.last().filter(|_| bills.len() == parts::PAGE)?;
    Some(BillNumber::new(last.bill.id).plain())
}

/// Bills of a closing in one way of paying.
pub(super) async fn bills(
    visit: Visit,
    Path(name): Path<String>,
    Query(page): Query<Page>,
) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let month = month_of(&name)?;
    let (payment, title) =
        if page.payment == DEDUCTION { (DEDUCTION, "控除") } else { (PAYMENT_SLIP, "払込請求書") };
    let after = BillNumber::parse(&page.after).ok();
    let bills = fees::bills_of_month(&visit.ctx(), month, payment, after).await?;
    let address = format!("{CLOSINGS}/{}/bills", month.as_text());
    let rows = bills.iter().map(|bill| bill_row(&visit, bill)).collect();
    let table = TableView {
        columns: parts::columns(&BILL_COLUMNS, &[4, 5]),
        first: after.map(|_| parts::address(&address, &[("payment", payment)])),
        next: last_bill(&bills).map(|after| parts::address(&address, &[("payment", payment), ("after", &after)])),
        ..parts::table(title, &[], rows)
    };
    Ok(Html(parts::ListPage::new(frame(&visit, month, title), table, EMPTY)))
}

/// Columns of [`entry_row`].
pub(super) const ENTRY_COLUMNS: [&str; 6] = ["日付", "医療機関等", "区分", "端末", "受付番号", "金額"];

/// A fee as a line.
pub(super) fn entry_row(entry: &LedgerRow) -> RowView {
    let date = japanese_date(Timestamp::from_millis(entry.at).date());
    parts::row(vec![
        CellView::link(date, format!("{LEDGER}/{}", entry.id)),
        CellView::Lines(entry.institution_name.clone(), grouped_code(&entry.institution_code)),
        CellView::Text(kind(&entry.kind).to_owned()),
        CellView::Text(entry.terminal_name.clone().unwrap_or_default()),
        CellView::Code(entry.reference.clone().unwrap_or_else(|| "－".to_owned())),
        CellView::Number(yen(entry.amount_yen)),
    ])
}

/// Fees of a kind that a closing holds.
pub(super) async fn entries(
    visit: Visit,
    Path(name): Path<String>,
    Query(page): Query<Page>,
) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let month = month_of(&name)?;
    let known = ["charge", "renewal", "reversal"].into_iter().find(|known| *known == page.kind);
    let (wanted, after) = (known.unwrap_or("charge"), page.after.parse::<EntryId>().ok());
    let entries = fees::entries_of_month(&visit.ctx(), month, wanted, after).await?;
    let address = format!("{CLOSINGS}/{}/entries", month.as_text());
    let last = entries.last().filter(|_| entries.len() == parts::PAGE).map(|last| last.id.to_string());
    let table = TableView {
        columns: parts::columns(&ENTRY_COLUMNS, &[5]),
        first: after.map(|_| parts::address(&address, &[("kind", wanted)])),
        next: last.map(|last| parts::address(&address, &[("kind", wanted), ("after", &last)])),
        ..parts::table(kind(wanted), &[], entries.iter().map(entry_row).collect())
    };
    Ok(Html(parts::ListPage::new(frame(&visit, month, kind(wanted)), table, EMPTY)))
}

/// Columns of [`payment_row`].
pub(super) const PAYMENT_COLUMNS: [&str; 6] = ["日付", "区分", "払込番号", "医療機関等", "記録した人", "金額"];

/// A payment as a line.
pub(super) fn payment_row(payment: &ListedPayment) -> RowView {
    let number = BillNumber::new(payment.bill_id);
    parts::row(vec![
        CellView::Text(day(&payment.paid_on)),
        CellView::Lines(payment_kind(payment).to_owned(), payment.note.clone()),
        CellView::link(number.to_string(), format!("/office/bills/{}", number.plain())),
        CellView::Text(payment.institution_name.clone()),
        CellView::Text(payment.actor_name.clone()),
        CellView::Number(yen(payment.amount_yen)),
    ])
}

/// Payments that a closing holds.
pub(super) async fn payments(
    visit: Visit,
    Path(name): Path<String>,
    Query(page): Query<Page>,
) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let month = month_of(&name)?;
    let after = page.after.parse::<PaymentId>().ok();
    let payments = fees::payments_of_month(&visit.ctx(), month, after).await?;
    let address = format!("{CLOSINGS}/{}/payments", month.as_text());
    let last = payments.last().filter(|_| payments.len() == parts::PAGE).map(|last| last.id.to_string());
    let table = TableView {
        columns: parts::columns(&PAYMENT_COLUMNS, &[5]),
        first: after.map(|_| address.clone()),
        next: last.map(|last| parts::address(&address, &[("after", &last)])),
        ..parts::table("入金・返金・充当", &[], payments.iter().map(payment_row).collect())
    };
    let lead =
        "前の締めの後、この締めまでに記録したものです。充当は、同じ医療機関等の請求の間の移動で、合計は0円です。";
    let page = parts::ListPage::new(frame(&visit, month, "入金・返金・充当"), table, EMPTY);
    Ok(Html(parts::ListPage { lead: lead.to_owned(), ..page }))
}

/// Address of what is to be paid back.
const CREDITS: &str = "/office/credits";

/// Bills on which there is too much.
pub(super) async fn credits(visit: Visit, Query(page): Query<Page>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let after = BillNumber::parse(&page.after).ok();
    let bills = fees::credits(&visit.ctx(), after).await?;
    let table = TableView {
        columns: parts::columns(&BILL_COLUMNS, &[4, 5]),
        first: after.map(|_| CREDITS.to_owned()),
        next: last_bill(&bills).map(|after| parts::address(CREDITS, &[("after", &after)])),
        ..parts::table("多すぎる入金・取消しによる残り", &[], bills.iter().map(|bill| bill_row(&visit, bill)).collect())
    };
    let mut frame = visit.office_frame("返金・充当待ち", CLOSINGS);
    frame.breadcrumb.push(Link::new("月の締め", CLOSINGS));
    let lead = "次の月を締めると、同じ医療機関等の請求に充てます。請求の予定がないときは、払込番号を開いて、返金を記録してください。";
    let empty =
        ("返金・充当を待つものはありません", "多すぎる入金や、支払い済みの料金の取消しがあると、ここに並びます。");
    Ok(Html(parts::ListPage { lead: lead.to_owned(), ..parts::ListPage::new(frame, table, empty) }))
}
