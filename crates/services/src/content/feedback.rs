//! 「役に立ちましたか」: one answer of each reader and article, and the words that reach the editors.

use domain::{
    accounts::clean_text, clock::Timestamp, content::Public, forms::Finding, ids::AnswerId, permissions::Permission,
};
use sha2::{Digest, Sha256};
use storage::boxed;
use storage::content::{ArticleAnswer, NewAnswer};

use crate::{
    Actor, Ctx, Error, Result,
    accounts::{entry, limits},
};

/// Longest words in characters.
pub const LONGEST_WORDS: usize = 500;
/// Rows on a page of the list.
const PAGE: i64 = 50;

/// What an answer led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Kept.
    Done,
    /// What is wrong, at fields `helpful` and `words`.
    Slip(Finding),
}

/// A reader as the database knows them: the same for the same reader and article, and nobody is found from it. `browser`
/// tells visitors apart.
fn voter(ctx: &Ctx<'_>, slug: &str, browser: &str) -> String {
    let who = match &ctx.actor {
        Actor::Person(session) => format!("account:{}", session.account_id),
        _ => format!("browser:{browser}"),
    };
    let mut digest = Sha256::new();
    for part in [who.as_str(), slug] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// Keeps a reader's answer to an article, in place of an earlier one. `helpful` is `yes` or `no`.
///
/// # Errors
/// [`Error::NotFound`] when the article is not published, [`Error::TooManyTries`].
#[boxed]
pub async fn answer(ctx: &Ctx<'_>, name: &str, browser: &str, helpful: &str, words: &str) -> Result<Answered> {
    let helpful = match helpful {
        "yes" => true,
        "no" => false,
        _ => return Ok(Answered::Slip(entry::finding("helpful", "「はい」か「いいえ」を選んでください。"))),
    };
    let words = match clean_text(words, LONGEST_WORDS) {
        Ok(words) => words,
        Err(fault) => return Ok(Answered::Slip(entry::finding("words", format!("「ひとこと」：{fault}")))),
    };
    let mut tx = ctx.app.db.write().await?;
    let head = storage::content::article_head(&mut tx, name).await?;
    let head = head.filter(|head| head.state == Public::Published.as_str()).ok_or(Error::NotFound)?;
    limits::FEEDBACK.insist_from(ctx, &mut tx).await?;
    let id = AnswerId::new(ctx.now, &*ctx.app.randomness);
    let voter = voter(ctx, &head.slug, browser);
    let new = NewAnswer { slug: &head.slug, voter: &voter, id: id.0, helpful, words: &words };
    storage::content::say(&mut tx, &new, ctx.now).await?;
    tx.commit().await?;
    Ok(Answered::Done)
}

/// How this reader answered before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn my_answer(ctx: &Ctx<'_>, slug: &str, browser: &str) -> Result<Option<bool>> {
    Ok(storage::content::answer_of(&mut ctx.app.db.read().await?, slug, &voter(ctx, slug, browser)).await?)
}

/// Answers with words that wait for an editor, or were dealt with; newest first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn answers(ctx: &Ctx<'_>, handled: bool, after: Option<(Timestamp, AnswerId)>) -> Result<Vec<ArticleAnswer>> {
    ctx.permit(Permission::EditContent)?;
    let after = after.map(|(at, id)| (at, id.0));
    Ok(storage::content::answers(&mut ctx.app.db.read().await?, handled, after, PAGE).await?)
}

/// How many answers with words wait for an editor, at most so many.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn answers_waiting(ctx: &Ctx<'_>, most: i64) -> Result<i64> {
    ctx.permit(Permission::EditContent)?;
    Ok(storage::content::open_answers(&mut ctx.app.db.read().await?, most).await?)
}

/// Marks an answer as dealt with; one that already is stays as it is.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn handle_answer(ctx: &Ctx<'_>, id: AnswerId) -> Result<()> {
    ctx.permit(Permission::EditContent)?;
    let mut tx = ctx.app.db.write().await?;
    if storage::content::handle_answer(&mut tx, id.0, &ctx.actor_name(), ctx.now).await? {
        ctx.audit(&mut tx, "article.handle_answer", format!("answer:{id}"), "", "");
    }
    Ok(tx.commit().await?)
}
