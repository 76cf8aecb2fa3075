//! Links sent by mail: a token in the address, its hash in the database, one use.

use domain::{clock::Timestamp, ids::AccountId};
use serde_json::Value;
use storage::{Conn, Tx, accounts::Token};
use time::Duration;

use crate::{
    Ctx, Result,
    secrets::{new_token, token_hash},
};

/// What became of a link that somebody opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link<T> {
    /// It works.
    Ready(T),
    /// It did its work before.
    Used,
    /// Its time is over.
    Expired,
    /// There is no such link: perhaps the mail program cut it.
    Unknown,
}

impl<T> Link<T> {
    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Link<U> {
        match self {
            Self::Ready(value) => Link::Ready(change(value)),
            Self::Used => Link::Used,
            Self::Expired => Link::Expired,
            Self::Unknown => Link::Unknown,
        }
    }

    /// The same, but a link whose account or institution is gone is as good as none.
    pub(crate) fn without<U>(self) -> Link<U> {
        match self {
            Self::Ready(_) | Self::Unknown => Link::Unknown,
            Self::Used => Link::Used,
            Self::Expired => Link::Expired,
        }
    }

    /// What a page says of a link that does not work; empty for one that does.
    pub const fn message(&self) -> &'static str {
        match self {
            Self::Ready(_) => "",
            Self::Used => "このリンクはすでに使われています。手続が終わっていれば、ログインできます。",
            Self::Expired => "このリンクの有効期限が過ぎています。もう一度、最初からお申し込みください。",
            Self::Unknown => {
                "このリンクは正しくありません。メールのリンクが途中で改行されていないか確かめ、全体を開いてください。"
            }
        }
    }
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Going on with a registration.
    Register,
    /// A new password.
    Reset,
    /// Joining an institution.
    Invite,
    /// Accepting a mandate.
    Mandate,
    /// Being told of notices by mail.
    Subscribe,
    /// Nothing: it is kept so that a visitor's wish always costs the same work.
    Nothing,
}

impl Purpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Reset => "reset",
            Self::Invite => "invite",
            Self::Mandate => "mandate",
            Self::Subscribe => "subscribe",
            Self::Nothing => "nothing",
        }
    }
}

/// A link to be made.
pub(crate) struct Wanted<'a> {
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// Address it is sent to.
    pub(crate) email: &'a str,
    /// Account it belongs to.
    pub(crate) account: Option<AccountId>,
    /// What the purpose needs.
    pub(crate) payload: Value,
    /// How long it works.
    pub(crate) life: Duration,
}

/// Makes a link's token; gives it and the end of its life.
pub(crate) async fn issue(ctx: &Ctx<'_>, tx: &mut Tx, wanted: Wanted<'_>) -> Result<(String, Timestamp)> {
    let token = new_token(&*ctx.app.randomness);
    let expires_at = ctx.now + wanted.life;
    let row = Token {
        purpose: wanted.purpose.as_str().to_owned(),
        email: wanted.email.to_owned(),
        account_id: wanted.account,
        payload: wanted.payload,
        expires_at,
        used: false,
    };
    storage::accounts::insert_token(tx, &token_hash(&token), &row).await?;
    Ok((token, expires_at))
}

/// Looks at a link without using it up.
pub(crate) async fn look(ctx: &Ctx<'_>, conn: &mut Conn, purpose: Purpose, token: &str) -> Result<Link<Token>> {
    let found = storage::accounts::find_token(conn, &token_hash(token)).await?;
    Ok(match found.filter(|row| row.purpose == purpose.as_str()) {
        None => Link::Unknown,
        Some(row) if row.used => Link::Used,
        Some(row) if row.expires_at <= ctx.now => Link::Expired,
        Some(row) => Link::Ready(row),
    })
}

/// Uses a link up; false when somebody was faster.
pub(crate) async fn consume(ctx: &Ctx<'_>, tx: &mut Tx, token: &str) -> Result<bool> {
    Ok(storage::accounts::use_token(tx, &token_hash(token), ctx.now).await?)
}
