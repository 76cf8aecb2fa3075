//! A batch: its cases, its decision by a second person, its payment.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime, typed_day},
    clock::Timestamp,
    forms::Finding,
    ids::GrantBatchId,
    permissions::Permission as P,
    text::thousands,
};
use serde::Deserialize;
use services::{
    rows::ListedAward,
    subsidies::{self, BatchView, Decided},
};

use super::{
    ROOM,
    overview::{decided_on, scheme_name, state},
};
use crate::{
    pages::{fees::words::yen, office::parts},
    site::{Download, Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextKind, TextView, Width},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow, TableView, Tone},
    },
};

#[derive(Template)]
#[template(path = "office/subsidies/batch.html")]
struct BatchPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    facts: SummaryListView,
    sums: TableView,
    cases: TableView,
    day: FieldView,
    /// What the person may do now: `decide`, `make`, `confirm` or nothing.
    step: &'static str,
    has_part: bool,
    may_dissolve: bool,
    may_download: bool,
    cases_count: String,
    amount: String,
}

/// What was just done.
#[derive(Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    said: String,
    #[serde(default)]
    count: i64,
}

fn told(said: &Said) -> Option<BannerView> {
    let done = |title: &str, body: &[&str]| parts::banner(BannerKind::Success, title, body);
    Some(match said.said.as_str() {
        "made" => {
            done("束を作りました。", &["次に、束を作った方と申請を承認した方とは別の方が、交付を決定してください。"])
        }
        "decided" => {
            done("交付を決定しました。", &["医療機関等にメールで知らせます。交付決定通知書をダウンロードできます。"])
        }
        "before" => parts::banner(BannerKind::Info, "この束は、すでに決定してあります。何も変わっていません。", &[]),
        "part" => parts::banner(BannerKind::Error, "この束は、あなたには決定できません。", &[PART]),
        "listed" => done(
            "支払いファイルを作りました。",
            &["ファイルをダウンロードし、支払いの後に「支払った日」を記録してください。"],
        ),
        "listed-before" => {
            parts::banner(BannerKind::Info, "支払いファイルは、すでに作ってあります。何も変わっていません。", &[])
        }
        "paid" if said.count > 0 => done(&format!("{}件を支払い済みにしました。", said.count), &[]),
        "paid" => parts::banner(BannerKind::Info, "すべて支払い済みです。何も変わっていません。", &[]),
        _ => return None,
    })
}

const PART: &str = "束を作った方、束の申請を承認した方、申請に関わった方は、決定できません。別の方に依頼してください。";

/// A batch.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadGrants])?;
    let mut page = page(&visit, parts::id(&name)?, None).await?;
    page.frame.banners.extend(told(&said));
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, id: GrantBatchId, slip: Option<(&str, String)>) -> Result<BatchPage, Failure> {
    let view = subsidies::batch(&visit.ctx(), id).await?;
    let batch = &view.batch;
    let title = format!("交付決定の束：{}", scheme_name(visit, &batch.scheme));
    let mut frame = visit.office_frame(title, ROOM);
    frame.breadcrumb.push(Link::new("補助金の交付決定", ROOM));
    let pays = parts::may(visit, P::PayGrants);
    let step = match (batch.decided_at, batch.filed_at) {
        (None, _) if view.may_decide => "decide",
        (Some(_), None) if pays => "make",
        (Some(_), Some(_)) if pays && view.sums.paid_yen + view.sums.owed_back_yen < view.sums.listed_yen => "confirm",
        _ => "",
    };
    let (typed, slips) = slip.map_or((None, vec![]), |(typed, message)| {
        (Some(typed.to_owned()), vec![Finding { field: "day".to_owned(), message }])
    });
    let day = day_field(visit, step, typed);
    let (mut fields, errors) = with_slips(vec![day], &slips);
    frame.has_errors = !errors.is_empty();
    Ok(BatchPage {
        frame,
        errors,
        address: format!("{ROOM}/batches/{id}"),
        facts: facts(visit, &view),
        sums: sums(&view),
        cases: cases(&view),
        day: fields.pop().unwrap_or_default(),
        step,
        has_part: view.has_part,
        may_dissolve: batch.decided_at.is_none() && parts::may(visit, P::DecideGrants),
        may_download: pays && batch.filed_at.is_some(),
        cases_count: thousands(batch.cases),
        amount: yen(batch.amount_yen),
    })
}

fn day_field(visit: &Visit, step: &str, typed: Option<String>) -> FieldView {
    let value = typed.unwrap_or_else(|| visit.ctx().now.date().to_string());
    let (label, help) = if step == "confirm" {
        ("支払った日", "交付決定日から今日までの日付です。")
    } else {
        ("交付決定日", "通知書に印刷されます。束を作った日から今日までの日付です。")
    };
    let input = InputView::Text(TextView { width: Width::Short, ..TextView::of(TextKind::Date, value, "") });
    FieldView::new("day", label, input).required().with_help(help)
}

fn facts(visit: &Visit, view: &BatchView) -> SummaryListView {
    let batch = &view.batch;
    let at = |millis: i64| japanese_datetime(Timestamp::from_millis(millis));
    let by = |name: &Option<String>, millis: Option<i64>| match (name, millis) {
        (Some(name), Some(millis)) => format!("{name}（{}）", at(millis)),
        _ => "まだです".to_owned(),
    };
    let rows = vec![
        SummaryRow::new("制度", scheme_name(visit, &batch.scheme)),
        SummaryRow::new("状態", state(batch).words),
        SummaryRow::new("束を作った人", format!("{}（{}）", batch.made_by_name, at(batch.made_at))),
        SummaryRow::new("交付を決定した人", by(&batch.decided_by_name, batch.decided_at)),
        SummaryRow::new("交付決定日", batch.decided_at.map_or_else(|| "まだです".to_owned(), |_| decided_on(batch))),
        SummaryRow::new("支払いファイルを作った人", by(&batch.filed_by_name, batch.filed_at)),
    ];
    SummaryListView { title: String::new(), rows }
}

