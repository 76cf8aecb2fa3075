//! 申請状況照会, and the revocation of a certificate by its owner.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::{applications::State, calendar::japanese_date, clock::Timestamp, ids::CertificateId};
use services::{
    Error,
    applications::{self, TerminalLife},
    authority::{self, Revoked, Seen},
    letters,
    rows::Certificate,
};

use super::{life, send_again, standing_view};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView},
        frame::{Frame, Link},
        parts::{Fact, StateLineView, SummaryListView, SummaryRow},
    },
};

#[derive(Template)]
#[template(path = "applications/certificates.html")]
pub(super) struct CertificatesPage {
    frame: Frame,
    groups: Vec<Group>,
}

/// Where an application stands on the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shelf {
    UnderWay,
    Issued,
    Over,
}

/// Applications under one heading.
struct Group {
    title: &'static str,
    terminals: Vec<TerminalView>,
}

/// An application with its line of life.
struct TerminalView {
    name: String,
    href: String,
    facts: Vec<Fact>,
    line: StateLineView,
    again: Option<Link>,
}

/// 申請状況照会: every application of the institution with its line of life (manual 2-3).
pub(super) async fn list(visit: Visit) -> Result<Html<CertificatesPage>, Failure> {
    visit.member()?;
    let all = applications::terminals(&visit.ctx()).await?;
    let place = |life: &TerminalLife| match life.standing.case.state {
        state if state.is_over() => Shelf::Over,
        State::Installed => Shelf::Issued,
        _ if life.standing.explanation.over.is_some() => Shelf::Issued,
        _ => Shelf::UnderWay,
    };
    // What was sent last is what its sender looks for.
    let of = |shelf: Shelf| all.iter().rev().filter(|life| place(life) == shelf).collect();
    let now = visit.ctx().now;
    let group = |title, lives: Vec<&TerminalLife>| Group {
        title,
        terminals: lives.into_iter().map(|life| view(life, now)).collect(),
    };
    let groups = [
        group("手続中の申請", of(Shelf::UnderWay)),
        group("端末の設定まで終わった申請", of(Shelf::Issued)),
        group("端末の電子証明書を発行せずに終わった申請", of(Shelf::Over)),
    ];
    let frame = visit.frame("端末の電子証明書 申請状況照会");
    Ok(Html(CertificatesPage {
        frame,
        groups: groups.into_iter().filter(|group| !group.terminals.is_empty()).collect(),
    }))
}

fn view(life: &TerminalLife, now: Timestamp) -> TerminalView {
    let standing = &life.standing;
    let case = &standing.case;
    let expiry = standing.certificate.as_ref().map(|c| Fact::new("有効期限", japanese_date(c.not_after.date())));
    let facts = [
        Some(Fact::code("受付番号", case.reference.clone().unwrap_or_default())),
        case.submitted_at.map(|at| Fact::new("申請日", japanese_date(at.date()))),
        expiry,
    ];
    let badge = standing_view(standing, case.state);
    let again = letters::can_be_sent_again(case, &[], now);
    TerminalView {
        again: again.then(|| Link::new(send_again::LABEL, format!("/applications/{}/send-again", case.id))),
        name: case.terminal_name.clone().unwrap_or_default(),
        href: format!("/applications/{}", case.id),
        facts: facts.into_iter().flatten().collect(),
        line: life::line(
            case.kind,
            case.state,
            standing.explanation.over,
            badge,
            standing.explanation.sentence(),
            &life.reached,
        ),
    }
}

#[derive(Template)]
#[template(path = "applications/revoke.html")]
struct RevokePage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    action: String,
    /// Whether it is shown as valid.
    valid: bool,
    reason: FieldView,
    back: String,
}

fn revoke_page(visit: &Visit, record: &Certificate, fault: Option<&str>) -> RevokePage {
    let lists = visit.site.app.reference().lists;
    let choices = lists.entries("revocation_reasons").iter().map(|entry| ChoiceView {
        note: Some(entry.note.clone()).filter(|note| !note.is_empty()),
        ..ChoiceView::new(&entry.rfc, &entry.label)
    });
    let reason = FieldView::new("reason", "失効の理由", InputView::Radio { choices: choices.collect() }).required();
    let slip = |message: &str| domain::forms::Finding { field: "reason".to_owned(), message: message.to_owned() };
    let (fields, errors) = with_slips(vec![reason], &fault.map(slip).into_iter().collect::<Vec<_>>());
    let mut frame = Frame { has_errors: fault.is_some(), ..visit.frame("端末の電子証明書を失効させる") };
    frame.breadcrumb.push(Link::new("端末の電子証明書 申請状況照会", "/certificates"));
    RevokePage {
        frame,
        errors,
        facts: facts(record),
        action: format!("/certificates/{}/revoke", record.id),
        valid: record.state == "valid",
        reason: fields.into_iter().next().unwrap_or_default(),
        back: record.application_id.map_or_else(|| "/certificates".to_owned(), |id| format!("/applications/{id}")),
    }
}

fn facts(record: &Certificate) -> SummaryListView {
    let serial = SummaryRow { code: true, ..SummaryRow::new("シリアル番号", &record.serial) };
    let rows = vec![
        SummaryRow::new("端末名称等", &record.subject),
        SummaryRow::new("有効期限", japanese_date(record.not_after.date())),
        serial,
    ];
    SummaryListView { title: "失効させる端末の電子証明書".to_owned(), rows }
}

async fn record(visit: &Visit, name: &str) -> Result<Certificate, Failure> {
    visit.member()?;
    visit.ctx().owner()?;
    let id: CertificateId = name.parse().map_err(|_| Error::NotFound)?;
    Ok(authority::certificate_of_own(&visit.ctx(), id).await?)
}

/// Asks for the reason before a certificate is revoked.
pub(super) async fn ask_revoke(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    let record = record(&visit, &name).await?;
    Ok(Html(revoke_page(&visit, &record, None)).into_response())
}

/// Revokes a certificate of one's institution.
pub(super) async fn revoke(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let record = record(&visit, &name).await?;
    let after = |done: &str| match record.application_id {
        Some(case) => see_other(&format!("/terminals/{case}?done={done}")),
        None => see_other("/certificates"),
    };
    let seen = Seen::valid(posted.get("seen") == "valid");
    Ok(match authority::revoke_as_owner(&visit.ctx(), record.id, posted.get("reason"), seen).await? {
        Revoked::Done => after("revoked"),
        Revoked::Before => after("before"),
        Revoked::BadReason => {
            Html(revoke_page(&visit, &record, Some("「失効の理由」を選んでください。"))).with_faults()
        }
    })
}
