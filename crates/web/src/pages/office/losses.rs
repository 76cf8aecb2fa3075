//! Reports of lost keys: the 24-hour clock of each, and noting a report that came by telephone (spec 04.5).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    ids::{ApplicationId, CertificateId},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{Error, applications, rows::LossReport, terminals};

use super::{links::queue_of, parts};
use crate::{
    site::{Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        form::{ErrorSummary, FieldView},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, SummaryListView, SummaryRow, TableView},
    },
};

/// Address of the list.
const LIST: &str = "/office/losses";

#[derive(Template)]
#[template(path = "office/losses.html")]
struct ListPage {
    frame: Frame,
    table: TableView,
}

#[derive(Template)]
#[template(path = "office/loss.html")]
struct LossPage {
    frame: Frame,
    facts: SummaryListView,
    action: String,
    back: String,
    case: String,
}

#[derive(Template)]
#[template(path = "office/loss_withdraw.html")]
struct WithdrawPage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    reason: FieldView,
    action: String,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// Reports whose certificate is not revoked yet, the oldest first.
pub(super) async fn list(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadCertificates])?;
    let revokes = parts::may(&visit, P::RevokeCertificates);
    let now = visit.ctx().now;
    let losses = terminals::open_losses(&visit.ctx()).await?;
    let rows = losses.iter().map(|loss| row(loss, now, revokes)).collect();
    let labels = ["端末", "医療機関等", "届出", "失効の期限", "手続", "届出が間違いのとき"];
    let table = parts::table("失効を待つ届出", &labels, rows);
    let mut frame = visit.office_frame("盗難・紛失の届出", LIST);
    if said.done == "withdrawn" {
        let next = "端末の電子証明書はそのまま使えます。代表者と申請者にメールで知らせました。";
        frame.banners.push(parts::banner(BannerKind::Success, "届出を取り下げました。", &[next]));
    }
    Ok(Html(ListPage { frame, table }).into_response())
}

fn row(loss: &LossReport, now: Timestamp, revokes: bool) -> RowView {
    let case = loss.application.map(|case| case.to_string()).unwrap_or_default();
    let own = format!("/office/certificates/{}", loss.certificate);
    let (step, mistake) = if revokes {
        let withdraw = CellView::link("届出を取り下げる", format!("{own}/loss/withdraw"));
        (CellView::link("失効させる", format!("{own}/revoke?case={case}")), withdraw)
    } else {
        let words = |words: &str| CellView::Text(words.to_owned());
        (words("登録局担当が失効させます"), words("登録局担当が取り下げます"))
    };
    let row = parts::row(vec![
        CellView::link(&loss.terminal, format!("/office/applications/{case}")),
        CellView::Lines(loss.institution_name.clone(), grouped_code(&loss.institution_code)),
        CellView::Lines(japanese_datetime(loss.clock.reported_at), loss.reporter_name.clone()),
        CellView::Lines(japanese_datetime(loss.clock.due_at()), loss.clock.sentence(now)),
        step,
        mistake,
    ]);
    RowView { strong: loss.clock.minutes_left(now).is_some_and(|left| left < 0), ..row }
}

/// The clock of a report as facts.
pub(super) fn facts(loss: &LossReport, now: Timestamp) -> Vec<SummaryRow> {
    let reported = format!("{}（{}）", japanese_datetime(loss.clock.reported_at), loss.reporter_name);
    let due = japanese_datetime(loss.clock.due_at());
    let mut rows = vec![
        SummaryRow::new("盗難・紛失の届出", reported),
        SummaryRow { note: loss.clock.sentence(now), ..SummaryRow::new("失効の期限", due) },
    ];
    let withdrawn = loss.withdrawn.as_ref();
    rows.extend(withdrawn.map(|(by, why)| SummaryRow::new("届出の取下げ", format!("{why}（{by}）"))));
    rows
}

/// From which case the person comes.
#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    case: String,
}

