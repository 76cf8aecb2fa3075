//! Settings that staff change while the portal runs: the list, one topic with its history, and its form (spec 6.2).

mod form;
mod list;
mod list_form;
mod scheme_form;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    office::settings::{Column, Difference, Topic, Value, differences, figure_words, list_topic, scheme_lines},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    Error,
    office::settings::{self, Changed, TopicView},
};

use super::{parts, proposals::compare_row};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, CompareView, SummaryListView, SummaryRow, TableView},
    },
};

pub(super) use form::{ask, change};
pub(super) use list::list;

const LIST: &str = "/office/settings";

/// Whoever may change one topic may change something here; which, the verb knows.
pub(super) const CHANGE: &[P] = &[P::ChangeSettings, P::ChangeFees, P::ChangeTexts];

/// What of a topic is shown.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    done: String,
    #[serde(default)]
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "office/setting.html")]
struct TopicPage {
    frame: Frame,
    address: String,
    facts: SummaryListView,
    entries: Option<TableView>,
    text: String,
    versions: Vec<VersionView>,
    older: String,
    may_change: bool,
    /// The roles that may.
    who_may: String,
    is_list: bool,
    waiting: Option<Link>,
    built_in: bool,
}

/// A version with what it changed.
struct VersionView {
    title: String,
    people: String,
    note: String,
    changes: Option<CompareView>,
    version: i64,
    ahead: bool,
    withdrawn: String,
}

/// A topic in the address.
fn topic_of(name: &str) -> Result<Topic, Failure> {
    name.parse().map_err(|_| Error::NotFound.into())
}

/// One topic: what applies, who changed what when, what comes.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadSettings])?;
    let topic = topic_of(&name)?;
    let view = settings::topic(&visit.ctx(), &topic, wanted.before).await?;
    if matches!(topic, Topic::Scheme(_)) && view.version == 0 {
        return Err(Error::NotFound.into());
    }
    let mut page = topic_page(&visit, &view);
    page.frame.banners.extend(told(&wanted.done));
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let (title, body): (_, &[&str]) = match done {
        "set" => ("保存しました。", &["決めた日から、すべての画面とメールで使われます。"]),
        "back" => ("使いはじめる前の変更を取り消しました。", &[]),
        _ => return None,
    };
    Some(parts::banner(BannerKind::Success, title, body))
}

fn topic_page(visit: &Visit, view: &TopicView) -> TopicPage {
    let mut frame = visit.office_frame(&view.title, LIST);
    frame.breadcrumb.push(Link::new("設定", LIST));
    let now = visit.ctx().now;
    let values: Vec<Option<Value>> =
        view.history.iter().map(|version| serde_json::from_str(&version.value).ok()).collect();
    let versions = view.history.iter().enumerate().map(|(place, version)| {
        let before = values.get(place + 1).and_then(Option::as_ref);
        let after = values.get(place).and_then(Option::as_ref);
        let changed = before.zip(after).map(|(before, after)| differences(&view.topic, before, after));
        version_view(version, changed.unwrap_or_default(), now)
    });
    let versions: Vec<VersionView> = versions.collect();
    let older = view.history.last().filter(|last| last.version > 1).map(|last| last.version);
    let older = older.filter(|_| view.history.len() == parts::PAGE);
    TopicPage {
        frame,
        address: format!("{LIST}/{}", view.topic),
        facts: SummaryListView { title: String::new(), rows: facts(&view.topic, &view.value) },
        entries: entries(&view.topic, &view.value, view.may_change),
        text: text(&view.value),
        built_in: view.version == 0,
        older: older.map(|last| format!("{LIST}/{}?before={last}", view.topic)).unwrap_or_default(),
        may_change: view.may_change,
        who_may: list::who_may(&view.topic),
        is_list: matches!(view.topic, Topic::List(_)),
        waiting: view.waiting.as_ref().map(|one| Link::new(&one.words, format!("/office/proposals/{}", one.id))),
        versions,
    }
}

fn version_view(version: &services::rows::SettingVersion, changed: Vec<Difference>, now: Timestamp) -> VersionView {
    let from = Timestamp::from_millis(version.effective_at);
    let made = japanese_datetime(Timestamp::from_millis(version.made_at));
    let approved = version.approver_name.as_ref().map(|name| format!("、承認：{name}")).unwrap_or_default();
    let changes = CompareView {
        caption: "前の版からの違い".to_owned(),
        before: "前の版".to_owned(),
        after: "この版".to_owned(),
        rows: changed.iter().map(compare_row).collect(),
    };
    let withdrawn = version.withdrawn_at.map(Timestamp::from_millis);
    VersionView {
        title: format!("版{}：{}から", version.version, japanese_datetime(from)),
        people: format!("{}（{made}）{approved}", version.maker_name),
        note: version.note.clone(),
        changes: (!changed.is_empty()).then_some(changes),
        version: version.version,
        ahead: withdrawn.is_none() && from > now,
        withdrawn: withdrawn.map(japanese_datetime).unwrap_or_default(),
    }
}

