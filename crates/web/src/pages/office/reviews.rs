//! 権限の棚卸し: the list of a quarter, decided on by somebody else than its person; earlier ones stay readable.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime, until_with_days_left},
    clock::Timestamp,
    ids::AccountId,
    permissions::{Permission as P, Role},
};
use serde::Deserialize;
use services::{
    Error,
    office::reviews::{self, KEPT},
    rows::{Review, ReviewLine},
};

use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow, Tone},
    },
};

const LIST: &str = "/office/staff/reviews";
const STAFF: &str = "/office/staff";

/// All reviews, newest first.
pub(super) async fn list(visit: Visit) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadStaff])?;
    let now = visit.ctx().now;
    let found = reviews::list(&visit.ctx()).await?;
    let labels = ["期", "一覧の作成", "確認の期限", "人数", "未確認", "状態"];
    let rows = found.iter().map(|review| row(review, now)).collect();
    let mut table = parts::table("権限の棚卸し（新しい順）", &[], rows);
    table.columns = parts::columns(&labels, &[3, 4]);
    let mut frame = visit.office_frame("権限の棚卸し", STAFF);
    frame.breadcrumb.push(Link::new("職員", STAFF));
    let lead = "四半期ごとに、すべての職員のアカウントと役割が今も必要かどうかを、本人ではない管理者が確認します。";
    let empty = ("棚卸しはまだありません", "四半期のはじめに、一覧が自動で作られます。");
    Ok(Html(parts::ListPage { lead: lead.to_owned(), ..parts::ListPage::new(frame, table, empty) }))
}

fn row(review: &Review, now: Timestamp) -> RowView {
    RowView {
        cells: vec![
            CellView::link(words(&review.quarter), format!("{LIST}/{}", review.quarter)),
            CellView::Text(japanese_date(review.begun_at.date())),
            CellView::Text(japanese_date(review.due_at.date())),
            CellView::Number(review.accounts.to_string()),
            CellView::Number(review.open.to_string()),
            CellView::State(standing(review, now)),
        ],
        strong: review.open > 0 && review.due_at < now,
    }
}

/// 「2026年 第2四半期」.
fn words(quarter: &str) -> String {
    let (year, number) = quarter.split_once("-Q").unwrap_or((quarter, ""));
    format!("{year}年 第{number}四半期")
}

fn standing(review: &Review, now: Timestamp) -> StateView {
    match review {
        Review { open: 0, .. } => StateView::new(Tone::Done, "確認済み"),
        Review { due_at, .. } if *due_at < now => StateView::new(Tone::Attention, "期限超過"),
        _ => StateView::new(Tone::Active, "確認中"),
    }
}

/// An account of the review.
struct LineView {
    id: AccountId,
    name: String,
    email: String,
    facts: SummaryListView,
    state: StateView,
    /// Whether the person may decide on it.
    decides: bool,
    /// Whether it is the reader's own.
    own: bool,
    roles: String,
}

#[derive(Template)]
#[template(path = "office/staff_review.html")]
struct ReviewPage {
    frame: Frame,
    state: StateView,
    due: String,
    address: String,
    lines: Vec<LineView>,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// The accounts of a review.
pub(super) async fn show(
    visit: Visit,
    Path(quarter): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadStaff])?;
    let (review, found) = reviews::one(&visit.ctx(), &quarter).await?;
    let (now, own) = (visit.ctx().now, visit.ctx().account()?);
    let manages = parts::may(&visit, P::ManageStaff);
    let mut frame = visit.office_frame(format!("権限の棚卸し {}", words(&review.quarter)), STAFF);
    frame.breadcrumb.extend([Link::new("職員", STAFF), Link::new("権限の棚卸し", LIST)]);
    frame.banners.extend(told(&said.done));
    Ok(Html(ReviewPage {
        frame,
        state: standing(&review, now),
        due: until_with_days_left(review.due_at.date(), now.date()),
        address: format!("{LIST}/{}", review.quarter),
        lines: found.iter().map(|line| view(line, own, manages)).collect(),
    })
    .into_response())
}

fn told(done: &str) -> Option<crate::view::frame::BannerView> {
    let (kind, title): (_, &str) = match done {
        "kept" => (BannerKind::Success, "必要なアカウントとして確認しました。"),
        "removed" => (BannerKind::Success, "アカウントを停止しました。ログイン中の画面も、すぐに使えなくなります。"),
        "changed" => (BannerKind::Error, "状態が変わっています。今の役割を見て、もう一度確認してください。"),
        _ => return None,
    };
    Some(parts::banner(kind, title, &[]))
}

fn labels(roles: &[Role]) -> String {
    roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("・")
}

fn view(line: &ReviewLine, own: AccountId, manages: bool) -> LineView {
    let mut rows = vec![
        SummaryRow::new("一覧の作成時の役割", labels(&line.roles)),
        SummaryRow::new("最後のログイン", line.last_login_at.map_or_else(|| "なし".to_owned(), japanese_datetime)),
        SummaryRow::new("二段階認証", if line.second_factor { "設定済み" } else { "未設定" }),
    ];
    let open = line.decision.is_none();
    if open && line.roles_now != line.roles {
        rows.push(SummaryRow::new("今の役割", labels(&line.roles_now)));
    }
    if let Some(at) = line.decided_at {
        let by = line.decided_by.clone().unwrap_or_else(|| "システム".to_owned());
        let row = SummaryRow::new("確認した人", by);
        rows.push(SummaryRow { note: format!("{}　{}", japanese_datetime(at), labels(&line.decided_roles)), ..row });
    }
    let state = match line.decision.as_deref() {
        None => StateView::new(Tone::Active, "未確認"),
        Some(KEPT) => StateView::new(Tone::Done, "必要"),
        Some(_) => StateView::new(Tone::Stopped, "停止"),
    };
    LineView {
        id: line.account,
        name: line.name.clone(),
        email: line.email.clone(),
        facts: SummaryListView { title: String::new(), rows },
        state,
        decides: manages && open && line.account != own,
        own: manages && open && line.account == own,
        roles: line.roles_now.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" "),
    }
}

fn decided(quarter: &str, done: &str, outcome: Result<(), Error>) -> Result<Response, Failure> {
    match outcome {
        Ok(()) => Ok(see_other(&format!("{LIST}/{quarter}?done={done}"))),
        Err(Error::ChangedMeanwhile) => Ok(see_other(&format!("{LIST}/{quarter}?done=changed"))),
        Err(error) => Err(error.into()),
    }
}

/// Confirms an account with the roles that were shown.
pub(super) async fn keep(
    visit: Visit,
    Path((quarter, name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageStaff])?;
    let seen: Vec<Role> = posted.get("roles").split(' ').filter_map(|role| role.parse().ok()).collect();
    decided(&quarter, "kept", reviews::keep(&visit.ctx(), &quarter, parts::id(&name)?, &seen).await)
}

/// Removes an account.
pub(super) async fn remove(
    visit: Visit,
    Path((quarter, name)): Path<(String, String)>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ManageStaff])?;
    decided(&quarter, "removed", reviews::remove(&visit.ctx(), &quarter, parts::id(&name)?).await)
}
