//! A closed month: its reconciliation and its files.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, Query},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{YearMonth, japanese_datetime},
    fees::{DEDUCTION, Figures, PAYMENT_SLIP},
    permissions::Permission as P,
    text::thousands,
};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use services::fees::{self, File, Report};

use super::CLOSINGS;
use crate::{
    pages::{
        fees::{
            month_of,
            words::{day, yen},
        },
        office::parts,
    },
    site::{Download, Failure, Html, Visit},
    view::frame::{BannerKind, BannerView, Frame, Link},
};

#[derive(Template)]
#[template(path = "office/fees/closing.html")]
struct ClosingPage {
    frame: Frame,
    address: String,
    closed: String,
    due: String,
    entries: String,
    fees: Vec<Line>,
    standing: Vec<Line>,
    differences: Vec<String>,
    slips: Vec<Link>,
    may_print: bool,
}

/// A line of a sum.
struct Line {
    sign: &'static str,
    label: &'static str,
    amount: String,
    href: String,
    total: bool,
}

/// What was just done, and where a portion of slips begins.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    said: String,
    #[serde(default)]
    after: i64,
}

fn told(said: &str) -> Option<BannerView> {
    Some(match said {
        "now" => parts::banner(
            BannerKind::Success,
            "締めました。",
            &["控除ファイルをダウンロードし、払込請求書を印刷して送ってください。"],
        ),
        "before" => parts::banner(BannerKind::Info, "この月は、すでに締めてあります。何も変わっていません。", &[]),
        _ => return None,
    })
}

/// A closed month.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let month = month_of(&name)?;
    let report = fees::report(&visit.ctx(), month).await?;
    let address = format!("{CLOSINGS}/{}", month.as_text());
    let mut frame = visit.office_frame(format!("{month}の締め"), CLOSINGS);
    frame.breadcrumb.push(Link::new("月の締め", CLOSINGS));
    frame.banners.extend(told(&said.said));
    frame.has_errors = !report.differences.is_empty();
    Ok(Html(ClosingPage {
        frame,
        closed: format!("{}　{}", japanese_datetime(report.closing.closed_at), report.closing.closed_by),
        due: day(&report.closing.due_on),
        entries: thousands(report.counted.entries),
        fees: of_fees(&report.counted, &address),
        standing: of_standing(&report.counted, &address, month),
        differences: differences(&report),
        slips: slip_links(&visit, month, &address).await?,
        may_print: parts::may(&visit, P::ManageFees),
        address,
    })
    .into_response())
}

fn line(sign: &'static str, label: &'static str, amount: i64, href: String) -> Line {
    Line { sign, label, amount: yen(amount), href, total: false }
}

fn of_fees(figures: &Figures, address: &str) -> Vec<Line> {
    let entries = |kind: &str| format!("{address}/entries?kind={kind}");
    let bills = |payment: &str| format!("{address}/bills?payment={payment}");
    vec![
        line("", "発行料", figures.charges_yen, entries("charge")),
        line("＋", "更新料", figures.renewals_yen, entries("renewal")),
        line("－", "取消し", figures.reversals_yen, entries("reversal")),
        Line { total: true, ..line("＝", "台帳の合計", figures.ledger_yen(), String::new()) },
        line("", "控除", figures.deductions_yen, bills(DEDUCTION)),
        line("＋", "払込請求書", figures.slips_yen, bills(PAYMENT_SLIP)),
        Line { total: true, ..line("＝", "請求の合計", figures.billed_yen(), String::new()) },
    ]
}

fn of_standing(figures: &Figures, address: &str, month: YearMonth) -> Vec<Line> {
    let before = format!("{CLOSINGS}/{}", month.plus_months(-1).as_text());
    let before = if figures.opening_yen == 0 { String::new() } else { before };
    vec![
        line("", "前の締めの残高", figures.opening_yen, before),
        line("＋", "この月の払込請求書", figures.slips_yen, format!("{address}/bills?payment={PAYMENT_SLIP}")),
        line("－", "前の締めの後の入金（返金を引く）", figures.paid_yen, format!("{address}/payments")),
        Line { total: true, ..line("＝", "この締めの残高", figures.open_yen, String::new()) },
    ]
}

