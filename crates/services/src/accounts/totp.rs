//! The second factor: TOTP (RFC 6238) with recovery codes.

use domain::{calendar::japanese_datetime, forms::Finding, ids::AccountId, secrets::SAFE_ALPHABET, typed::compact};
use qrcode::{EcLevel, QrCode, render::svg};
use serde_json::json;
use storage::boxed;
use storage::{
    Tx,
    accounts::{Account, Token},
};
use time::Duration;
use totp_rs::{Builder, Totp};

use super::{entry, letter_to, limits, links, own_account, password::wrong_current};
use crate::{Ctx, Error, Result, mail::queue, secrets::token_hash};

/// How many recovery codes are given out.
pub const RECOVERY_CODES: usize = 10;
/// Length of a recovery code: 53 bits.
const RECOVERY_LENGTH: usize = 12;
/// Octets of a secret: what RFC 4226 recommends.
const SECRET: usize = 20;
/// How long a secret may wait for its first code.
const ENROLMENT: Duration = Duration::hours(1);
/// Who took a second factor away, as mails say it: its person.
const BY_PERSON: &str = "ご本人の操作";
/// The same: the operator, for a person who lost the app and the recovery codes.
pub(crate) const BY_OPERATOR: &str = "ご連絡を受けた運営者の操作";
/// Purpose of the row that holds such a secret.
const PURPOSE: &str = "totp";

/// What the page shows while a second factor is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret in groups of four, to be typed by hand.
    pub secret: String,
    /// The same as `otpauth://` address.
    pub url: String,
    /// The same as QR code, an SVG element without the XML declaration.
    pub qr_svg: String,
}

/// What the first code led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// The second factor is in force; the recovery codes are shown this once.
    Done {
        /// In groups of four, joined by hyphens.
        recovery_codes: Vec<String>,
    },
    /// What is wrong; fields `current`, `code`.
    Slips(Vec<Finding>),
    /// The secret waited too long: the page is shown anew with another one.
    Expired,
}

/// What taking the second factor away led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// There is none any more.
    Done,
    /// What is wrong; field `current`.
    Slips(Vec<Finding>),
}

/// Begins to set up a second factor; asked again within the hour, it shows the same secret.
///
/// # Errors
/// [`Error::LoginRequired`] while a step of the login is left.
#[boxed]
pub async fn begin(ctx: &Ctx<'_>) -> Result<Enrolment> {
    let session = ctx.session()?;
    let secret = match waiting(ctx).await? {
        Some(secret) => secret,
        None => {
            store_secret(ctx).await?;
            waiting(ctx).await?.ok_or_else(|| Error::internal("secret was not stored"))?
        }
    };
    let totp = builder(secret)
        .with_account_name(session.email.replace(':', " "))
        .with_issuer(Some(ctx.app.settings.operator.brand.replace(':', " ")))
        .build()
        .map_err(Error::internal)?;
    let url = totp.to_url().map_err(Error::internal)?;
    Ok(Enrolment { secret: groups(&totp.secret().to_base32()), qr_svg: qr(&url)?, url })
}

/// The secret that this session's person was shown and has not confirmed yet.
async fn waiting(ctx: &Ctx<'_>) -> Result<Option<Vec<u8>>> {
    let session = ctx.session()?;
    let row = storage::accounts::find_token(&mut ctx.app.db.read().await?, &row_name(&session.token_hash)).await?;
    let Some(row) = row.filter(|row| !row.used && row.expires_at > ctx.now) else { return Ok(None) };
    let sealed = row.payload["sealed"].as_str().and_then(|text| hex::decode(text).ok());
    let sealed = sealed.ok_or_else(|| Error::internal("enrolment without secret"))?;
    ctx.app.vault.open(&seal_of(session.account_id), &sealed).map(Some)
}

