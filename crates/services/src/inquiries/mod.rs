//! Inquiries: threads between applicants and the call centre, by page, mail and telephone (spec 6.4).

mod answer;
mod ask;
mod figures;
pub mod inbox;
mod marks;
mod tell;

pub use answer::{
    Canned, Outcome, Reply, answer, assign, canned, canned_text, close, colleagues, list, thread, waiting,
};
pub use ask::{Question, ask, own, own_thread, say};
pub use figures::{Figures, Line, csv, figures};
pub(crate) use tell::noted;

use domain::{
    accounts::clean_text,
    clock::Timestamp,
    forms::Finding,
    ids::{AccountId, ApplicationId, InquiryId, InstitutionId, MessageId},
    inquiries::{Author, LONGEST_MESSAGE, Way},
    reference::ReferenceNumber,
};
use storage::{
    Tx,
    inquiries::{FirstAnswer, Inquiry, Message, NewInquiry},
    mails::Mail,
};

use crate::{Ctx, Result, accounts::entry};

/// Rows on a page of a list.
const PAGE: i64 = 50;

/// A thread with all that was said in it.
#[derive(Clone, Debug)]
pub struct Thread {
    /// The thread.
    pub inquiry: Inquiry,
    /// Its messages, oldest first.
    pub messages: Vec<Message>,
    /// Mails about it with their delivery; empty for applicants.
    pub mails: Vec<Mail>,
}

/// A thread that begins.
pub(crate) struct Beginning<'a> {
    pub(crate) account: AccountId,
    pub(crate) institution: Option<InstitutionId>,
    pub(crate) application: Option<ApplicationId>,
    pub(crate) category: &'a str,
    pub(crate) way: Way,
}

/// Begins a thread without a message, in the caller's transaction.
pub(crate) async fn begin(ctx: &Ctx<'_>, tx: &mut Tx, new: &Beginning<'_>) -> Result<(InquiryId, ReferenceNumber)> {
    let reference = ReferenceNumber::generate(&*ctx.app.randomness);
    let id = InquiryId::new(ctx.now, &*ctx.app.randomness);
    let row = NewInquiry {
        id,
        reference: reference.as_str(),
        institution: new.institution,
        application: new.application,
        account: new.account,
        category: new.category,
        way: new.way,
    };
    storage::inquiries::insert(tx, &row, ctx.now).await?;
    Ok((id, reference))
}

/// What is said, by whom.
pub(crate) struct Said<'a> {
    pub(crate) author: Author,
    pub(crate) account: Option<AccountId>,
    pub(crate) way: Way,
    pub(crate) body: &'a str,
    pub(crate) attachments: &'a str,
}

/// Adds a message to a thread, in the caller's transaction; one of the applicant opens it.
pub(crate) async fn add(ctx: &Ctx<'_>, tx: &mut Tx, id: InquiryId, said: &Said<'_>) -> Result<()> {
    let message = Message {
        id: MessageId::new(ctx.now, &*ctx.app.randomness),
        inquiry_id: id,
        author: said.author,
        account_id: said.account,
        account_name: None,
        way: said.way,
        body: said.body.to_owned(),
        attachments: said.attachments.to_owned(),
        created_at: ctx.now,
    };
    storage::inquiries::insert_message(tx, &message).await?;
    if said.author == Author::Applicant {
        storage::inquiries::reopen(tx, id, ctx.now).await?;
    }
    Ok(())
}

/// Notes for the figures that a thread was answered, in the caller's transaction.
pub(crate) async fn note_answer(ctx: &Ctx<'_>, tx: &mut Tx, id: InquiryId, asked: Timestamp) -> Result<()> {
    let days = ctx.app.holidays().business_days_between(asked.date(), ctx.now.date());
    let month = domain::calendar::YearMonth::of(ctx.now.date()).as_text();
    let answer = FirstAnswer {
        at: ctx.now,
        month: &month,
        took_ms: (ctx.now.as_millis() - asked.as_millis()).max(0),
        late: days > i64::from(ctx.app.rules().answer_days),
    };
    Ok(storage::inquiries::note_first_answer(tx, id, &answer).await?)
}

/// The words of a message in their stored form, or what is wrong with them.
pub(crate) fn words(field: &str, label: &str, typed: &str) -> Result<String, Finding> {
    match clean_text(typed, LONGEST_MESSAGE) {
        Ok(body) if !body.is_empty() => Ok(body),
        Ok(_) => Err(entry::finding(field, format!("「{label}」を入力してください。"))),
        Err(fault) => Err(entry::finding(field, format!("「{label}」：{fault}"))),
    }
}

/// What a category is called, or its stored word when the list no longer has it.
pub(crate) fn category(ctx: &Ctx<'_>, value: &str) -> String {
    let lists = ctx.app.reference().lists;
    lists.entry("inquiry_categories", value).map_or_else(|| value.to_owned(), |entry| entry.label.clone())
}
