//! What the call centre does: read, take, answer with canned texts, end.

use domain::{
    clock::Timestamp,
    forms::Finding,
    ids::{AccountId, InquiryId},
    inquiries::{Author, InquiryState, Way},
    permissions::{Permission, allows},
};
use storage::{boxed, inquiries::Inquiry};

use super::{PAGE, Said, Thread, add, note_answer, tell, words};
use crate::{Ctx, Error, Result};

/// List of canned answers.
const CANNED: &str = "canned_answers";

/// Threads in one state, perhaps only those that the person has: those that somebody waits for from the oldest on, the
/// others from the newest.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn list(
    ctx: &Ctx<'_>,
    state: InquiryState,
    mine: bool,
    after: Option<(Timestamp, InquiryId)>,
) -> Result<Vec<Inquiry>> {
    ctx.permit(Permission::ReadInquiries)?;
    let me = if mine { Some(ctx.account()?) } else { None };
    Ok(storage::inquiries::in_state(&mut ctx.app.db.read().await?, state, me, after, PAGE).await?)
}

/// How many threads wait for an answer, counted up to a number.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn waiting(ctx: &Ctx<'_>, most: i64) -> Result<i64> {
    ctx.permit(Permission::ReadInquiries)?;
    Ok(storage::inquiries::count_in_state(&mut ctx.app.db.read().await?, InquiryState::Open, most).await?)
}

/// A thread with its mails; seeing it is recorded (spec 6.5).
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn thread(ctx: &Ctx<'_>, id: InquiryId) -> Result<Thread> {
    ctx.permit(Permission::ReadInquiries)?;
    let mut conn = ctx.app.db.read().await?;
    let inquiry = storage::inquiries::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let messages = storage::inquiries::messages(&mut conn, id).await?;
    let mails = storage::mails::of_inquiry(&mut conn, id).await?;
    drop(conn);
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "inquiry.view", format!("inquiry:{id}"), "", "");
    tx.commit().await?;
    Ok(Thread { inquiry, messages, mails })
}

/// An answer as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// How many messages the person saw.
    pub seen: i64,
    /// The words.
    pub body: &'a str,
    /// For whom the thread waits afterwards: [`InquiryState::Answered`] or [`InquiryState::Waiting`].
    pub next: InquiryState,
}

/// What an act on a thread led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// Something was written meanwhile; nothing was sent.
    ChangedMeanwhile,
    /// What is wrong; field `body`.
    Slip(Finding),
}

/// Answers a thread, or asks back, by mail and on the page. Whoever answers what nobody has, has it from then on.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn answer(ctx: &Ctx<'_>, id: InquiryId, reply: &Reply<'_>) -> Result<Outcome> {
    ctx.permit(Permission::AnswerInquiries)?;
    let body = match words("body", "回答", reply.body) {
        Ok(body) => body,
        Err(slip) => return Ok(Outcome::Slip(slip)),
    };
    let next = if InquiryState::AFTER_STAFF.contains(&reply.next) { reply.next } else { InquiryState::Answered };
    let me = ctx.account()?;
    let mut tx = ctx.app.db.write().await?;
    let inquiry = storage::inquiries::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !storage::inquiries::reply(&mut tx, id, reply.seen, next, ctx.now).await? {
        return Ok(Outcome::ChangedMeanwhile);
    }
    let said = Said { author: Author::Staff, account: Some(me), way: Way::Page, body: &body, attachments: "" };
    add(ctx, &mut tx, id, &said).await?;
    storage::inquiries::assign(&mut tx, id, None, Some(me)).await?;
    if next == InquiryState::Answered {
        note_answer(ctx, &mut tx, id, inquiry.created_at).await?;
    }
    ctx.audit(&mut tx, "inquiry.answer", format!("inquiry:{id}"), inquiry.state.as_str(), &body);
    tell::answered(ctx, &mut tx, &inquiry, &body, next).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Outcome::Done)
}

/// Ends a thread of so many messages without a word; a new message opens it again.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn close(ctx: &Ctx<'_>, id: InquiryId, seen: i64) -> Result<Outcome> {
    ctx.permit(Permission::AnswerInquiries)?;
    let mut tx = ctx.app.db.write().await?;
    let inquiry = storage::inquiries::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !storage::inquiries::close(&mut tx, id, seen, ctx.now).await? {
        return Ok(Outcome::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "inquiry.close", format!("inquiry:{id}"), inquiry.state.as_str(), "closed");
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Those of the staff who answer inquiries, by name.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn colleagues(ctx: &Ctx<'_>) -> Result<Vec<(AccountId, String)>> {
    ctx.permit(Permission::ReadInquiries)?;
    let staff = storage::accounts::staff(&mut ctx.app.db.read().await?).await?;
    let able = staff.into_iter().filter(|one| !one.disabled && allows(&one.roles, Permission::AnswerInquiries));
    let mut named: Vec<(AccountId, String)> = able.map(|one| (one.id, one.name)).collect();
    named.sort_by(|left, right| left.1.cmp(&right.1));
    Ok(named)
}

/// Gives a thread to one of the staff, or to nobody; `from` is who had it on the page.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when the other does not answer inquiries,
/// [`Error::ChangedMeanwhile`] when somebody else has it by now.
#[boxed]
pub async fn assign(ctx: &Ctx<'_>, id: InquiryId, from: Option<AccountId>, to: Option<AccountId>) -> Result<()> {
    ctx.permit(Permission::AnswerInquiries)?;
    if let Some(to) = to
        && !colleagues(ctx).await?.iter().any(|(known, _)| *known == to)
    {
        return Err(Error::NotFound);
    }
    let mut tx = ctx.app.db.write().await?;
    storage::inquiries::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !storage::inquiries::assign(&mut tx, id, from, to).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let words = |id: Option<AccountId>| id.map(|id| id.to_string()).unwrap_or_default();
    ctx.audit(&mut tx, "inquiry.assign", format!("inquiry:{id}"), &words(from), &words(to));
    tx.commit().await?;
    Ok(())
}

/// A canned answer to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canned {
    /// What is sent when it is chosen.
    pub value: String,
    /// Its name.
    pub label: String,
    /// Category under which it stands.
    pub group: String,
}

/// The canned answers in their order.
pub fn canned(ctx: &Ctx<'_>) -> Vec<Canned> {
    let lists = ctx.app.reference().lists;
    let one = |entry: &domain::applications::Entry| Canned {
        value: entry.value.clone(),
        label: entry.label.clone(),
        group: entry.group.clone(),
    };
    lists.entries(CANNED).iter().map(one).collect()
}

/// The words of a canned answer with the address of its article; none when the list no longer has it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn canned_text(ctx: &Ctx<'_>, value: &str) -> Result<Option<String>> {
    let lists = ctx.app.reference().lists;
    let Some(entry) = lists.entry(CANNED, value) else { return Ok(None) };
    if entry.article.is_empty() {
        return Ok(Some(entry.text.clone()));
    }
    let article = storage::content::article(&mut ctx.app.db.read().await?, &entry.article).await?;
    let Some(article) = article.filter(|article| article.state == "published") else {
        return Ok(Some(entry.text.clone()));
    };
    let address = format!("{}/articles/{}", ctx.app.settings.portal_url, article.number);
    Ok(Some(format!("{}\n\nくわしい説明：{}\n{address}", entry.text, article.title)))
}
