//! What one person proposed and another one approves (four eyes, spec 6.2).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    ids::ProposalId,
    permissions::Permission::{self as P},
};
use serde::Deserialize;
use services::office::proposals::{self, Answered, View};

use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ErrorSummary, FieldError, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, CompareRow, CompareView, RowView, StateView, SummaryListView, SummaryRow, Tone},
    },
};

const LIST: &str = "/office/proposals";
const WAITING: &str = "waiting";
/// Ways in which a proposal ends, with their words.
const ENDS: [(&str, &str); 3] =
    [("approved", "承認したもの"), ("refused", "承認しなかったもの"), ("withdrawn", "取り消したもの")];

/// Whoever may decide one matter may decide something here; which, the verb knows.
pub(super) const DECIDE: &[P] = &[
    P::RevokeCertificates,
    P::ReviewApplications,
    P::ReviewCertificates,
    P::ChangeSettings,
    P::ChangeFees,
    P::ChangeTexts,
];

/// Which are shown.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
}

/// What waits, or what ended in one way.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<parts::ListPage>, Failure> {
    visit.person()?;
    let ended = ENDS.iter().find(|(state, _)| *state == wanted.state);
    let found = match ended {
        None => proposals::waiting(&visit.ctx()).await?,
        Some((state, _)) => proposals::ended(&visit.ctx(), state, parts::after(&wanted.after)).await?,
    };
    let labels = ["内容", "起案した人", "起案した日時", "状態"];
    let caption = ended.map_or("承認を待っているもの（古い順）".to_owned(), |(_, words)| {
        format!("{words}（新しい順）")
    });
    let mut table = parts::table(&caption, &labels, found.iter().map(row).collect());
    if let Some((state, _)) = ended {
        let last = found.last().filter(|_| found.len() == parts::PAGE);
        let after =
            |view: &View| parts::after_text(Timestamp::from_millis(view.proposal.proposed_at), view.proposal.id);
        table.next = last.map(|view| parts::address(LIST, &[("state", state), ("after", &after(view))]));
    }
    let mut links = vec![Link::new("承認を待っているもの", LIST)];
    links.extend(ENDS.iter().map(|(state, words)| Link::new(*words, format!("{LIST}?state={state}"))));
    links.retain(|link| link.href != ended.map_or(LIST.to_owned(), |(state, _)| format!("{LIST}?state={state}")));
    let empty = match ended {
        None => ("承認を待っているものはありません", "2人で行う業務が起案されると、ここに並びます。"),
        Some(_) => ("まだありません", "承認するか、承認しないかを決めると、ここに残ります。"),
    };
    let frame = visit.office_frame("承認", LIST);
    Ok(Html(parts::ListPage { links, ..parts::ListPage::new(frame, table, empty) }))
}

fn row(view: &View) -> RowView {
    let proposal = &view.proposal;
    RowView {
        cells: vec![
            CellView::link(&proposal.words, format!("{LIST}/{}", proposal.id)),
            CellView::Text(proposal.proposer_name.clone()),
            CellView::Text(japanese_datetime(Timestamp::from_millis(proposal.proposed_at))),
            CellView::State(state(view)),
        ],
        strong: view.may_decide,
    }
}

fn state(view: &View) -> StateView {
    match view.proposal.state.as_str() {
        "approved" => StateView::new(Tone::Done, "承認"),
        "refused" => StateView::new(Tone::Stopped, "承認しない"),
        "withdrawn" => StateView::new(Tone::Stopped, "取消し"),
        _ if view.may_decide => StateView::new(Tone::Attention, "あなたの承認待ち"),
        _ => StateView::new(Tone::Waiting, "承認待ち"),
    }
}

