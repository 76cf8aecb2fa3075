//! One bill: what is on it, what was paid, its slip, its reminder, its refund.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    fees::{BillNumber, PAYMENT_SLIP},
    forms::Finding,
    ids::EntryId,
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    Error,
    fees::{self, BillView, Reminded, Slip},
};

use super::{
    CLOSINGS,
    lists::{ENTRY_COLUMNS, entry_row},
};
use crate::{
    pages::{
        fees::words::{bill_state, day, month, payment_kind, yen},
        office::{parts, words::label},
    },
    site::{Download, Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, StateView, SummaryListView, SummaryRow, TableView},
    },
};

#[derive(Template)]
#[template(path = "office/fees/bill.html")]
struct BillPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    state: StateView,
    facts: SummaryListView,
    slip: bool,
    entries: TableView,
    payments: TableView,
    /// Where a payment on it is noted; none for one that is withheld, or for who may not.
    pay: Option<String>,
    remind: bool,
    refund: Option<FieldView>,
    too_much: String,
}

/// Which part is shown, and what was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    after: String,
    #[serde(default)]
    said: String,
}

fn number(text: &str) -> Result<BillNumber, Failure> {
    BillNumber::parse(text).map_err(|_| Error::NotFound.into())
}

fn told(said: &str) -> Option<BannerView> {
    let (kind, title) = match said {
        "paid" => (BannerKind::Success, "入金を記録しました。"),
        "paid_before" => (BannerKind::Info, "同じ入金は、すでに記録されています。何も変わっていません。"),
        "too_much" => (BannerKind::Warning, "入金を記録しました。請求額より多く入金されています。"),
        "undone" => (BannerKind::Success, "取消しを記録しました。"),
        "refunded" => (BannerKind::Success, "返金を記録しました。"),
        "told" => (BannerKind::Success, "代表者にメールで知らせました。"),
        "told_before" => (BannerKind::Info, "今日はすでにメールで知らせています。もう一度は送りませんでした。"),
        "nothing" => (BannerKind::Info, "お支払いいただく金額がないか、期限の前です。メールは送りませんでした。"),
        "nobody" => (BannerKind::Warning, "代表者のアカウントがありません。電話か郵便で連絡してください。"),
        _ => return None,
    };
    Some(parts::banner(kind, title, &[]))
}

/// A bill.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let mut page = page(&visit, number(&name)?, &said.after, None).await?;
    page.frame.banners.extend(told(&said.said));
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, number: BillNumber, after: &str, slip: Option<(&str, Slip)>) -> Result<BillPage, Failure> {
    let ctx = visit.ctx();
    let view = fees::bill(&ctx, number, parts::after::<EntryId>(after)).await?;
    let bill = &view.listed.bill;
    let address = format!("/office/bills/{}", number.plain());
    let mut frame = visit.office_frame(format!("請求 {number}"), CLOSINGS);
    frame.breadcrumb.push(Link::new("月の締め", CLOSINGS));
    frame.breadcrumb.push(Link::new(format!("{}の締め", month(&bill.month)), format!("{CLOSINGS}/{}", bill.month)));
    frame.has_errors = slip.is_some();
    let by_slip = bill.payment == PAYMENT_SLIP;
    let may = parts::may(visit, P::ManageFees);
    let (refund, errors) = refund_field(&ctx.now.date().to_string(), slip);
    let state = bill_state(bill, ctx.now.date());
    Ok(BillPage {
        frame,
        errors,
        facts: facts(visit, &view),
        slip: by_slip && bill.amount_yen > 0,
        entries: entries(&view, &address, after),
        payments: payments(&view, may),
        pay: (may && by_slip).then(|| format!("/office/payments?number={}", number.plain())),
        remind: may && state.words == "期限切れ",
        refund: refund.filter(|_| may && by_slip && bill.open_yen() < 0),
        too_much: yen(-bill.open_yen()),
        state,
        address,
    })
}

