//! Home: the task list of one's institution; for visitors the top page. And マイリスト.

use askama::Template;
use axum::{extract::Query, response::{IntoResponse, Response}};
use domain::{
    applications::{Explanation, Kind, State},
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
};
use serde::Deserialize;
use services::{applications, rows::Listed};

use super::applications::state_view;
use crate::{
    site::{Access, Failure, Html, Routes, Visit, see_other},
    view::{
        frame::{Frame, Link, Section},
        parts::{CellView, ColumnView, RowView, StateView, TableView, TaskListView, TaskView, Tone},
    },
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/", Access::Public, home)
        .get("/mylist", Access::Member, my_list)
        .get("/healthz", Access::Public, healthy)
}

async fn healthy() -> &'static str {
    "ok"
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct Home {
    frame: Frame,
    next: Option<Link>,
    next_words: String,
    tasks: TaskListView,
    notices: Vec<Link>,
}

#[derive(Template)]
#[template(path = "home/waiting.html")]
struct Waiting {
    frame: Frame,
}

/// The first page: for visitors what the portal is, for members their tasks, for staff their desk.
async fn home(visit: Visit) -> Result<Response, Failure> {
    if visit.begun().is_none() {
        return super::content::top(&visit).await;
    }
    let session = visit.person()?;
    if session.staff {
        return Ok(see_other("/office"));
    }
    if session.institution.is_none() {
        return Ok(Html(Waiting { frame: visit.frame("医療機関等の確認を待っています") }).into_response());
    }
    let ctx = visit.ctx();
    let cases = applications::cases_of_institution(&ctx, None, 50).await?;
    let notices = services::content::notices(&ctx, 3).await?;
    let mut tasks = [Kind::Eligibility, Kind::Certificate, Kind::Claims].map(|kind| task(kind, &cases)).to_vec();
    let first = tasks.iter().position(|task| !task.action.is_empty());
    let open = first.and_then(|place| tasks.get(place)).cloned();
    for (place, task) in tasks.iter_mut().enumerate() {
        task.current = Some(place) == first;
        task.action.clear();
    }
    Ok(Html(Home {
        next: open.as_ref().map(|task| Link::new(&task.action, &task.href)),
        next_words: open.map(|task| task.next.clone()).unwrap_or_default(),
        tasks: TaskListView { tasks },
        notices: notices.iter().map(|n| Link::new(&n.title, format!("/notices/{}", n.slug))).collect(),
        frame: Frame { breadcrumb: vec![], ..visit.frame("ホーム") },
    })
    .into_response())
}

/// One procedure as a task: the case that needs the person most, or the beginning.
fn task(kind: Kind, cases: &[(Listed, Explanation)]) -> TaskView {
    let own = || cases.iter().filter(|(case, _)| case.kind == kind);
    let urgent = own().find(|(case, _)| matches!(case.state, State::Returned | State::Draft));
    let living = own().find(|(case, _)| case.state.is_filed());
    let Some((case, explanation)) = urgent.or(living) else {
        return TaskView {
            title: kind.label().to_owned(),
            href: format!("/procedures/{kind}"),
            state: StateView::new(Tone::Idle, "まだ申請していません"),
            next: "入力をはじめてください。".to_owned(),
            action: format!("「{}」をはじめる", kind.label()),
            ..TaskView::default()
        };
    };
    let action = match case.state {
        State::Draft => "下書きの続きを入力する",
        State::Returned => "補正をお願いした項目を直す",
        _ => "",
    };
    let waits = matches!(case.state, State::Draft | State::Returned);
    TaskView {
        title: case.terminal_name.as_ref().map_or_else(|| kind.label().to_owned(), |t| format!("{}（{t}）", kind.label())),
        href: if waits { format!("/applications/{}/edit", case.id) } else { format!("/applications/{}", case.id) },
        state: state_view(case.state),
        next: format!("{}{}", explanation.happened, explanation.next),
        expected: explanation.expected.map(japanese_date).unwrap_or_default(),
        action: action.to_owned(),
        ..TaskView::default()
    }
}

#[derive(Template)]
#[template(path = "home/my_list.html")]
struct MyList {
    frame: Frame,
    table: TableView,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: String,
}

const PAGE: usize = 30;

/// マイリスト: drafts and applications of the institution, the last written first.
async fn my_list(visit: Visit, Query(page): Query<Page>) -> Result<Response, Failure> {
    visit.person()?;
    let after = page.after.split_once('_').and_then(|(at, id)| Some((Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?)));
    let cases = applications::cases_of_institution(&visit.ctx(), after, PAGE as i64).await?;
    let last = cases.last().filter(|_| cases.len() == PAGE);
    let next = last.map(|(case, _)| format!("/mylist?after={}_{}", case.updated_at.as_millis(), case.id));
    let table = TableView {
        caption: "申請と下書き".to_owned(),
        columns: ["手続", "受付番号", "状態", "次にすること", "更新"].map(ColumnView::new).to_vec(),
        rows: cases.iter().map(row).collect(),
        next,
        ..TableView::default()
    };
    Ok(Html(MyList { frame: Frame { current: Section::MyList, ..visit.frame("マイリスト") }, table }).into_response())
}

fn row((case, explanation): &(Listed, Explanation)) -> RowView {
    let title = case.terminal_name.as_ref().map_or_else(|| case.kind.label().to_owned(), |t| format!("{}（{t}）", case.kind.label()));
    RowView {
        cells: vec![
            CellView::Link(Link::new(title, format!("/applications/{}", case.id))),
            CellView::Code(case.reference.clone().unwrap_or_else(|| "－".to_owned())),
            CellView::State(state_view(case.state)),
            CellView::Text(explanation.next.to_owned()),
            CellView::Text(japanese_datetime(case.updated_at)),
        ],
        strong: matches!(case.state, State::Draft | State::Returned),
    }
}