/// Of two pages that are asked for at once, both show the secret of the first.
async fn store_secret(ctx: &Ctx<'_>) -> Result<()> {
    let session = ctx.session()?;
    let randomness = &*ctx.app.randomness;
    let secret: [u8; SECRET] = randomness.bytes();
    let sealed = ctx.app.vault.seal(&seal_of(session.account_id), &secret, randomness)?;
    let row = Token {
        purpose: PURPOSE.to_owned(),
        email: session.email.clone(),
        account_id: Some(session.account_id),
        payload: json!({ "sealed": hex::encode(sealed) }),
        expires_at: ctx.now + ENROLMENT,
        used: false,
    };
    let mut tx = ctx.app.db.write().await?;
    storage::accounts::put_token(&mut tx, &row_name(&session.token_hash), &row, ctx.now).await?;
    tx.commit().await?;
    Ok(())
}

fn row_name(session: &str) -> String {
    token_hash(&format!("totp:{session}"))
}

fn seal_of(account: AccountId) -> String {
    format!("totp:{account}")
}

/// Confirms a second factor with its first code; this session counts as proven, others are asked for a code.
///
/// The present password is asked for: whoever finds a browser open must not lock its person out.
///
/// # Errors
/// [`Error::LoginRequired`]; [`Error::TooManyTries`].
#[boxed]
pub async fn confirm(ctx: &Ctx<'_>, current: &str, code: &str) -> Result<Enrolled> {
    let session = ctx.session()?;
    let (account, hash) = (session.account_id, &session.token_hash);
    let Some(secret) = waiting(ctx).await? else { return Ok(Enrolled::Expired) };
    let person = own_account(ctx).await?;
    if let Some(slip) = wrong_current(ctx, &person, current).await? {
        return Ok(Enrolled::Slips(vec![slip]));
    }
    let mut tx = ctx.app.db.write().await?;
    limits::SECOND_FACTOR.insist(ctx, &mut tx, &[&account.to_string()]).await?;
    let Some(step) = step_of(&secret, code, ctx)? else {
        tx.commit().await?;
        let message = "番号が違います。認証アプリに表示されている6桁の番号を、切り替わる前に入力してください。\
            続けて違うときは、スマートフォンの時計が合っているか確かめてください。";
        return Ok(Enrolled::Slips(vec![entry::finding("code", message)]));
    };
    limits::SECOND_FACTOR.forget(&mut tx, &[&account.to_string()]).await?;
    let sealed = ctx.app.vault.seal(&seal_of(account), &secret, &*ctx.app.randomness)?;
    if !storage::accounts::use_token(&mut tx, &row_name(hash), ctx.now).await? {
        tx.rollback().await?;
        return Ok(Enrolled::Expired);
    }
    storage::accounts::set_totp(&mut tx, account, Some(&sealed)).await?;
    storage::accounts::use_totp_step(&mut tx, account, step).await?;
    let codes = new_recovery_codes(ctx, &mut tx, account).await?;
    storage::sessions::pass_second_factor(&mut tx, hash, ctx.now + ctx.app.settings.session_idle).await?;
    ctx.audit(&mut tx, "totp.enrol", format!("account:{account}"), "", "");
    tell_on(ctx, &mut tx, &person).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Enrolled::Done { recovery_codes: codes })
}

async fn new_recovery_codes(ctx: &Ctx<'_>, tx: &mut Tx, account: AccountId) -> Result<Vec<String>> {
    let code = |_| ctx.app.randomness.text(SAFE_ALPHABET, RECOVERY_LENGTH);
    let codes: Vec<String> = (0..RECOVERY_CODES).map(code).collect();
    let hashes: Vec<String> = codes.iter().map(|code| recovery_hash(account, code)).collect();
    storage::accounts::replace_recovery_codes(tx, account, &hashes).await?;
    Ok(codes.iter().map(|code| groups(code)).collect())
}

fn recovery_hash(account: AccountId, code: &str) -> String {
    token_hash(&format!("recovery:{account}:{code}"))
}

