//! What is planned or done at one's institution, and calling it off.

use domain::{closing::Deed, ids::ApplicationId};
use storage::{
    Conn, boxed,
    closures::{Closure, ClosureStep},
};

use super::{subject, tell};
use crate::{Ctx, Error, Result};

/// A closing with its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The closing.
    pub closure: Closure,
    /// Its steps, in order.
    pub steps: Vec<ClosureStep>,
    /// Whether it can still be called off, if the person is an owner.
    pub open: bool,
}

async fn shown(ctx: &Ctx<'_>, conn: &mut Conn, closure: Closure) -> Result<Shown> {
    let steps = storage::closures::steps(conn, closure.application).await?;
    let open = closure.cancelled_at.is_none() && closure.begins_at > ctx.now;
    Ok(Shown { closure, steps, open })
}

/// What was accepted at one's institution, latest first.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn closing(ctx: &Ctx<'_>) -> Result<Vec<Shown>> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let mut all = vec![];
    for closure in storage::closures::latest(&mut conn, institution).await? {
        all.push(shown(ctx, &mut conn, closure).await?);
    }
    Ok(all)
}

/// The closing or rest of one's institution that was accepted and whose day has not come.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn planned(ctx: &Ctx<'_>) -> Result<Option<Closure>> {
    let institution = ctx.institution()?;
    let all = storage::closures::latest(&mut ctx.app.db.read().await?, institution).await?;
    let ends = |one: &Closure| one.cancelled_at.is_none() && one.begins_at > ctx.now && one.deed != Deed::Resume;
    Ok(all.into_iter().find(ends))
}

/// What a case led to; the caller has seen to it that the person may see the case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_case(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Option<Shown>> {
    let mut conn = ctx.app.db.read().await?;
    match storage::closures::find(&mut conn, id).await? {
        Some(closure) => Ok(Some(shown(ctx, &mut conn, closure).await?)),
        None => Ok(None),
    }
}

/// What calling a closing off led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// It is called off; nothing ends.
    Off,
    /// It was called off before.
    Before,
    /// Its day has come.
    TooLate,
}

/// Calls a closing of one's institution off, until its day.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners, [`Error::NotFound`] for another institution's.
#[boxed]
pub async fn call_off(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Called> {
    let institution = ctx.owner()?;
    let mut tx = ctx.app.db.write().await?;
    let found = storage::closures::find(&mut tx, id).await?;
    let closure = found.filter(|one| one.institution == institution).ok_or(Error::NotFound)?;
    if !storage::closures::cancel(&mut tx, id, ctx.now).await? {
        tx.rollback().await?;
        return Ok(if closure.cancelled_at.is_some() { Called::Before } else { Called::TooLate });
    }
    ctx.audit(&mut tx, "closing.cancel", subject(institution), closure.deed.as_str(), "");
    tell(ctx, &mut tx, &closure, "closing_cancelled", &[]).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Called::Off)
}
