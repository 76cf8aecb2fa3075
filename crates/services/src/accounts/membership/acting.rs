//! For which of their institutions a person acts: the one they chose in this session, until something belongs to another.

use domain::ids::InstitutionId;
use storage::{boxed, sessions::Acting};

use super::{ACTIVE, choose};
use crate::{Ctx, Error, Result};

/// The person as a member of an institution, whichever they chose; none when they do not belong to it.
///
/// # Errors
/// [`Error::LoginRequired`] when nobody is logged in.
pub(crate) async fn acting_for<'a>(ctx: &Ctx<'a>, institution: InstitutionId) -> Result<Option<Ctx<'a>>> {
    let session = ctx.session()?;
    // A machine's token is for its own institution.
    if session.bearer.is_some() {
        return Ok(None);
    }
    let mut conn = ctx.app.db.read().await?;
    let found = storage::accounts::membership_of(&mut conn, session.account_id, institution).await?;
    let Some(found) = found.filter(|membership| membership.state == ACTIVE) else { return Ok(None) };
    let mut session = session.clone();
    session.institution = Some(Acting {
        id: institution,
        code: found.institution_code,
        name: found.institution_name,
        role: found.role,
        mandate: None,
    });
    Ok(Some(Ctx { now: ctx.now, ..Ctx::person(ctx.app, session, ctx.source.clone()) }))
}

/// Whether the person chose this institution.
fn is_chosen(ctx: &Ctx<'_>, institution: InstitutionId) -> bool {
    ctx.mandate().is_none() && ctx.institution().is_ok_and(|chosen| chosen == institution)
}

/// Goes on unless something belongs to another institution of the person's than the one they chose: a page of it would stand
/// under the wrong name.
///
/// # Errors
/// [`Error::Elsewhere`] then, [`Error::LoginRequired`] when nobody is logged in.
#[boxed]
pub async fn not_elsewhere(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<()> {
    if is_chosen(ctx, institution) {
        return Ok(());
    }
    let other = acting_for(ctx, institution).await?;
    let name = other.and_then(|other| other.session().ok()?.institution.clone()).map(|acting| acting.name);
    name.map_or(Ok(()), |name| Err(Error::Elsewhere(institution, name)))
}

/// Goes on only when something belongs to the institution that the person chose.
///
/// # Errors
/// As [`not_elsewhere`]; [`Error::NotFound`] for everyone else, so that nobody learns what exists.
#[boxed]
pub(crate) async fn belongs(ctx: &Ctx<'_>, institution: InstitutionId) -> Result<()> {
    not_elsewhere(ctx, institution).await?;
    ctx.acts_for(institution)
}

/// Goes on with the institution to which something belongs, if it is one of the person's; else as they are.
pub(crate) async fn follow<'a>(ctx: &Ctx<'a>, institution: InstitutionId) -> Result<Ctx<'a>> {
    if is_chosen(ctx, institution) {
        return Ok(ctx.clone());
    }
    let Some(own) = acting_for(ctx, institution).await? else { return Ok(ctx.clone()) };
    choose(ctx, institution).await?;
    Ok(own)
}
