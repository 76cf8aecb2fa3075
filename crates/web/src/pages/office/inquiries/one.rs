//! One inquiry: the conversation, its mails, who has it, and the answer with canned texts.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime, forms::Finding, ids::InquiryId, inquiries::InquiryState, permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    Error, inquiries,
    inquiries::{Outcome, Reply, Thread},
    rows::{Inquiry, Mail},
};

use super::{LIST, age, badge, told};
use crate::{
    pages::{
        content::inquiries::thread_view,
        office::{parts, words},
    },
    site::{Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, RowView, StateView, SummaryListView, SummaryRow, TableView, ThreadView},
    },
};

/// What was typed into the form of an answer.
#[derive(Default)]
struct Typed {
    canned: String,
    body: String,
    next: String,
}

#[derive(Template)]
#[template(path = "office/inquiry.html")]
struct InquiryPage {
    frame: Frame,
    errors: ErrorSummary,
    state: StateView,
    age: String,
    facts: SummaryListView,
    thread: ThreadView,
    mails: TableView,
    /// None for those who only read.
    work: Option<Work>,
}

/// What may be done.
struct Work {
    address: String,
    seen: i64,
    canned: FieldView,
    answer: FieldView,
    next: FieldView,
    holder: String,
    colleagues: FieldView,
    closed: bool,
}

/// What was just done.
#[derive(Deserialize)]
pub(in crate::pages::office) struct Said {
    #[serde(default)]
    done: String,
}

/// One inquiry.
pub(in crate::pages::office) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let mut page = page(&visit, parts::id(&name)?, &Typed::default(), &[]).await?;
    page.frame.banners.extend(told(&said.done));
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, id: InquiryId, typed: &Typed, slips: &[Finding]) -> Result<InquiryPage, Failure> {
    let thread = inquiries::thread(&visit.ctx(), id).await?;
    let inquiry = &thread.inquiry;
    let mut frame = visit.office_frame(format!("お問い合わせ {}", inquiry.reference), LIST);
    frame.breadcrumb.push(Link::new("お問い合わせ", LIST));
    frame.has_errors = !slips.is_empty();
    let mut work = if parts::may(visit, P::AnswerInquiries) { Some(work(visit, inquiry, typed).await?) } else { None };
    let mut errors = ErrorSummary::default();
    if let Some(work) = &mut work {
        let (fields, found) = with_slips(vec![std::mem::take(&mut work.answer)], slips);
        (work.answer, errors) = (fields.into_iter().next().unwrap_or_default(), found);
    }
    let (days, late) = age(visit, inquiry);
    Ok(InquiryPage {
        frame,
        errors,
        state: badge(inquiry.state, true),
        age: format!("{days}営業日{}", if late { "（目安超過）" } else { "" }),
        facts: facts(visit, inquiry),
        thread: thread_view(&thread.messages, true),
        mails: mails(&thread),
        work,
    })
}

async fn work(visit: &Visit, inquiry: &Inquiry, typed: &Typed) -> Result<Work, Failure> {
    let ctx = visit.ctx();
    let canned = inquiries::canned(&ctx).into_iter().map(|one| ChoiceView {
        selected: one.value == typed.canned,
        group: one.group,
        ..ChoiceView::new(one.value, one.label)
    });
    let canned = InputView::Select { choices: canned.collect(), placeholder: "選んでください".to_owned() };
    let text = InputView::LongText { value: typed.body.clone(), maxlength: 2_000 };
    let chosen = if typed.next.is_empty() { InquiryState::Answered.as_str() } else { &typed.next };
    let choice = |state: InquiryState, label: &str| ChoiceView {
        selected: state.as_str() == chosen,
        ..ChoiceView::new(state.as_str(), label)
    };
    let after = vec![
        choice(InquiryState::Answered, "回答済みにする"),
        choice(InquiryState::Waiting, "質問として送り、返事を待つ"),
    ];
    let who = inquiries::colleagues(&ctx).await?.into_iter().map(|(id, name)| ChoiceView {
        selected: inquiry.assignee == Some(id),
        ..ChoiceView::new(id.to_string(), name)
    });
    let who = InputView::Select { choices: who.collect(), placeholder: "（だれも担当しない）".to_owned() };
    Ok(Work {
        address: format!("{LIST}/{}", inquiry.id),
        seen: inquiry.messages,
        canned: FieldView::new("canned", "定型文", canned)
            .with_help("選んで「定型文を入れる」を押すと、回答の欄の終わりに、記事のアドレスとともに入ります。入れてから直せます。"),
        answer: FieldView::new("body", "回答", text)
            .required()
            .with_help("このままメールに載り、本人のお問い合わせの画面にも表示されます。お名前は表示されません。"),
        next: FieldView::new("next", "送った後", InputView::Radio { choices: after }).required(),
        holder: inquiry.assignee.map(|id| id.to_string()).unwrap_or_default(),
        colleagues: FieldView::new("to", "担当", who),
        closed: inquiry.state == InquiryState::Closed,
    })
}

