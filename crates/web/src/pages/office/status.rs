//! How the service stands, as staff report it: what goes on and lies ahead, one with its reports, and its forms.

mod typed;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    content::service::{LONGEST_WORDS, Phase, ServiceKind, ServiceState},
    forms::Finding,
    ids::ServiceStateId,
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    Error,
    content::service::{self, Reported, StateView as Told},
};

use self::typed::Typed;
use super::parts;
use crate::{
    pages::content::{status_period, status_standing},
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow},
    },
};

const LIST: &str = "/office/status";

/// Goes on for anybody of the staff.
fn staff(visit: &Visit) -> Result<(), Failure> {
    if visit.person()?.staff { Ok(()) } else { Err(Error::Forbidden.into()) }
}

/// What goes on and what lies ahead.
pub(super) async fn list(visit: Visit) -> Result<Html<parts::ListPage>, Failure> {
    staff(&visit)?;
    let found = service::open(&visit.ctx()).await?;
    let labels = ["題名", "状態", "期間", "影響するもの", "最後の報告"];
    let table = parts::table("いまの障害と、メンテナンスの予定", &labels, found.iter().map(row).collect());
    let frame = visit.office_frame("サービスの状況", LIST);
    let mut links = vec![Link::new("公開しているページと、これまでの状況", "/status")];
    if parts::may(&visit, P::ReportStatus) {
        let new = |kind: ServiceKind, words: &str| Link::new(words, format!("{LIST}/new?kind={kind}"));
        links.insert(0, new(ServiceKind::Maintenance, "メンテナンスの予定を知らせる"));
        links.insert(0, new(ServiceKind::Trouble, "障害を知らせる"));
    }
    let lead = format!(
        "ここで知らせたことは、すべての画面の上と「サービスの状況」のページに、10秒以内に表示されます。メンテナンスの予定は{}日前から表示され、開始と終了の時刻に自動で切り替わります。",
        visit.site.app.rules().maintenance_days
    );
    let empty = ("いま知らせている障害やメンテナンスはありません", "すべての画面に「正常」と表示しています。");
    Ok(Html(parts::ListPage { lead, links, ..parts::ListPage::new(frame, table, empty) }))
}

fn part_words(state: &ServiceState) -> String {
    state.parts.iter().map(|part| part.label()).collect::<Vec<_>>().join("、")
}

fn row(told: &Told) -> RowView {
    let last = told.updates.first().map(|update| japanese_datetime(Timestamp::from_millis(update.at)));
    let row = parts::row(vec![
        CellView::link(&told.stored.state.title, format!("{LIST}/{}", told.stored.id)),
        CellView::State(status_standing(told)),
        CellView::Text(status_period(told)),
        CellView::Text(part_words(&told.stored.state)),
        CellView::Text(last.unwrap_or_else(|| "まだありません".to_owned())),
    ]);
    RowView { strong: told.phase == Phase::Now, ..row }
}

#[derive(Template)]
#[template(path = "office/status_form.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    action: &'static str,
    kind: ServiceKind,
    fields: Vec<FieldView>,
    /// What pressing the button leads to.
    before: String,
    button: &'static str,
}

fn form_page(visit: &Visit, typed: &Typed, slips: &[Finding]) -> FormPage {
    let (fields, errors) = with_slips(typed.fields(), slips);
    let days = visit.site.app.rules().maintenance_days;
    let (title, button, before) = match typed.kind {
        ServiceKind::Trouble => (
            "障害を知らせる",
            "すべての画面に知らせる",
            "ボタンを押すと、ポータルと閉域網のすべての画面に表示されます。".to_owned(),
        ),
        ServiceKind::Maintenance => (
            "メンテナンスの予定を知らせる",
            "メンテナンスの予定を知らせる",
            format!(
                "ボタンを押すと、「サービスの状況」のページに載ります。すべての画面の上には、開始の{days}日前から（{days}日以内のときは、すぐに）表示されます。"
            ),
        ),
    };
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame(title, LIST) };
    frame.breadcrumb.push(Link::new("サービスの状況", LIST));
    FormPage { frame, errors, action: LIST, kind: typed.kind, fields, before, button }
}

/// Of what a new report is.
#[derive(Deserialize)]
pub(super) struct Kind {
    #[serde(default)]
    kind: String,
}

/// The form for a trouble or a maintenance.
pub(super) async fn ask_new(visit: Visit, Query(kind): Query<Kind>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReportStatus])?;
    let kind = kind.kind.parse().unwrap_or(ServiceKind::Trouble);
    Ok(Html(form_page(&visit, &Typed::new(kind, visit.ctx().now), &[])).into_response())
}

/// Tells of it.
pub(super) async fn announce(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReportStatus])?;
    let ctx = visit.ctx();
    let typed = Typed::posted(posted.get("kind").parse().unwrap_or(ServiceKind::Trouble), &posted);
    let state = match typed.state(ctx.now) {
        Ok(state) => state,
        Err(slip) => return Ok(Html(form_page(&visit, &typed, &[slip])).with_faults()),
    };
    Ok(match service::announce(&ctx, state, &typed.words).await? {
        Reported::Done(id) => see_other(&format!("{LIST}/{id}?done=told")),
        Reported::Slips(slips) => Html(form_page(&visit, &typed, &slips)).with_faults(),
        Reported::Meanwhile => see_other(LIST),
    })
}

/// A report.
struct ReportView {
    at: String,
    person: String,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "office/status.html")]
