//! What a typed new code leads to.

use domain::{
    ids::InstitutionId,
    institutions::{Institution, InstitutionCode, InstitutionStatus},
    succession::Target,
};
use storage::{Conn, boxed};

use crate::{
    Ctx, Result,
    accounts::membership::ACTIVE,
    institutions::{CodeAnswer, CodeInput, explain},
};
use domain::accounts::is_provisional;

/// Looks a typed code up for the old institution; none for what is no code at all: the form says so itself.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub(crate) async fn target(ctx: &Ctx<'_>, old: InstitutionId, typed: &str) -> Result<Option<Target>> {
    if InstitutionCode::parse(typed).is_err() {
        return Ok(None);
    }
    let found = explain(ctx.app, CodeInput::Whole(typed)).await?;
    let mut conn = ctx.app.db.read().await?;
    Ok(Some(match found {
        CodeAnswer::Invalid { message, .. } | CodeAnswer::Unknown { valid: false, message, .. } => {
            Target::Slip(message)
        }
        CodeAnswer::Unknown { code, .. } => match storage::institutions::by_code(&mut conn, code.as_str()).await? {
            Some(waiting) if is_taken(&mut conn, old, &waiting).await? => Target::Taken,
            _ => Target::Waiting,
        },
        CodeAnswer::Found(place) if is_taken(&mut conn, old, &place).await? => Target::Taken,
        CodeAnswer::Found(place) => Target::Free(place),
    }))
}

/// Whether a code cannot be taken over: it is closed, has a part in another succession, or somebody who does not belong to
/// the old institution belongs to it. Whoever only asked to belong keeps nobody off.
pub(super) async fn is_taken(conn: &mut Conn, old: InstitutionId, new: &Institution) -> Result<bool> {
    if new.id == old || new.status == InstitutionStatus::Closed {
        return Ok(true);
    }
    if storage::successions::of_old(conn, new.id).await?.is_some()
        || storage::successions::of_new(conn, new.id).await?.is_some()
    {
        return Ok(true);
    }
    let members = storage::accounts::members_in_force(conn, new.id).await?;
    for one in members.iter().filter(|one| !is_provisional(&one.person_email)) {
        let also = storage::accounts::membership_of(conn, one.account_id, old).await?;
        if also.is_none_or(|also| also.state != ACTIVE) {
            return Ok(true);
        }
    }
    Ok(false)
}
