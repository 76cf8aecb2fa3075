//! Login: password, second factor, the first password of imported accounts, logout.

use domain::{accounts::is_provisional, calendar::japanese_datetime, clock::Timestamp, forms::Finding};
use storage::boxed;
use storage::{Tx, accounts::Account, sessions::Session};

use super::{
    address_subject, audit_as, devices, entry, letter_to, limits, limits::Limit, links, password, sessions, totp,
};
use crate::{App, Ctx, Result, mail::queue};

/// What is said of a wrong password and of an unknown address alike.
pub const REFUSED: &str = "メールアドレスかパスワードが違います。入力を確かめて、もう一度お試しください。";

/// What is said of every provisional login, registered or not.
pub const PROVISIONAL: &str = "末尾が「@01」から「@48」の仮アカウントでは、ログインやパスワードの再設定ができません。\
    メールをお届けできないためです。「新規ユーザー登録」から、メールアドレスで登録してください。\
    医療機関等への所属を確認すると、これまでの申請の履歴を引き継ぎます。";

/// What is said to a visitor whose registration or reset is on its way, whoever they are.
pub const MAIL_SENT: &str =
    "ご入力のメールアドレスあてに、手続のご案内をお送りしました。メールのリンクを開いて続けてください。";

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct Started {
    /// The value of the cookie.
    pub token: String,
    /// What every page needs to know.
    pub session: Session,
}

/// What a password led to.
#[derive(Clone, Debug)]
pub enum LoginOutcome {
    /// The person is logged in.
    LoggedIn(Box<Started>),
    /// A code of the second factor comes next; until then the session can do nothing else.
    NeedsSecondFactor(Box<Started>),
    /// A new password comes next; until then the session can do nothing else.
    MustSetPassword(Box<Started>),
    /// Wrong password or unknown address: see [`REFUSED`].
    Refused,
    /// A provisional login: see [`PROVISIONAL`].
    Provisional,
    /// Too many wrong passwords for this address from this network, or from this network at all.
    TooManyTries {
        /// When the next try is possible.
        until: Timestamp,
    },
    /// Something was left empty.
    Slips(Vec<Finding>),
}

/// What is left of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Done,
    /// A code of the second factor.
    SecondFactor,
    /// A new password.
    NewPassword,
    /// Staff who need a second factor must set one up before they can work.
    EnrolSecondFactor,
}

/// What is left of a session's login: where the next page is.
pub fn next_step(app: &App, session: &Session) -> Step {
    if session.has_totp && !session.second_factor {
        Step::SecondFactor
    } else if session.must_reset {
        Step::NewPassword
    } else if session.staff && app.settings.staff_second_factor && !session.has_totp {
        Step::EnrolSecondFactor
    } else {
        Step::Done
    }
}

/// Logs in with address and password.
///
/// The try is counted before the password is looked at, and taken back when it was right: neither many tries at
/// once nor many addresses get around the limit. An unknown address costs the same work as a wrong password.
///
/// # Errors
/// Only faults of the machine; everything a person does is an outcome.
#[boxed]
pub async fn password(ctx: &Ctx<'_>, email: &str, password: &str, device: &str) -> Result<LoginOutcome> {
    let slips = empty_fields(email, password);
    if !slips.is_empty() {
        return Ok(LoginOutcome::Slips(slips));
    }
    let typed = entry::login(email);
    if is_provisional(&typed) {
        return Ok(LoginOutcome::Provisional);
    }
    let tries = Tries { email: typed.clone() };
    if let Some(until) = tries.count(ctx).await? {
        return Ok(LoginOutcome::TooManyTries { until });
    }
    let found = storage::accounts::by_email(&mut ctx.app.db.read().await?, &typed).await?;
    let account = found.filter(|account| !account.disabled);
    let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = ctx.app.hasher.matches(&entry::password(password), hash).await?;
    match account {
        Some(account) if right => enter(ctx, &account, &tries, device).await,
        account => {
            note_failure(ctx, &typed, account.as_ref()).await?;
            Ok(LoginOutcome::Refused)
        }
    }
}