struct OnePage {
    frame: Frame,
    errors: ErrorSummary,
    state: StateView,
    facts: SummaryListView,
    reports: Vec<ReportView>,
    address: String,
    seen: i64,
    /// The fields of what is told; empty for whoever only reads, and when it is over.
    fields: Vec<FieldView>,
    last: FieldView,
    /// Whether its end was asked for.
    ends: bool,
}

fn one_page(visit: &Visit, told: &Told, typed: &Typed, slips: &[Finding]) -> OnePage {
    let works = parts::may(visit, P::ReportStatus) && told.phase != Phase::Over;
    let last = InputView::LongText { value: typed.last.clone(), maxlength: LONGEST_WORDS as u32 };
    let last = FieldView::new("last", "最後に知らせる内容", last).required();
    let fields = if works { typed.fields() } else { vec![] };
    let (mut fields, errors) = with_slips(fields.into_iter().chain([last]).collect(), slips);
    let last = fields.pop().unwrap_or_default();
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame(&told.stored.state.title, LIST) };
    frame.breadcrumb.push(Link::new("サービスの状況", LIST));
    let mut rows = vec![
        SummaryRow::new("種類", told.stored.state.kind.label()),
        SummaryRow::new("期間", status_period(told)),
        SummaryRow::new("影響するもの", part_words(&told.stored.state)),
    ];
    rows.extend(told.stored.closed_by.iter().map(|person| SummaryRow::new("終了にした人", person)));
    let report = |update: &services::rows::ServiceUpdate| ReportView {
        at: japanese_datetime(Timestamp::from_millis(update.at)),
        person: update.person.clone(),
        lines: update.words.lines().map(str::to_owned).collect(),
    };
    OnePage {
        frame,
        errors,
        state: status_standing(told),
        facts: SummaryListView { title: String::new(), rows },
        reports: told.updates.iter().map(report).collect(),
        address: format!("{LIST}/{}", told.stored.id),
        seen: told.stored.version,
        fields,
        ends: !typed.last.is_empty() || last.error.is_some(),
        last,
    }
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// One of them; every person of the staff may read it.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    staff(&visit)?;
    let told = service::one(&visit.ctx(), parts::id(&name)?).await?;
    let mut page = one_page(&visit, &told, &Typed::of(&told.stored.state), &[]);
    let days = visit.site.app.rules().maintenance_days;
    let soonest = visit.ctx().now + time::Duration::days(i64::from(days));
    let title = match said.done.as_str() {
        "told" if told.stored.state.from > soonest => {
            format!("知らせました。開始の{days}日前になると、すべての画面に表示されます。")
        }
        "told" => "知らせました。10秒以内に、すべての画面に表示されます。".to_owned(),
        "closed" => "終了にしました。".to_owned(),
        _ => String::new(),
    };
    if !title.is_empty() {
        page.frame.banners.push(parts::banner(BannerKind::Success, &title, &[]));
    }
    Ok(Html(page).into_response())
}

/// Changes what is told, with a report.
pub(super) async fn change(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReportStatus])?;
    let (ctx, id): (_, ServiceStateId) = (visit.ctx(), parts::id(&name)?);
    let told = service::one(&ctx, id).await?;
    let typed = Typed::posted(told.stored.state.kind, &posted);
    let state = match typed.state(ctx.now) {
        Ok(state) => state,
        Err(slip) => return Ok(Html(one_page(&visit, &told, &typed, &[slip])).with_faults()),
    };
    let seen = posted.number("seen").unwrap_or(-1);
    answered(&visit, id, &typed, service::change(&ctx, id, seen, state, &typed.words).await?, "told").await
}

/// Ends it with a last report.
pub(super) async fn close(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReportStatus])?;
    let (ctx, id): (_, ServiceStateId) = (visit.ctx(), parts::id(&name)?);
    let told = service::one(&ctx, id).await?;
    let last = Typed::posted(told.stored.state.kind, &posted).last;
    let typed = Typed { last, ..Typed::of(&told.stored.state) };
    let seen = posted.number("seen").unwrap_or(-1);
    let reported = match service::close(&ctx, id, seen, &typed.last).await? {
        Reported::Slips(slips) => {
            let of_last = |slip: Finding| Finding { field: "last".to_owned(), ..slip };
            Reported::Slips(slips.into_iter().map(of_last).collect())
        }
        other => other,
    };
    answered(&visit, id, &typed, reported, "closed").await
}

async fn answered(
    visit: &Visit,
    id: ServiceStateId,
    typed: &Typed,
    reported: Reported,
    done: &str,
) -> Result<Response, Failure> {
    let slips = match reported {
        Reported::Done(_) => return Ok(see_other(&format!("{LIST}/{id}?done={done}"))),
        Reported::Slips(slips) => slips,
        Reported::Meanwhile => vec![],
    };
    let told = service::one(&visit.ctx(), id).await?;
    let mut page = one_page(visit, &told, typed, &slips);
    if !slips.is_empty() {
        return Ok(Html(page).with_faults());
    }
    let body = ["入力した内容は、まだ知らせていません。下の内容をご確認のうえ、必要であればもう一度操作してください。"];
    page.frame.banners.push(parts::banner(BannerKind::Error, "画面を開いた後に、ほかの方が変更しました", &body));
    page.frame.has_errors = true;
    Ok((StatusCode::CONFLICT, Html(page)).into_response())
}
