//! From which browsers and systems a person logs in: a login from one that they did not use for 90 days is told by mail.
//!
//! A browser is known by its name and system as pages show them, not by a mark that is left in it: its updates are not new
//! devices, and another one of the same kind is none either.

use domain::{accounts::browser_name, calendar::japanese_datetime, ids::AccountId};
use serde_json::Value;
use storage::{
    Tx,
    accounts::{Account, Token},
};
use time::Duration;

use super::{letter_to, links};
use crate::{Ctx, Result, mail::queue, secrets::token_hash};

/// How long a device is known after its last login.
const KNOWN: Duration = Duration::days(90);
/// Purpose of the row that stands for a known device.
const PURPOSE: &str = "device";

fn named(device: &str) -> String {
    match browser_name(device) {
        name if name.trim().is_empty() => "不明な機器".to_owned(),
        name => name,
    }
}

fn row_name(account: AccountId, device: &str) -> String {
    token_hash(&format!("device:{account}:{}", named(device)))
}

/// Notes the device of a person who has just registered, or set the first password, in it.
pub(super) async fn note(ctx: &Ctx<'_>, tx: &mut Tx, account: AccountId, device: &str) -> Result<()> {
    let (hash, until) = (row_name(account, device), ctx.now + KNOWN);
    if storage::accounts::prolong_token(tx, &hash, until).await? {
        return Ok(());
    }
    let row = Token {
        purpose: PURPOSE.to_owned(),
        email: String::new(),
        account_id: Some(account),
        payload: Value::Null,
        expires_at: until,
        used: false,
    };
    storage::accounts::put_token(tx, &hash, &row, ctx.now).await?;
    Ok(())
}

/// Notes that a login is complete, and tells the person when its device is not known. The very first login is not told.
pub(super) async fn greet(ctx: &Ctx<'_>, tx: &mut Tx, account: &Account, device: &str) -> Result<()> {
    let found = storage::accounts::find_token(tx, &row_name(account.id, device)).await?;
    let known = found.is_some_and(|row| row.expires_at > ctx.now);
    let first = storage::accounts::last_login(tx, account.id).await?.is_none()
        && !storage::accounts::any_token(tx, account.id, PURPOSE).await?;
    note(ctx, tx, account.id, device).await?;
    storage::accounts::note_login(tx, account.id, ctx.now).await?;
    if known || first {
        return Ok(());
    }
    let values = [
        ("person", account.name.clone()),
        ("when", japanese_datetime(ctx.now)),
        ("device", named(device)),
        ("network", ctx.source.clone()),
        ("sessions_url", links::sessions(ctx)),
        ("reset_url", links::reset(ctx)),
    ];
    queue(ctx, tx, &letter_to("login_new", account.id, &account.email), &values).await
}
