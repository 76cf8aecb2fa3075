//! Being told of notices by mail: asked for, confirmed by a link, ended with one click.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    accounts::is_provisional, calendar::japanese_datetime, clock::Timestamp, content::notices::Audience,
    forms::Finding, ids::SubscriptionId,
};
use serde::{Deserialize, Serialize};
use storage::{Conn, Tx, boxed, subscriptions::Subscription};
use time::Duration;
use uuid::Uuid;

use crate::{
    App, Ctx, Error, Result,
    accounts::{
        Link, address_subject, entry, limits,
        tokens::{Purpose, Wanted, consume, issue, look},
    },
    mail::{Letterhead, queue},
    secrets::same,
};

/// How long the link to confirm works.
const LINK_LIFE: Duration = Duration::hours(48);
/// Octets of the proof in the address that ends a subscription.
const PROOF: usize = 16;
/// Mails that may come back before a subscription ends by itself.
const REFUSALS: i64 = 3;
/// Within which time they count together.
const TOGETHER: Duration = Duration::days(90);
/// What is said of an address that is no mailbox.
const PROVISIONAL: &str = "仮アカウントの文字列です。メールを受け取れるアドレスを入力してください。";

/// What somebody wants to be told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Procedures as bits; 0 for all.
    pub procedures: i64,
    /// Whether only notices that are marked 【重要】.
    pub important: bool,
}

impl Wish {
    /// The procedures, as an audience that says them.
    pub fn audience(self) -> Audience {
        Audience { procedures: self.procedures, ..Audience::default() }
    }
}

/// What asking led to; [`Asked::Sent`] is the same for every address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A mail with a link was sent to this address, as it was understood.
    Sent(String),
    /// What is wrong with it; field `email`.
    Slips(Vec<Finding>),
}

/// Asks to be told: a mail with a link goes out. Work, words and mail are the same whether or not the address is known.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn ask(ctx: &Ctx<'_>, email: &str, wish: Wish) -> Result<Asked> {
    let address = match entry::address(email) {
        Ok(address) if is_provisional(&address) => {
            return Ok(Asked::Slips(vec![entry::finding("email", PROVISIONAL)]));
        }
        Ok(address) => address,
        Err(slip) => return Ok(Asked::Slips(vec![slip])),
    };
    let mut tx = ctx.app.db.write().await?;
    if limits::mail_allowed(ctx, &mut tx, "subscribe", &address).await? {
        let payload = serde_json::to_value(wish).map_err(Error::internal)?;
        let wanted = Wanted { purpose: Purpose::Subscribe, email: &address, account: None, payload, life: LINK_LIFE };
        let (token, until) = issue(ctx, &mut tx, wanted).await?;
        let values = [
            ("link", format!("{}/notices/subscription/{token}", ctx.app.settings.portal_url)),
            ("valid_until", japanese_datetime(until)),
        ];
        queue(ctx, &mut tx, &Letterhead::new("notice_confirm", &address), &values).await?;
        ctx.audit(&mut tx, "subscription.ask", address_subject(&address), "", "");
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Asked::Sent(address))
}

/// A subscription that waits for its button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The address.
    pub email: String,
    /// What is wanted.
    pub wish: Wish,
    /// Until when the link works.
    pub until: Timestamp,
}

async fn opened(ctx: &Ctx<'_>, conn: &mut Conn, token: &str) -> Result<Link<Unconfirmed>> {
    let link = look(ctx, conn, Purpose::Subscribe, token).await?;
    Ok(link.map(|row| Unconfirmed {
        wish: serde_json::from_value(row.payload).unwrap_or_default(),
        email: row.email,
        until: row.expires_at,
    }))
}

/// Looks at a link without using it up.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn open(ctx: &Ctx<'_>, token: &str) -> Result<Link<Unconfirmed>> {
    opened(ctx, &mut ctx.app.db.read().await?, token).await
}

/// Begins the subscription of a link; a second click finds it begun.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn confirm(ctx: &Ctx<'_>, token: &str) -> Result<Link<Unconfirmed>> {
    let wanted = match open(ctx, token).await? {
        Link::Ready(wanted) => wanted,
        other => return Ok(other),
    };
    let mut tx = ctx.app.db.write().await?;
    if !consume(ctx, &mut tx, token).await? {
        tx.rollback().await?;
        return Ok(Link::Used);
    }
    begin(ctx, &mut tx, &wanted.email, wanted.wish, false).await?;
    tx.commit().await?;
    Ok(Link::Ready(wanted))
}

