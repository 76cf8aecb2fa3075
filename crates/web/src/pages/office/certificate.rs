//! Revocation by an RA officer (spec 04.5).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_date, ids::CertificateId, office::Matter, permissions::Permission};
use serde::Deserialize;
use services::{
    Error, applications,
    authority::{self, ByOfficer, Revoked, Seen},
    terminals,
};

use super::{links::queue_of, parts};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError, FieldView, InputView},
        frame::{Frame, Link},
        parts::{SummaryListView, SummaryRow},
    },
};

#[derive(Template)]
#[template(path = "office/revoke.html")]
struct RevokePage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    action: String,
    back: String,
    case: String,
    /// Whether it is shown as valid.
    valid: bool,
    reason: FieldView,
    /// Whether another officer must approve it.
    second: bool,
}

/// From which case the officer comes.
#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    case: String,
}

/// Asks for the reason before a certificate is revoked.
pub(super) async fn ask_revoke(
    visit: Visit,
    Path(name): Path<String>,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::RevokeCertificates])?;
    Ok(Html(page(&visit, parts::id(&name)?, &from.case, None).await?).into_response())
}

async fn page(visit: &Visit, id: CertificateId, case: &str, fault: Option<&str>) -> Result<RevokePage, Failure> {
    let view = applications::case(&visit.ctx(), parts::id(case)?).await?;
    let certificate = view.certificates.iter().find(|known| known.id == id).ok_or(Error::NotFound)?;
    let back = format!("/office/applications/{}", view.case.id);
    let mut frame = visit.office_frame("端末の電子証明書を失効させる", &queue_of(view.case.kind));
    let reference = view.case.reference.clone().unwrap_or_default();
    frame.breadcrumb.push(Link::new(format!("{reference}　{}", view.institution.name), &back));
    frame.has_errors = fault.is_some();
    let loss = terminals::loss_of(&visit.ctx(), id).await?;
    let mut facts = vec![
        SummaryRow::new("医療機関等", &view.institution.name),
        SummaryRow::new("端末名称等", &certificate.subject),
        SummaryRow::new("有効期限", japanese_date(certificate.not_after.date())),
        SummaryRow { code: true, ..SummaryRow::new("シリアル番号", &certificate.serial) },
    ];
    facts.extend(loss.iter().flat_map(|loss| super::losses::facts(loss, visit.ctx().now)));
    let error = |message: &str| FieldError { key: "reason".to_owned(), message: message.to_owned() };
    Ok(RevokePage {
        frame,
        errors: ErrorSummary { errors: fault.map(error).into_iter().collect() },
        facts: SummaryListView { title: String::new(), rows: facts },
        action: format!("/office/certificates/{id}/revoke"),
        back,
        case: view.case.id.to_string(),
        valid: certificate.state == "valid",
        second: visit.site.app.rules().four_eyes.asks(Matter::Revocation),
        reason: FieldView { error: fault.map(str::to_owned), ..reason(visit) },
    })
}

fn reason(visit: &Visit) -> FieldView {
    let lists = visit.site.app.reference().lists;
    let choice = |entry: &domain::applications::Entry| ChoiceView {
        note: Some(entry.note.clone()).filter(|note| !note.is_empty()),
        ..ChoiceView::new(&entry.rfc, &entry.label)
    };
    let choices = lists.entries("revocation_reasons").iter().map(choice).collect();
    FieldView::new("reason", "失効の理由", InputView::Radio { choices }).required()
}

/// Revokes a certificate.
pub(super) async fn revoke(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[Permission::RevokeCertificates])?;
    let (id, case) = (parts::id(&name)?, posted.get("case"));
    let after = |done: &str| match parts::id::<domain::ids::ApplicationId>(case) {
        Ok(case) => see_other(&format!("/office/applications/{case}?done={done}")),
        Err(_) => see_other(&queue_of(domain::applications::Kind::Certificate)),
    };
    let seen = Seen::valid(posted.get("seen") == "valid");
    Ok(match authority::revoke_as_officer(&visit.ctx(), id, posted.get("reason"), seen).await? {
        ByOfficer::Proposed(proposal) => see_other(&format!("/office/proposals/{proposal}?done=made")),
        ByOfficer::Waits => {
            let waits = "この端末の電子証明書の失効は、すでに起案されています。別の登録局担当の承認を待っています。";
            Html(page(&visit, id, case, Some(waits)).await?).with_faults()
        }
        ByOfficer::Alone(Revoked::Done) => after("revoke"),
        ByOfficer::Alone(Revoked::Before) => after("revoked_before"),
        ByOfficer::Alone(Revoked::BadReason) => {
            Html(page(&visit, id, case, Some("「失効の理由」を選んでください。")).await?).with_faults()
        }
    })
}
