//! Forms that were sent after their session had ended: kept for an hour, given back to those who may go on with them.
//!
//! Nobody knows of an ended session whose it was, so whatever is kept is bounded: in length, for each network, and to cases,
//! institutions and people that are there.

use domain::{
    forms::Answers,
    ids::{AccountId, ApplicationId, InquiryId, InstitutionId},
    interview::Step,
};
use serde_json::{Value, json};
use storage::accounts::Token;
use storage::boxed;
use time::Duration;

use crate::{
    Ctx, Error, Result,
    accounts::{limits, membership::follow},
    applications,
    interview::{self, Then},
    secrets::{new_token, token_hash},
};

pub(crate) const PURPOSE: &str = "parked_form";
const LIFE: Duration = Duration::hours(1);
/// Longest text of an inquiry that is kept, in characters: more than one may send, so that nothing typed is cut.
const LONGEST: usize = 10_000;
/// Longest form that is kept, in octets: four answers of the greatest length, of which no form has two.
const LARGEST: usize = 256 * 1024;

/// Where a person finds what was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// In the form of this case, where it was put.
    Case {
        /// The case.
        id: ApplicationId,
        /// Key of the question at which it goes on.
        go_on_at: Option<String>,
        /// Key of the question whose files were sent and not received.
        left_out: Option<String>,
    },
    /// On this page of the interview, where it was put.
    Interview(Step),
    /// In the form of an inquiry, or of this thread, which reads it with [`inquiry`].
    Inquiry(Option<InquiryId>),
}

/// A kept inquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptInquiry {
    /// Category.
    pub category: String,
    /// Case it is about; empty for none.
    pub case: String,
    /// What was typed.
    pub body: String,
}

/// What was sent of the form of a case.
#[derive(Clone, Debug, Default)]
pub struct Sent<'a> {
    /// What was typed.
    pub answers: Answers,
    /// Key of the question at which it was left; empty for none.
    pub left_at: &'a str,
    /// Key of the question whose files were not received.
    pub left_out: Option<&'a str>,
    /// Whether the rest of it is missing.
    pub cut: bool,
}

/// Keeps what was typed into the form of a case; gives the token that finds it.
///
/// # Errors
/// When it is longer than any form, when its network sent too many, and when the database refuses.
#[boxed]
pub async fn park(ctx: &Ctx<'_>, id: ApplicationId, sent: &Sent<'_>) -> Result<String> {
    let Sent { answers, left_at, left_out, cut } = sent;
    let form = json!({ "application": id, "answers": answers, "left_at": left_at, "left_out": left_out, "cut": cut });
    let there = storage::applications::find(&mut ctx.app.db.read().await?, id).await?.is_some();
    keep(ctx, None, there.then_some(form)).await
}

/// Keeps what was typed on a page of an institution's interview; gives the token that finds it.
///
/// # Errors
/// As [`park`].
#[boxed]
pub async fn park_interview(
    ctx: &Ctx<'_>,
    institution: InstitutionId,
    step: Step,
    answers: &Answers,
) -> Result<String> {
    let there = storage::institutions::find(&mut ctx.app.db.read().await?, institution).await?.is_some();
    let form = json!({ "step": step, "institution": institution, "answers": answers });
    keep(ctx, None, there.then_some(form)).await
}

/// Keeps an inquiry for the person on whose page it was typed; gives the token that finds it.
///
/// # Errors
/// As [`park`].
#[boxed]
pub async fn park_inquiry(ctx: &Ctx<'_>, person: AccountId, typed: &KeptInquiry) -> Result<String> {
    let (category, case) = (short(&typed.category, 100), short(&typed.case, 100));
    let form = json!({ "category": category, "case": case, "body": short(&typed.body, LONGEST) });
    keep(ctx, Some(person), is_person(ctx, person).await?.then_some(form)).await
}

