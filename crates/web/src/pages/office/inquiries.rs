//! Inquiries: those that wait, one with its answer (spec 6.4).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime, clock::Timestamp, forms::Finding, ids::InquiryId, permissions::Permission as P,
};
use serde::Deserialize;
use services::{Error, inquiries, rows::Inquiry};

use super::{parts, words};
use crate::{
    site::{Failure, Html, Posted, Visit, grouped_code, see_other, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, RowView, SummaryListView, SummaryRow},
    },
};

const LIST: &str = "/office/inquiries";
const OPEN: &str = "open";
const ANSWERED: &str = "answered";

/// Which inquiries are shown.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    state: String,
    #[serde(default)]
    done: String,
}

/// Inquiries that wait, or those that were answered.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let state = if wanted.state == ANSWERED { ANSWERED } else { OPEN };
    let found = inquiries::list(&visit.ctx(), state).await?;
    let labels = ["受付番号", "種類", "問い合わせた方", "日時", "経過（営業日）"];
    let mut table = parts::table("お問い合わせ（古い順）", &[], found.iter().map(|i| row(&visit, i)).collect());
    table.columns = parts::columns(&labels, &[4]);
    table.extent = format!("{}件を表示しています", found.len());
    let mut frame = visit.office_frame("お問い合わせ", LIST);
    frame.banners.extend(told(&wanted.done));
    let (empty, other) = if state == OPEN {
        (
            ("回答を待っているお問い合わせはありません", "新しいお問い合わせが届くと、ここに並びます。"),
            Link::new("回答したものを見る", "/office/inquiries?state=answered"),
        )
    } else {
        (
            ("回答したお問い合わせはまだありません", "回答すると、ここに並びます。"),
            Link::new("回答を待っているものを見る", LIST),
        )
    };
    Ok(Html(parts::ListPage { links: vec![other], ..parts::ListPage::new(frame, table, empty) }))
}

fn told(done: &str) -> Option<BannerView> {
    match done {
        "answered" => {
            Some(parts::banner(BannerKind::Success, "回答しました。問い合わせた方にメールで知らせます。", &[]))
        }
        "changed" => {
            let body = ["今回の回答は送っていません。"];
            Some(parts::banner(BannerKind::Error, "このお問い合わせには、ほかの人が先に回答しました。", &body))
        }
        _ => None,
    }
}

fn row(visit: &Visit, inquiry: &Inquiry) -> RowView {
    let (asked, open) = (Timestamp::from_millis(inquiry.created_at), inquiry.state == OPEN);
    let (days, late) = super::queue::age(visit, asked);
    let age = if open && late { format!("{days}（目安超過）") } else { days.to_string() };
    RowView {
        cells: vec![
            CellView::link(&inquiry.reference, format!("{LIST}/{}", inquiry.id)),
            CellView::Text(words::label(visit, "inquiry_categories", &inquiry.category)),
            CellView::Lines(inquiry.person_name.clone(), inquiry.institution_name.clone().unwrap_or_default()),
            CellView::Text(japanese_datetime(asked)),
            CellView::Number(age),
        ],
        strong: open && late,
    }
}

#[derive(Template)]
#[template(path = "office/inquiry.html")]
struct InquiryPage {
    frame: Frame,
    errors: ErrorSummary,
    facts: SummaryListView,
    body: String,
    answer: String,
    answered: String,
    action: String,
    fields: Vec<FieldView>,
}

/// One inquiry.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    Ok(Html(page(&visit, parts::id(&name)?, "").await?).into_response())
}

async fn page(visit: &Visit, id: InquiryId, typed: &str) -> Result<InquiryPage, Failure> {
    let inquiry = find(visit, id).await?;
    let mut frame = visit.office_frame(format!("お問い合わせ {}", inquiry.reference), LIST);
    frame.breadcrumb.push(Link::new("お問い合わせ", LIST));
    let input = InputView::LongText { value: typed.to_owned(), maxlength: 2_000 };
    let field = FieldView::new("answer", "回答", input)
        .required()
        .with_help("このままメールに載り、本人のお問い合わせの画面にも表示されます。");
    let fields = if inquiry.state == OPEN && parts::may(visit, P::AnswerInquiries) { vec![field] } else { vec![] };
    Ok(InquiryPage {
        frame,
        errors: ErrorSummary::default(),
        facts: facts(visit, &inquiry),
        answered: inquiry.answered_at.map(|at| japanese_datetime(Timestamp::from_millis(at))).unwrap_or_default(),
        body: inquiry.body,
        answer: inquiry.answer,
        action: format!("{LIST}/{id}/answer"),
        fields,
    })
}

async fn find(visit: &Visit, id: InquiryId) -> Result<Inquiry, Failure> {
    for state in [OPEN, ANSWERED] {
        let found = inquiries::list(&visit.ctx(), state).await?.into_iter().find(|inquiry| inquiry.id == id.0);
        if let Some(inquiry) = found {
            return Ok(inquiry);
        }
    }
    Err(Error::NotFound.into())
}

fn facts(visit: &Visit, inquiry: &Inquiry) -> SummaryListView {
    let place = match (&inquiry.institution_name, &inquiry.institution_code) {
        (Some(name), Some(code)) => format!("{name}（{}）", grouped_code(code)),
        _ => String::new(),
    };
    let rows = vec![
        SummaryRow::new("種類", words::label(visit, "inquiry_categories", &inquiry.category)),
        SummaryRow::new("問い合わせた方", format!("{}（{}）", inquiry.person_name, inquiry.person_email)),
        SummaryRow::new("医療機関等", place),
        SummaryRow::new("日時", japanese_datetime(Timestamp::from_millis(inquiry.created_at))),
    ];
    SummaryListView { title: String::new(), rows }
}

/// Answers an inquiry.
pub(super) async fn answer(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::AnswerInquiries])?;
    let (id, typed) = (parts::id(&name)?, posted.get("answer"));
    let fault = match inquiries::answer(&visit.ctx(), id, typed).await {
        Ok(Ok(())) => return Ok(see_other("/office/inquiries?done=answered")),
        Ok(Err(fault)) => fault,
        Err(Error::ChangedMeanwhile) => return Ok(see_other("/office/inquiries?done=changed")),
        Err(error) => return Err(error.into()),
    };
    let mut page = page(&visit, id, typed).await?;
    let slip = Finding { field: "answer".to_owned(), message: fault };
    (page.fields, page.errors) = with_slips(page.fields, &[slip]);
    page.frame.has_errors = true;
    Ok(Html(page).with_faults())
}
