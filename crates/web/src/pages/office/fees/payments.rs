//! 入金: noted by hand or as a list, and undone.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    clock::Timestamp, fees::BillNumber, forms::Finding, ids::PaymentId, permissions::Permission as P, text::brief,
};
use serde::Deserialize;
use services::{
    fees::{self, ListResult, Noted, TypedPayment},
    letters::list_text,
};

use super::lists::{PAYMENT_COLUMNS, payment_row};
use crate::{
    pages::{fees::words::yen, office::parts},
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldError, FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::TableView,
    },
};

/// Address of the page.
const PAYMENTS: &str = "/office/payments";

#[derive(Template)]
#[template(path = "office/fees/payments.html")]
struct PaymentsPage {
    frame: Frame,
    errors: ErrorSummary,
    may: bool,
    fields: Vec<FieldView>,
    file: FieldView,
    list: String,
    faults: Vec<String>,
    table: TableView,
}

/// A bill to begin with, and which part of the list is shown.
#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    number: String,
    #[serde(default)]
    after: String,
}

fn fields(typed: &TypedPayment) -> Vec<FieldView> {
    let code = |value: &str| InputView::Text(TextView { monospace: true, ..TextView::new(value) });
    let line = |value: &str| InputView::Text(TextView::new(value));
    vec![
        FieldView::new("number", "払込番号", code(&typed.number))
            .required()
            .with_help("払込請求書にある12桁の数字です。"),
        FieldView::new("day", "入金日", line(&typed.day))
            .required()
            .with_help("「2026-05-20」のように入力してください。"),
        FieldView::new("amount", "入金額", line(&typed.amount))
            .required()
            .with_help("一部だけの入金も、請求額より多い入金も、入金されたとおりに入力してください。"),
        FieldView::new("mark", "取引番号", line(&typed.mark))
            .with_help("同じ請求に、同じ日に同じ金額の入金が2回あったときだけ、区別のために入力してください。"),
    ]
}

fn file_field() -> FieldView {
    let file = InputView::File { accept: ".csv,.txt,text/csv".to_owned(), current: String::new() };
    FieldView::new("list_file", "CSVファイルで送る", file).with_help(
        "「払込番号」「入金日」「金額」の列があるファイルです。同じファイルを2回送っても、二重には記録しません。",
    )
}

/// What was typed and could not be used.
#[derive(Default)]
struct Typed {
    one: TypedPayment,
    slips: Vec<Finding>,
    list: String,
    faults: Vec<String>,
}

async fn page(visit: &Visit, typed: Typed, after: &str) -> Result<PaymentsPage, Failure> {
    let payments = fees::payments_list(&visit.ctx(), parts::after::<PaymentId>(after)).await?;
    let last = payments.last().filter(|_| payments.len() == parts::PAGE);
    let last = last.map(|last| parts::after_text(Timestamp::from_millis(last.at), last.id));
    let table = TableView {
        columns: parts::columns(&PAYMENT_COLUMNS, &[5]),
        first: (!after.is_empty()).then(|| PAYMENTS.to_owned()),
        next: last.map(|last| parts::address(PAYMENTS, &[("after", &last)])),
        ..parts::table("入金・返金・充当の記録（新しい順）", &[], payments.iter().map(payment_row).collect())
    };
    let (fields, mut errors) = with_slips(fields(&typed.one), &typed.slips);
    let fault = |fault: &String| FieldError { key: "list".to_owned(), message: fault.clone() };
    errors.errors.extend(typed.faults.iter().map(fault));
    let frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame("入金", PAYMENTS) };
    let may = parts::may(visit, P::ManageFees);
    Ok(PaymentsPage { frame, errors, may, fields, file: file_field(), list: typed.list, faults: typed.faults, table })
}

/// The forms, and what was noted.
pub(super) async fn show(visit: Visit, Query(from): Query<From>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let number = BillNumber::parse(&from.number).map(|number| number.to_string()).unwrap_or_default();
    let one = TypedPayment { number, day: visit.ctx().now.date().to_string(), ..TypedPayment::default() };
    Ok(Html(page(&visit, Typed { one, ..Typed::default() }, &from.after).await?).into_response())
}

