//! Home: the one thing to do next at one's institution and the list of its procedures; for visitors the top page.

mod master_account;
mod my_list;
mod my_list_rows;
mod operation_start;
mod overview;
mod tasks;
mod together;

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    applications::{Ask, Kind},
    calendar::japanese_date,
    closing::Over,
};
use serde::Deserialize;
use services::{
    applications::{self, Standing},
    closing, content,
    institutions::{self, Marks},
    mandates,
    rows::{Foremost, Notice},
    terminals::Overview,
};

use self::{master_account::Ready, tasks::Tasks};
use crate::{
    site::{Access, Failure, Html, Routes, Visit, see_other},
    view::{
        frame::{BannerView, Frame, Link},
        parts::{Fact, NextStepView, SpokenView, TableView, TaskListView, TaskView},
    },
};

/// Notices on the home page of an institution.
const NOTICES: usize = 3;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/", Access::Public, home)
        .get("/mylist", Access::Member, my_list::my_list)
        .get("/mylist.csv", Access::Member, my_list::csv)
        .get("/institutions/overview", Access::Person, overview::overview)
        .get("/healthz", Access::Public, healthy)
}

async fn healthy() -> &'static str {
    "ok"
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct Home {
    frame: Frame,
    next: NextStepView,
    tasks: TaskListView,
    others: TaskListView,
    terminals: Option<TableView>,
    waiting: String,
    notices: Vec<Link>,
    several: bool,
    owner: bool,
    /// Whether nothing begins any more.
    over: bool,
    vendor: bool,
    spoken: SpokenView,
}

#[derive(Template)]
#[template(path = "home/waiting.html")]
struct Waiting {
    frame: Frame,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    saved: String,
}

/// The first page: for visitors what the portal is, for members their tasks, for staff their desk.
async fn home(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    if visit.begun().is_none() {
        return super::content::top(&visit).await;
    }
    let session = visit.person()?;
    if session.staff {
        return Ok(see_other("/office"));
    }
    let Some(acting) = &session.institution else { return nowhere(&visit).await };
    let ctx = visit.ctx();
    let mut standings = applications::foremost(&ctx).await?;
    let reader = content::reader_of(&acting.code, standings.iter().map(|standing| standing.case.kind));
    let newest = content::newest_notices(&ctx).await?;
    let notices = content::concerning(&newest, reader, ctx.now).take(NOTICES).map(notice_link).collect();
    let overview = terminals_of(&ctx, &standings).await?;
    let marks = institutions::marks(&ctx).await?;
    let over = over(&ctx, marks, &mut standings).await?;
    let (next, list) = tasks_of(&ctx, &standings, overview.as_ref(), (marks, over)).await?;
    let others = if marks.others { tasks::others(&applications::others(&ctx).await?) } else { vec![] };
    let mut frame = Frame { breadcrumb: vec![], ..visit.frame(format!("{}の手続", acting.name)) };
    if marks.succession {
        frame.banners.extend(super::succession::banner(&visit).await?);
    }
    frame.banners.extend((!said.saved.is_empty()).then(BannerView::draft_saved));
    Ok(Html(Home {
        next,
        tasks: TaskListView { tasks: list, unordered: false },
        others: TaskListView { tasks: others, unordered: true },
        waiting: overview.as_ref().map(super::terminals::waiting_words).unwrap_or_default(),
        terminals: overview.as_ref().map(super::terminals::overview_table),
        notices,
        several: session.institutions > 1,
        owner: acting.role == "owner",
        over: over.is_some(),
        vendor: marks.vendor,
        spoken: super::content::inquiries::spoken(&visit)?,
        frame,
    })
    .into_response())
}

/// The first page of a person without an institution: the list of clients for a vendor.
async fn nowhere(visit: &Visit) -> Result<Response, Failure> {
    if mandates::holds_any(&visit.ctx()).await? {
        return Ok(see_other("/clients"));
    }
    Ok(Html(Waiting { frame: visit.frame("医療機関等の確認を待っています") }).into_response())
}

fn notice_link(notice: &Notice) -> Link {
    let mark = if notice.important { "【重要】" } else { "" };
    Link::new(format!("{mark}{}", notice.title), format!("/notices/{}", notice.slug))
}

/// What stands above the list of tasks, and the list.
async fn tasks_of(
    ctx: &services::Ctx<'_>,
    standings: &[Standing<Foremost>],
    overview: Option<&Overview>,
    (marks, over): (Marks, Option<Over>),
) -> Result<(NextStepView, Vec<TaskView>), Failure> {
    let drafts = tasks::drafts(ctx, standings).await?;
    let tasks = Tasks::new(ctx, standings, &drafts);
    match over {
        Some(over) => Ok((nothing_begins(over), tasks.begun())),
        None => coming(ctx, &tasks, standings, overview, marks).await,
    }
}

