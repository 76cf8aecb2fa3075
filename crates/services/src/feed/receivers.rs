//! Receivers of webhooks: set up, paused, sent back to a place, and what each of them said.

use domain::{
    accounts::clean_line,
    feed::{EventKind, Wishes},
    forms::{Finding, Findings},
    ids::ReceiverId,
    permissions::Permission,
};
use hyper::Uri;
use storage::{
    boxed,
    feed::{
        ends,
        receivers::{self, Delivery, Described, Receiver},
    },
};

use super::{deliver::enqueue, sign};
use crate::{Ctx, Error, Result};

/// What a secret is sealed for, with the identifier of its receiver.
pub(super) const SEAL: &str = "webhook.secret";
/// Longest name in characters.
const LONGEST_NAME: usize = 60;
/// Longest address in characters.
const LONGEST_URL: usize = 500;

/// What somebody wants of a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// What it is called.
    pub name: String,
    /// Address that is called.
    pub url: String,
    /// Words of the kinds of events that it wants, none for all; and whether credentials stand in them.
    pub wishes: Wishes,
}

/// What setting a receiver up, or changing it, led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is there; its secret, which nobody can read again, when it is a new one.
    Done(ReceiverId, String),
    /// What is wrong; fields `name`, `url`, `kinds`.
    Slips(Vec<Finding>),
}

/// A receiver with how far it has come.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The receiver.
    pub receiver: Receiver,
    /// The last number that was given.
    pub last: i64,
}

/// All receivers.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ReadInterfaces`].
#[boxed]
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<Standing>> {
    ctx.permit(Permission::ReadInterfaces)?;
    let mut conn = ctx.app.db.read().await?;
    let last = ends(&mut conn).await?.seq;
    let all = receivers::list(&mut conn).await?;
    Ok(all.into_iter().map(|receiver| Standing { receiver, last }).collect())
}

/// One receiver.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ReadInterfaces`], [`Error::NotFound`].
#[boxed]
pub async fn find(ctx: &Ctx<'_>, id: ReceiverId) -> Result<Standing> {
    ctx.permit(Permission::ReadInterfaces)?;
    let mut conn = ctx.app.db.read().await?;
    let last = ends(&mut conn).await?.seq;
    let receiver = receivers::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    Ok(Standing { receiver, last })
}

/// What a receiver said, newest event first; `before` is the last number of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ReadInterfaces`].
#[boxed]
pub async fn deliveries(ctx: &Ctx<'_>, id: ReceiverId, before: Option<i64>, limit: i64) -> Result<Vec<Delivery>> {
    ctx.permit(Permission::ReadInterfaces)?;
    let before = before.unwrap_or(i64::MAX);
    Ok(receivers::deliveries(&mut ctx.app.db.read().await?, id, before, limit).await?)
}

/// Sets a receiver up; it is told what happens from now on.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`].
#[boxed]
pub async fn add(ctx: &Ctx<'_>, typed: &Typed) -> Result<Saved> {
    ctx.permit(Permission::ManageInterfaces)?;
    let described = match read(ctx, typed) {
        Ok(described) => described,
        Err(slips) => return Ok(Saved::Slips(slips.errors)),
    };
    let id = ReceiverId::new(ctx.now, &*ctx.app.randomness);
    let (secret, sealed) = fresh(ctx, id)?;
    let mut tx = ctx.app.db.write().await?;
    let place = ends(&mut tx).await?.seq;
    receivers::insert(&mut tx, id, &described, &sealed, place, ctx.account()?, ctx.now).await?;
    ctx.audit(&mut tx, "webhook.add", format!("receiver:{id}"), "", &in_the_chain(&described.url, &described.kinds));
    tx.commit().await?;
    Ok(Saved::Done(id, secret))
}

/// Where a receiver is called and what it is told, for the audit chain.
fn in_the_chain(url: &str, wishes: &str) -> String {
    format!("{url} {wishes}").trim_end().to_owned()
}

fn fresh(ctx: &Ctx<'_>, id: ReceiverId) -> Result<(String, Vec<u8>)> {
    let secret = sign::new_secret(&*ctx.app.randomness);
    let sealed = sealed(ctx, id, &secret)?;
    Ok((secret, sealed))
}

/// The secret of a receiver as it is kept.
pub(crate) fn sealed(ctx: &Ctx<'_>, id: ReceiverId, secret: &str) -> Result<Vec<u8>> {
    ctx.app.vault.seal(&format!("{SEAL}:{id}"), secret.as_bytes(), &*ctx.app.randomness)
}