/// Notes one payment.
pub(super) async fn receive(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let typed = |key: &str| posted.get(key).to_owned();
    let one = TypedPayment { number: typed("number"), day: typed("day"), amount: typed("amount"), mark: typed("mark") };
    let (bill, said) = match fees::receive(&visit.ctx(), &one).await? {
        Ok(Noted::Now { bill, open_yen, .. }) if open_yen < 0 => (bill, "too_much"),
        Ok(Noted::Now { bill, .. }) => (bill, "paid"),
        Ok(Noted::Before(bill)) => (bill, "paid_before"),
        Err(slip) => {
            let slips = vec![Finding { field: slip.field.to_owned(), message: slip.message }];
            return Ok(Html(page(&visit, Typed { one, slips, ..Typed::default() }, "").await?).with_faults());
        }
    };
    Ok(see_other(&format!("/office/bills/{}?said={said}", bill.plain())))
}

fn noted(result: &ListResult) -> Option<BannerView> {
    if result.noted + result.before == 0 {
        return None;
    }
    let title = format!("{}件、{}の入金を記録しました。", result.noted, yen(result.yen));
    let mut body = vec![];
    if result.before > 0 {
        body.push(format!("{}件は、すでに記録されていました（変えていません）。", result.before));
    }
    if result.too_much > 0 {
        body.push(format!("{}件は、請求額より多い入金です。「返金・充当待ち」に並びます。", result.too_much));
    }
    Some(BannerView { kind: BannerKind::Success, title, body, link: None })
}

/// Notes a list of payments, pasted or as a file; good rows are noted, the rest is named.
pub(super) async fn receive_list(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let file = posted.file("list_file").filter(|file| !file.is_empty());
    let text = match file {
        Some(bytes) => list_text(bytes),
        None => Some(posted.get("list").to_owned()),
    };
    let mut typed = Typed::default();
    let mut told = None;
    match text {
        None => typed
            .faults
            .push("ファイルを読み取れません。表計算ソフトでCSV形式で保存してから、選び直してください。".to_owned()),
        Some(text) => {
            let result = fees::receive_list(&visit.ctx(), &text).await?;
            told = noted(&result);
            let words = |one: &fees::RowFault| format!("{}行目「{}」：{}", one.line, brief(&one.row), one.message);
            typed.faults.extend(result.faults.iter().map(words));
            typed.list = result.faults.iter().map(|fault| fault.row.clone()).collect::<Vec<_>>().join("\n");
            let more = result.wrong - result.faults.len();
            typed.faults.extend((more > 0).then(|| format!("ほかに{more}行が使えませんでした。")));
            if result == ListResult::default() {
                typed.faults.push("入金の行がありません。一覧を貼り付けるか、ファイルを選んでください。".to_owned());
            }
        }
    }
    let faulty = !typed.faults.is_empty();
    let mut page = page(&visit, typed, "").await?;
    page.frame.banners.extend(told);
    Ok(if faulty { Html(page).with_faults() } else { Html(page).into_response() })
}

#[derive(Template)]
#[template(path = "office/fees/undo.html")]
struct UndoPage {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    reason: FieldView,
}

fn undo_page(visit: &Visit, id: PaymentId, typed: &str, fault: Option<String>) -> UndoPage {
    let help = "例：別の医療機関等の入金だった。記録に残ります。";
    let (reason, errors) = parts::reason("取り消す理由", help, typed, fault.as_deref());
    let mut frame = visit.office_frame("入金・返金の記録を取り消す", PAYMENTS);
    frame.breadcrumb.push(Link::new("入金", PAYMENTS));
    frame.has_errors = !errors.is_empty();
    UndoPage { frame, errors, action: format!("{PAYMENTS}/{id}/undo"), reason }
}

/// Asks for the reason before a payment is undone.
pub(super) async fn ask_undo(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    Ok(Html(undo_page(&visit, parts::id(&name)?, "", None)).into_response())
}

/// Undoes a payment by a counter-entry.
pub(super) async fn undo(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let (id, reason) = (parts::id(&name)?, posted.get("reason"));
    Ok(match fees::undo(&visit.ctx(), id, reason).await? {
        Ok(bill) => see_other(&format!("/office/bills/{}?said=undone", bill.plain())),
        Err(slip) => Html(undo_page(&visit, id, reason, Some(slip.message))).with_faults(),
    })
}
