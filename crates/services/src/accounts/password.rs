//! Passwords: reset by mail, change, the policy.

use domain::{accounts::is_provisional, calendar::japanese_datetime, forms::Finding, ids::AccountId};
use serde_json::Value;
use storage::boxed;
use storage::{
    Tx,
    accounts::{Account, Token},
};
use time::Duration;

use super::{
    Link, address_subject, audit_as, entry, letter_to, limits, links,
    login::PasswordSet,
    own_account,
    register::MailAsked,
    tokens::{Purpose, Wanted, consume, issue, look},
};
use crate::{
    Ctx, Error, Result,
    access::end_with_password,
    mail::{Letterhead, queue},
};

/// How long a reset link works.
const RESET_LIFE: Duration = Duration::hours(24);

/// A reset link that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Account whose password is set.
    account: AccountId,
    /// Address of the account, for the password manager.
    pub email: String,
    /// Name of the person.
    pub name: String,
    /// How many access tokens that the person made for institutions end with it.
    pub access_tokens: usize,
}

/// What a reset led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetDone {
    /// The new password is set; all sessions have ended.
    Done,
    /// What is wrong with the new password; fields `password` and `password_again`.
    Slips(Vec<Finding>),
    /// The link does not work.
    Link(Link<()>),
}

/// Sends a reset link; the answer, the work and the words are the same for every address.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn request_reset(ctx: &Ctx<'_>, email: &str) -> Result<MailAsked> {
    if is_provisional(&entry::login(email)) {
        return Ok(MailAsked::Provisional);
    }
    let address = match entry::address(email) {
        Ok(address) => address,
        Err(slip) => return Ok(MailAsked::Slips(vec![slip])),
    };
    let mut tx = ctx.app.db.write().await?;
    if limits::mail_allowed(ctx, &mut tx, "reset", &address).await? {
        let account = storage::accounts::by_email(&mut tx, &address).await?.filter(|account| !account.disabled);
        mail_reset(ctx, &mut tx, &address, account.as_ref()).await?;
        ctx.audit(&mut tx, "password.reset_asked", address_subject(&address), "", "");
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(MailAsked::sent(ctx, &address))
}

async fn mail_reset(ctx: &Ctx<'_>, tx: &mut Tx, address: &str, account: Option<&Account>) -> Result<()> {
    let wanted = Wanted {
        purpose: account.map_or(Purpose::Nothing, |_| Purpose::Reset),
        email: address,
        account: account.map(|account| account.id),
        payload: Value::Null,
        life: RESET_LIFE,
    };
    let (token, until) = issue(ctx, tx, wanted).await?;
    match account {
        Some(account) => {
            let values = [
                ("person", account.name.clone()),
                ("link", links::new_password(ctx, &token)),
                ("valid_until", japanese_datetime(until)),
            ];
            queue(ctx, tx, &letter_to("password_reset", account.id, address), &values).await
        }
        None => {
            let values = [("register_url", links::register(ctx))];
            queue(ctx, tx, &Letterhead::new("password_reset_unknown", address), &values).await
        }
    }
}

/// Looks at a reset link without using it up.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn open(ctx: &Ctx<'_>, token: &str) -> Result<Link<Reset>> {
    let mut conn = ctx.app.db.read().await?;
    let link = look(ctx, &mut conn, Purpose::Reset, token).await?;
    let account = match &link {
        Link::Ready(Token { account_id: Some(id), .. }) => storage::accounts::find(&mut conn, *id).await?,
        _ => None,
    };
    let Some(account) = account.filter(|account| !account.disabled) else { return Ok(link.without()) };
    let access_tokens = storage::access::of_account(&mut conn, account.id, ctx.now).await?.len();
    Ok(link.map(|_| Reset { account: account.id, email: account.email, name: account.name, access_tokens }))
}