/// Keeps what a person typed on the page of one of their threads; gives the token that finds it.
///
/// # Errors
/// As [`park`].
#[boxed]
pub async fn park_message(ctx: &Ctx<'_>, person: AccountId, thread: InquiryId, body: &str) -> Result<String> {
    let form = json!({ "category": "", "case": "", "thread": thread, "body": short(body, LONGEST) });
    keep(ctx, Some(person), is_person(ctx, person).await?.then_some(form)).await
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

async fn is_person(ctx: &Ctx<'_>, person: AccountId) -> Result<bool> {
    Ok(storage::accounts::find(&mut ctx.app.db.read().await?, person).await?.is_some())
}

/// Keeps a form. Without one the token finds nothing, and nobody learns which numbers belong to something.
async fn keep(ctx: &Ctx<'_>, person: Option<AccountId>, form: Option<Value>) -> Result<String> {
    let token = new_token(&*ctx.app.randomness);
    let Some(form) = form else { return Ok(token) };
    if form.to_string().len() > LARGEST {
        return Err(Error::LoginRequired);
    }
    let row = Token {
        purpose: PURPOSE.to_owned(),
        email: String::new(),
        account_id: None,
        payload: json!({ "person": person, "form": form }),
        expires_at: ctx.now + LIFE,
        used: false,
    };
    let mut tx = ctx.app.db.write().await?;
    limits::PARKED.insist_from(ctx, &mut tx).await?;
    storage::accounts::insert_token(&mut tx, &token_hash(&token), &row).await?;
    tx.commit().await?;
    Ok(token)
}

/// What is kept under a token for the person who is logged in.
async fn find(ctx: &Ctx<'_>, token: &str) -> Result<Option<Value>> {
    let me = ctx.session()?.account_id;
    let found = storage::accounts::find_token(&mut ctx.app.db.read().await?, &token_hash(token)).await?;
    let Some(row) = found.filter(|row| row.purpose == PURPOSE && !row.used && row.expires_at > ctx.now) else {
        return Ok(None);
    };
    let person: Option<AccountId> = row.payload["person"].as_str().and_then(|id| id.parse().ok());
    Ok(person.is_none_or(|person| person == me).then(|| row.payload["form"].clone()))
}

/// Gives back what was kept: answers are put into their form, when the person may edit it. The session goes on with the
/// institution to which it belongs.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn unpark(ctx: &Ctx<'_>, token: &str) -> Result<Option<Back>> {
    let Some(form) = find(ctx, token).await? else { return Ok(None) };
    let Some(back) = back_of(&form)? else {
        return Ok(Some(Back::Inquiry(form["thread"].as_str().and_then(|id| id.parse().ok()))));
    };
    let Some(institution) = institution_of(ctx, &back, &form).await? else { return Ok(None) };
    let ctx = &follow(ctx, institution).await?;
    if matches!(back, Back::Interview(_)) && ctx.institution().ok() != Some(institution) {
        return Ok(None);
    }
    let answers: Answers = serde_json::from_value(form["answers"].clone()).map_err(Error::internal)?;
    let mut tx = ctx.app.db.write().await?;
    let mine = storage::accounts::use_token(&mut tx, &token_hash(token), ctx.now).await?;
    tx.commit().await?;
    if !mine {
        return Ok(None);
    }
    let put = match back {
        Back::Case { id, .. } => put_into(ctx, id, &form, answers).await,
        Back::Interview(step) => interview::save(ctx, step, &answers, Then::Stay).await.map(|_| back),
        Back::Inquiry(_) => Ok(back),
    };
    match put {
        Ok(back) => Ok(Some(back)),
        Err(Error::NotFound | Error::ChangedMeanwhile) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn put_into(ctx: &Ctx<'_>, id: ApplicationId, form: &Value, mut answers: Answers) -> Result<Back> {
    if form["cut"] == true {
        let mut before = applications::form(ctx, id).await?.case.answers;
        answers.iter().for_each(|(key, value)| before.set(key, value));
        answers = before;
    }
    let (state, _) = applications::save_at(ctx, id, &answers, form["left_at"].as_str().unwrap_or_default()).await?;
    let left_out = form["left_out"].as_str().map(str::to_owned);
    Ok(Back::Case { id, go_on_at: state.go_on_at, left_out })
}

/// The institution to which a kept form belongs.
async fn institution_of(ctx: &Ctx<'_>, back: &Back, form: &Value) -> Result<Option<InstitutionId>> {
    if let Back::Case { id, .. } = back {
        let case = storage::applications::find(&mut ctx.app.db.read().await?, *id).await?;
        return Ok(case.map(|case| case.institution_id));
    }
    Ok(form["institution"].as_str().and_then(|id| id.parse().ok()))
}

/// Where a kept form belongs; none for an inquiry.
fn back_of(form: &Value) -> Result<Option<Back>> {
    if let Some(id) = form["application"].as_str() {
        let id = id.parse().map_err(|_| Error::internal("a parked form without its case"))?;
        return Ok(Some(Back::Case { id, go_on_at: None, left_out: None }));
    }
    let step = form["step"].as_str().map(str::parse::<Step>).transpose();
    Ok(step.map_err(|_| Error::internal("a parked form without its page"))?.map(Back::Interview))
}

/// A kept inquiry; a page that is loaded again finds it again.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn inquiry(ctx: &Ctx<'_>, token: &str) -> Result<Option<KeptInquiry>> {
    let form = find(ctx, token).await?;
    let text = |form: &Value, key: &str| form[key].as_str().map(str::to_owned);
    Ok(form.and_then(|form| {
        let case = text(&form, "case").unwrap_or_default();
        Some(KeptInquiry { category: text(&form, "category")?, case, body: text(&form, "body")? })
    }))
}
