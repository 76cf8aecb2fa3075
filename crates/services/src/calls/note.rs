//! Noting a call as an inquiry of its caller.

use domain::{
    forms::Finding,
    ids::{CallId, InquiryId},
    inquiries::{Author, InquiryState, Way},
    permissions::Permission,
};
use storage::boxed;

use super::open_call;
use crate::{
    Ctx, Error, Result,
    accounts::entry,
    inquiries::{self, Beginning, Said},
};

/// What was said on the telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// Category.
    pub category: &'a str,
    /// What was asked.
    pub question: &'a str,
    /// What was answered; empty when the answer comes later.
    pub answer: &'a str,
}

/// Notes a call as a thread of its caller, who is told by mail; or what is wrong: fields `category`, `question`, `answer`.
/// Without an answer the thread waits for one, like any other.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] for somebody else's call,
/// [`Error::ChangedMeanwhile`] when its hour is over.
#[boxed]
pub async fn note(ctx: &Ctx<'_>, id: CallId, typed: &Note<'_>) -> Result<Result<InquiryId, Finding>> {
    ctx.permit(Permission::AnswerInquiries)?;
    let call = open_call(ctx, id).await?.ok_or(Error::ChangedMeanwhile)?;
    if ctx.app.reference().lists.entry("inquiry_categories", typed.category).is_none() {
        return Ok(Err(entry::finding("category", "「お問い合わせの種類」を選んでください。")));
    }
    let question = match inquiries::words("question", "お問い合わせの内容", typed.question) {
        Ok(question) => question,
        Err(slip) => return Ok(Err(slip)),
    };
    let answer = match inquiries::words("answer", "お答え", typed.answer) {
        Ok(answer) => answer,
        Err(_) if typed.answer.trim().is_empty() => String::new(),
        Err(slip) => return Ok(Err(slip)),
    };
    let mut tx = ctx.app.db.write().await?;
    let case = storage::applications::find(&mut tx, call.application).await?.ok_or(Error::NotFound)?;
    let new = Beginning {
        account: call.caller,
        institution: Some(case.institution_id),
        application: Some(case.id),
        category: typed.category,
        way: Way::Phone,
    };
    let (thread, _) = inquiries::begin(ctx, &mut tx, &new).await?;
    let agent = Some(call.agent);
    let said = |author, body| Said { author, account: agent, way: Way::Phone, body, attachments: "" };
    inquiries::add(ctx, &mut tx, thread, &said(Author::Applicant, &question)).await?;
    storage::inquiries::assign(&mut tx, thread, None, agent).await?;
    if !answer.is_empty() {
        storage::inquiries::reply(&mut tx, thread, 1, InquiryState::Answered, ctx.now).await?;
        inquiries::add(ctx, &mut tx, thread, &said(Author::Staff, &answer)).await?;
        inquiries::note_answer(ctx, &mut tx, thread, ctx.now).await?;
    }
    ctx.audit(&mut tx, "call.note", format!("inquiry:{thread}"), "", &question);
    inquiries::noted(ctx, &mut tx, thread, &question, &answer).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(thread))
}