/// Sets a new password by link; all sessions and all other reset links of the account end, and the access tokens that the
/// person made for institutions.
///
/// # Errors
/// Only faults of the machine.
#[boxed]
pub async fn reset(ctx: &Ctx<'_>, token: &str, new: &str, again: &str) -> Result<ResetDone> {
    let account = match open(ctx, token).await? {
        Link::Ready(reset) => storage::accounts::find(&mut ctx.app.db.read().await?, reset.account).await?,
        other => return Ok(ResetDone::Link(other.map(drop))),
    };
    let account = account.ok_or(Error::NotFound)?;
    let new = match new_of(ctx, &account, new, again).await? {
        Ok(new) => new,
        Err(slip) => return Ok(ResetDone::Slips(vec![slip])),
    };
    let hash = ctx.app.hasher.hash(&new, &*ctx.app.randomness).await?;
    let mut tx = ctx.app.db.write().await?;
    if !consume(ctx, &mut tx, token).await? {
        tx.rollback().await?;
        return Ok(ResetDone::Link(Link::Used));
    }
    storage::accounts::set_password(&mut tx, account.id, &hash, false).await?;
    storage::accounts::void_tokens(&mut tx, account.id, Purpose::Reset.as_str(), ctx.now).await?;
    storage::sessions::end_others(&mut tx, account.id, "").await?;
    end_with_password(ctx, &mut tx, &account).await?;
    tell_changed(ctx, &mut tx, &account).await?;
    audit_as(ctx, &mut tx, account.id, "password.reset", format!("account:{}", account.id));
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(ResetDone::Done)
}

/// Changes the password of the person who is logged in; their other sessions end.
///
/// # Errors
/// [`Error::LoginRequired`]; [`Error::TooManyTries`] after many wrong present passwords.
#[boxed]
pub async fn change(ctx: &Ctx<'_>, current: &str, new: &str, again: &str) -> Result<PasswordSet> {
    let session = ctx.session()?;
    let account = own_account(ctx).await?;
    if let Some(slip) = wrong_current(ctx, &account, current).await? {
        return Ok(PasswordSet::Slips(vec![slip]));
    }
    let new = match new_of(ctx, &account, new, again).await? {
        Ok(new) => new,
        Err(slip) => return Ok(PasswordSet::Slips(vec![slip])),
    };
    let hash = ctx.app.hasher.hash(&new, &*ctx.app.randomness).await?;
    let mut tx = ctx.app.db.write().await?;
    storage::accounts::set_password(&mut tx, account.id, &hash, false).await?;
    storage::accounts::void_tokens(&mut tx, account.id, Purpose::Reset.as_str(), ctx.now).await?;
    storage::sessions::end_others(&mut tx, account.id, &session.token_hash).await?;
    tell_changed(ctx, &mut tx, &account).await?;
    ctx.audit(&mut tx, "password.change", format!("account:{}", account.id), "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(PasswordSet::Done)
}

/// Asks for the present password before something that a stolen session must not do.
pub(crate) async fn wrong_current(ctx: &Ctx<'_>, account: &Account, current: &str) -> Result<Option<Finding>> {
    let key = account.id.to_string();
    let mut tx = ctx.app.db.write().await?;
    let counted = limits::PASSWORD_CHECK.count(ctx, &mut tx, &[&key]).await?;
    tx.commit().await?;
    if let Err(over) = counted {
        return Err(Error::TooManyTries { until: over.until });
    }
    if !ctx.app.hasher.matches(&entry::password(current), account.password_hash.as_deref()).await? {
        return Ok(Some(entry::finding("current", "今のパスワードが違います。入力を確かめてください。")));
    }
    let mut tx = ctx.app.db.write().await?;
    limits::PASSWORD_CHECK.forget(&mut tx, &[&key]).await?;
    tx.commit().await?;
    Ok(None)
}

/// A new password of an account as it is hashed, or what is wrong: its institutions' codes may not be in it.
pub(super) async fn new_of(
    ctx: &Ctx<'_>,
    account: &Account,
    new: &str,
    again: &str,
) -> Result<std::result::Result<String, Finding>> {
    let mut conn = ctx.app.db.read().await?;
    let memberships = storage::accounts::memberships_of_account(&mut conn, account.id).await?;
    let codes: Vec<&str> = memberships.iter().map(|membership| membership.institution_code.as_str()).collect();
    Ok(entry::new_password(new, again, &account.email, &codes))
}

/// Tells the person that their password was changed.
pub(super) async fn tell_changed(ctx: &Ctx<'_>, tx: &mut Tx, account: &Account) -> Result<()> {
    let values =
        [("person", account.name.clone()), ("when", japanese_datetime(ctx.now)), ("reset_url", links::reset(ctx))];
    queue(ctx, tx, &letter_to("password_changed", account.id, &account.email), &values).await
}