/// Counts a wrong password for an address, whoever has it, and tells its person once a day when there are many.
async fn note_failure(ctx: &Ctx<'_>, email: &str, account: Option<&Account>) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let counted = limits::LOGIN_TOLD.count(ctx, &mut tx, &[email]).await?;
    if let Some(account) = account.filter(|_| counted.is_err_and(|over| over.first)) {
        let values =
            [("person", account.name.clone()), ("when", japanese_datetime(ctx.now)), ("reset_url", links::reset(ctx))];
        queue(ctx, &mut tx, &letter_to("login_failures", account.id, &account.email), &values).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

fn empty_fields(email: &str, password: &str) -> Vec<Finding> {
    let mut slips = vec![];
    if email.trim().is_empty() {
        slips.push(entry::finding("email", "メールアドレスを入力してください。"));
    }
    if password.is_empty() {
        slips.push(entry::finding("password", "パスワードを入力してください。"));
    }
    slips
}

/// The counted tries of one login.
struct Tries {
    email: String,
}

impl Tries {
    fn limits(&self) -> [(Limit, Vec<&str>); 2] {
        [(limits::LOGIN_PAIR, vec![self.email.as_str()]), (limits::LOGIN_SOURCE, vec![])]
    }

    /// Counts the try; the end of the window when it is one too many.
    ///
    /// Tries beyond the limit of an address do not use up those of the network, which others share.
    async fn count(&self, ctx: &Ctx<'_>) -> Result<Option<Timestamp>> {
        let mut tx = ctx.app.db.write().await?;
        let mut until = None;
        for (limit, key) in self.limits() {
            if let Err(over) = limit.count_from(ctx, &mut tx, &key).await? {
                if over.first {
                    ctx.audit(&mut tx, "login.limited", address_subject(&self.email), "", "");
                }
                until = Some(over.until);
                break;
            }
        }
        tx.commit().await?;
        Ok(until)
    }

    async fn forget(&self, ctx: &Ctx<'_>, tx: &mut Tx) -> Result<()> {
        let [(pair, pair_key), (source, source_key)] = self.limits();
        pair.forget_from(ctx, tx, &pair_key).await?;
        source.forgive_from(ctx, tx, &source_key).await
    }
}

async fn enter(ctx: &Ctx<'_>, account: &Account, tries: &Tries, device: &str) -> Result<LoginOutcome> {
    let complete = account.totp_secret.is_none() && !account.must_reset;
    let life = if complete { ctx.app.settings.session_idle } else { sessions::STEP };
    let mut tx = ctx.app.db.write().await?;
    tries.forget(ctx, &mut tx).await?;
    let token = sessions::begin(ctx, &mut tx, account.id, device, life).await?;
    if complete {
        devices::greet(ctx, &mut tx, account, device).await?;
    }
    audit_as(ctx, &mut tx, account.id, "login.password", format!("account:{}", account.id));
    tx.commit().await?;
    ctx.app.wake.notify_one();
    let Some(started) = started(ctx, token).await? else { return Ok(LoginOutcome::Refused) };
    Ok(match next_step(ctx.app, &started.session) {
        Step::SecondFactor => LoginOutcome::NeedsSecondFactor(started),
        Step::NewPassword => LoginOutcome::MustSetPassword(started),
        Step::EnrolSecondFactor | Step::Done => LoginOutcome::LoggedIn(started),
    })
}

/// The session of a token that was just made; none when the account was closed in the same moment.
pub(crate) async fn started(ctx: &Ctx<'_>, token: String) -> Result<Option<Box<Started>>> {
    let session = super::session_of(ctx.app, &token).await?;
    Ok(session.map(|session| Box::new(Started { token, session })))
}

/// What a code of the second factor led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// It was right; the step that is left.
    Passed(Step),
    /// It was wrong, or its time is over, or it was used before.
    Wrong,
    /// Too many wrong codes for this account.
    TooManyTries {
        /// When the next try is possible.
        until: Timestamp,
    },
}

/// Shows the second factor: six digits of the app, or a recovery code.
///
/// # Errors
/// [`crate::Error::LoginRequired`] when no password was given before.
#[boxed]
pub async fn totp(ctx: &Ctx<'_>, code: &str) -> Result<SecondFactor> {
    let session = ctx.begun_session()?;
    if session.second_factor || !session.has_totp {
        return Ok(SecondFactor::Passed(next_step(ctx.app, session)));
    }
    let account = super::own_account(ctx).await?;
    let id = account.id.to_string();
    let mut tx = ctx.app.db.write().await?;
    if let Err(over) = limits::SECOND_FACTOR.count(ctx, &mut tx, &[&id]).await? {
        tx.commit().await?;
        return Ok(SecondFactor::TooManyTries { until: over.until });
    }
    let Some(how) = totp::spend(ctx, &mut tx, &account, code).await? else {
        tx.commit().await?;
        return Ok(SecondFactor::Wrong);
    };
    limits::SECOND_FACTOR.forget(&mut tx, &[&id]).await?;
    let life = if session.must_reset { sessions::STEP } else { ctx.app.settings.session_idle };
    storage::sessions::pass_second_factor(&mut tx, &session.token_hash, ctx.now + life).await?;
    let device = storage::sessions::device(&mut tx, &session.token_hash).await?.unwrap_or_default();
    devices::greet(ctx, &mut tx, &account, &device).await?;
    ctx.audit(&mut tx, how, format!("account:{id}"), "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(SecondFactor::Passed(next_step(ctx.app, &Session { second_factor: true, ..session.clone() })))
}

/// Ends the present session, at whatever step of the login it stands.
///
/// # Errors
/// [`crate::Error::LoginRequired`] when there is none.
#[boxed]
pub async fn logout(ctx: &Ctx<'_>) -> Result<()> {
    let session = ctx.begun_session()?;
    let mut tx = ctx.app.db.write().await?;
    storage::sessions::end(&mut tx, &session.token_hash, session.account_id).await?;
    ctx.audit(&mut tx, "logout", format!("account:{}", session.account_id), "", "");
    tx.commit().await?;
    Ok(())
}

/// What a new password led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSet {
    /// It is set.
    Done,
    /// What is wrong with it; fields `password`, `password_again` and, where it is asked for, `current`.
    Slips(Vec<Finding>),
}

/// Sets the password that an imported account must set at its first login; the old one will do if it is good.
///
/// # Errors
/// [`crate::Error::LoginRequired`] without a login, or while the second factor is awaited.
#[boxed]
pub async fn first_password(ctx: &Ctx<'_>, new: &str, again: &str) -> Result<PasswordSet> {
    let session = ctx.begun_session()?;
    if session.has_totp && !session.second_factor {
        return Err(crate::Error::LoginRequired);
    }
    if !session.must_reset {
        return Ok(PasswordSet::Done);
    }
    let account = super::own_account(ctx).await?;
    let new = match password::new_of(ctx, &account, new, again).await? {
        Ok(new) => new,
        Err(slip) => return Ok(PasswordSet::Slips(vec![slip])),
    };
    let hash = ctx.app.hasher.hash(&new, &*ctx.app.randomness).await?;
    let mut tx = ctx.app.db.write().await?;
    storage::accounts::set_password(&mut tx, account.id, &hash, false).await?;
    storage::sessions::end_others(&mut tx, account.id, &session.token_hash).await?;
    let device = storage::sessions::device(&mut tx, &session.token_hash).await?.unwrap_or_default();
    devices::note(ctx, &mut tx, account.id, &device).await?;
    password::tell_changed(ctx, &mut tx, &account).await?;
    ctx.audit(&mut tx, "password.first", format!("account:{}", account.id), "", "");
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(PasswordSet::Done)
}
