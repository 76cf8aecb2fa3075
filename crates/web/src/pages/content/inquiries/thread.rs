//! One of one's own threads: what was said, and saying more.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    forms::Finding,
    ids::{AccountId, InquiryId},
    inquiries::{Author, InquiryState, Way},
};
use serde::Deserialize;
use services::{
    Error, inquiries,
    inquiries::Thread,
    mail::{Line, lines},
    parked,
    rows::{Inquiry, Message},
};

use super::attendance;
use crate::{
    pages::applications::to_login,
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{MessageLine, MessageView, StateView, SummaryListView, SummaryRow, ThreadView, Tone},
    },
};

#[derive(Template)]
#[template(path = "content/inquiry.html")]
struct ThreadPage {
    frame: Frame,
    errors: ErrorSummary,
    state: StateView,
    waits: &'static str,
    facts: SummaryListView,
    thread: ThreadView,
    fields: Vec<FieldView>,
    person: AccountId,
    action: String,
    attendance: String,
}

/// What was just done, or the token of what outlived its session.
#[derive(Deserialize)]
pub(in crate::pages::content) struct Said {
    #[serde(default)]
    done: String,
    #[serde(default)]
    kept: String,
}

/// The state of a thread as a badge; for whom it waits is seen from either side.
pub(in crate::pages) fn state(state: InquiryState, for_staff: bool) -> StateView {
    let (tone, words) = match (state, for_staff) {
        (InquiryState::Open, true) => (Tone::Active, "回答待ち"),
        (InquiryState::Open, false) => (Tone::Waiting, "確認しています"),
        (InquiryState::Answered, _) => (Tone::Done, "回答済み"),
        (InquiryState::Waiting, true) => (Tone::Waiting, "返事待ち"),
        (InquiryState::Waiting, false) => (Tone::Attention, "お返事をお待ちしています"),
        (InquiryState::Closed, _) => (Tone::Stopped, "終了"),
    };
    StateView::new(tone, words)
}

/// The messages of a thread, seen by staff or by who asks.
pub(in crate::pages) fn thread_view(messages: &[Message], for_staff: bool) -> ThreadView {
    ThreadView { messages: messages.iter().map(|message| message_view(message, for_staff)).collect() }
}

fn message_view(message: &Message, for_staff: bool) -> MessageView {
    let staff = message.author == Author::Staff;
    let name = message.account_name.clone();
    let who = match (message.author, message.way) {
        (Author::Applicant, _) if !for_staff => "あなた".to_owned(),
        (Author::Applicant, Way::Phone) => {
            format!("お問い合わせの方（記録：{}）", name.as_deref().unwrap_or("運営者"))
        }
        _ => name.unwrap_or_else(|| message.author.label().to_owned()),
    };
    let way = if message.way == Way::Page { String::new() } else { format!("　{}", message.way.label()) };
    // Whoever asks may have typed an address that leads astray; only ours become links.
    let line = |line: Line| match line {
        Line::Link(address) if staff => MessageLine::Link(address),
        Line::Link(text) | Line::Text(text) => MessageLine::Text(text),
    };
    MessageView {
        who,
        when: format!("{}{way}", japanese_datetime(message.created_at)),
        staff,
        lines: lines(&message.body).into_iter().map(line).collect(),
        files: message.attachments.lines().map(str::to_owned).collect(),
    }
}

fn id(name: &str) -> Result<InquiryId, Failure> {
    name.parse().map_err(|_| Error::NotFound.into())
}

/// The thread with the form to say more.
pub(in crate::pages::content) async fn show_thread(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    visit.person()?;
    let thread = inquiries::own_thread(&visit.ctx(), id(&name)?).await?;
    let kept = if said.kept.is_empty() { None } else { parked::inquiry(&visit.ctx(), &said.kept).await? };
    let typed = kept.map(|kept| kept.body).unwrap_or_default();
    let mut page = page(&visit, &thread, &typed, &[])?;
    if said.done == "said" {
        page.frame.banners.push(BannerView {
            kind: BannerKind::Success,
            title: "追加の内容を送りました。".to_owned(),
            body: vec!["回答すると、この画面とメールでお知らせします。".to_owned()],
            link: None,
        });
    }
    Ok(Html(page).into_response())
}

fn page(visit: &Visit, thread: &Thread, typed: &str, slips: &[Finding]) -> Result<ThreadPage, Failure> {
    let inquiry = &thread.inquiry;
    let input = InputView::LongText { value: typed.to_owned(), maxlength: super::LONGEST };
    let field = FieldView::new("body", "追加の内容", input)
        .required()
        .with_help("患者さんの情報や、パスワードは書かないでください。");
    let (fields, errors) = with_slips(vec![field], slips);
    let mut frame = visit.frame(format!("お問い合わせ {}", inquiry.reference));
    frame.breadcrumb.push(Link::new("お問い合わせ", "/inquiries"));
    frame.has_errors = !slips.is_empty();
    Ok(ThreadPage {
        frame,
        errors,
        state: state(inquiry.state, false),
        waits: waits(inquiry.state),
        facts: facts(visit, inquiry),
        thread: thread_view(&thread.messages, false),
        fields,
        person: visit.person()?.account_id,
        action: format!("/inquiries/{}", inquiry.id),
        attendance: attendance(visit),
    })
}

const fn waits(state: InquiryState) -> &'static str {
    match state {
        InquiryState::Open => "運営者が確認しています。回答すると、メールでもお知らせします。",
        InquiryState::Answered => "回答しました。続けておたずねになるときは、下からお書きください。",
        InquiryState::Waiting => "運営者がお返事をお待ちしています。下からお書きください。",
        InquiryState::Closed => "終了しました。下からお書きになると、もう一度確認します。",
    }
}

fn facts(visit: &Visit, inquiry: &Inquiry) -> SummaryListView {
    let lists = visit.site.app.reference().lists;
    let category = lists.entry("inquiry_categories", &inquiry.category).map_or("", |entry| entry.label.as_str());
    let mut rows = vec![
        SummaryRow { code: true, ..SummaryRow::new("受付番号", &inquiry.reference) },
        SummaryRow::new("お問い合わせの種類", category),
    ];
    if let Some((kind, reference)) = &inquiry.case {
        rows.push(SummaryRow {
            note: reference.clone(), ..SummaryRow::new("どの申請についてか", kind.label())
        });
    }
    if inquiry.way == Way::Phone {
        rows.push(SummaryRow::new("受付の方法", "お電話（運営者が記録しました）"));
    }
    SummaryListView { title: String::new(), rows }
}

/// Says more; what was typed when the session had ended is kept until after the login.
pub(in crate::pages::content) async fn say(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let (id, typed) = (id(&name)?, posted.get("body"));
    let page_of = format!("/inquiries/{id}");
    if visit.session().is_none() {
        let Ok(person) = posted.get("person").parse() else { return Err(Failure::login(&page_of)) };
        let token = parked::park_message(&visit.ctx(), person, id, typed).await?;
        return Ok(to_login(&visit, token, &page_of));
    }
    match inquiries::say(&visit.ctx(), id, typed).await? {
        Ok(()) => Ok(see_other(&format!("{page_of}?done=said"))),
        Err(slip) => {
            let thread = inquiries::own_thread(&visit.ctx(), id).await?;
            Ok(Html(page(&visit, &thread, typed, &[slip])?).with_faults())
        }
    }
}
