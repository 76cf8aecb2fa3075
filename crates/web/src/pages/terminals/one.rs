//! A terminal: its certificate, what comes next, where it stands, and what it had before.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    applications::State,
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    forms::Finding,
    terminals::{
        renewal,
        standing::{Condition, NextStep},
    },
    text::thousands,
};
use serde::Deserialize;
use services::{
    rows::Glance,
    terminals::{self, Terminal},
};

use super::{id, is_owner, words};
use crate::{
    pages::applications::state_view,
    site::{Download, Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, ColumnView, RowView, StateView, SummaryListView, SummaryRow, TableView, Tone},
    },
};

#[derive(Template)]
#[template(path = "terminals/terminal.html")]
struct TerminalPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    state: StateView,
    next: String,
    step: Option<Link>,
    renew: bool,
    /// Whether an owner must allow the renewal, because the certificate has ended.
    ended: bool,
    /// Where an owner decides about renewals.
    settings: Option<Link>,
    test: bool,
    /// Whether there is something to write on a label.
    label: bool,
    closed_url: String,
    fee: String,
    lost_days: i64,
    clocks: Vec<Clock>,
    facts: SummaryListView,
    certificates: TableView,
    cases: TableView,
    place: Option<FieldView>,
}

/// The 24-hour clock of a lost key, in words.
struct Clock {
    reported: String,
    by: String,
    due: String,
    done: String,
    sentence: String,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// A terminal of the institution.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    visit.member()?;
    let terminal = terminals::terminal(&visit.ctx(), id(&name)?).await?;
    let mut page = page(&visit, &terminal, &terminal.place, None);
    page.frame.banners.extend(told(&said.done));
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let (title, body) = match done {
        "place" => ("設置場所を保存しました。", ""),
        "revoked" => ("端末の電子証明書を失効させました。", "この端末からは、もう接続できません。"),
        "before" => (
            "この端末の電子証明書は、すでに失効しています。",
            "いまの操作では、何も変わっていません。今の状態は、このページで確認してください。",
        ),
        "retired" => ("端末の使用をやめたと記録しました。", "端末の電子証明書は失効しています。お知らせも止まります。"),
        "reported" => (
            "盗難・紛失の届出を受け付けました。",
            "代表者とポータルの担当者にメールで知らせました。24時間以内に失効させます。",
        ),
        _ => return None,
    };
    let body = Some(body.to_owned()).filter(|body| !body.is_empty());
    let kind = BannerKind::Success;
    Some(BannerView { kind, title: title.to_owned(), body: body.into_iter().collect(), link: None })
}

fn page(visit: &Visit, terminal: &Terminal, place: &str, fault: Option<&str>) -> TerminalPage {
    let mut frame = Frame { has_errors: fault.is_some(), ..visit.frame(&terminal.name) };
    frame.breadcrumb.push(Link::new("端末の一覧", "/terminals"));
    let slip = |message: &str| Finding { field: "place".to_owned(), message: message.to_owned() };
    let field = FieldView::new("place", "設置場所", InputView::Text(TextView::new(place)))
        .with_help("例：1階受付、診察室2。ラベルと一覧に載ります。");
    let (fields, errors) = with_slips(vec![field], &fault.map(slip).into_iter().collect::<Vec<_>>());
    let settings = &visit.site.app.settings;
    let now = visit.ctx().now;
    let clock = |report: &services::rows::LossReport| Clock {
        reported: japanese_datetime(report.clock.reported_at),
        by: report.reporter_name.clone(),
        due: japanese_datetime(report.clock.due_at()),
        done: report.clock.done_at.map(|at| done(at, report.clock.withdrawn)).unwrap_or_default(),
        sentence: report.clock.sentence(now),
    };
    TerminalPage {
        frame,
        errors,
        address: words::address(terminal),
        state: words::state(terminal.standing.condition),
        next: terminal.next(),
        step: button(terminal),
        renew: terminal.standing.next == NextStep::Renew,
        ended: terminal.standing.condition == Condition::Ended,
        settings: terminal.valid().filter(|_| is_owner(visit)).map(renewal_settings),
        test: terminal.standing.next == NextStep::TestConnection,
        label: terminal.valid().is_some(),
        closed_url: settings.closed_url.clone(),
        fee: thousands(visit.site.app.rules().certificate_fee_yen),
        lost_days: terminal.standing.days_left.unwrap_or_default().max(0),
        clocks: terminal.losses.iter().map(clock).collect(),
        facts: facts(terminal, now),
        certificates: certificates(visit, terminal),
        cases: cases(terminal),
        place: is_owner(visit).then(|| fields.into_iter().next().unwrap_or_default()),
    }
}

