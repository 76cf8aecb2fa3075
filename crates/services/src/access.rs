//! Access tokens of machines: made, shown once, used, taken back (spec 8.4).
//!
//! A token is 256 bits of randomness and kept as SHA-256: there is nothing to guess that a slow hash would have to protect, and
//! each request can be checked without making everybody wait.

use domain::{
    access::{LONGEST_NAME, MOST, Scope, may_end},
    accounts::clean_line,
    clock::Timestamp,
    forms::{Finding, Findings},
    ids::{AccessTokenId, InstitutionId},
    permissions::Permission,
};
use storage::{
    access::{AccessToken, NewToken, Shown},
    boxed,
    sessions::{Bearer, Session},
};
use time::{Date, Duration};

use crate::{
    App, Ctx, Error, Result,
    accounts::{limits, own_account, password::wrong_current},
    secrets::{new_token, token_hash},
};

mod ending;

pub(crate) use ending::end_with_password;
pub use ending::own_alive;

/// How a token begins, so that it is known when it turns up where it should not be.
pub const PREFIX: &str = "mdg_";
/// Characters of a token by which its owner knows it again.
const HINT: usize = 10;
/// How often it is noted that a token was used.
const TOUCHED: Duration = Duration::minutes(1);

/// What somebody wants a token for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What it is for.
    pub name: String,
    /// Words of its scopes.
    pub scopes: Vec<String>,
    /// Its last day.
    pub last_day: Option<Date>,
    /// The present password of who wants it: a session that was left open or stolen must not become access for years.
    pub current: String,
}

/// What making a token led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// The token; nobody can ever read it again.
    Done(String),
    /// What is wrong; fields `name`, `scopes`, `last_day`, `current`.
    Slips(Vec<Finding>),
}

/// Tokens of the operator's systems, newest first.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ReadInterfaces`].
#[boxed]
pub async fn of_office(ctx: &Ctx<'_>) -> Result<Vec<AccessToken>> {
    ctx.permit(Permission::ReadInterfaces)?;
    Ok(storage::access::list(&mut ctx.app.db.read().await?, None).await?)
}

/// Tokens of one's institution, newest first.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but its owners.
#[boxed]
pub async fn of_institution(ctx: &Ctx<'_>) -> Result<Vec<AccessToken>> {
    let institution = ctx.owner()?;
    Ok(storage::access::list(&mut ctx.app.db.read().await?, Some(institution)).await?)
}

/// Makes a token for a system of the operator.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`]; [`Error::TooManyTries`] after many wrong passwords.
#[boxed]
pub async fn make_for_office(ctx: &Ctx<'_>, wanted: &Wanted) -> Result<Made> {
    ctx.permit(Permission::ManageInterfaces)?;
    make(ctx, wanted, None, Scope::OF_OFFICE).await
}

/// Makes a token for a system of one's institution, or of its vendor. It acts as the person who makes it; all owners are told.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but the owners of the institution; [`Error::TooManyTries`] after many wrong passwords.
#[boxed]
pub async fn make_for_institution(ctx: &Ctx<'_>, wanted: &Wanted) -> Result<Made> {
    let institution = ctx.owner()?;
    make(ctx, wanted, Some(institution), Scope::OF_INSTITUTION).await
}

async fn make(ctx: &Ctx<'_>, wanted: &Wanted, institution: Option<InstitutionId>, offered: &[Scope]) -> Result<Made> {
    let (name, scopes, ends_at) = match read(ctx, wanted, offered) {
        Ok(read) => read,
        Err(slips) => return Ok(Made::Slips(slips.errors)),
    };
    if let Some(slip) = wrong_current(ctx, &own_account(ctx).await?, &wanted.current).await? {
        return Ok(Made::Slips(vec![slip]));
    }
    let token = format!("{PREFIX}{}", new_token(&*ctx.app.randomness));
    let new = NewToken {
        id: AccessTokenId::new(ctx.now, &*ctx.app.randomness),
        hash: &token_hash(&token),
        hint: &token[..HINT],
        name: &name,
        scopes: &Scope::joined(&scopes),
        account: ctx.account()?,
        institution,
        ends_at,
    };
    let mut tx = ctx.app.db.write().await?;
    let alive = storage::access::list(&mut tx, institution).await?;
    if alive.iter().filter(|one| is_alive(one, ctx.now)).count() >= MOST {
        tx.rollback().await?;
        let message = format!("使えるトークンは{MOST}個までです。使っていないものを取り消してから、作ってください。");
        return Ok(Made::Slips(vec![Finding { field: "name".to_owned(), message }]));
    }
    storage::access::insert(&mut tx, &new, ctx.now).await?;
    ctx.audit(&mut tx, "access_token.make", format!("access_token:{}", new.id), "", new.scopes);
    if let Some(institution) = institution {
        ending::tell_made(ctx, &mut tx, institution, &new).await?;
    }
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Made::Done(token))
}

