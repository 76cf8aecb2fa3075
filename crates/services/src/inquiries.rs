//! Inquiries: asked on a page, answered by the call centre, told by mail.

use domain::{
    accounts::clean_text, calendar::japanese_date, ids::InquiryId, permissions::Permission, reference::ReferenceNumber,
};
use storage::boxed;
use storage::inquiries::Inquiry;

use crate::{
    Ctx, Error, Result,
    mail::{Letterhead, queue},
};

/// Longest question and answer in characters.
const LONGEST: usize = 2_000;

/// Sends an inquiry; gives its number, or the sentence that says what is wrong.
///
/// # Errors
/// [`Error::LoginRequired`] for visitors.
#[boxed]
pub async fn ask(ctx: &Ctx<'_>, category: &str, body: &str) -> Result<Result<String, String>> {
    let session = ctx.session()?.clone();
    let lists = ctx.app.reference().lists;
    let Some(entry) = lists.entry("inquiry_categories", category) else {
        return Ok(Err("「お問い合わせの種類」を選んでください。".to_owned()));
    };
    let body = match clean_text(body, LONGEST) {
        Ok(body) if !body.is_empty() => body,
        Ok(_) => return Ok(Err("「お問い合わせの内容」を入力してください。".to_owned())),
        Err(fault) => return Ok(Err(format!("「お問い合わせの内容」：{fault}"))),
    };
    let reference = ReferenceNumber::generate(&*ctx.app.randomness);
    let id = InquiryId::new(ctx.now, &*ctx.app.randomness);
    let institution = session.institution.as_ref().map(|acting| acting.id);
    let mut tx = ctx.app.db.write().await?;
    storage::inquiries::insert(
        &mut tx,
        id,
        reference.as_str(),
        institution,
        session.account_id,
        category,
        &body,
        ctx.now,
    )
    .await?;
    ctx.audit(&mut tx, "inquiry.ask", format!("inquiry:{id}"), "", &body);
    let head = Letterhead { account: Some(session.account_id), ..Letterhead::new("inquiry_received", &session.email) };
    let values = [
        ("person", session.name.clone()),
        ("reference", reference.to_string()),
        ("inquiry_subject", entry.label.clone()),
        ("expected_date", expected(ctx)),
        ("inquiry_url", format!("{}/inquiries", ctx.app.settings.portal_url)),
    ];
    queue(ctx, &mut tx, &head, &values).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(reference.to_string()))
}

fn expected(ctx: &Ctx<'_>) -> String {
    japanese_date(ctx.app.holidays().add_business_days(ctx.now.date(), 2))
}

/// One's own inquiries, newest first.
///
/// # Errors
/// [`Error::LoginRequired`] for visitors.
#[boxed]
pub async fn own(ctx: &Ctx<'_>) -> Result<Vec<Inquiry>> {
    Ok(storage::inquiries::of_account(&mut ctx.app.db.read().await?, ctx.account()?).await?)
}

/// Inquiries in one state, oldest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn list(ctx: &Ctx<'_>, state: &str) -> Result<Vec<Inquiry>> {
    ctx.permit(Permission::ReadInquiries)?;
    Ok(storage::inquiries::in_state(&mut ctx.app.db.read().await?, state, 200).await?)
}

/// Answers an inquiry by mail and on the page; gives the sentence that says what is wrong, if anything.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`] when it was answered before.
#[boxed]
pub async fn answer(ctx: &Ctx<'_>, id: InquiryId, answer: &str) -> Result<Result<(), String>> {
    ctx.permit(Permission::AnswerInquiries)?;
    let answer = match clean_text(answer, LONGEST) {
        Ok(answer) if !answer.is_empty() => answer,
        Ok(_) => return Ok(Err("回答を入力してください。".to_owned())),
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let mut tx = ctx.app.db.write().await?;
    let inquiry = storage::inquiries::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !storage::inquiries::answer(&mut tx, id, &answer, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "inquiry.answer", format!("inquiry:{id}"), "open", &answer);
    tell_answer(ctx, &mut tx, &inquiry, answer).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(()))
}

async fn tell_answer(ctx: &Ctx<'_>, tx: &mut storage::Tx, inquiry: &Inquiry, answer: String) -> Result<()> {
    let lists = ctx.app.reference().lists;
    let category = lists.entry("inquiry_categories", &inquiry.category).map(|entry| entry.label.clone());
    let reference =
        ReferenceNumber::parse(&inquiry.reference).map_or_else(|_| inquiry.reference.clone(), |n| n.to_string());
    let head = Letterhead {
        account: Some(domain::ids::AccountId(inquiry.account_id)),
        ..Letterhead::new("inquiry_answered", &inquiry.person_email)
    };
    let values = [
        ("person", inquiry.person_name.clone()),
        ("reference", reference),
        ("inquiry_subject", category.unwrap_or_default()),
        ("answer", answer),
        ("inquiry_url", format!("{}/inquiries", ctx.app.settings.portal_url)),
    ];
    queue(ctx, tx, &head, &values).await
}
