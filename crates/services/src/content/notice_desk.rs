//! Notices as editors write, publish, end and withdraw them.

use domain::{
    clock::Timestamp,
    content::notices::{Draft, NoticeAct, NoticeState, Standing, plain_title},
    forms::Finding,
    ids::NoticeId,
    office::Matter,
    permissions::Permission,
    typed::search_key,
};
use storage::{
    Tx, boxed,
    content::{Notice, NoticeSearch, NoticeVersion},
};

use super::{index, notice_mails, placeholders, text_faults};
use crate::{Ctx, Error, Result, mail::fill};

/// Notices and versions on a page.
pub const PAGE: i64 = 50;
/// Letters of the part of an address that is drawn: none that looks like another.
const LETTERS: &str = "23456789abcdefghjkmnpqrstuvwxyz";

/// What writing a notice led to.
#[derive(Clone, Debug)]
pub enum Written {
    /// It is kept.
    Done(NoticeId),
    /// What is wrong; nothing was kept.
    Slips(Vec<Finding>),
    /// Somebody else changed it meanwhile; nothing was kept, and this is how it is now.
    Meanwhile(Box<Notice>),
}

/// A notice with its history.
#[derive(Clone, Debug)]
pub struct NoticeView {
    /// The notice as it is now.
    pub notice: Notice,
    /// Its versions, newest first.
    pub versions: Vec<NoticeVersion>,
}

/// All notices that fit, the one that was changed last first.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn list(ctx: &Ctx<'_>, search: &NoticeSearch) -> Result<Vec<Notice>> {
    ctx.permit(Permission::EditContent)?;
    let search = NoticeSearch { words: search_key(&search.words), ..search.clone() };
    Ok(storage::content::all_notices(&mut ctx.app.db.read().await?, &search, ctx.now, PAGE).await?)
}

/// One notice; its versions from below a number on.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn one(ctx: &Ctx<'_>, id: NoticeId, before: Option<i64>) -> Result<NoticeView> {
    ctx.permit(Permission::EditContent)?;
    let mut conn = ctx.app.db.read().await?;
    let notice = storage::content::notice_by_id(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let versions = storage::content::notice_versions(&mut conn, id, before.unwrap_or(i64::MAX), PAGE).await?;
    Ok(NoticeView { notice, versions })
}

/// Whether a person would let everybody read words that nobody else has read, where a second person is asked for: the one place
/// that knows.
///
/// # Errors
/// [`Error::LoginRequired`] or [`Error::Forbidden`].
async fn wants_another(ctx: &Ctx<'_>, before: &Notice, seen: Option<i64>, after: &Notice) -> Result<bool> {
    ctx.permit(Permission::EditContent)?;
    if !ctx.app.rules().four_eyes.asks(Matter::Content) {
        return Ok(false);
    }
    let words = |notice: &Notice| {
        (notice.title.clone(), notice.body.clone(), notice.important, notice.tells, notice.audience())
    };
    if seen.is_none() || words(before) != words(after) {
        return Ok(true);
    }
    let mut conn = ctx.app.db.read().await?;
    let newest = storage::content::notice_versions(&mut conn, NoticeId(before.id), i64::MAX, 1).await?;
    let me = ctx.account()?;
    Ok(newest.first().is_none_or(|version| version.account_id == Some(me.0)))
}

/// What is told to whoever would publish their own words.
fn another() -> Finding {
    let message =
        "公開するには、ほかの編集者の確認が必要です。下書きとして保存し、ほかの編集者に公開を頼んでください。";
    Finding { field: "title".to_owned(), message: message.to_owned() }
}

/// A text as everybody will read it.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
pub fn preview(ctx: &Ctx<'_>, body: &str) -> Result<String> {
    ctx.permit(Permission::EditContent)?;
    Ok(fill(body, &placeholders(ctx.app)).unwrap_or_else(|_| body.to_owned()))
}

/// What is wrong with a notice; its text is judged as that of an article.
fn judged(ctx: &Ctx<'_>, draft: &Draft) -> Vec<Finding> {
    let mut slips = draft.slips(ctx.now);
    let of_body = |fault: String| Finding { field: "body".to_owned(), message: format!("「本文」：{fault}") };
    slips.extend(text_faults(ctx.app, &draft.body).into_iter().map(of_body));
    slips
}

/// Writes a new notice, as a draft or for everybody to read.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn create(ctx: &Ctx<'_>, draft: &Draft, act: NoticeAct) -> Result<Written> {
    ctx.permit(Permission::EditContent)?;
    let id = NoticeId::new(ctx.now, &*ctx.app.randomness);
    let blank = Notice {
        id: id.0,
        slug: format!("{}-{}", ctx.now.date(), ctx.app.randomness.text(LETTERS, 6)),
        title: String::new(),
        important: false,
        body: String::new(),
        search_text: String::new(),
        views: 0,
        published_at: 0,
        state: NoticeState::Draft.as_str().to_owned(),
        until_at: None,
        scores: 0,
        prefectures: 0,
        procedures: 0,
        tells: false,
        version: 1,
        updated_at: ctx.now.as_millis(),
        stars: 0,
        votes: 0,
    };
    finish(ctx, blank, None, draft, act).await
}

