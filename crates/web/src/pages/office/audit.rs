//! The audit chain: its rows, and its verification (spec 6.5). Everyone who sees it can only look.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, permissions::Permission as P, text::thousands};
use serde::Deserialize;
use services::{
    office,
    rows::{AuditRow, Broken},
};

use super::{audit_words::action, parts};
use crate::{
    site::{Failure, Html, Visit},
    view::{
        frame::{Frame, Link},
        parts::{CellView, RowView, TableView},
    },
};

const LIST: &str = "/office/audit";
/// Characters of a hash that are shown; the whole is in the database and in its verification.
const SHOWN: usize = 8;

/// Which part of the list is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    before: String,
}

/// Rows of the chain, newest first.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadAudit])?;
    let rows = office::audit_rows(&visit.ctx(), page.before.parse().ok()).await?;
    let last = rows.last().filter(|row| rows.len() == parts::PAGE && row.seq > 1);
    let labels = ["番号", "日時", "したこと", "対象", "だれが・どこから", "ハッシュ"];
    let table = TableView {
        columns: parts::columns(&labels, &[0]),
        first: (!page.before.is_empty()).then(|| LIST.to_owned()),
        next: last.map(|row| format!("{LIST}?before={}", row.seq)),
        ..parts::table("監査記録（新しい順）", &[], rows.iter().map(|row| line(&visit, row)).collect())
    };
    let lead = "すべての記録は、前の記録のハッシュを含んで鎖になっています。1行でも書き換え・削除・並べ替えがあると、検証で見つかります。";
    let frame = visit.office_frame("監査記録", LIST);
    let links = vec![Link::new("鎖をはじめから検証する", "/office/audit/verify")];
    let empty = ("記録はまだありません", "操作があると、ここに並びます。");
    Ok(Html(parts::ListPage { lead: lead.to_owned(), links, ..parts::ListPage::new(frame, table, empty) }))
}

fn line(visit: &Visit, row: &AuditRow) -> RowView {
    let place = (!row.on_behalf_of.is_empty()).then(|| format!("医療機関等：{}", row.on_behalf_of));
    let source = (!row.source.is_empty()).then(|| row.source.clone());
    let note: Vec<String> = source.into_iter().chain(place).collect();
    parts::row(vec![
        CellView::Number(thousands(row.seq)),
        CellView::Text(japanese_datetime(row.instant())),
        CellView::Lines(action(&row.action).to_owned(), row.action.clone()),
        subject(visit, &row.subject),
        CellView::Lines(row.actor.clone(), note.join("　")),
        CellView::Code(row.hash.chars().take(SHOWN).collect()),
    ])
}

fn subject(visit: &Visit, subject: &str) -> CellView {
    let case = subject.strip_prefix("application:");
    let readable = parts::may(visit, P::ReadApplications) && parts::may(visit, P::ReadCertificates);
    match case.filter(|_| readable) {
        Some(id) => CellView::link(subject, format!("/office/applications/{id}")),
        None => CellView::Text(subject.to_owned()),
    }
}

#[derive(Template)]
#[template(path = "office/audit_verify.html")]
struct VerifyPage {
    frame: Frame,
    length: String,
    fault: Option<String>,
    at: String,
}

/// Follows the chain from its beginning.
pub(super) async fn verify(visit: Visit) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadAudit])?;
    let outcome = office::verify_audit(&visit.ctx()).await?;
    let mut frame = visit.office_frame("監査記録の検証", LIST);
    frame.breadcrumb.push(Link::new("監査記録", LIST));
    frame.has_errors = outcome.is_err();
    let (length, fault) = match outcome {
        Ok(length) => (thousands(length), None),
        Err(broken) => (String::new(), Some(words(&broken))),
    };
    Ok(Html(VerifyPage { frame, length, fault, at: japanese_datetime(visit.ctx().now) }).into_response())
}

fn words(broken: &Broken) -> String {
    match broken {
        Broken::Gap { expected, found } => {
            format!("{expected}番の記録がありません。その場所に{found}番の記録があります（削除または並べ替え）。")
        }
        Broken::Changed(place) => format!("{place}番の記録の内容が、ハッシュと合いません（書き換え）。"),
        Broken::Truncated { expected, found } => {
            format!("記録が{found}番で終わっていますが、最後は{expected}番のはずです（終わりの削除）。")
        }
    }
}