fn facts(visit: &Visit, inquiry: &Inquiry) -> SummaryListView {
    let place = match (&inquiry.institution_name, &inquiry.institution_code) {
        (Some(name), Some(code)) => format!("{name}（{}）", grouped_code(code)),
        _ => String::new(),
    };
    let closed = if inquiry.person_disabled { "（停止したアカウント）" } else { "" };
    let mut rows = vec![
        SummaryRow::new("種類", words::label(visit, "inquiry_categories", &inquiry.category)),
        SummaryRow::new("問い合わせた方", format!("{}（{}）{closed}", inquiry.person_name, inquiry.person_email)),
        SummaryRow::new("医療機関等", place),
        SummaryRow {
            note: inquiry.way.label().to_owned(),
            ..SummaryRow::new("受付", japanese_datetime(inquiry.created_at))
        },
        SummaryRow::new("担当", inquiry.assignee_name.clone().unwrap_or_else(|| "（未定）".to_owned())),
    ];
    if let Some((kind, reference)) = &inquiry.case {
        rows.push(SummaryRow {
            note: reference.clone(), ..SummaryRow::new("どの申請についてか", kind.label())
        });
    }
    SummaryListView { title: String::new(), rows }
}

fn mails(thread: &Thread) -> TableView {
    let row = |mail: &Mail| RowView {
        cells: vec![
            CellView::Text(japanese_datetime(mail.created_at)),
            CellView::Text(mail.subject.clone()),
            CellView::State(words::mail_state(mail)),
            CellView::Text(mail.answer.clone()),
        ],
        strong: ["refused", "bounced", "failed"].contains(&mail.state.as_str()),
    };
    let rows = thread.mails.iter().map(row).collect();
    parts::table("このお問い合わせのメール", &["日時", "件名", "状態", "サーバーの応答"], rows)
}

/// Answers, or puts a canned text into the form.
pub(in crate::pages::office) async fn answer(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::AnswerInquiries])?;
    let id: InquiryId = parts::id(&name)?;
    let of = |key| posted.get(key).to_owned();
    let mut typed = Typed { canned: of("canned"), body: of("body"), next: of("next") };
    if posted.get("action") == "insert" {
        if let Some(text) = inquiries::canned_text(&visit.ctx(), &typed.canned).await? {
            typed.body = format!("{}\n\n{text}", typed.body.trim_end()).trim_start().to_owned();
        }
        return Ok(Html(page(&visit, id, &typed, &[]).await?).into_response());
    }
    let next = typed.next.parse().unwrap_or(InquiryState::Answered);
    let seen = posted.number("seen").unwrap_or_default();
    match inquiries::answer(&visit.ctx(), id, &Reply { seen, body: &typed.body, next }).await? {
        Outcome::Done if next == InquiryState::Waiting => Ok(see_other(&format!("{LIST}?done=asked"))),
        Outcome::Done => Ok(see_other(&format!("{LIST}?done=answered"))),
        Outcome::Slip(slip) => Ok(Html(page(&visit, id, &typed, &[slip]).await?).with_faults()),
        Outcome::ChangedMeanwhile => changed(&visit, id, &typed).await,
    }
}

/// The page as it is now, with what was typed.
async fn changed(visit: &Visit, id: InquiryId, typed: &Typed) -> Result<Response, Failure> {
    let mut page = page(visit, id, typed, &[]).await?;
    let body = ["今回の回答は送っていません。新しいやり取りを読んでから、必要なときはもう一度送ってください。"];
    let title = "画面を開いた後に、新しいやり取りがありました。";
    page.frame.banners.push(parts::banner(BannerKind::Error, title, &body));
    Ok(Html(page).with_faults())
}

/// Gives the inquiry to one of the staff, or to nobody.
pub(in crate::pages::office) async fn assign(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::AnswerInquiries])?;
    let id: InquiryId = parts::id(&name)?;
    let to = if posted.get("action") == "mine" { Some(visit.ctx().account()?) } else { posted.get("to").parse().ok() };
    let done = match inquiries::assign(&visit.ctx(), id, posted.get("from").parse().ok(), to).await {
        Ok(()) => "assigned",
        Err(Error::ChangedMeanwhile) => "held",
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(&format!("{LIST}/{id}?done={done}")))
}

/// Ends the inquiry.
pub(in crate::pages::office) async fn close(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::AnswerInquiries])?;
    let id: InquiryId = parts::id(&name)?;
    match inquiries::close(&visit.ctx(), id, posted.number("seen").unwrap_or_default()).await? {
        Outcome::ChangedMeanwhile => changed(&visit, id, &Typed::default()).await,
        Outcome::Done | Outcome::Slip(_) => Ok(see_other(&format!("{LIST}?done=closed"))),
    }
}
