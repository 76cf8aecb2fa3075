//! When mail does not arrive: what became of our mails, and a probe (spec 2.3).

use domain::{calendar::japanese_datetime, clock::Timestamp, typed::compact};
use serde_json::Value;
use storage::accounts::Token;
use storage::boxed;
use time::Duration;

use super::{letter_to, limits};
use crate::{Ctx, Result, mail::queue, secrets::token_hash};

/// Length of the number in a probe mail.
const LENGTH: usize = 6;
/// How long the number of a probe mail is accepted.
const LIFE: Duration = Duration::days(1);
/// Purpose of the row that holds it.
const PURPOSE: &str = "probe";

/// A mail to the person and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailState {
    /// Address it went to.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// `queued`, `sent` or `refused`.
    pub state: String,
    /// The state as pages say it.
    pub label: &'static str,
    /// What the mail server said last; empty before the first try.
    pub answer: String,
    /// When it was put in the queue.
    pub created_at: Timestamp,
    /// When the server took it.
    pub sent_at: Option<Timestamp>,
}

/// What became of the last mails to the person who is logged in, newest first.
///
/// # Errors
/// [`crate::Error::LoginRequired`].
#[boxed]
pub async fn mail_state(ctx: &Ctx<'_>) -> Result<Vec<MailState>> {
    let account = ctx.account()?;
    let mails = storage::mails::of_account(&mut ctx.app.db.read().await?, account).await?;
    let line = |mail: storage::mails::Mail| MailState {
        label: state_label(&mail.state, !mail.answer.is_empty()),
        recipient: mail.recipient,
        subject: mail.subject,
        state: mail.state,
        answer: mail.answer,
        created_at: mail.created_at,
        sent_at: mail.sent_at,
    };
    Ok(mails.into_iter().map(line).collect())
}

const fn state_label(state: &str, tried: bool) -> &'static str {
    match state.as_bytes() {
        b"sent" => "相手のメールサーバーに渡しました",
        b"refused" => "相手のメールサーバーに断られました",
        b"bounced" => "届かずに戻ってきました。メールアドレスをご確認ください",
        b"failed" => "送れませんでした。メールアドレスをご確認ください",
        _ if tried => "送れなかったため、もう一度送ります",
        _ => "送信を待っています",
    }
}

/// Sends a probe mail to the person's own address; five an hour.
///
/// # Errors
/// [`crate::Error::LoginRequired`]; [`crate::Error::TooManyTries`].
#[boxed]
pub async fn probe(ctx: &Ctx<'_>) -> Result<()> {
    let session = ctx.session()?;
    let id = session.account_id;
    let number = ctx.app.randomness.text("0123456789", LENGTH);
    let row = Token {
        purpose: PURPOSE.to_owned(),
        email: session.email.clone(),
        account_id: Some(id),
        payload: Value::Null,
        expires_at: ctx.now + LIFE,
        used: false,
    };
    let values = [
        ("probe_code", number.clone()),
        ("sent_at", japanese_datetime(ctx.now)),
        ("sender_domain", ctx.app.settings.mail_domain().to_owned()),
    ];
    let mut tx = ctx.app.db.write().await?;
    limits::PROBES.insist(ctx, &mut tx, &[&id.to_string()]).await?;
    storage::accounts::void_tokens(&mut tx, id, PURPOSE, ctx.now).await?;
    storage::accounts::put_token(&mut tx, &row_name(&id.to_string(), &number), &row, ctx.now).await?;
    queue(ctx, &mut tx, &letter_to("probe", id, &session.email), &values).await?;
    ctx.audit(&mut tx, "mail.probe", format!("account:{id}"), "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Whether a number is the one of the last probe mail: then mail arrives.
///
/// # Errors
/// [`crate::Error::LoginRequired`]; [`crate::Error::TooManyTries`].
#[boxed]
pub async fn probe_arrived(ctx: &Ctx<'_>, number: &str) -> Result<bool> {
    let id = ctx.account()?.to_string();
    let mut tx = ctx.app.db.write().await?;
    limits::PROBE_ANSWERS.insist(ctx, &mut tx, &[&id]).await?;
    let arrived = storage::accounts::use_token(&mut tx, &row_name(&id, &compact(number)), ctx.now).await?;
    if arrived {
        limits::PROBE_ANSWERS.forget(&mut tx, &[&id]).await?;
        ctx.audit(&mut tx, "mail.probe_arrived", format!("account:{id}"), "", "");
    }
    tx.commit().await?;
    Ok(arrived)
}

fn row_name(account: &str, number: &str) -> String {
    token_hash(&format!("probe:{account}:{number}"))
}
