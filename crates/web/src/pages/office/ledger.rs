//! The ledger of fees (spec 6.3).

use axum::extract::Query;
use domain::{calendar::japanese_datetime, clock::Timestamp, ids::EntryId, permissions::Permission};
use serde::Deserialize;
use services::{office, rows::LedgerRow};

use super::{
    fees::{CLOSINGS, LEDGER as LIST},
    parts, words,
};
use crate::{
    pages::fees::words::{kind, yen},
    site::{Failure, Html, Visit, grouped_code},
    view::{
        frame::Link,
        parts::{CellView, RowView, TableView},
    },
};

/// Which part of the list is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
}

/// Entries, newest first.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[Permission::ReadLedger])?;
    let entries = office::ledger(&visit.ctx(), parts::after::<EntryId>(&page.after)).await?;
    let last = entries.last().filter(|_| entries.len() == parts::PAGE);
    let next = last.map(|entry| parts::after_text(Timestamp::from_millis(entry.at), entry.id));
    let table = TableView {
        columns: parts::columns(&["日時", "医療機関等", "受付番号", "区分", "支払方法", "金額"], &[5]),
        first: (!page.after.is_empty()).then(|| LIST.to_owned()),
        next: next.map(|after| parts::address(LIST, &[("after", &after)])),
        ..parts::table("手数料台帳（新しい順）", &[], entries.iter().map(|entry| row(&visit, entry)).collect())
    };
    let lead = "発行料は、端末の電子証明書の申請を承認したときに1回だけ、更新料は、更新した証明書ごとに1回だけ記録されます。記録は消せません。取り消すときは、反対の記録が加わります。";
    let frame = visit.office_frame("手数料台帳", LIST);
    let empty = ("記録はまだありません", "端末の電子証明書の申請が承認されると、ここに並びます。");
    let links = vec![Link::new("月の締め", CLOSINGS), Link::new("入金", "/office/payments")];
    Ok(Html(parts::ListPage { lead: lead.to_owned(), links, ..parts::ListPage::new(frame, table, empty) }))
}

fn row(visit: &Visit, entry: &LedgerRow) -> RowView {
    parts::row(vec![
        CellView::link(japanese_datetime(Timestamp::from_millis(entry.at)), format!("{LIST}/{}", entry.id)),
        CellView::Lines(entry.institution_name.clone(), grouped_code(&entry.institution_code)),
        CellView::Code(entry.reference.clone().unwrap_or_else(|| "－".to_owned())),
        CellView::Text(kind(&entry.kind).to_owned()),
        CellView::Text(words::label(visit, "fee_payments", &entry.payment)),
        CellView::Number(yen(entry.amount_yen)),
    ])
}