#[derive(Template)]
#[template(path = "office/proposal.html")]
struct ProposalPage {
    frame: Frame,
    errors: ErrorSummary,
    address: String,
    state: StateView,
    facts: SummaryListView,
    changes: Option<CompareView>,
    case: Option<Link>,
    reason: FieldView,
    may_decide: bool,
    own: bool,
    waits: bool,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// One proposal.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    visit.person()?;
    let mut page = page(&visit, parts::id(&name)?, "", None).await?;
    page.frame.banners.extend(told(&said.done));
    Ok(Html(page).into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let (title, body): (_, &[&str]) = match done {
        "made" => ("起案しました。", &["別の担当者にメールで知らせました。承認されると行われます。"]),
        "approve" => ("承認しました。起案された内容を行いました。", &[]),
        "refuse" => ("承認しないことにしました。何も変わりません。", &[]),
        "withdraw" => ("起案を取り消しました。何も変わりません。", &[]),
        _ => return None,
    };
    Some(parts::banner(BannerKind::Success, title, body))
}

async fn page(visit: &Visit, id: ProposalId, typed: &str, fault: Option<&str>) -> Result<ProposalPage, Failure> {
    let view = proposals::one(&visit.ctx(), id).await?;
    let proposal = &view.proposal;
    let mut frame = Frame { has_errors: fault.is_some(), ..visit.office_frame(&proposal.words, LIST) };
    frame.breadcrumb.push(Link::new("承認", LIST));
    let reason =
        FieldView::new("reason", "承認しない理由", InputView::LongText { value: typed.to_owned(), maxlength: 500 })
            .required()
            .with_help("起案した人が読みます。");
    let error = |message: &str| FieldError { key: "reason".to_owned(), message: message.to_owned() };
    let changes = (!view.differences.is_empty()).then(|| CompareView {
        caption: "変わる内容".to_owned(),
        before: "いま".to_owned(),
        after: "承認の後".to_owned(),
        rows: view.differences.iter().map(compare_row).collect(),
    });
    Ok(ProposalPage {
        frame,
        errors: ErrorSummary { errors: fault.map(error).into_iter().collect() },
        address: format!("{LIST}/{id}"),
        state: state(&view),
        facts: SummaryListView { title: String::new(), rows: facts(&view) },
        changes,
        case: view.case.map(|case| Link::new("申請を開いて確かめる", format!("/office/applications/{case}"))),
        reason: FieldView { error: fault.map(str::to_owned), ..reason },
        may_decide: view.may_decide,
        own: view.own,
        waits: proposal.state == WAITING,
    })
}

/// A line of what a change changes.
pub(super) fn compare_row(one: &domain::office::settings::Difference) -> CompareRow {
    CompareRow { label: one.label.clone(), before: one.before.clone(), after: one.after.clone() }
}

fn facts(view: &View) -> Vec<SummaryRow> {
    let proposal = &view.proposal;
    let at = |millis| japanese_datetime(Timestamp::from_millis(millis));
    let mut rows = vec![
        SummaryRow::new("業務", view.matter.label()),
        SummaryRow::new("起案した人", format!("{}（{}）", proposal.proposer_name, at(proposal.proposed_at))),
    ];
    if !proposal.note.is_empty() {
        rows.push(SummaryRow::new("起案の理由", &proposal.note));
    }
    if let (Some(name), Some(decided)) = (&proposal.decider_name, proposal.decided_at) {
        rows.push(SummaryRow::new("決めた人", format!("{name}（{}）", at(decided))));
    }
    if !proposal.reason.is_empty() {
        rows.push(SummaryRow::new("承認しない理由", &proposal.reason));
    }
    rows
}

/// Approves and does it.
pub(super) async fn approve(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, DECIDE)?;
    let id: ProposalId = parts::id(&name)?;
    let answered = proposals::approve(&visit.ctx(), id).await?;
    settle(&visit, id, answered, "approve", "").await
}

/// Refuses.
pub(super) async fn refuse(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, DECIDE)?;
    let (id, reason): (ProposalId, _) = (parts::id(&name)?, posted.get("reason"));
    let answered = proposals::refuse(&visit.ctx(), id, reason).await?;
    settle(&visit, id, answered, "refuse", reason).await
}

/// Takes one's own back.
pub(super) async fn withdraw(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, DECIDE)?;
    let id: ProposalId = parts::id(&name)?;
    let answered = proposals::withdraw(&visit.ctx(), id).await?;
    settle(&visit, id, answered, "withdraw", "").await
}

async fn settle(
    visit: &Visit,
    id: ProposalId,
    answered: Answered,
    done: &str,
    typed: &str,
) -> Result<Response, Failure> {
    let (title, body) = match answered {
        Answered::Done => return Ok(see_other(&format!("{LIST}/{id}?done={done}"))),
        Answered::ReasonMissing => {
            let fault = "「承認しない理由」を入力してください。";
            return Ok(Html(page(visit, id, typed, Some(fault)).await?).with_faults());
        }
        Answered::Before => {
            ("この起案は、すでに決まっています", "下の内容をご確認ください。今回の操作は記録していません。")
        }
        Answered::Stale(words) => ("起案の後に状況が変わったため、行えません", words),
    };
    let mut page = page(visit, id, typed, None).await?;
    page.frame.has_errors = true;
    page.frame.banners.push(parts::banner(BannerKind::Error, title, &[body]));
    Ok((axum::http::StatusCode::CONFLICT, Html(page)).into_response())
}
