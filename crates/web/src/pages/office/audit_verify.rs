//! The verification of the audit chain: what the last one told, and a button for the next.

use askama::Template;
use domain::{calendar::japanese_datetime, permissions::Permission as P, text::thousands};
use services::audit::{self, UnderWay};

use super::{audit::LIST, parts};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{Frame, Link},
        parts::{CellView, RowView, TableView},
    },
};

const PAGE: &str = "/office/audit/verify";
/// Lines of the list of views on a page.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "office/audit_verify.html")]
pub(crate) struct VerifyPage {
    /// The frame.
    pub(crate) frame: Frame,
    /// How far the verification is that waits or runs.
    pub(crate) under_way: Option<String>,
    /// Whether one that was begun has stopped.
    pub(crate) stopped: bool,
    /// What was found, when a verification has ended.
    pub(crate) told: Option<ToldView>,
    /// Until where and when a head was signed; empty when none was.
    pub(crate) signed: String,
}

/// What the last verification told.
pub(crate) struct ToldView {
    /// When it ended.
    pub(crate) at: String,
    /// The rows that were verified.
    pub(crate) extent: String,
    /// Number of the first bad row; empty when there is none.
    pub(crate) bad: String,
    /// The fault, as the command prints it.
    pub(crate) fault: String,
}

/// What the last verification told.
pub(super) async fn show(visit: Visit) -> Result<Html<VerifyPage>, Failure> {
    parts::insist(&visit, &[P::ReadAudit])?;
    let now = visit.ctx().now;
    let audit::Verification { told, under_way, signed } = audit::what_was_verified(&visit.ctx()).await?;
    let mut frame = visit.office_frame("監査記録の検証", LIST);
    frame.breadcrumb.push(Link::new("監査記録", LIST));
    frame.has_errors = told.as_ref().is_some_and(|told| told.row > 0);
    let signed = signed.map(|(row, at)| format!("{}番まで（{}）", thousands(row), japanese_datetime(at)));
    let told = told.map(|told| ToldView {
        at: japanese_datetime(told.instant()),
        extent: told
            .whole
            .map(|whole| format!("{}番から{}番まで", thousands(whole.first), thousands(whole.last)))
            .unwrap_or_default(),
        bad: if told.row > 0 { thousands(told.row) } else { String::new() },
        fault: told.fault,
    });
    let stopped = under_way.as_ref().is_some_and(|one| one.has_stopped(now));
    let under_way = under_way.filter(|_| !stopped).map(|one| how_far(&one));
    Ok(Html(VerifyPage { frame, under_way, stopped, told, signed: signed.unwrap_or_default() }))
}

fn how_far(under_way: &UnderWay) -> String {
    match under_way.of {
        0 => "検証を待っています。まもなく始まります。".to_owned(),
        of => format!("{}件のうち、{}件まで検証しました。", thousands(of), thousands(under_way.rows)),
    }
}

/// Begins a verification in the background.
pub(super) async fn begin(visit: Visit, _: Posted) -> Result<axum::response::Response, Failure> {
    parts::insist(&visit, &[P::ReadAudit])?;
    audit::ask_to_verify(&visit.ctx()).await?;
    Ok(see_other(PAGE))
}

/// Which part of the list of views is shown.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub(super) struct Page {
    to: String,
    after: String,
}

/// How often each person of the staff looked at personal data, day by day.
pub(super) async fn views(
    visit: Visit,
    axum::extract::Query(page): axum::extract::Query<Page>,
) -> Result<Html<parts::ListPage>, Failure> {
    use crate::view::{
        form::{FieldView, InputView, TextKind, TextView},
        parts::FilterBarView,
    };
    const VIEWS: &str = "/office/audit/views";
    parts::insist(&visit, &[P::ReadAudit])?;
    let after = page.after.split_once('_').map(|(day, actor)| (day.to_owned(), actor.to_owned()));
    let lines = audit::view_counts(&visit.ctx(), &page.to, after).await?;
    let next = lines
        .last()
        .filter(|_| lines.len() == SHOWN)
        .map(|line| parts::address(VIEWS, &[("after", &format!("{}_{}", line.count.day, line.count.actor))]));
    let table = TableView {
        columns: parts::columns(&["日", "だれが", "閲覧の回数", "見た対象の数", "記録"], &[2, 3]),
        first: (!page.after.is_empty()).then(|| VIEWS.to_owned()),
        next,
        ..parts::table("個人情報の閲覧（日と職員ごと）", &[], lines.iter().map(view_row).collect())
    };
    let mut frame = visit.office_frame("個人情報の閲覧の件数", LIST);
    frame.breadcrumb.push(Link::new("監査記録", LIST));
    let day = FieldView::new("to", "この日まで", InputView::Text(TextView::of(TextKind::Date, &page.to, "")));
    let filters = Some(FilterBarView {
        action: VIEWS.to_owned(),
        fields: vec![day],
        reset: if page.to.is_empty() { String::new() } else { VIEWS.to_owned() },
        saved: vec![],
    });
    let lead = "職員が申請などの個人情報を開いた回数です。開くたびに監査記録に残り、ここで数えます。".to_owned();
    let empty = ("閲覧はまだありません", "職員が申請を開くと、ここに並びます。");
    Ok(Html(parts::ListPage { lead, filters, ..parts::ListPage::new(frame, table, empty) }))
}

fn view_row(line: &audit::ViewLine) -> RowView {
    let count = &line.count;
    let rows = parts::address(LIST, &[("who", count.actor.as_str()), ("from", &count.day), ("to", &count.day)]);
    let name = if line.name.is_empty() { &count.actor } else { &line.name };
    parts::row(vec![
        CellView::Text(count.day.clone()),
        CellView::Text(name.clone()),
        CellView::Number(format!("{}回", thousands(count.view_count))),
        CellView::Number(format!("{}件", thousands(count.subjects))),
        CellView::link("この日の記録", rows),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn the_page_tells_how_far_it_is_and_what_was_found() {
        let told = |bad: &str, fault: &str| ToldView {
            at: "2026年11月27日（金）18:05".to_owned(),
            extent: "1番から1,204,311番まで".to_owned(),
            bad: bad.to_owned(),
            fault: fault.to_owned(),
        };
        let page = |under_way: Option<&str>, stopped: bool, told: Option<ToldView>| VerifyPage {
            frame: member("監査記録の検証"),
            under_way: under_way.map(str::to_owned),
            stopped,
            told,
            signed: "1,204,311番まで（2026年11月27日（金）18:04）".to_owned(),
        };
        let so_far = Some("1,204,311件のうち、480,000件まで検証しました。");
        show("audit-verify", &page(so_far, false, Some(told("", ""))));
        show("audit-verify-bad", &page(None, true, Some(told("3", "row 3 does not match its hash"))));
    }
}