fn read(ctx: &Ctx<'_>, wanted: &Wanted, offered: &[Scope]) -> Result<(String, Vec<Scope>, Timestamp), Findings> {
    let mut slips = Findings::default();
    let name = clean_line(&wanted.name, LONGEST_NAME).unwrap_or_default();
    if name.is_empty() {
        slips.error("name", format!("「名前」を、{LONGEST_NAME}文字以内で入力してください。"));
    }
    let scopes: Vec<Scope> =
        offered.iter().copied().filter(|scope| wanted.scopes.iter().any(|word| word == scope.as_str())).collect();
    if scopes.is_empty() {
        slips.error("scopes", "「できること」を、1つ以上選んでください。");
    }
    let end = wanted.last_day.map(Timestamp::end_of_day).filter(|end| may_end(ctx.now, *end));
    match end {
        Some(end) if slips.errors.is_empty() => Ok((name, scopes, end)),
        Some(_) => Err(slips),
        None => {
            slips.error("last_day", "「最後の日」を、今日から2年以内の日で、2026年5月20日のように入力してください。");
            Err(slips)
        }
    }
}

/// Whether a token works.
pub fn is_alive(token: &AccessToken, now: Timestamp) -> bool {
    token.revoked_at.is_none() && now < token.ends_at
}

/// Takes a token of the operator's systems back, at once.
///
/// # Errors
/// [`Error::Forbidden`] without [`Permission::ManageInterfaces`], [`Error::NotFound`] when there is none such,
/// or it was taken back before.
#[boxed]
pub async fn revoke_of_office(ctx: &Ctx<'_>, id: AccessTokenId) -> Result<()> {
    ctx.permit(Permission::ManageInterfaces)?;
    revoke(ctx, id, None).await
}

/// Takes a token of one's institution back, at once.
///
/// # Errors
/// [`Error::Forbidden`] for everyone but its owners, [`Error::NotFound`] when there is none such, or it was taken back before.
#[boxed]
pub async fn revoke_of_institution(ctx: &Ctx<'_>, id: AccessTokenId) -> Result<()> {
    let institution = ctx.owner()?;
    revoke(ctx, id, Some(institution)).await
}

async fn revoke(ctx: &Ctx<'_>, id: AccessTokenId, institution: Option<InstitutionId>) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    if !storage::access::revoke(&mut tx, id, institution, ctx.account()?, ctx.now).await? {
        tx.rollback().await?;
        return Err(Error::NotFound);
    }
    ctx.audit(&mut tx, "access_token.revoke", format!("access_token:{id}"), "", "");
    tx.commit().await?;
    Ok(())
}

/// Who calls with a token: its person, for its institution only, without any right of staff.
///
/// Whatever is wrong with a token, the answer is the same: it is unknown, ended, taken back, or its person may not act there any more.
///
/// # Errors
/// [`Error::LoginRequired`] for a token that does not work, [`Error::TooManyTries`] when one network shows too many of them.
#[boxed]
pub async fn caller(app: &App, token: &str, source: &str) -> Result<Session> {
    let ctx = Ctx::visitor(app, source);
    let found = storage::access::find(&mut app.db.read().await?, &token_hash(token)).await?;
    match found.filter(|shown| works(shown, ctx.now)) {
        Some(shown) => {
            touch(&ctx, &shown.token).await?;
            Ok(session(shown, ctx.now))
        }
        None => {
            let mut tx = app.db.write().await?;
            let counted = limits::WRONG_TOKENS.count_from(&ctx, &mut tx, &[]).await?;
            if counted.is_err_and(|over| over.first) {
                ctx.audit(&mut tx, "access_token.limited", "access_token", "", "");
            }
            tx.commit().await?;
            Err(counted.err().map_or(Error::LoginRequired, |over| Error::TooManyTries { until: over.until }))
        }
    }
}

fn works(shown: &Shown, now: Timestamp) -> bool {
    let owner = shown.institution.as_ref().is_some_and(|acting| acting.role == "owner");
    is_alive(&shown.token, now) && !shown.disabled && (!shown.bound || owner)
}

async fn touch(ctx: &Ctx<'_>, token: &AccessToken) -> Result<()> {
    let due = ctx.now - TOUCHED;
    if token.used_at.is_some_and(|used| used > due) {
        return Ok(());
    }
    let mut tx = ctx.app.db.write().await?;
    storage::access::touch(&mut tx, token.id, ctx.now, due).await?;
    Ok(tx.commit().await?)
}

fn session(shown: Shown, now: Timestamp) -> Session {
    let token = shown.token;
    Session {
        token_hash: format!("access_token:{}", token.id),
        account_id: token.account_id,
        name: token.account_name,
        email: shown.email,
        must_reset: false,
        staff: false,
        roles: vec![],
        has_totp: false,
        second_factor: true,
        institutions: i64::from(shown.institution.is_some()),
        // What only owners do, such as a revocation, needs the owner.
        institution: shown.institution.map(|acting| storage::sessions::Acting { role: "staff".to_owned(), ..acting }),
        seen_at: now,
        expires_at: token.ends_at,
        bearer: Some(Bearer { id: token.id, name: token.name, scopes: Scope::split(&token.scopes) }),
    }
}
