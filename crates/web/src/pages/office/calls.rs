//! The telephone: a case is found by its number and the caller's spoken code; then what the caller sees (spec 6.4).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::{japanese_date, japanese_datetime, until_with_days_left},
    clock::Timestamp,
    forms::Finding,
    ids::CallId,
    inquiries::InquiryState,
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    calls::{self, CallView, Found, Note},
    rows::{Certificate, Inquiry, Letter, Mail},
};

use super::{parts, words};
use crate::{
    pages::{applications::state_view, content::inquiries::state as badge},
    site::{Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextView},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow, TableView},
    },
};

const DESK: &str = "/office/desk-call";
const CALLS: &str = "/office/calls";

#[derive(Template)]
#[template(path = "office/desk_call.html")]
struct DeskPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
    attendance: String,
    help: Option<Help>,
}

/// What may be said without the code.
struct Help {
    kind: &'static str,
    article: String,
}

/// What was said by the page before.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    over: String,
}

/// The form that finds a case.
pub(super) async fn desk(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let mut page = desk_page(&visit, "", &[]);
    if !said.over.is_empty() {
        let body = ["番号を確かめてから1時間で閉じます。続けるときは、もう一度番号をお聞きください。"];
        page.frame.banners.push(parts::banner(BannerKind::Info, "この電話の画面は閉じました。", &body));
    }
    Ok(Html(page).into_response())
}

fn desk_page(visit: &Visit, number: &str, slips: &[Finding]) -> DeskPage {
    let fields = vec![
        FieldView::new("number", "受付番号", InputView::Text(TextView::code(number, vec![]))).required().with_help(
            "大文字と小文字、全角と半角、空白とハイフンの違いは問いません。打ち間違いは、その場で分かります。",
        ),
        FieldView::new("code", "本人確認の番号（6桁）", InputView::Text(TextView::code("", vec![])))
            .with_help("申請の画面かホームに表示されている番号を、読み上げていただきます。半日ごとに変わります。"),
    ];
    let (fields, errors) = with_slips(fields, slips);
    let app = &visit.site.app;
    let attendance = app.rules().hours.attendance(visit.ctx().now, &app.holidays()).sentence();
    let frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame("電話の応対", DESK) };
    DeskPage { frame, errors, fields, attendance, help: None }
}

/// Finds a case: opens it with the right code, else tells no more than that there is one.
pub(super) async fn find(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let number = posted.get("number");
    let found = calls::find(&visit.ctx(), number, posted.get("code")).await?;
    let slip = |field: &str, message: &str| Finding { field: field.to_owned(), message: message.to_owned() };
    let (slips, kind) = match found {
        Found::Opened(id) => return Ok(see_other(&format!("{CALLS}/{id}"))),
        Found::Slip(slip) => (vec![slip], None),
        Found::Unknown => {
            let message = "受付番号の形は正しいですが、この番号の申請はありません。もう一度お聞きください。";
            (vec![slip("number", message)], None)
        }
        Found::Known { kind, wrong: true } => {
            let message = "本人確認の番号が違います。画面を開き直して、今の番号を読み上げていただいてください。";
            (vec![slip("code", message)], Some(kind))
        }
        Found::Known { kind, wrong: false } => (vec![], Some(kind)),
    };
    let mut page = desk_page(&visit, number, &slips);
    page.help = kind.map(|kind| Help { kind: kind.label(), article: format!("/articles/{}", kind.article()) });
    let page = Html(page);
    Ok(if slips.is_empty() { page.into_response() } else { page.with_faults() })
}

#[derive(Template)]
#[template(path = "office/call.html")]
struct CallPage {
    frame: Frame,
    errors: ErrorSummary,
    state: StateView,
    sentence: String,
    facts: SummaryListView,
    tables: Vec<TableView>,
    fields: Vec<FieldView>,
    action: String,
    answers: bool,
    until: String,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    noted: String,
}

/// What the caller sees, for as long as the call is open.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let Some(mut page) = page(&visit, parts::id(&name)?, &Note { category: "", question: "", answer: "" }, &[]).await?
    else {
        return Ok(see_other(&format!("{DESK}?over=1")));
    };
    if !done.noted.is_empty() {
        let body = ["控えを、本人にメールで送ります。"];
        page.frame.banners.push(parts::banner(BannerKind::Success, "電話の内容を記録しました。", &body));
    }
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, id: CallId, typed: &Note<'_>, slips: &[Finding]) -> Result<Option<CallPage>, Failure> {
    let Some(view) = calls::view(&visit.ctx(), id).await? else { return Ok(None) };
    let (now, case) = (visit.ctx().now, &view.case.case);
    let mut frame = visit.office_frame(format!("電話の応対：{} 様", view.caller.name), DESK);
    frame.breadcrumb.push(Link::new("電話の応対", DESK));
    frame.has_errors = !slips.is_empty();
    let (fields, errors) = with_slips(note_fields(visit, &view, typed), slips);
    Ok(Some(CallPage {
        frame,
        errors,
        state: state_view(case.state),
        sentence: view.case.explanation.sentence(),
        facts: facts(&view, now),
        tables: tables(visit, &view, now),
        fields,
        action: format!("{CALLS}/{id}/note"),
        answers: parts::may(visit, P::AnswerInquiries),
        until: japanese_datetime(view.call.opened_at + time::Duration::hours(1)),
    }))
}