/// The sums, counted from the ledger.
fn sums(view: &BatchView) -> TableView {
    let (sums, batch) = (&view.sums, &view.batch);
    let open = sums.listed_yen - sums.paid_yen - sums.owed_back_yen;
    let lines = [
        ("束の申請の交付額", batch.amount_yen),
        ("台帳の交付決定", sums.granted_yen),
        ("台帳の取消し", -sums.reversed_yen),
        ("支払いファイル", sums.listed_yen),
        ("支払い済み", sums.paid_yen),
        ("支払いファイルの後の取消し", sums.owed_back_yen),
        ("まだ支払われていない額", open),
    ];
    let row = |(label, amount): (&str, i64)| {
        parts::row(vec![CellView::Text(label.to_owned()), CellView::Number(yen(amount))])
    };
    // Before the decision there is nothing else to compare.
    let told = if batch.decided_at.is_some() { lines.len() } else { 1 };
    TableView {
        columns: parts::columns(&["項目", "金額"], &[1]),
        ..parts::table("金額", &[], lines.into_iter().take(told).map(row).collect())
    }
}

fn cases(view: &BatchView) -> TableView {
    let labels = ["受付番号", "医療機関等", "交付決定番号", "状態", "交付額"];
    TableView {
        columns: parts::columns(&labels, &[4]),
        ..parts::table("束の申請", &[], view.cases.iter().map(row).collect())
    }
}

fn row(award: &ListedAward) -> RowView {
    let reference = services::reference(award.reference.as_deref().unwrap_or_default());
    let number = award.fiscal_year.map(|year| subsidies::number(year, award.number));
    let number = match (number, award.grant_id) {
        (Some(number), Some(id)) => CellView::link(number, format!("{ROOM}/grants/{id}")),
        _ => CellView::Text("－".to_owned()),
    };
    parts::row(vec![
        CellView::link(reference, format!("{ROOM}/cases/{}", award.application_id)),
        CellView::Lines(award.institution_name.clone(), grouped_code(&award.institution_code)),
        number,
        CellView::State(award_state(award)),
        CellView::Number(yen(award.amount_yen)),
    ])
}

fn award_state(award: &ListedAward) -> StateView {
    let paid = award.paid_on.as_deref().and_then(typed_day).map(japanese_date);
    match (award.grant_id, paid) {
        (None, _) => StateView::new(Tone::Waiting, "決定待ち"),
        (Some(_), Some(day)) if award.reversed => StateView::new(Tone::Stopped, format!("取消し（{day}に支払い済み）")),
        (Some(_), None) if award.reversed => StateView::new(Tone::Stopped, "取消し"),
        (Some(_), Some(day)) => StateView::new(Tone::Done, format!("{day}に支払い済み")),
        (Some(_), None) if award.listed => StateView::new(Tone::Active, "支払い手続中"),
        (Some(_), None) => StateView::new(Tone::Done, "決定済み"),
    }
}

/// Decides the batch.
pub(super) async fn decide(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DecideGrants])?;
    let (id, typed) = (parts::id::<GrantBatchId>(&name)?, posted.get("day"));
    let said = match subsidies::decide(&visit.ctx(), id, typed_day(typed)).await? {
        Decided::Now => "decided",
        Decided::Before => "before",
        Decided::HasPart => "part",
        Decided::Slip(message) => {
            return Ok(Html(page(&visit, id, Some((typed, message))).await?).with_faults());
        }
    };
    Ok(see_other(&format!("{ROOM}/batches/{id}?said={said}")))
}

/// Lets the cases wait again.
pub(super) async fn dissolve(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::DecideGrants])?;
    let id: GrantBatchId = parts::id(&name)?;
    Ok(if subsidies::dissolve(&visit.ctx(), id).await? {
        see_other(&format!("{ROOM}?said=dissolved"))
    } else {
        see_other(&format!("{ROOM}/batches/{id}?said=before"))
    })
}

/// Makes the payment file.
pub(super) async fn make_payments(
    visit: Visit,
    Path(name): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::PayGrants])?;
    let id: GrantBatchId = parts::id(&name)?;
    let said = if subsidies::make_payments(&visit.ctx(), id).await? { "listed" } else { "listed-before" };
    Ok(see_other(&format!("{ROOM}/batches/{id}?said={said}")))
}

/// The payment file.
pub(super) async fn payments(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::PayGrants])?;
    let id: GrantBatchId = parts::id(&name)?;
    let file = subsidies::payment_file(&visit.ctx(), id).await?;
    let name = format!("grants-{}-{id}.csv", file.decided_on);
    Ok(Download { name, media_type: "text/csv; charset=utf-8", bytes: file.bytes, inline: false })
}

/// Notes that the file was paid.
pub(super) async fn confirm(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::PayGrants])?;
    let (id, typed) = (parts::id::<GrantBatchId>(&name)?, posted.get("day"));
    Ok(match subsidies::confirm(&visit.ctx(), id, typed_day(typed)).await? {
        Ok(count) => see_other(&format!("{ROOM}/batches/{id}?said=paid&count={count}")),
        Err(message) => Html(page(&visit, id, Some((typed, message))).await?).with_faults(),
    })
}