/// Takes the second factor of the person away; the present password is asked for.
///
/// # Errors
/// [`Error::LoginRequired`]; [`Error::TooManyTries`] after many wrong passwords.
#[boxed]
pub async fn remove(ctx: &Ctx<'_>, current: &str) -> Result<Removed> {
    ctx.session()?;
    let account = own_account(ctx).await?;
    if let Some(slip) = wrong_current(ctx, &account, current).await? {
        return Ok(Removed::Slips(vec![slip]));
    }
    let mut tx = ctx.app.db.write().await?;
    drop_factor(&mut tx, account.id).await?;
    ctx.audit(&mut tx, "totp.remove", format!("account:{}", account.id), "", "");
    tell_off(ctx, &mut tx, &account, (account.id, &account.name, &account.email), BY_PERSON).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Removed::Done)
}

/// Takes the second factor and the recovery codes of an account away.
pub(crate) async fn drop_factor(tx: &mut Tx, account: AccountId) -> Result<()> {
    storage::accounts::set_totp(tx, account, None).await?;
    storage::accounts::replace_recovery_codes(tx, account, &[]).await?;
    Ok(())
}

async fn tell_on(ctx: &Ctx<'_>, tx: &mut Tx, account: &Account) -> Result<()> {
    let values =
        [("person", account.name.clone()), ("when", japanese_datetime(ctx.now)), ("reset_url", links::reset(ctx))];
    queue(ctx, tx, &letter_to("second_factor_on", account.id, &account.email), &values).await
}

/// Tells somebody (account, name, address) that the second factor of an account was taken away, and by whom.
pub(crate) async fn tell_off(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    account: &Account,
    (id, name, email): (AccountId, &str, &str),
    how: &str,
) -> Result<()> {
    let values = [
        ("person", name.to_owned()),
        ("account_name", account.name.clone()),
        ("how", how.to_owned()),
        ("when", japanese_datetime(ctx.now)),
        ("reset_url", links::reset(ctx)),
    ];
    queue(ctx, tx, &letter_to("second_factor_off", id, email), &values).await
}

/// Uses up a code of the app or a recovery code; gives what the audit chain calls it, or none when it is wrong.
pub(super) async fn spend(ctx: &Ctx<'_>, tx: &mut Tx, account: &Account, code: &str) -> Result<Option<&'static str>> {
    let typed = compact(code).to_ascii_uppercase();
    if typed.len() == RECOVERY_LENGTH {
        let hash = recovery_hash(account.id, &typed);
        let used = storage::accounts::use_recovery_code(tx, account.id, &hash, ctx.now).await?;
        return Ok(used.then_some("login.recovery_code"));
    }
    let Some(sealed) = &account.totp_secret else { return Ok(None) };
    let secret = ctx.app.vault.open(&seal_of(account.id), sealed)?;
    let Some(step) = step_of(&secret, &typed, ctx)? else { return Ok(None) };
    let fresh = storage::accounts::use_totp_step(tx, account.id, step).await?;
    Ok(fresh.then_some("login.second_factor"))
}

/// The time step of which six digits are the code: the present one or a neighbour.
fn step_of(secret: &[u8], code: &str, ctx: &Ctx<'_>) -> Result<Option<i64>> {
    let totp: Totp = builder(secret.to_vec()).build().map_err(Error::internal)?;
    let seconds = u64::try_from(ctx.now.as_seconds()).map_err(Error::internal)?;
    let step = totp.check(&compact(code), seconds);
    step.map(i64::try_from).transpose().map_err(Error::internal)
}

/// SHA-1, six digits, thirty seconds, one step of skew: what every app can do.
fn builder(secret: Vec<u8>) -> Builder {
    Builder::new().with_secret(secret).with_digits(6).with_step_duration(30).with_skew(1)
}

fn groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn qr(url: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M).map_err(Error::internal)?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok(picture.split_once("?>").map_or(picture.as_str(), |(_, element)| element).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_values_of_the_standard_hold() {
        // RFC 6238, appendix B, SHA-1, the last six of eight digits.
        let totp = builder(b"12345678901234567890".to_vec()).build().unwrap();
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(totp.generate(time).to_string(), code);
            assert_eq!(totp.check(code, time + 30), Some(time / 30), "a code is good for one more step");
            assert_eq!(totp.check(code, time + 90), None);
        }
    }

    #[test]
    fn the_picture_is_one_element() {
        let picture = qr("otpauth://totp/x?secret=ABC").unwrap();
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>"), "{picture}");
    }
}
