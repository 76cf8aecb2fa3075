//! Sessions: begin, keep alive, list, end.

use domain::{clock::Timestamp, ids::AccountId};
use storage::boxed;
use storage::{Tx, sessions::Session};
use time::Duration;

use crate::{
    App, Ctx, Error, Result,
    ctx::is_complete,
    secrets::{new_token, token_hash},
};

/// A session moves its end on at most once in this time.
const TOUCH_EVERY: Duration = Duration::minutes(1);
/// Time for the steps of a login after the password.
pub(super) const STEP: Duration = Duration::minutes(15);
/// Longest description of a device, in characters.
const DEVICE: usize = 200;

/// A line in the list of one's own sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLine {
    /// Names the session in [`end`]; not its secret.
    pub id: String,
    /// Browser and system.
    pub device: String,
    /// When it began.
    pub since: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// Whether it is the one in which the list is read.
    pub current: bool,
}

/// The session of a cookie, if it lives: one indexed query, nothing is written.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn session_of(app: &App, token: &str) -> Result<Option<Session>> {
    let mut conn = app.db.read().await?;
    Ok(storage::sessions::find(&mut conn, &token_hash(token), app.clock.now()).await?)
}

/// Moves the end of a session that is used, at most once a minute; otherwise nothing is done.
///
/// Sessions in the middle of a login do not live longer by use.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn touch(app: &App, session: &Session) -> Result<()> {
    let now = app.clock.now();
    let due = now - TOUCH_EVERY;
    if session.seen_at > due || !is_complete(session) {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    let end = now + app.settings.session_idle;
    storage::sessions::touch(&mut tx, &session.token_hash, now, end, due).await?;
    tx.commit().await?;
    Ok(())
}

/// Begins a session and gives its token.
pub(super) async fn begin(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    account: AccountId,
    device: &str,
    life: Duration,
) -> Result<String> {
    let token = new_token(&*ctx.app.randomness);
    let device: String = device.chars().filter(|letter| !letter.is_control()).take(DEVICE).collect();
    storage::sessions::insert(tx, &token_hash(&token), account, None, ctx.now, ctx.now + life, &device).await?;
    Ok(token)
}

/// The person's living sessions, the last used first.
///
/// # Errors
/// [`Error::LoginRequired`] when nobody is logged in.
#[boxed]
pub async fn list(ctx: &Ctx<'_>) -> Result<Vec<SessionLine>> {
    let session = ctx.session()?;
    let rows = storage::sessions::list(&mut ctx.app.db.read().await?, session.account_id, ctx.now).await?;
    let line = |row: storage::sessions::Listed| SessionLine {
        current: row.token_hash == session.token_hash,
        id: row.token_hash,
        device: row.device,
        since: Timestamp::from_millis(row.created_at),
        seen_at: Timestamp::from_millis(row.seen_at),
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Ends one of the person's sessions.
///
/// # Errors
/// [`Error::NotFound`] when it has ended or belongs to someone else.
#[boxed]
pub async fn end(ctx: &Ctx<'_>, id: &str) -> Result<()> {
    let account = ctx.account()?;
    let mut tx = ctx.app.db.write().await?;
    if !storage::sessions::end(&mut tx, id, account).await? {
        return Err(Error::NotFound);
    }
    ctx.audit(&mut tx, "session.end", format!("account:{account}"), "", "");
    tx.commit().await?;
    Ok(())
}

/// Ends all of the person's sessions but the present one; gives how many there were.
///
/// # Errors
/// [`Error::LoginRequired`] when nobody is logged in.
#[boxed]
pub async fn end_others(ctx: &Ctx<'_>) -> Result<u64> {
    let session = ctx.session()?;
    let mut tx = ctx.app.db.write().await?;
    let count = storage::sessions::end_others(&mut tx, session.account_id, &session.token_hash).await?;
    ctx.audit(&mut tx, "session.end_others", format!("account:{}", session.account_id), "", "");
    tx.commit().await?;
    Ok(count)
}
