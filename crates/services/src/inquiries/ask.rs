//! What applicants do: ask, read what was answered, say more.

use domain::{
    clock::Timestamp,
    forms::Finding,
    ids::{ApplicationId, InquiryId},
    inquiries::{Author, Way},
};
use storage::{
    Tx, boxed,
    inquiries::{Inquiry, Message},
};

use super::{Beginning, PAGE, Said, Thread, add, begin, tell, words};
use crate::{
    Ctx, Error, Result,
    accounts::{entry, limits},
    applications,
    ctx::OPERATOR,
};

/// A question as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Category.
    pub category: &'a str,
    /// What is asked.
    pub body: &'a str,
    /// Identifier of the case it is about; empty for none.
    pub case: &'a str,
}

/// Sends an inquiry; gives its number, or what is wrong: fields `category`, `case`, `body`.
///
/// # Errors
/// [`Error::LoginRequired`] for visitors, [`Error::TooManyTries`].
#[boxed]
pub async fn ask(ctx: &Ctx<'_>, question: &Question<'_>) -> Result<Result<String, Finding>> {
    let session = ctx.session()?.clone();
    if ctx.app.reference().lists.entry("inquiry_categories", question.category).is_none() {
        return Ok(Err(entry::finding("category", "「お問い合わせの種類」を選んでください。")));
    }
    let body = match words("body", "お問い合わせの内容", question.body) {
        Ok(body) => body,
        Err(slip) => return Ok(Err(slip)),
    };
    let Ok(application) = case_of(ctx, question.case).await? else {
        return Ok(Err(entry::finding("case", "「どの申請についてか」を選び直してください。")));
    };
    let account = session.account_id;
    let new = Beginning {
        account,
        institution: session.institution.as_ref().map(|acting| acting.id),
        application,
        category: question.category,
        way: Way::Page,
    };
    let mut tx = ctx.app.db.write().await?;
    limits::INQUIRIES.insist(ctx, &mut tx, &[&account.to_string()]).await?;
    let (id, reference) = begin(ctx, &mut tx, &new).await?;
    let said = Said { author: Author::Applicant, account: Some(account), way: Way::Page, body: &body, attachments: "" };
    add(ctx, &mut tx, id, &said).await?;
    ctx.audit(&mut tx, "inquiry.ask", format!("inquiry:{id}"), "", &body);
    tell::received(ctx, &mut tx, id).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(reference.to_string()))
}

/// The case that was chosen, if it is one of one's institution that was filed.
async fn case_of(ctx: &Ctx<'_>, typed: &str) -> Result<Result<Option<ApplicationId>, ()>> {
    if typed.is_empty() {
        return Ok(Ok(None));
    }
    let Ok(id) = typed.parse::<ApplicationId>() else { return Ok(Err(())) };
    match applications::own(ctx, id).await {
        Ok(case) if case.reference.is_some() => Ok(Ok(Some(id))),
        Ok(_) | Err(Error::NotFound) => Ok(Err(())),
        Err(error) => Err(error),
    }
}

/// One's own threads, newest first; `after` is the last one of the page before.
///
/// # Errors
/// [`Error::LoginRequired`] for visitors.
#[boxed]
pub async fn own(ctx: &Ctx<'_>, after: Option<(Timestamp, InquiryId)>) -> Result<Vec<Inquiry>> {
    Ok(storage::inquiries::of_account(&mut ctx.app.db.read().await?, ctx.account()?, after, PAGE).await?)
}

/// One of one's own threads; staff are not named in it.
///
/// # Errors
/// [`Error::LoginRequired`] for visitors, [`Error::NotFound`] for somebody else's.
#[boxed]
pub async fn own_thread(ctx: &Ctx<'_>, id: InquiryId) -> Result<Thread> {
    let me = ctx.account()?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::inquiries::find(&mut conn, id).await?;
    let inquiry = found.filter(|inquiry| inquiry.account_id == me).ok_or(Error::NotFound)?;
    let messages = storage::inquiries::messages(&mut conn, id).await?;
    let inquiry = Inquiry { assignee: None, assignee_name: None, ..inquiry };
    Ok(Thread { inquiry, messages: messages.into_iter().map(without_staff).collect(), mails: vec![] })
}

fn without_staff(message: Message) -> Message {
    match message.author {
        Author::Staff => Message { account_id: None, account_name: Some(OPERATOR.to_owned()), ..message },
        // What was said on the telephone is the applicant's, whoever noted it.
        Author::Applicant if message.way == Way::Phone => Message { account_id: None, account_name: None, ..message },
        Author::Applicant => message,
    }
}

/// Says more in one of one's own threads, which waits for the operator from then on; or what is wrong: field `body`.
///
/// # Errors
/// [`Error::LoginRequired`] for visitors, [`Error::NotFound`] for somebody else's, [`Error::TooManyTries`].
#[boxed]
pub async fn say(ctx: &Ctx<'_>, id: InquiryId, typed: &str) -> Result<Result<(), Finding>> {
    let me = ctx.account()?;
    let found = storage::inquiries::find(&mut ctx.app.db.read().await?, id).await?;
    let inquiry = found.filter(|inquiry| inquiry.account_id == me).ok_or(Error::NotFound)?;
    let body = match words("body", "追加の内容", typed) {
        Ok(body) => body,
        Err(slip) => return Ok(Err(slip)),
    };
    let mut tx = ctx.app.db.write().await?;
    limits::MESSAGES.insist(ctx, &mut tx, &[&id.to_string()]).await?;
    let said = Said { author: Author::Applicant, account: Some(me), way: Way::Page, body: &body, attachments: "" };
    heard(ctx, &mut tx, &inquiry, &said).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Adds what the applicant said, however it came, in the caller's transaction.
pub(super) async fn heard(ctx: &Ctx<'_>, tx: &mut Tx, inquiry: &Inquiry, said: &Said<'_>) -> Result<()> {
    add(ctx, tx, inquiry.id, said).await?;
    ctx.audit(tx, "inquiry.say", format!("inquiry:{}", inquiry.id), inquiry.state.as_str(), said.body);
    Ok(())
}