async fn begin(ctx: &Ctx<'_>, tx: &mut Tx, email: &str, wish: Wish, own: bool) -> Result<()> {
    let account = if own { Some(ctx.account()?) } else { None };
    let known = match account {
        Some(id) => Some(id),
        // Whoever reads the mails of an account's address is its person.
        None => storage::accounts::by_email(tx, email).await?.map(|account| account.id),
    };
    let subscription = Subscription {
        id: SubscriptionId::new(ctx.now, &*ctx.app.randomness),
        email: email.to_owned(),
        account_id: known,
        procedures: wish.procedures,
        important: wish.important,
    };
    storage::subscriptions::put(tx, &subscription, ctx.now).await?;
    ctx.audit(tx, "subscription.begin", address_subject(email), "", "");
    Ok(())
}

/// What the person who is logged in is told of; none when of nothing.
///
/// # Errors
/// [`Error::LoginRequired`].
#[boxed]
pub async fn mine(ctx: &Ctx<'_>) -> Result<Option<Wish>> {
    let email = &ctx.session()?.email;
    let found = storage::subscriptions::by_email(&mut ctx.app.db.read().await?, email).await?;
    Ok(found.map(|one| Wish { procedures: one.procedures, important: one.important }))
}

/// Begins or changes the subscription of the person who is logged in: their address was confirmed before.
///
/// # Errors
/// [`Error::LoginRequired`]; [`Error::Forbidden`] for an account without a mailbox.
#[boxed]
pub async fn begin_mine(ctx: &Ctx<'_>, wish: Wish) -> Result<()> {
    let email = ctx.session()?.email.clone();
    if is_provisional(&email) {
        return Err(Error::Forbidden);
    }
    let mut tx = ctx.app.db.write().await?;
    begin(ctx, &mut tx, &email, wish, true).await?;
    Ok(tx.commit().await?)
}

/// Ends the subscription of the person who is logged in; ended before, nothing happens.
///
/// # Errors
/// [`Error::LoginRequired`].
#[boxed]
pub async fn end_mine(ctx: &Ctx<'_>) -> Result<()> {
    let email = ctx.session()?.email.clone();
    let mut tx = ctx.app.db.write().await?;
    if let Some(one) = storage::subscriptions::by_email(&mut tx, &email).await? {
        storage::subscriptions::end(&mut tx, one.id).await?;
        ctx.audit(&mut tx, "subscription.end", address_subject(&email), "", "");
    }
    Ok(tx.commit().await?)
}

fn proof(app: &App, id: SubscriptionId) -> Vec<u8> {
    let mut proof = app.vault.derive("notice subscription", &[id.0.as_bytes()]);
    proof.truncate(PROOF);
    proof
}

/// The address that ends a subscription. Its proof is derived from the installation's key: nothing of it is stored.
pub(super) fn end_address(app: &App, id: SubscriptionId) -> String {
    let token = URL_SAFE_NO_PAD.encode([id.0.as_bytes().as_slice(), &proof(app, id)].concat());
    format!("{}/notices/end/{token}", app.settings.portal_url)
}

/// The subscription that a token ends; none when it is no token of ours.
fn ended_by(app: &App, token: &str) -> Option<SubscriptionId> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let id = SubscriptionId(Uuid::from_slice(bytes.get(..16)?).ok()?);
    let (shown, wanted) = (hex::encode(bytes.get(16..)?), hex::encode(proof(app, id)));
    same(&shown, &wanted).then_some(id)
}

/// Whether a token ends something: true while the subscription goes on, false when it was ended before.
///
/// # Errors
/// [`Error::NotFound`] for a token that is not ours.
#[boxed]
pub async fn is_open(ctx: &Ctx<'_>, token: &str) -> Result<bool> {
    let id = ended_by(ctx.app, token).ok_or(Error::NotFound)?;
    Ok(storage::subscriptions::find(&mut ctx.app.db.read().await?, id).await?.is_some())
}

/// Ends the subscription of a token and removes its address; ended before, nothing happens. Neither cookie nor login is needed:
/// the token is the proof (RFC 8058).
///
/// # Errors
/// [`Error::NotFound`] for a token that is not ours.
#[boxed]
pub async fn end(ctx: &Ctx<'_>, token: &str) -> Result<()> {
    let id = ended_by(ctx.app, token).ok_or(Error::NotFound)?;
    let mut tx = ctx.app.db.write().await?;
    if let Some(one) = storage::subscriptions::find(&mut tx, id).await? {
        storage::subscriptions::end(&mut tx, id).await?;
        ctx.audit(&mut tx, "subscription.end", address_subject(&one.email), "", "");
    }
    Ok(tx.commit().await?)
}

/// Notes that a mail to a subscriber was refused for good or came back; the third within three months ends the subscription.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn refused(tx: &mut Tx, email: &str, now: Timestamp) -> Result<()> {
    if storage::subscriptions::refused(tx, email, (REFUSALS, now - TOGETHER), now).await? {
        tracing::info!(address = address_subject(email), "a subscription ended because its mails come back");
    }
    Ok(())
}
