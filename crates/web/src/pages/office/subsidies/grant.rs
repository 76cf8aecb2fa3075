//! One entry of the ledger of grants, its notice, and the entry that takes it back.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime, typed_day},
    clock::Timestamp,
    ids::GrantId,
    permissions::Permission as P,
    subsidies::Line,
};
use serde::Deserialize;
use services::{
    rows::Grant,
    subsidies::{self, GrantView},
};

use super::ROOM;
use crate::{
    pages::{fees::words::yen, grants::lines_table, office::parts},
    site::{Download, Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        form::{ErrorSummary, FieldView},
        frame::{BannerKind, Frame, Link},
        parts::{SummaryListView, SummaryRow, TableView},
    },
};

#[derive(Template)]
#[template(path = "office/subsidies/grant.html")]
struct GrantPage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    links: Vec<Link>,
    lines: Option<TableView>,
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
    parts::insist(&visit, &[P::ReadGrants])?;
    let mut page = page(&visit, parts::id(&name)?, None).await?;
    if said.said == "reversed" {
        let next = "医療機関等にメールで知らせます。";
        page.frame.banners.push(parts::banner(BannerKind::Success, "取消しを台帳に加えました。", &[next]));
    }
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, id: GrantId, fault: Option<(&str, String)>) -> Result<GrantPage, Failure> {
    let view = subsidies::grant(&visit.ctx(), id).await?;
    let grant = &view.grant;
    let title = if grant.reverses.is_some() { "交付決定の取消し" } else { "交付決定" };
    let mut frame = visit.office_frame(title, ROOM);
    frame.breadcrumb.push(Link::new("補助金の交付決定", ROOM));
    frame.breadcrumb.push(Link::new("交付決定の束", format!("{ROOM}/batches/{}", grant.batch_id)));
    let (typed, fault) = fault.unzip();
    let help = "例：対象にならない費用が含まれていたため。通知書とメールに載り、記録に残ります。";
    let (reason, errors) = parts::reason("取り消す理由", help, typed.unwrap_or_default(), fault.as_deref());
    frame.has_errors = !errors.is_empty();
    let may = parts::may(visit, P::PayGrants) && view.is_reversible();
    let lines: Vec<Line> = serde_json::from_str(&grant.lines).unwrap_or_default();
    Ok(GrantPage {
        frame,
        errors,
        facts: facts(grant),
        links: links(&view),
        lines: grant.reverses.is_none().then(|| lines_table("計算の内訳", &lines, grant.amount_yen)),
        action: format!("{ROOM}/grants/{id}/reverse"),
        reason: may.then_some(reason),
        consequence: if grant.paid_on.is_some() || grant.listed {
            "反対の記録が台帳に加わります。支払いファイルは変わりません。支払った額は、医療機関等に返していただいてください。"
        } else {
            "反対の記録が台帳に加わり、支払いファイルには入りません。"
        },
    })
}

fn facts(grant: &Grant) -> SummaryListView {
    let paid = grant.paid_on.as_deref().and_then(typed_day).map(japanese_date);
    let payment = match (paid, grant.listed) {
        (Some(day), _) => format!("{day}に支払い済み"),
        (None, true) => "支払いファイルにあります".to_owned(),
        (None, false) => "まだです".to_owned(),
    };
    let reference = services::reference(grant.reference.as_deref().unwrap_or_default());
    let decided = grant.decided_on.as_deref().and_then(typed_day).map(japanese_date).unwrap_or_default();
    let mut rows = vec![
        SummaryRow::new("補助金", &grant.scheme_name),
        SummaryRow::new("医療機関等", format!("{}　{}", grant.institution_name, grouped_code(&grant.institution_code))),
        SummaryRow { code: true, ..SummaryRow::new("受付番号", reference) },
        SummaryRow::new("金額", yen(grant.amount_yen)),
        SummaryRow::new("記録した日時", japanese_datetime(Timestamp::from_millis(grant.at))),
        SummaryRow::new("記録した人", &grant.actor_name),
    ];
    if grant.reverses.is_some() {
        rows.push(SummaryRow::new("取り消した理由", &grant.note));
    } else {
        let number = SummaryRow::new("交付決定番号", subsidies::number_of(grant));
        rows.insert(0, SummaryRow { code: true, ..number });
        rows.insert(1, SummaryRow::new("交付決定日", decided));
        rows.push(SummaryRow::new("支払い", payment));
    }
    SummaryListView { title: String::new(), rows }
}

fn links(view: &GrantView) -> Vec<Link> {
    let grant = &view.grant;
    let entry = |id: uuid::Uuid, words: &str| Link::new(words, format!("{ROOM}/grants/{id}"));
    let mut links = vec![Link::new("申請の計算を開く", format!("{ROOM}/cases/{}", grant.application_id))];
    if grant.reverses.is_none() {
        links.insert(0, Link::new("交付決定通知書（PDF）を開く", format!("{ROOM}/grants/{}/notice.pdf", grant.id)));
    }
    links.extend(grant.reverses.map(|id| entry(id, "取り消した決定を開く")));
    links.extend(view.reversal.as_ref().map(|reversal| entry(reversal.id, "この決定の取消しを開く")));
    links
}

/// The notice.
pub(super) async fn notice(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ReadGrants])?;
    let (number, bytes) = subsidies::notice(&visit.ctx(), parts::id(&name)?).await?;
    Ok(Download { name: format!("grant-{number}.pdf"), media_type: "application/pdf", bytes, inline: true })
}

/// Takes a grant back.
pub(super) async fn reverse(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::PayGrants])?;
    let (id, reason) = (parts::id(&name)?, posted.get("reason"));
    Ok(match subsidies::reverse(&visit.ctx(), id, reason).await? {
        Ok(new) => see_other(&format!("{ROOM}/grants/{new}?said=reversed")),
        Err(message) => Html(page(&visit, id, Some((reason, message))).await?).with_faults(),
    })
}
