//! How the service stands: now, ahead, and what was.

use askama::Template;
use axum::{extract::Query, http::header, response::IntoResponse};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    content::service::{Phase, ServiceKind, ServicePart},
    ids::ServiceStateId,
};
use serde::Deserialize;
use services::content::service::{self, PAGE, StateView as Told};

use super::home;
use crate::{
    pages::{address, after},
    site::{Failure, Html, Visit},
    view::{
        frame::Frame,
        parts::{StateView, Tone},
    },
};

const PATH: &str = "/status";

/// A report.
struct ReportView {
    at: String,
    lines: Vec<String>,
}

/// A trouble or a maintenance with its reports.
struct ItemView {
    title: String,
    state: StateView,
    period: String,
    parts: Vec<&'static str>,
    reports: Vec<ReportView>,
}

#[derive(Template)]
#[template(path = "content/status.html")]
pub(super) struct StatusPage {
    frame: Frame,
    now: Vec<ItemView>,
    ahead: Vec<ItemView>,
    over: Vec<ItemView>,
    first: String,
    next: String,
    checked: String,
}

/// Where a page of the history begins.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    after: String,
}

/// The page.
pub(super) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<StatusPage>, Failure> {
    let ctx = visit.ctx();
    let (now, ahead): (Vec<Told>, Vec<Told>) =
        service::open(&ctx).await?.into_iter().partition(|told| told.phase == Phase::Now);
    let over = service::history(&ctx, after::<ServiceStateId>(&wanted.after)).await?;
    let last = over.last().filter(|_| i64::try_from(over.len()) == Ok(PAGE));
    let place = |last: &Told| format!("{}_{}", last.stored.over.as_millis(), last.stored.id);
    Ok(Html(StatusPage {
        frame: Frame { breadcrumb: home(), ..visit.frame("サービスの状況") },
        next: last.map(|last| address(PATH, &[("after", &place(last))])).unwrap_or_default(),
        first: if wanted.after.is_empty() { String::new() } else { PATH.to_owned() },
        now: now.iter().map(item).collect(),
        ahead: ahead.iter().map(item).collect(),
        over: over.iter().map(item).collect(),
        checked: japanese_datetime(ctx.now),
    }))
}

/// Planned maintenance as a calendar, for programs that ask again by themselves.
pub(super) async fn calendar(visit: Visit) -> Result<impl IntoResponse, Failure> {
    let text = service::calendar(&visit.ctx()).await?;
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text))
}

/// Where a state is, as a word with a shape.
pub(in crate::pages) fn standing(told: &Told) -> StateView {
    let maintenance = told.stored.state.kind == ServiceKind::Maintenance;
    match told.phase {
        Phase::Ahead => StateView::new(Tone::Waiting, "メンテナンス予定"),
        Phase::Now if maintenance => StateView::new(Tone::Active, "メンテナンス中"),
        Phase::Now => StateView::new(Tone::Attention, "一部障害"),
        Phase::Over if told.stored.over <= told.stored.state.from => StateView::new(Tone::Stopped, "中止"),
        Phase::Over if maintenance => StateView::new(Tone::Done, "メンテナンス終了"),
        Phase::Over => StateView::new(Tone::Done, "復旧"),
    }
}

/// From when until when, as planned or as it was.
pub(in crate::pages) fn period(told: &Told) -> String {
    let state = &told.stored.state;
    let planned = state.until == Some(told.stored.over) || told.phase != Phase::Over;
    if planned {
        return state.period();
    }
    format!("{}〜{}", japanese_datetime(state.from), japanese_datetime(told.stored.over.max(state.from)))
}

fn item(told: &Told) -> ItemView {
    let report = |update: &services::rows::ServiceUpdate| ReportView {
        at: japanese_datetime(Timestamp::from_millis(update.at)),
        lines: update.words.lines().map(str::to_owned).collect(),
    };
    ItemView {
        title: told.stored.state.title.clone(),
        state: standing(told),
        period: period(told),
        parts: told.stored.state.parts.iter().map(|part: &ServicePart| part.label()).collect(),
        reports: told.updates.iter().map(report).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    fn sample(title: &str, state: StateView) -> ItemView {
        ItemView {
            title: title.to_owned(),
            state,
            period: "2026年11月28日（土）22:00〜翌6:00".to_owned(),
            parts: vec![ServicePart::Portal.label(), ServicePart::Mail.label()],
            reports: vec![
                ReportView {
                    at: "2026年11月27日（金）18:00".to_owned(),
                    lines: vec!["予定どおり行います。".to_owned()],
                },
                ReportView {
                    at: "2026年11月20日（金）10:00".to_owned(),
                    lines: vec!["停止の間、画面は開けません。".to_owned(), "下書きは残ります。".to_owned()],
                },
            ],
        }
    }

    #[test]
    fn the_page_tells_what_is_what_comes_and_what_was() {
        let page = |now, ahead, over| StatusPage {
            frame: member("サービスの状況"),
            now,
            ahead,
            over,
            first: String::new(),
            next: "/status?after=x".to_owned(),
            checked: "2026年11月27日（金）18:05".to_owned(),
        };
        let trouble = sample("メールの送信が遅れています", StateView::new(Tone::Attention, "一部障害"));
        let planned = sample("機器の入替え", StateView::new(Tone::Waiting, "メンテナンス予定"));
        let was = sample("検索の不具合", StateView::new(Tone::Done, "復旧"));
        show("status", &page(vec![trouble], vec![planned], vec![was]));
        show("status-normal", &page(vec![], vec![], vec![]));
    }
}