fn refund_field(today: &str, slip: Option<(&str, Slip)>) -> (Option<FieldView>, ErrorSummary) {
    let typed = slip.as_ref().map_or(today, |(typed, _)| typed);
    let field = FieldView::new("day", "返金した日", InputView::Text(TextView::new(typed)))
        .required()
        .with_help("「2026-05-20」のように入力してください。");
    let findings = slip.map(|(_, slip)| Finding { field: "day".to_owned(), message: slip.message });
    let (fields, errors) = with_slips(vec![field], &findings.into_iter().collect::<Vec<_>>());
    (fields.into_iter().next(), errors)
}

fn facts(visit: &Visit, view: &BillView) -> SummaryListView {
    let (bill, listed) = (&view.listed.bill, &view.listed);
    let mut rows = vec![
        SummaryRow { code: true, ..SummaryRow::new("払込番号", view.number.to_string()) },
        SummaryRow::new("医療機関等", format!("{}　{}", listed.name, grouped_code(&listed.code))),
        SummaryRow::new("対象の月", month(&bill.month)),
        SummaryRow::new("支払方法", label(visit, "fee_payments", &bill.payment)),
        SummaryRow::new("請求額", format!("{}（{}件）", yen(bill.amount_yen), bill.entries)),
    ];
    if bill.payment == PAYMENT_SLIP {
        rows.push(SummaryRow::new("支払い期限", day(&bill.due_on)));
        rows.push(SummaryRow::new("入金・充当", yen(bill.paid_yen)));
        rows.push(SummaryRow::new("残り", yen(bill.open_yen())));
    }
    if view.waiting_yen != 0 {
        rows.push(SummaryRow::new("次の締めで差し引く取消し", yen(view.waiting_yen)));
    }
    rows.extend(bill.reminded_at.map(|at| SummaryRow::new("督促のメール", japanese_datetime(at))));
    SummaryListView { title: String::new(), rows }
}

fn entries(view: &BillView, address: &str, after: &str) -> TableView {
    let last = view.entries.last().filter(|_| view.entries.len() == parts::PAGE);
    let last = last.map(|last| format!("{}_{}", last.at, last.id));
    TableView {
        columns: parts::columns(&ENTRY_COLUMNS, &[5]),
        first: (!after.is_empty()).then(|| address.to_owned()),
        next: last.map(|last| parts::address(address, &[("after", &last)])),
        ..parts::table("明細（台帳の記録）", &[], view.entries.iter().map(entry_row).collect())
    }
}

fn payments(view: &BillView, may: bool) -> TableView {
    let rows = view.payments.iter().map(|payment| {
        let undoable = may && !payment.undone && ["received", "refunded"].contains(&payment.kind.as_str());
        let undo = if undoable {
            CellView::link("取り消す", format!("/office/payments/{}/undo", payment.id))
        } else {
            CellView::Text("－".to_owned())
        };
        parts::row(vec![
            CellView::Text(day(&payment.paid_on)),
            CellView::Lines(payment_kind(payment).to_owned(), payment.note.clone()),
            CellView::Text(payment.actor_name.clone()),
            CellView::Number(yen(payment.amount_yen)),
            undo,
        ])
    });
    let labels = ["日付", "区分", "記録した人", "金額", "操作"];
    TableView {
        columns: parts::columns(&labels, &[3]), ..parts::table("入金・返金・充当", &[], rows.collect())
    }
}

/// The payment slip.
pub(super) async fn slip(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let number = number(&name)?;
    let bytes = fees::slip(&visit.ctx(), number).await?;
    let name = format!("slip-{}.pdf", number.plain());
    Ok(Download { name, media_type: "application/pdf", bytes, inline: true })
}

/// Notes that what was too much was paid back.
pub(super) async fn refund(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let (number, day) = (number(&name)?, posted.get("day"));
    Ok(match fees::refund(&visit.ctx(), number, day).await? {
        Ok(_) => see_other(&format!("/office/bills/{}?said=refunded", number.plain())),
        Err(slip) => Html(page(&visit, number, "", Some((day, slip))).await?).with_faults(),
    })
}

/// Reminds the institution.
pub(super) async fn remind(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let number = number(&name)?;
    let said = match fees::remind(&visit.ctx(), number).await? {
        Reminded::Told(_) => "told",
        Reminded::Before => "told_before",
        Reminded::NothingToPay => "nothing",
        Reminded::Nobody => "nobody",
    };
    Ok(see_other(&format!("/office/bills/{}?said={said}", number.plain())))
}
