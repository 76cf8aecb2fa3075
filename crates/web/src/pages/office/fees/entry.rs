//! One entry of the ledger, what it was for, and the entry that takes it back.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    ids::EntryId,
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    fees::{self, EntryView},
    rows::Certificate,
};

use super::LEDGER;
use crate::{
    pages::{
        fees::words::{kind, yen},
        office::{
            parts,
            words::{certificate_state, label},
        },
    },
    site::{Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        form::{ErrorSummary, FieldView},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, SummaryListView, SummaryRow, TableView},
    },
};

#[derive(Template)]
#[template(path = "office/fees/entry.html")]
struct EntryPage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    links: Vec<Link>,
    certificates: TableView,
    action: String,
    reason: Option<FieldView>,
    consequence: &'static str,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    said: String,
}

/// An entry.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadLedger])?;
    let mut page = page(&visit, parts::id(&name)?, None).await?;
    if said.said == "reversed" {
        let next = "次の月の締めで、この医療機関等の請求から差し引きます。";
        page.frame.banners.push(parts::banner(BannerKind::Success, "取消しを台帳に加えました。", &[next]));
    }
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, id: EntryId, fault: Option<(&str, String)>) -> Result<EntryPage, Failure> {
    let view = fees::entry(&visit.ctx(), id).await?;
    let mut frame = visit.office_frame(format!("台帳の記録：{}", kind(&view.entry.kind)), LEDGER);
    frame.breadcrumb.push(Link::new("手数料台帳", LEDGER));
    let (typed, fault) = fault.unzip();
    let help = "例：同じ端末に2回申請されていたため。記録に残ります。";
    let (reason, errors) = parts::reason("取り消す理由", help, typed.unwrap_or_default(), fault.as_deref());
    frame.has_errors = !errors.is_empty();
    let may = parts::may(visit, P::ManageFees) && view.is_reversible();
    let rows = view.certificates.iter().map(|one| certificate(visit, &view, one)).collect();
    Ok(EntryPage {
        frame,
        errors,
        facts: facts(visit, &view),
        links: links(visit, &view),
        certificates: parts::table("端末の電子証明書", &["シリアル番号", "状態", "有効期限", "この記録との関係"], rows),
        action: format!("{LEDGER}/{id}/reverse"),
        reason: may.then_some(reason),
        consequence: consequence(&view),
    })
}

fn consequence(view: &EntryView) -> &'static str {
    if view.bill.is_some() {
        "反対の記録が台帳に加わります。次の月の締めで、この医療機関等の請求から差し引き、残りは返金の一覧に並びます。端末の電子証明書は、そのまま使えます。"
    } else {
        "反対の記録が台帳に加わり、同じ締めの中で差し引かれます。端末の電子証明書は、そのまま使えます。"
    }
}

fn facts(visit: &Visit, view: &EntryView) -> SummaryListView {
    let entry = &view.entry;
    let mut rows = vec![
        SummaryRow::new("区分", kind(&entry.kind)),
        SummaryRow::new("金額", yen(entry.amount_yen)),
        SummaryRow::new("日時", japanese_datetime(Timestamp::from_millis(entry.at))),
        SummaryRow::new("医療機関等", format!("{}　{}", entry.institution_name, grouped_code(&entry.institution_code))),
        SummaryRow::new("支払方法", label(visit, "fee_payments", &entry.payment)),
        SummaryRow { code: true, ..SummaryRow::new("受付番号", entry.reference.clone().unwrap_or_default()) },
        SummaryRow::new("端末", entry.terminal_name.clone().unwrap_or_default()),
    ];
    if entry.reverses.is_some() {
        rows.push(SummaryRow::new("取り消した理由", &entry.note));
        rows.push(SummaryRow::new("記録した人", entry.actor_name.clone().unwrap_or_default()));
    }
    SummaryListView { title: String::new(), rows }
}

fn links(visit: &Visit, view: &EntryView) -> Vec<Link> {
    let entry = |id: uuid::Uuid, words: &str| Link::new(words, format!("{LEDGER}/{id}"));
    let case = parts::may(visit, P::ReadCertificates)
        .then(|| Link::new("申請を開く", format!("/office/applications/{}", view.entry.application_id)));
    let bill =
        view.bill.map(|bill| Link::new(format!("請求 {bill} を開く"), format!("/office/bills/{}", bill.plain())));
    let reversed = view.entry.reverses.map(|id| entry(id, "取り消した記録を開く"));
    let reversal = view.reversal.as_ref().map(|reversal| entry(reversal.id, "この記録の取消しを開く"));
    [bill, reversed, reversal, case].into_iter().flatten().collect()
}

fn certificate(visit: &Visit, view: &EntryView, one: &Certificate) -> RowView {
    let renewed = view.entry.certificate_id == Some(one.id.0);
    let what = if renewed { "更新された証明書" } else { "同じ端末の証明書" };
    parts::row(vec![
        CellView::Code(one.serial.clone()),
        CellView::State(certificate_state(&one.state, one.not_after, visit.ctx().now)),
        CellView::Text(japanese_date(one.not_after.date())),
        CellView::Text(what.to_owned()),
    ])
}

/// Takes a fee back.
pub(super) async fn reverse(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageFees])?;
    let (id, reason) = (parts::id(&name)?, posted.get("reason"));
    Ok(match fees::reverse(&visit.ctx(), id, reason).await? {
        Ok(new) => see_other(&format!("{LEDGER}/{new}?said=reversed")),
        Err(message) => Html(page(&visit, id, Some((reason, message))).await?).with_faults(),
    })
}
