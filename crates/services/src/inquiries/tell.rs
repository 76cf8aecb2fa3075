//! Mails about a thread. Each carries the thread's mark where replies are read.

use domain::{calendar::japanese_date, ids::InquiryId, inquiries::InquiryState};
use storage::{Tx, inquiries::Inquiry};

use super::{category, marks};
use crate::{
    Ctx, Error, Result, applications,
    mail::{Letterhead, queue},
};

/// Tells that a question was received and until when it is answered.
pub(super) async fn received(ctx: &Ctx<'_>, tx: &mut Tx, id: InquiryId) -> Result<()> {
    let inquiry = storage::inquiries::find(tx, id).await?.ok_or(Error::NotFound)?;
    let days = ctx.app.rules().answer_days;
    let until = japanese_date(ctx.app.holidays().add_business_days(ctx.now.date(), days));
    send(ctx, tx, &inquiry, "inquiry_received", vec![("expected_date", until)]).await
}

/// Tells the words of staff: an answer, or a question back.
pub(super) async fn answered(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    inquiry: &Inquiry,
    words: &str,
    next: InquiryState,
) -> Result<()> {
    let text = if next == InquiryState::Waiting { "inquiry_question" } else { "inquiry_answered" };
    send(ctx, tx, inquiry, text, vec![("answer", words.to_owned())]).await
}

/// Tells what was noted of a telephone call.
pub(crate) async fn noted(ctx: &Ctx<'_>, tx: &mut Tx, id: InquiryId, question: &str, answer: &str) -> Result<()> {
    let inquiry = storage::inquiries::find(tx, id).await?.ok_or(Error::NotFound)?;
    let answer = if answer.is_empty() { "確認してから、あらためてお答えします。" } else { answer };
    send(ctx, tx, &inquiry, "inquiry_noted", vec![("question", question.to_owned()), ("answer", answer.to_owned())])
        .await
}

async fn send(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    inquiry: &Inquiry,
    text: &str,
    mut values: Vec<(&'static str, String)>,
) -> Result<()> {
    let app = ctx.app;
    let head = Letterhead {
        account: Some(inquiry.account_id),
        application: inquiry.application_id,
        inquiry: Some(inquiry.id),
        reply_to: marks::reply_to(app, &inquiry.reference),
        ..Letterhead::new(text, &inquiry.person_email)
    };
    let note = match app.settings.replies {
        Some(_) => "このメールにそのまま返信すると、お問い合わせに追加されます。添付ファイルは受け取れません。",
        None => "このメールは送信専用です。ご返信いただいてもお答えできません。",
    };
    values.extend([
        ("person", inquiry.person_name.clone()),
        ("reference", applications::reference(&inquiry.reference)),
        ("inquiry_subject", category(ctx, &inquiry.category)),
        ("inquiry_url", format!("{}/inquiries/{}", app.settings.portal_url, inquiry.id)),
        ("reply_note", note.to_owned()),
        ("mark", marks::in_subject(app, &inquiry.reference)),
    ]);
    queue(ctx, tx, &head, &values).await
}