fn facts(view: &CallView, now: Timestamp) -> SummaryListView {
    let case = &view.case.case;
    let explained = &view.case.explanation;
    let terminal = case.terminal_name.clone();
    let mut rows = vec![
        SummaryRow {
            note: view.caller.email.clone(),
            ..SummaryRow::new("お電話の方", format!("{} 様", view.caller.name))
        },
        SummaryRow {
            note: grouped_code(view.institution.code.as_str()),
            ..SummaryRow::new("医療機関等", &view.institution.name)
        },
        SummaryRow { code: true, ..SummaryRow::new("受付番号", case.reference.clone().unwrap_or_default()) },
        SummaryRow::new("手続", case.kind.label()),
        SummaryRow::new("いま対応する人（申請者の画面）", explained.holder),
    ];
    rows.extend(terminal.map(|name| SummaryRow::new("端末名称等", name)));
    rows.extend(explained.expected.map(|day| SummaryRow::new("次の段階の目安", japanese_date(day))));
    rows.extend(
        explained
            .deadline
            .as_ref()
            .map(|until| SummaryRow::new(until.label, until_with_days_left(until.day, now.date()))),
    );
    let reasons = case.reasons.iter().map(|(_, reason)| SummaryRow::new("補正をお願いしたこと", reason));
    rows.extend(reasons);
    SummaryListView { title: String::new(), rows }
}

fn tables(visit: &Visit, view: &CallView, now: Timestamp) -> Vec<TableView> {
    let letter = |letter: &Letter| {
        parts::row(vec![
            CellView::Text(words::letter_kind(&letter.kind).to_owned()),
            CellView::State(words::letter_state(letter)),
            CellView::Text(letter.posted_at.map(|at| japanese_date(at.date())).unwrap_or_default()),
            CellView::Code(letter.tracking_number.clone().unwrap_or_default()),
            CellView::Text(letter.deadline.map(|at| japanese_date(at.date())).unwrap_or_default()),
        ])
    };
    let all = [
        parts::table(
            "郵便",
            &["種類", "状態", "発送日", "書留番号", "取得期限"],
            view.case.letters.iter().map(letter).collect(),
        ),
        parts::table(
            "端末の電子証明書",
            &["端末名称等", "状態", "有効期限"],
            view.certificates.iter().map(|one| certificate(one, now)).collect(),
        ),
        parts::table(
            "この医療機関等のお問い合わせ（新しい順）",
            &["受付番号", "種類", "状態", "受付"],
            view.inquiries.iter().map(|one| inquiry(visit, one)).collect(),
        ),
        parts::table(
            "メール（新しい順）",
            &["日時", "宛先", "件名", "状態", "サーバーの応答"],
            view.mails.iter().map(mail).collect(),
        ),
    ];
    all.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn certificate(one: &Certificate, now: Timestamp) -> RowView {
    parts::row(vec![
        CellView::Text(one.subject.clone()),
        CellView::State(words::certificate_state(&one.state, one.not_after, now)),
        CellView::Text(japanese_date(one.not_after.date())),
    ])
}

fn mail(mail: &Mail) -> RowView {
    RowView {
        cells: vec![
            CellView::Text(japanese_datetime(mail.created_at)),
            CellView::Text(mail.recipient.clone()),
            CellView::Text(mail.subject.clone()),
            CellView::State(words::mail_state(mail)),
            CellView::Text(mail.answer.clone()),
        ],
        strong: ["refused", "bounced", "failed"].contains(&mail.state.as_str()),
    }
}

fn inquiry(visit: &Visit, one: &Inquiry) -> RowView {
    RowView {
        cells: vec![
            CellView::link(&one.reference, format!("/office/inquiries/{}", one.id)),
            CellView::Text(words::label(visit, "inquiry_categories", &one.category)),
            CellView::State(badge(one.state, true)),
            CellView::Text(japanese_datetime(one.created_at)),
        ],
        strong: one.state == InquiryState::Open,
    }
}

fn note_fields(visit: &Visit, view: &CallView, typed: &Note<'_>) -> Vec<FieldView> {
    let lists = visit.site.app.reference().lists;
    let chosen = if typed.category.is_empty() { view.case.case.kind.as_str() } else { typed.category };
    let choice = |entry: &domain::applications::Entry| ChoiceView {
        selected: entry.value == chosen,
        ..ChoiceView::new(&entry.value, &entry.label)
    };
    let choices = lists.entries("inquiry_categories").iter().map(choice).collect();
    let text = |value: &str| InputView::LongText { value: value.to_owned(), maxlength: 2_000 };
    vec![
        FieldView::new("category", "お問い合わせの種類", InputView::Select { choices, placeholder: String::new() })
            .required(),
        FieldView::new("question", "お問い合わせの内容", text(typed.question)).required(),
        FieldView::new("answer", "お答え", text(typed.answer))
            .with_help("その場でお答えしたときに書きます。空のときは、回答待ちのお問い合わせになります。"),
    ]
}

/// Notes the call as an inquiry of its caller.
pub(super) async fn note(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::AnswerInquiries])?;
    let id: CallId = parts::id(&name)?;
    let typed =
        Note { category: posted.get("category"), question: posted.get("question"), answer: posted.get("answer") };
    let slip = match calls::note(&visit.ctx(), id, &typed).await? {
        Ok(_) => return Ok(see_other(&format!("{CALLS}/{id}?noted=1"))),
        Err(slip) => slip,
    };
    Ok(match page(&visit, id, &typed, &[slip]).await? {
        Some(page) => Html(page).with_faults(),
        None => see_other(&format!("{DESK}?over=1")),
    })
}
