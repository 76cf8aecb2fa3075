//! What is said about a case without deciding it: a question to the applicant and the answer, notes among staff.

use domain::{
    accounts::clean_text,
    applications::{ANSWER_DAYS, Event, Flag, awaited_until},
    calendar::japanese_date,
    clock::Timestamp,
    ids::{ApplicationId, NoteId, QuestionId},
    permissions::Permission,
};
use storage::applications::{Note, Question};
use storage::boxed;
use time::Duration;

use super::super::{advance, own, tell};
use super::decide::{Decision, clean, decidable, taken};
use crate::{Ctx, Error, Result};

/// Longest answer and longest note in characters.
const LONGEST: usize = 1000;

/// What answering a question led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Noted; the reviewer sees it.
    Noted,
    /// It was answered before, or the case was decided meanwhile.
    TooLate,
    /// Nothing was typed, or more than can be kept; the sentence says which.
    Slip(String),
}

/// Asks the applicant something without returning the form; the case stays in review.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case.
#[boxed]
pub async fn ask(ctx: &Ctx<'_>, id: ApplicationId, version: i64, question: &str) -> Result<Decision> {
    let question = clean(question);
    if question.is_empty() {
        return Ok(Decision::ReasonMissing);
    }
    let mut tx = ctx.app.db.write().await?;
    let Some(seen) = decidable(ctx, &mut tx, id, version).await? else { return Ok(Decision::ChangedMeanwhile) };
    if seen.flag == Flag::Asked {
        return Ok(Decision::ChangedMeanwhile);
    }
    let seen = taken(ctx, &mut tx, seen).await?;
    let to = advance(ctx, &mut tx, &seen, Event::Ask, &question).await?;
    let until = Timestamp::end_of_day((ctx.now + Duration::days(ANSWER_DAYS)).date());
    let asked = Question {
        id: QuestionId::new(ctx.now, &*ctx.app.randomness),
        asked_by: ctx.account()?,
        asked_by_name: ctx.actor_name(),
        question: question.clone(),
        asked_at: ctx.now,
        until,
        answer: String::new(),
        answered_name: String::new(),
        answered_at: None,
    };
    storage::applications::insert_question(&mut tx, id, &asked).await?;
    storage::applications::set_flag(&mut tx, id, (Flag::Asked, &seen.rule_words), Some(until)).await?;
    let further = [("reason", question), ("deadline", japanese_date(until.date()))];
    tell::about(ctx, &mut tx, &seen, "application_question", &further).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decision::Done(to))
}

/// Answers a question about one's case; answers after the day that was named are taken too.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution.
#[boxed]
pub async fn answer(ctx: &Ctx<'_>, id: ApplicationId, question: QuestionId, typed: &str) -> Result<Answered> {
    let case = own(ctx, id).await?;
    let answer = match clean_text(typed, LONGEST) {
        Ok(text) if text.is_empty() => return Ok(Answered::Slip("回答を入力してください。".to_owned())),
        Ok(text) => text,
        Err(fault) => return Ok(Answered::Slip(format!("回答：{fault}"))),
    };
    if case.flag != Flag::Asked || !case.kind.allows(case.state, Event::Answer) {
        return Ok(Answered::TooLate);
    }
    let mut tx = ctx.app.db.write().await?;
    let by = (ctx.account()?, ctx.session()?.name.as_str());
    if !storage::applications::answer_question(&mut tx, id, question, by, &answer, ctx.now).await? {
        return Ok(Answered::TooLate);
    }
    match advance(ctx, &mut tx, &case, Event::Answer, &answer).await {
        Ok(to) => {
            let until = awaited_until(to, ctx.now, case.start());
            storage::applications::set_flag(&mut tx, id, (Flag::Answered, &case.rule_words), until).await?;
        }
        Err(Error::ChangedMeanwhile) => return Ok(Answered::TooLate),
        Err(error) => return Err(error),
    }
    tx.commit().await?;
    Ok(Answered::Noted)
}

/// Adds a note that only staff read; false when nothing, or too much, was typed.
///
/// # Errors
/// [`Error::Forbidden`] without the permission to write notes or to see the case, [`Error::NotFound`] for an unknown one.
#[boxed]
pub async fn note(ctx: &Ctx<'_>, id: ApplicationId, typed: &str) -> Result<bool> {
    ctx.permit(Permission::WriteNotes)?;
    let mut tx = ctx.app.db.write().await?;
    let case = storage::applications::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    ctx.permit(super::super::reading(case.kind))?;
    let note = clean_text(typed, LONGEST).unwrap_or_default();
    if note.is_empty() {
        return Ok(false);
    }
    let row = Note {
        id: NoteId::new(ctx.now, &*ctx.app.randomness),
        author: ctx.account()?,
        author_name: ctx.actor_name(),
        note,
        at: ctx.now,
    };
    storage::applications::insert_note(&mut tx, id, &row).await?;
    ctx.audit(&mut tx, "application.note", format!("application:{id}"), "", &row.note);
    tx.commit().await?;
    Ok(true)
}
