//! Accounts: registration, login, memberships, passwords, second factor, import and rescue (spec 2.3).
//!
//! What a visitor asks for is answered in the same words and with the same work whether or not an address is
//! registered. Slips of people are values of each outcome, as `(field key, sentence)` in a [`domain::forms::Finding`].

mod devices;
pub(crate) mod entry;
pub mod import;
pub(crate) mod limits;
pub(crate) mod links;
pub mod login;
pub mod membership;
pub mod password;
pub mod register;
pub mod rescue;
pub mod sessions;
pub(crate) mod tokens;
pub mod totp;

pub use entry::CodeTyped;
pub use sessions::{session_of, touch};
pub use storage::{accounts::Membership, sessions::Session};
pub use tokens::Link;

use domain::{clock::Timestamp, ids::AccountId};
use storage::boxed;
use storage::{Tx, accounts::Account, audit::Entry};
use time::Duration;

use crate::{App, Ctx, Error, Result, mail::Letterhead};

/// Notes an act of a person who has no session yet.
pub(crate) fn audit_as(ctx: &Ctx<'_>, tx: &mut Tx, account: AccountId, action: &str, subject: impl Into<String>) {
    tx.audit(Entry {
        at: ctx.now.as_millis(),
        actor: format!("account:{account}"),
        action: action.to_owned(),
        subject: subject.into(),
        source: ctx.source.clone(),
        ..Entry::default()
    });
}

/// The account of the person who is logged in, as stored.
pub(crate) async fn own_account(ctx: &Ctx<'_>) -> Result<Account> {
    let id = ctx.begun_session()?.account_id;
    storage::accounts::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::LoginRequired)
}

/// A mail to a person who has an account.
pub(crate) fn letter_to<'a>(text: &'a str, id: AccountId, email: &'a str) -> Letterhead<'a> {
    Letterhead { account: Some(id), ..Letterhead::new(text, email) }
}

/// How an audit row names an address without giving it away.
pub(crate) fn address_subject(email: &str) -> String {
    format!("address:{}", storage::audit::fingerprint(email))
}

/// Removes what ran out long ago: sessions, links, counts of tries. Work for once a day.
///
/// # Errors
/// When the database cannot be reached.
#[boxed]
pub async fn sweep(app: &App) -> Result<()> {
    let now: Timestamp = app.clock.now();
    let mut tx = app.db.write().await?;
    storage::sessions::sweep(&mut tx, now).await?;
    storage::accounts::sweep_tokens(&mut tx, now - Duration::days(30)).await?;
    // An address that was never confirmed is kept no longer than its link works, a form no longer than it comes back.
    for purpose in [tokens::Purpose::Subscribe.as_str(), crate::parked::PURPOSE] {
        storage::accounts::sweep_tokens_for(&mut tx, purpose, now).await?;
    }
    storage::accounts::sweep_tries(&mut tx, now - limits::LONGEST).await?;
    tx.commit().await?;
    Ok(())
}