/// The step as a button: what the page itself explains has none, and a sentence of a case is no name of a button.
fn button(terminal: &Terminal) -> Option<Link> {
    let link = words::step(terminal).filter(|link| !link.href.ends_with("#next"))?;
    let case = terminal.standing.next == NextStep::SeeToApplication;
    Some(if case { Link::new("申請の状況を見る", link.href) } else { link })
}

/// How a report ended.
fn done(at: Timestamp, withdrawn: bool) -> String {
    let at = japanese_datetime(at);
    if withdrawn { format!("失効していません（{at}に届出を取り下げました）") } else { at }
}

fn renewal_settings(one: &Glance) -> Link {
    Link::new("更新の設定", format!("/certificates/{}/renewal", one.id))
}

fn facts(terminal: &Terminal, now: Timestamp) -> SummaryListView {
    let mut rows = vec![SummaryRow::new("設置場所", &terminal.place), SummaryRow::new("用途", &terminal.purpose)];
    if let Some(one) = terminal.valid() {
        let days = terminal.standing.days_left.map(words::left).unwrap_or_default();
        rows.push(SummaryRow { note: days, ..SummaryRow::new("有効期限", japanese_date(one.not_after.date())) });
        let renewable = match one.not_after < now {
            true => format!("{}まで", japanese_date(renewal::grace_until(one.not_after).date())),
            false => format!("{}から", japanese_date(renewal::opens(one.not_after).date())),
        };
        rows.push(SummaryRow::new("更新できる日", renewable));
        rows.push(SummaryRow { code: true, ..SummaryRow::new("受付番号", services::reference(&one.reference)) });
        rows.push(SummaryRow { code: true, ..SummaryRow::new("シリアル番号", &one.serial) });
    }
    SummaryListView { title: "端末について".to_owned(), rows }
}

fn state_of(one: &Glance, now: Timestamp) -> StateView {
    match (one.revoked_at, one.installed_at) {
        (Some(_), _) => StateView::new(Tone::Stopped, "失効"),
        _ if one.not_after < now => StateView::new(Tone::Stopped, "期限切れ"),
        (None, Some(_)) => StateView::new(Tone::Done, "利用中"),
        (None, None) => StateView::new(Tone::Waiting, "接続テスト待ち"),
    }
}

/// What happened to a certificate last, and why.
fn last_of(visit: &Visit, one: &Glance) -> CellView {
    let Some(at) = one.revoked_at else {
        let tested = one.installed_at.map(|at| CellView::Lines(japanese_datetime(at), "接続テスト成功".to_owned()));
        return tested.unwrap_or_else(|| CellView::Text("－".to_owned()));
    };
    let lists = visit.site.app.reference().lists;
    let reason = one.revocation_reason.as_deref().unwrap_or_default();
    let entry = lists.entries("revocation_reasons").iter().find(|entry| entry.rfc == reason);
    let why = entry.map_or_else(|| "失効".to_owned(), |entry| format!("失効：{}", entry.label));
    CellView::Lines(japanese_datetime(at), why)
}

fn certificates(visit: &Visit, terminal: &Terminal) -> TableView {
    let row = |one: &Glance| RowView {
        cells: vec![
            CellView::Text(japanese_date(one.not_before.date())),
            CellView::Text(japanese_date(one.not_after.date())),
            CellView::State(state_of(one, visit.ctx().now)),
            last_of(visit, one),
            CellView::Code(one.serial.clone()),
        ],
        strong: false,
    };
    TableView {
        caption: "端末の電子証明書の履歴".to_owned(),
        columns: ["発行", "有効期限", "状態", "最後のできごと", "シリアル番号"].map(ColumnView::new).to_vec(),
        rows: terminal.certificates.iter().rev().map(row).collect(),
        ..TableView::default()
    }
}