/// Writes a notice over the version that was seen, and publishes it when that is the act.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn write(ctx: &Ctx<'_>, id: NoticeId, seen: i64, draft: &Draft, act: NoticeAct) -> Result<Written> {
    ctx.permit(Permission::EditContent)?;
    let before = storage::content::notice_by_id(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    if before.version != seen {
        return Ok(Written::Meanwhile(Box::new(before)));
    }
    finish(ctx, before, Some(seen), draft, act).await
}

async fn finish(ctx: &Ctx<'_>, before: Notice, seen: Option<i64>, draft: &Draft, act: NoticeAct) -> Result<Written> {
    let Some(state) = before.decided().after(act) else { return Ok(Written::Meanwhile(Box::new(before))) };
    let slips = judged(ctx, draft);
    if !slips.is_empty() {
        return Ok(Written::Slips(slips));
    }
    let after = Notice { published_at: begins(ctx.now, &before, state, draft), ..filled(ctx, &before, state, draft) };
    if state == NoticeState::Published && wants_another(ctx, &before, seen, &after).await? {
        return Ok(Written::Slips(vec![another()]));
    }
    keep(ctx, after, seen, act).await
}

/// When a notice begins: what everybody reads already keeps its beginning, and nothing is dated back.
fn begins(now: Timestamp, before: &Notice, state: NoticeState, draft: &Draft) -> i64 {
    match (state, before.standing(now)) {
        (NoticeState::Published, Standing::Live | Standing::Ended) => before.published_at,
        (NoticeState::Published, _) => draft.from.unwrap_or(now).max(now).as_millis(),
        _ => draft.from.map_or(0, Timestamp::as_millis),
    }
}

fn filled(ctx: &Ctx<'_>, before: &Notice, state: NoticeState, draft: &Draft) -> Notice {
    let title = plain_title(&draft.title).to_owned();
    Notice {
        search_text: search_key(&format!("{title}{}", draft.body)),
        title,
        important: draft.important,
        body: draft.body.clone(),
        state: state.as_str().to_owned(),
        until_at: draft.until.map(Timestamp::as_millis),
        scores: draft.audience.scores,
        prefectures: draft.audience.prefectures,
        procedures: draft.audience.procedures,
        tells: draft.tells,
        updated_at: ctx.now.as_millis(),
        ..before.clone()
    }
}

/// Ends a notice or takes it back.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`].
#[boxed]
pub async fn close(ctx: &Ctx<'_>, id: NoticeId, seen: i64, act: NoticeAct) -> Result<Written> {
    ctx.permit(Permission::EditContent)?;
    let before = storage::content::notice_by_id(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    let state = before.decided().after(act).filter(|_| before.version == seen);
    let Some(state) = state else { return Ok(Written::Meanwhile(Box::new(before))) };
    let was_read = [Standing::Live, Standing::Ended].contains(&before.standing(ctx.now));
    let after = Notice {
        state: state.as_str().to_owned(),
        published_at: if was_read { before.published_at } else { 0 },
        updated_at: ctx.now.as_millis(),
        ..before
    };
    keep(ctx, after, Some(seen), act).await
}

async fn keep(ctx: &Ctx<'_>, notice: Notice, seen: Option<i64>, act: NoticeAct) -> Result<Written> {
    let id = NoticeId(notice.id);
    let mut tx = ctx.app.db.write().await?;
    if !put(ctx, &mut tx, &notice, seen, act).await? {
        tx.rollback().await?;
        let now = storage::content::notice_by_id(&mut ctx.app.db.read().await?, id).await?;
        return Ok(Written::Meanwhile(Box::new(now.ok_or(Error::NotFound)?)));
    }
    tx.commit().await?;
    ctx.app.notices.forget();
    ctx.app.wake.notify_one();
    Ok(Written::Done(id))
}

/// The one place through which what everybody reads of a notice changes: the row, its version, the audit chain, and the mails
/// that follow. Without a version that was seen it is new; false when somebody was faster, or when its name is taken.
pub(super) async fn put(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    notice: &Notice,
    seen: Option<i64>,
    act: NoticeAct,
) -> Result<bool> {
    let kept = match seen {
        None => storage::content::add_notice(tx, notice).await?,
        Some(seen) => storage::content::change_notice(tx, notice, seen).await?,
    };
    if !kept {
        return Ok(false);
    }
    let (id, person) = (NoticeId(notice.id), ctx.actor_name());
    let who = (ctx.account().ok(), person.as_str());
    storage::content::keep_notice_version(tx, id, act.as_str(), who, ctx.now).await?;
    index::notice(tx, &notice.slug).await?;
    ctx.audit(tx, &format!("notice.{act}"), format!("notice:{id}"), "", &notice.body);
    notice_mails::tell_when_it_begins(ctx, tx, notice).await?;
    Ok(true)
}