/// The one thing to do next, and the list of all tasks. What was begun comes first, then notices that nobody has downloaded,
/// because their time runs.
async fn coming(
    ctx: &services::Ctx<'_>,
    tasks: &Tasks<'_>,
    standings: &[Standing<Foremost>],
    overview: Option<&Overview>,
    marks: Marks,
) -> Result<(NextStepView, Vec<TaskView>), Failure> {
    let together = together::next_step(ctx, tasks, standings).await?.map(|step| (step, None));
    let ready = if marks.notices { master_account::ready(ctx).await? } else { None };
    let asked = if marks.asked { confirmation(ctx).await? } else { None };
    let begun = tasks.next().is_some_and(|(_, ask)| ask < Ask::Begin);
    let download = ready.as_ref().filter(|_| !begun).and_then(Ready::next_step).map(|step| (step, None));
    let downloads = download.is_some() && asked.is_none();
    let begins = marks.others && !begun && overview.is_none_or(|overview| overview.waiting == 0);
    let planned = if begins { super::closing::next_step(ctx).await? } else { None }.map(|step| (step, None));
    let (mut next, kind) = download.or(planned).or(together).unwrap_or_else(|| next_step(tasks, overview));
    let start = operation_start::is_next(ctx, overview).await?;
    let starts = start && next.href.is_empty() && asked.is_none();
    if starts {
        next = operation_start::next_step();
    }
    let (next, kind) = asked.map_or((next, kind), |(step, kind)| (step, Some(kind)));
    let notices = ready.map(|ready| ready.task(downloads));
    let start = start.then(|| operation_start::task(starts));
    Ok((next, tasks.list(kind).into_iter().chain(notices).chain(start).collect()))
}

/// Why nothing begins any more, if so: the cases then say nothing of beginning anew.
async fn over(
    ctx: &services::Ctx<'_>,
    marks: Marks,
    standings: &mut Vec<Standing<Foremost>>,
) -> Result<Option<Over>, Failure> {
    let over = if marks.ended { closing::over(ctx).await? } else { None };
    if over.is_some() {
        *standings = std::mem::take(standings).into_iter().map(for_good).collect();
    }
    Ok(over)
}

/// A case of an institution at which nothing begins any more.
fn for_good(standing: Standing<Foremost>) -> Standing<Foremost> {
    let state = standing.case.state;
    standing.for_good(state)
}

/// What stands in the place of the next step where nothing begins any more.
fn nothing_begins(over: Over) -> NextStepView {
    let (title, href, label) = match over {
        Over::Closed => ("この医療機関等は、廃止の手続が終わっています。", "/closing", "廃止の記録を見る"),
        Over::Succeeded => ("この医療機関等コードは、承継により終わりました。", "/succession", "承継の状況を見る"),
    };
    let says = match over {
        Over::Closed => "新しく申請することはできません。これまでの申請と届出は、マイリストで確かめられます。",
        Over::Succeeded => "これからの申請は、新しいコードの医療機関等に切り替えて行います。",
    };
    NextStepView {
        title: title.to_owned(),
        says: vec![says.to_owned()],
        href: href.to_owned(),
        label: label.to_owned(),
        ..NextStepView::default()
    }
}

/// The step of reading what a vendor prepared, and its procedure.
type Confirmation = (NextStepView, Kind);

/// What a vendor prepared and the institution is asked to confirm comes before everything else: somebody waits for it.
async fn confirmation(ctx: &services::Ctx<'_>) -> Result<Option<Confirmation>, Failure> {
    let awaiting = mandates::awaiting(ctx).await?;
    let Some(first) = awaiting.first() else { return Ok(None) };
    let others = match awaiting.len() {
        1 => String::new(),
        count => format!("ほかに{}件あります。", count - 1),
    };
    let step = NextStepView {
        title: format!("{}が準備した申請を確認してください", first.company),
        says: vec![format!(
            "{}です。内容を読み、規約などに同意して送信します。まだ送信されていません。{others}",
            first.kind.label()
        )],
        facts: vec![Fact::new("依頼のあった日", japanese_date(first.asked_at.date()))],
        href: format!("/applications/{}/check", first.application),
        label: "内容を確認する".to_owned(),
    };
    Ok(Some((step, first.kind)))
}

/// The one thing to do next, and its procedure if it is one; terminals that need somebody come before a procedure that was
/// not begun.
fn next_step(tasks: &Tasks<'_>, overview: Option<&Overview>) -> (NextStepView, Option<Kind>) {
    let next = tasks.next();
    let begun = next.is_some_and(|(_, ask)| ask < Ask::Begin);
    let waiting = overview.map_or(0, |overview| overview.waiting);
    if begun || waiting == 0 {
        return (tasks.next_step(), next.map(|(kind, _)| kind));
    }
    let terminals = NextStepView {
        title: format!("対応が必要な端末が{waiting}台あります"),
        says: vec!["端末の一覧で、端末ごとに次にすることと期限を確かめられます。".to_owned()],
        href: "/terminals".to_owned(),
        label: "端末の一覧を開く".to_owned(),
        ..NextStepView::default()
    };
    (terminals, None)
}

/// The institution's terminals, once a certificate was applied for: nobody else is asked about them.
async fn terminals_of(ctx: &services::Ctx<'_>, foremost: &[Standing<Foremost>]) -> Result<Option<Overview>, Failure> {
    if !foremost.iter().any(|standing| standing.case.kind == Kind::Certificate && standing.case.filed > 0) {
        return Ok(None);
    }
    Ok(Some(services::terminals::overview(ctx).await?).filter(|overview| overview.count > 0))
}
