//! How the service stands, as staff report it: what goes on and lies ahead, one with its reports, and its forms.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    content::{
        notices::typed_instant,
        service::{LONGEST_TITLE, LONGEST_WORDS, Phase, ServiceKind, ServicePart, ServiceState},
    },
    forms::Finding,
    ids::ServiceStateId,
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    Error,
    content::service::{self, Reported, StateView as Told},
};

use super::parts;
use crate::{
    pages::content::{status_period, status_standing},
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView, Width},
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

/// What was typed.
#[derive(Clone, Debug)]
struct Typed {
    kind: ServiceKind,
    title: String,
    parts: Vec<ServicePart>,
    from: (String, String),
    until: (String, String),
    words: String,
    /// The last report, with which it ends.
    last: String,
}

fn fields_of(at: Timestamp) -> (String, String) {
    let local = at.in_japan();
    (at.date().to_string(), format!("{:02}:{:02}", local.hour(), local.minute()))
}

impl Typed {
    fn new(kind: ServiceKind, now: Timestamp) -> Self {
        let from = if kind == ServiceKind::Trouble { fields_of(now) } else { Default::default() };
        let (title, words, last, until) = Default::default();
        Self { kind, title, parts: vec![], from, until, words, last }
    }

    fn of(state: &ServiceState) -> Self {
        Self {
            kind: state.kind,
            title: state.title.clone(),
            parts: state.parts.clone(),
            from: fields_of(state.from),
            until: state.until.map(fields_of).unwrap_or_default(),
            words: String::new(),
            last: String::new(),
        }
    }

    fn posted(kind: ServiceKind, posted: &Posted) -> Self {
        let text = |key: &str| posted.get(key).trim().to_owned();
        Self {
            kind,
            title: text("title"),
            parts: posted.all("parts").filter_map(|word| word.parse().ok()).collect(),
            from: (text("from_day"), text("from_time")),
            until: (text("until_day"), text("until_time")),
            words: text("words").replace("\r\n", "\n"),
            last: text("last").replace("\r\n", "\n"),
        }
    }

    /// The state, or which day or time cannot be read. A beginning that is not typed is now.
    fn state(&self, now: Timestamp) -> Result<ServiceState, Finding> {
        let read = |(day, time): &(String, String), name: &str, label: &str| {
            typed_instant(day, time, false).map_err(|of_day| {
                let part = if of_day { "day" } else { "time" };
                let like = if of_day { "日を、「2026-05-20」" } else { "時刻を、「09:30」" };
                let message = format!("「{label}」の{like}のように入力してください。");
                Finding { field: format!("{name}_{part}"), message }
            })
        };
        Ok(ServiceState {
            kind: self.kind,
            title: self.title.clone(),
            parts: self.parts.clone(),
            from: read(&self.from, "from", "開始")?.unwrap_or(now),
            until: read(&self.until, "until", "終了の予定")?,
        })
    }

    fn fields(&self) -> Vec<FieldView> {
        let title = TextView { maxlength: LONGEST_TITLE as u32, ..TextView::new(&self.title) };
        let part = |part: &ServicePart| ChoiceView {
            selected: self.parts.contains(part),
            ..ChoiceView::new(part.as_str(), part.label())
        };
        let mut fields = vec![
            FieldView::new("title", "題名", InputView::Text(title))
                .required()
                .with_help("すべての画面の上に表示します。例：メールの送信が遅れています"),
            FieldView::new(
                "parts",
                "影響するもの",
                InputView::Checks { choices: ServicePart::ALL.iter().map(part).collect() },
            )
            .required(),
        ];
        fields.extend(day_and_time("from", "開始", &self.from));
        if self.kind == ServiceKind::Maintenance {
            fields.extend(day_and_time("until", "終了の予定", &self.until).map(FieldView::required));
        }
        let words = InputView::LongText { value: self.words.clone(), maxlength: LONGEST_WORDS as u32 };
        fields.push(
            FieldView::new("words", "知らせる内容", words)
                .with_help("いまわかっていること、できること、できないこと、次に知らせる時刻を書いてください。"),
        );
        fields
    }
}

fn day_and_time(name: &str, label: &str, (day, time): &(String, String)) -> [FieldView; 2] {
    let input =
        |kind, value: &String| InputView::Text(TextView { width: Width::Short, ..TextView::of(kind, value, "") });
    [
        FieldView::new(format!("{name}_day"), format!("{label}の日"), input(TextKind::Date, day)),
        FieldView::new(format!("{name}_time"), format!("{label}の時刻"), input(TextKind::Time, time)),
    ]
}

#[derive(Template)]
#[template(path = "office/status_form.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    action: &'static str,
    kind: ServiceKind,
    fields: Vec<FieldView>,
}

fn form_page(visit: &Visit, typed: &Typed, slips: &[Finding]) -> FormPage {
    let (fields, errors) = with_slips(typed.fields(), slips);
    let title = match typed.kind {
        ServiceKind::Trouble => "障害を知らせる",
        ServiceKind::Maintenance => "メンテナンスの予定を知らせる",
    };
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame(title, LIST) };
    frame.breadcrumb.push(Link::new("サービスの状況", LIST));
    FormPage { frame, errors, action: LIST, kind: typed.kind, fields }
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
    let title = match said.done.as_str() {
        "told" => "知らせました。10秒以内に、すべての画面に表示されます。",
        "closed" => "終了にしました。",
        _ => "",
    };
    if !title.is_empty() {
        page.frame.banners.push(parts::banner(BannerKind::Success, title, &[]));
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
