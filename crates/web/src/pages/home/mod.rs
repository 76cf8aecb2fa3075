//! Home: the task list of one's institution; for visitors the top page. And マイリスト.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    applications::{Kind, State},
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
};
use serde::Deserialize;
use services::{
    applications::{self, Standing},
    rows::{Foremost, Listed},
    terminals::Overview,
};

use super::applications::standing_view;
use crate::{
    site::{Access, Failure, Html, Routes, Visit, see_other},
    view::{
        frame::{Frame, Link, Section},
        parts::{CellView, ColumnView, RowView, StateView, TableView, TaskListView, TaskView, Tone},
    },
};

pub(super) fn routes() -> Routes {
    Routes::default().get("/", Access::Public, home).get("/mylist", Access::Member, my_list).get(
        "/healthz",
        Access::Public,
        healthy,
    )
}

async fn healthy() -> &'static str {
    "ok"
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct Home {
    frame: Frame,
    idle: bool,
    tasks: TaskListView,
    terminals: Option<TableView>,
    waiting: String,
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
    let foremost = applications::foremost(&ctx).await?;
    let notices = services::content::newest_notices(&ctx).await?;
    let mut tasks = [Kind::Eligibility, Kind::Certificate, Kind::Claims].map(|kind| task(kind, &foremost)).to_vec();
    let asked_for = |task: &TaskView| !task.action.is_empty() && task.state.tone == Tone::Attention;
    let first = tasks.iter().position(asked_for).or_else(|| tasks.iter().position(|task| !task.action.is_empty()));
    for (place, task) in tasks.iter_mut().enumerate() {
        task.current = Some(place) == first;
        if !task.current {
            task.action.clear();
        }
    }
    let overview = terminals_of(&ctx, &foremost).await?;
    let name = session.institution.as_ref().map(|acting| acting.name.as_str()).unwrap_or_default();
    Ok(Html(Home {
        idle: first.is_none() && overview.as_ref().is_none_or(|overview| overview.waiting == 0),
        tasks: TaskListView { tasks },
        waiting: overview.as_ref().map(super::terminals::waiting_words).unwrap_or_default(),
        terminals: overview.as_ref().map(super::terminals::overview_table),
        notices: notices.iter().map(|n| Link::new(&n.title, format!("/notices/{}", n.slug))).collect(),
        frame: Frame { breadcrumb: vec![], ..visit.frame(format!("{name}の手続")) },
    })
    .into_response())
}

/// The institution's terminals, once a certificate was applied for: nobody else is asked about them.
async fn terminals_of(ctx: &services::Ctx<'_>, foremost: &[Standing<Foremost>]) -> Result<Option<Overview>, Failure> {
    if !foremost.iter().any(|standing| standing.case.kind == Kind::Certificate && standing.case.filed > 0) {
        return Ok(None);
    }
    Ok(Some(services::terminals::overview(ctx).await?).filter(|overview| overview.count > 0))
}

/// One procedure as a task: the case that needs the person most, or the beginning.
fn task(kind: Kind, foremost: &[Standing<Foremost>]) -> TaskView {
    let Some(standing) = foremost.iter().find(|standing| standing.case.kind == kind) else {
        let early = kind == Kind::Certificate && !foremost.iter().any(|standing| standing.case.filed > 0);
        return beginning(kind, early);
    };
    let (case, explanation) = (&standing.case, &standing.explanation);
    let terminal = case.terminal_name.as_ref().map(|terminal| format!("{terminal}：")).unwrap_or_default();
    let words = format!("{terminal}{}{}", explanation.happened, explanation.next_step());
    let own = format!("/applications/{}", case.id);
    let several = case.filed > 1 && kind == Kind::Certificate && !case.state.is_editable();
    let (href, action) = match case.state {
        State::Draft => (format!("{own}/edit"), "下書きの続きを入力する"),
        State::Returned => (format!("{own}/edit"), "補正をお願いした項目を直す"),
        _ if several => ("/certificates".to_owned(), ""),
        _ => (own, ""),
    };
    TaskView {
        title: kind.label().to_owned(),
        href,
        state: standing_view(standing, case.state),
        next: if several { format!("{}台分の申請があります。{words}", case.filed) } else { words },
        expected: explanation.expected.map(japanese_date).unwrap_or_default(),
        action: action.to_owned(),
        ..TaskView::default()
    }
}

/// A procedure that was never filed; one that comes too `early` waits for another.
fn beginning(kind: Kind, early: bool) -> TaskView {
    let next = match kind {
        Kind::Eligibility => "NTTフレッツ回線の「開通のご案内」（お客様ID）をご用意ください。入力は10分ほどです。",
        Kind::Certificate if early => "オンライン資格確認の利用申請を送信すると、はじめられます。",
        Kind::Certificate => "端末1台に1枚必要です。通知書が簡易書留で届きます。入力は5分ほどです。",
        Kind::Claims => "レセコンのプログラム名称と、お客様IDをご用意ください。入力は10分ほどです。",
    };
    TaskView {
        title: kind.label().to_owned(),
        href: format!("/procedures/{kind}"),
        state: StateView::new(Tone::Idle, "まだ申請していません"),
        next: next.to_owned(),
        action: if early { String::new() } else { "この手続をはじめる".to_owned() },
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
    visit.member()?;
    let after = page
        .after
        .split_once('_')
        .and_then(|(at, id)| Some((Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?)));
    let cases = applications::cases_of_institution(&visit.ctx(), after, PAGE as i64).await?;
    let last = cases.last().filter(|_| cases.len() == PAGE).map(|standing| &standing.case);
    let next = last.map(|case| format!("/mylist?after={}_{}", case.updated_at.as_millis(), case.id));
    let table = TableView {
        caption: "申請と下書き".to_owned(),
        columns: ["手続", "受付番号", "状態", "次にすること", "更新"].map(ColumnView::new).to_vec(),
        rows: cases.iter().map(row).collect(),
        next,
        ..TableView::default()
    };
    Ok(Html(MyList { frame: Frame { current: Section::MyList, ..visit.frame("マイリスト") }, table }).into_response())
}

fn row(standing: &Standing<Listed>) -> RowView {
    let case = &standing.case;
    let title = case
        .terminal_name
        .as_ref()
        .map_or_else(|| case.kind.label().to_owned(), |t| format!("{}（{t}）", case.kind.label()));
    RowView {
        cells: vec![
            CellView::Link(Link::new(title, format!("/applications/{}", case.id))),
            CellView::Code(case.reference.clone().unwrap_or_else(|| "－".to_owned())),
            CellView::State(standing_view(standing, case.state)),
            CellView::Text(standing.explanation.next_step()),
            CellView::Text(japanese_datetime(case.updated_at)),
        ],
        strong: case.state.is_editable(),
    }
}