fn facts(topic: &Topic, value: &Value) -> Vec<SummaryRow> {
    match (topic, value) {
        (Topic::Figures(topic), Value::Figures { figures }) => {
            let line = |figure: &domain::office::settings::Figure| {
                let words = figures.get(figure.key).map(|value| figure_words(figure.shape, *value)).unwrap_or_default();
                SummaryRow { note: figure.help.to_owned(), ..SummaryRow::new(figure.label, words) }
            };
            topic.figures().iter().map(line).collect()
        }
        (_, Value::Document { version, title, .. }) => {
            vec![SummaryRow::new("版", version), SummaryRow::new("題名", title)]
        }
        (_, Value::Mail(mail)) => vec![SummaryRow::new("件名", &mail.subject)],
        (_, Value::Scheme(scheme)) => {
            scheme_lines(scheme).into_iter().map(|(label, value)| SummaryRow::new(label, value)).collect()
        }
        (_, Value::Holidays { days }) if days.is_empty() => {
            vec![SummaryRow::new("取り込んだ祝日", "まだありません。法律の決まりから計算した祝日を使っています。")]
        }
        _ => vec![],
    }
}

/// The long text of a topic.
fn text(value: &Value) -> String {
    match value {
        Value::Mail(mail) => mail.body.clone(),
        Value::Document { body, .. } => body.clone(),
        Value::Holidays { days } => domain::office::settings::days_to_text(days),
        _ => String::new(),
    }
}

/// The entries of a list; with a link to the form of each for who may change them.
fn entries(topic: &Topic, value: &Value, may_change: bool) -> Option<TableView> {
    let (Topic::List(name), Value::List { entries }) = (topic, value) else { return None };
    let columns = list_topic(name).map_or(&[][..], |list| list.columns);
    let has = |column| columns.contains(&column);
    let rows = entries.iter().map(|entry| {
        let further =
            [&entry.group, &entry.maker, &entry.note, &entry.href].into_iter().filter(|text| !text.is_empty());
        let further: Vec<&str> = further.map(String::as_str).collect();
        let names =
            if has(Column::Names) || has(Column::Words) { entry.names.join("、") } else { further.join("／") };
        let used = has(Column::Words) || has(Column::Address);
        let offered = match (entry.retired, used) {
            (false, true) => "使う",
            (true, true) => "使わない",
            (false, false) => "選べる",
            (true, false) => "選べない",
        };
        let form = parts::address(&format!("{LIST}/{topic}/change"), &[("entry", &entry.value)]);
        let label = if may_change { CellView::link(&entry.label, form) } else { CellView::Text(entry.label.clone()) };
        parts::row(vec![label, CellView::Text(names), CellView::Text(offered.to_owned())])
    });
    let caption = format!("{}（{}で使います）", topic.label(), list_topic(name).map_or("", |list| list.place));
    let heads = if has(Column::Words) {
        ["言葉", "同じ意味の言葉", "検索で"]
    } else if has(Column::Address) {
        ["表示する文", "見出しと開くページ", "メニューで"]
    } else {
        ["表示する文", "説明など", "新しい申請"]
    };
    Some(parts::table(&caption, &heads, rows.collect()))
}

/// Takes a version back before it applies.
pub(super) async fn take_back(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, CHANGE)?;
    let topic = topic_of(&name)?;
    let version = posted.number("version").unwrap_or_default();
    let title = match settings::take_back(&visit.ctx(), &topic, version).await? {
        Changed::Done(_) => return Ok(see_other(&format!("{LIST}/{topic}?done=back"))),
        Changed::Proposed(id) => return Ok(see_other(&format!("/office/proposals/{id}?done=made"))),
        Changed::Waits => "この設定には、承認を待っている起案があります",
        _ => "この版は、すでに使われているか、取り消されています",
    };
    let mut page = topic_page(&visit, &settings::topic(&visit.ctx(), &topic, None).await?);
    page.frame.has_errors = true;
    page.frame.banners.push(parts::banner(BannerKind::Error, title, &["下の内容をご確認ください。"]));
    Ok((axum::http::StatusCode::CONFLICT, Html(page)).into_response())
}