fn read(ctx: &Ctx<'_>, typed: &Typed) -> Result<Described, Findings> {
    let mut slips = Findings::default();
    let name = clean_line(&typed.name, LONGEST_NAME).unwrap_or_default();
    if name.is_empty() {
        slips.error("name", format!("「名前」を、{LONGEST_NAME}文字以内で入力してください。"));
    }
    let url = typed.url.trim().to_owned();
    match url.parse::<Uri>() {
        Ok(uri) if url.len() <= LONGEST_URL => {
            if let Err(sentence) = ctx.app.settings.webhooks.target(&uri) {
                slips.error("url", sentence);
            }
        }
        _ => slips.error("url", format!("「アドレス」を、{LONGEST_URL}文字以内のURLで入力してください。")),
    }
    let known = EventKind::ALL.iter().map(|kind| kind.as_str());
    let kinds = known.filter(|kind| typed.wishes.kinds.iter().any(|word| word == kind)).map(str::to_owned).collect();
    let wishes = Wishes { kinds, credentials: typed.wishes.credentials };
    if slips.errors.is_empty() { Ok(Described { name, url, kinds: wishes.joined() }) } else { Err(slips) }
}

/// Changes name, address and kinds of a receiver.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`], [`Error::NotFound`].
#[boxed]
pub async fn change(ctx: &Ctx<'_>, id: ReceiverId, typed: &Typed) -> Result<Saved> {
    ctx.permit(Permission::ManageInterfaces)?;
    let described = match read(ctx, typed) {
        Ok(described) => described,
        Err(slips) => return Ok(Saved::Slips(slips.errors)),
    };
    let mut tx = ctx.app.db.write().await?;
    let before = receivers::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    receivers::describe(&mut tx, id, &described).await?;
    let (before, after) = (in_the_chain(&before.url, &before.kinds), in_the_chain(&described.url, &described.kinds));
    ctx.audit(&mut tx, "webhook.change", format!("receiver:{id}"), &before, &after);
    tx.commit().await?;
    Ok(Saved::Done(id, String::new()))
}

/// Gives a receiver another secret; from now on everything is signed by it.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`], [`Error::NotFound`].
#[boxed]
pub async fn renew_secret(ctx: &Ctx<'_>, id: ReceiverId) -> Result<String> {
    ctx.permit(Permission::ManageInterfaces)?;
    let (secret, sealed) = fresh(ctx, id)?;
    let mut tx = ctx.app.db.write().await?;
    receivers::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    receivers::renew_secret(&mut tx, id, &sealed).await?;
    ctx.audit(&mut tx, "webhook.secret", format!("receiver:{id}"), "", "");
    tx.commit().await?;
    Ok(secret)
}

/// Stops calling a receiver; its place is kept.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`], [`Error::ChangedMeanwhile`] when it is not called any more.
#[boxed]
pub async fn pause(ctx: &Ctx<'_>, id: ReceiverId) -> Result<()> {
    ctx.permit(Permission::ManageInterfaces)?;
    let mut tx = ctx.app.db.write().await?;
    if !receivers::pause(&mut tx, id).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "webhook.pause", format!("receiver:{id}"), "active", "paused");
    Ok(tx.commit().await?)
}

/// Calls a receiver again at once: one that was paused or given up, or one that waits for its next try.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`], [`Error::ChangedMeanwhile`] when nothing keeps it from being called.
#[boxed]
pub async fn go_on(ctx: &Ctx<'_>, id: ReceiverId) -> Result<()> {
    ctx.permit(Permission::ManageInterfaces)?;
    let mut tx = ctx.app.db.write().await?;
    if !receivers::go_on(&mut tx, id).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(&mut tx, "webhook.go_on", format!("receiver:{id}"), "", "active");
    enqueue(ctx, &mut tx, id, None, ctx.now).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Tells a receiver everything again from an event on, by its number as it was typed.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`], [`Error::NotFound`]. A number that is none of what is kept is
/// the inner sentence.
#[boxed]
pub async fn replay(ctx: &Ctx<'_>, id: ReceiverId, from: &str) -> Result<Result<(), String>> {
    ctx.permit(Permission::ManageInterfaces)?;
    let mut tx = ctx.app.db.write().await?;
    let before = receivers::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let kept = ends(&mut tx).await?;
    let typed: Option<i64> = from.trim().parse().ok();
    let Some(from) = typed.filter(|from| kept.removed < *from && *from <= kept.seq) else {
        let (first, last) = (kept.removed + 1, kept.seq);
        return Ok(Err(format!("「番号」を、残っているイベントの{first}から{last}までの数字で入力してください。")));
    };
    receivers::replay(&mut tx, id, from - 1).await?;
    ctx.audit(&mut tx, "webhook.replay", format!("receiver:{id}"), &before.place.to_string(), &(from - 1).to_string());
    enqueue(ctx, &mut tx, id, None, ctx.now).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(()))
}