/// Every difference in words, to the yen.
fn differences(report: &Report) -> Vec<String> {
    let words = |one: &domain::fees::Difference| {
        let by = yen((one.one_yen - one.other_yen).abs());
        format!("{}が{by}合いません（{}と{}）。", one.what, yen(one.one_yen), yen(one.other_yen))
    };
    report.differences.iter().map(words).collect()
}

async fn slip_links(visit: &Visit, month: YearMonth, address: &str) -> Result<Vec<Link>, Failure> {
    let files = fees::slip_files(&visit.ctx(), month).await?;
    let mut from = 1;
    let link = |file: &fees::SlipFile| {
        let to = from + file.count - 1;
        let which = if files.len() == 1 { format!("{to}件") } else { format!("{from}～{to}件目") };
        let label = format!("払込請求書（{which}）のPDFを開く");
        from = to + 1;
        Link::new(label, format!("{address}/slips.pdf?after={}", file.after))
    };
    Ok(files.iter().map(link).collect())
}

/// A portion of the slips.
pub(super) async fn slips(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let month = month_of(&name)?;
    let bytes = fees::slips(&visit.ctx(), month, said.after).await?;
    let name = format!("slips-{}-{}.pdf", month.as_text(), said.after);
    Ok(Download { name, media_type: "application/pdf", bytes, inline: true })
}

/// The deduction file.
pub(super) async fn deductions(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    file(visit, month_of(&name)?, File::Deductions, "deductions").await
}

/// Every fee of the closing.
pub(super) async fn entries(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    file(visit, month_of(&name)?, File::Entries, "entries").await
}

/// Sends a file page by page; a fault in the middle ends it without its last line, the totals.
async fn file(visit: Visit, month: YearMonth, file: File, name: &str) -> Result<Response, Failure> {
    let (first, next) = fees::file_page(&visit.ctx(), month, file, None).await?;
    let rest = stream::try_unfold((visit, next), move |(visit, next)| async move {
        let Some(place) = next else { return Ok::<_, services::Error>(None) };
        let (bytes, next) = fees::file_page(&visit.ctx(), month, file, Some(place)).await?;
        Ok(Some((bytes, (visit, next))))
    });
    let whole = stream::once(std::future::ready(Ok(first))).chain(rest);
    let mut response = Body::from_stream(whole).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let saved = format!("attachment; filename=\"{name}-{}.csv\"", month.as_text());
    if let Ok(saved) = HeaderValue::from_str(&saved) {
        headers.insert(header::CONTENT_DISPOSITION, saved);
    }
    Ok(response)
}

/// The reconciliation as a file.
pub(super) async fn report(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let month = month_of(&name)?;
    let report = fees::report(&visit.ctx(), month).await?;
    let (counted, kept) = (&report.counted, &report.closing.figures);
    let rows = [
        ("件数", counted.entries, kept.entries),
        ("発行料", counted.charges_yen, kept.charges_yen),
        ("更新料", counted.renewals_yen, kept.renewals_yen),
        ("取消し", counted.reversals_yen, kept.reversals_yen),
        ("控除", counted.deductions_yen, kept.deductions_yen),
        ("払込請求書", counted.slips_yen, kept.slips_yen),
        ("前の締めの残高", counted.opening_yen, kept.opening_yen),
        ("入金", counted.paid_yen, kept.paid_yen),
        ("残高", counted.open_yen, kept.open_yen),
    ];
    let mut text = String::from("\u{feff}対象月,項目,今の記録,締めたときの記録,差\r\n");
    for (label, now, then) in rows {
        text.push_str(&format!("{},{label},{now},{then},{}\r\n", month.as_text(), now - then));
    }
    let name = format!("closing-{}.csv", month.as_text());
    Ok(Download { name, media_type: "text/csv; charset=utf-8", bytes: text.into_bytes(), inline: false })
}