fn cases(terminal: &Terminal) -> TableView {
    let row = |case: &services::rows::Application| RowView {
        cells: vec![
            CellView::link(
                services::reference(case.reference.as_deref().unwrap_or_default()),
                format!("/applications/{}", case.id),
            ),
            CellView::Text(case.submitted_at.map(|at| japanese_date(at.date())).unwrap_or_default()),
            CellView::State(state_view(case.state)),
        ],
        strong: case.state == State::Returned,
    };
    TableView {
        caption: "この端末の申請".to_owned(),
        columns: ["受付番号", "申請日", "状態"].map(ColumnView::new).to_vec(),
        rows: terminal.cases.iter().rev().map(row).collect(),
        ..TableView::default()
    }
}

/// Notes where the terminal stands.
pub(super) async fn set_place(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let (id, place) = (id(&name)?, posted.get("place"));
    match terminals::set_place(&visit.ctx(), id, place).await? {
        Ok(()) => Ok(see_other(&format!("/terminals/{id}?done=place"))),
        Err(fault) => {
            let terminal = terminals::terminal(&visit.ctx(), id).await?;
            Ok(Html(page(&visit, &terminal, place, Some(&fault))).with_faults())
        }
    }
}

/// The label of the terminal.
pub(super) async fn label(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.member()?;
    let bytes = terminals::labels(&visit.ctx(), Some(id(&name)?)).await?;
    Ok(Download { name: "label.pdf".to_owned(), media_type: "application/pdf", bytes, inline: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn a_terminal_shows_its_clock_its_next_step_and_its_history() {
        let clock = |done: &str, sentence: &str| Clock {
            reported: "2026年5月20日（水）10:00".into(),
            by: "山田 花子".into(),
            due: "2026年5月21日（木）10:00".into(),
            done: done.into(),
            sentence: sentence.into(),
        };
        let cells = ["2026年5月20日（水）", "2029年8月20日（月）"].map(|day| CellView::Text(day.into()));
        let state = CellView::State(words::state(Condition::Revoked));
        let why = CellView::Lines("2026年5月20日（水）10:00".into(), "失効：端末を使わなくなった".into());
        let row =
            RowView { cells: [&cells[..], &[state, why, CellView::Code("0a1b2c".into())]].concat(), strong: false };
        let heads = ["発行", "有効期限", "状態", "最後のできごと", "シリアル番号"];
        let table = TableView {
            caption: "端末の電子証明書の履歴".into(),
            columns: heads.map(ColumnView::new).to_vec(),
            rows: vec![row],
            ..TableView::default()
        };
        for (name, renew, clocks) in [
            ("terminal-renew", true, vec![]),
            ("terminal-lost", false, vec![clock("", "失効の期限まで、あと4時間0分です。")]),
            ("terminal-revoked", false, vec![clock("2026年5月20日（水）10:05", "届出から0時間5分で失効しました。")]),
        ] {
            let field = FieldView::new("place", "設置場所", InputView::Text(TextView::new("1階受付")));
            let page = TerminalPage {
                frame: member("オンライン資格確認パソコン"),
                errors: ErrorSummary::default(),
                address: "/terminals/1".into(),
                state: words::state(if renew { Condition::EndsSoon } else { Condition::ReportedLost }),
                next: "オンライン請求ネットワーク（閉域網）の更新のページで、端末の電子証明書を更新してください。"
                    .into(),
                step: (!renew).then(|| Link::new("失効させる", "/terminals/1/trouble?what=lost")),
                renew,
                ended: false,
                settings: renew.then(|| Link::new("更新の設定", "/certificates/1/renewal")),
                test: false,
                label: true,
                closed_url: "https://closed.example".into(),
                fee: "1,500".into(),
                lost_days: 20,
                clocks,
                facts: SummaryListView {
                    title: "端末について".into(), rows: vec![SummaryRow::new("用途", "共用")]
                },
                certificates: table.clone(),
                cases: TableView { caption: "この端末の申請".into(), ..TableView::default() },
                place: Some(field),
            };
            show(name, &page);
        }
    }
}