/// Asks before a report that came by telephone is noted.
pub(super) async fn ask(visit: Visit, Path(name): Path<String>, Query(from): Query<From>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReportLosses])?;
    let id: CertificateId = parts::id(&name)?;
    let view = applications::case(&visit.ctx(), parts::id(&from.case)?).await?;
    let certificate = view.certificates.iter().find(|known| known.id == id).ok_or(Error::NotFound)?;
    let back = format!("/office/applications/{}", view.case.id);
    let mut frame = visit.office_frame("盗難・紛失の届出を記録する", &queue_of(view.case.kind));
    frame.breadcrumb.push(Link::new(view.case.reference.clone().unwrap_or_default(), &back));
    let mut rows = vec![
        SummaryRow::new("医療機関等", &view.institution.name),
        SummaryRow::new("端末名称等", &certificate.subject),
        SummaryRow::new("有効期限", japanese_date(certificate.not_after.date())),
        SummaryRow { code: true, ..SummaryRow::new("シリアル番号", &certificate.serial) },
    ];
    let known = terminals::loss_of(&visit.ctx(), id).await?;
    rows.extend(known.iter().flat_map(|loss| facts(loss, visit.ctx().now)));
    let facts = SummaryListView { title: String::new(), rows };
    let action = format!("/office/certificates/{id}/loss");
    Ok(Html(LossPage { frame, facts, action, back, case: view.case.id.to_string() }).into_response())
}

/// Notes the report: the clock starts.
pub(super) async fn report(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReportLosses])?;
    terminals::report_as_staff(&visit.ctx(), parts::id(&name)?).await?;
    Ok(match parts::id::<ApplicationId>(posted.get("case")) {
        Ok(case) => see_other(&format!("/office/applications/{case}?done=loss")),
        Err(_) => see_other(LIST),
    })
}

/// Asks for the reason before a report that was a mistake is withdrawn.
pub(super) async fn ask_withdraw(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::RevokeCertificates])?;
    Ok(Html(withdraw_page(&visit, parts::id(&name)?, "", None).await?).into_response())
}

async fn withdraw_page(
    visit: &Visit,
    id: CertificateId,
    typed: &str,
    fault: Option<&str>,
) -> Result<WithdrawPage, Failure> {
    let loss = terminals::loss_of(&visit.ctx(), id).await?.ok_or(Error::NotFound)?;
    if loss.clock.done_at.is_some() {
        return Err(Error::ChangedMeanwhile.into());
    }
    let mut frame = visit.office_frame("盗難・紛失の届出を取り下げる", LIST);
    frame.breadcrumb.push(Link::new("盗難・紛失の届出", LIST));
    frame.has_errors = fault.is_some();
    let help = "例：端末が院内で見つかり、第三者に使われていないことを代表者に確かめた。申請者へのメールに入ります。";
    let (reason, errors) = parts::reason("取り下げる理由", help, typed, fault);
    let mut rows = vec![
        SummaryRow::new("医療機関等", format!("{}（{}）", loss.institution_name, loss.institution_code)),
        SummaryRow::new("端末名称等", &loss.terminal),
    ];
    rows.extend(facts(&loss, visit.ctx().now));
    let facts = SummaryListView { title: String::new(), rows };
    Ok(WithdrawPage { frame, errors, facts, reason, action: format!("/office/certificates/{id}/loss/withdraw") })
}

/// Withdraws the report: the clock stops, the certificate stays as it is.
pub(super) async fn withdraw(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::RevokeCertificates])?;
    let (id, reason) = (parts::id(&name)?, posted.get(parts::REASON));
    Ok(match terminals::withdraw_loss(&visit.ctx(), id, reason).await? {
        Ok(()) => see_other(&format!("{LIST}?done=withdrawn")),
        Err(message) => Html(withdraw_page(&visit, id, reason, Some(&message)).await?).with_faults(),
    })
}
