//! An entry of the ledger of grants, and the new entry that takes it back.

use domain::{
    ids::{ApplicationId, GrantId, InstitutionId},
    permissions::Permission,
    text::thousands,
};
use serde_json::json;
use storage::{boxed, subsidies::Grant};

use super::{number_of, reason};
use crate::{
    Ctx, Error, Result,
    applications::tell,
    feed::{Happening, publish},
};

/// An entry with what became of it.
#[derive(Clone, Debug)]
pub struct GrantView {
    /// The entry.
    pub grant: Grant,
    /// The entry that takes it back.
    pub reversal: Option<Grant>,
}

impl GrantView {
    /// Whether it can be taken back: a grant that was not.
    pub const fn is_reversible(&self) -> bool {
        self.grant.reverses.is_none() && self.reversal.is_none()
    }
}

/// An entry.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn grant(ctx: &Ctx<'_>, id: GrantId) -> Result<GrantView> {
    ctx.permit(Permission::ReadGrants)?;
    let mut conn = ctx.app.db.read().await?;
    let grant = storage::subsidies::grant(&mut conn, id).await?.ok_or(Error::NotFound)?;
    Ok(GrantView { reversal: storage::subsidies::reversal_of_grant(&mut conn, id).await?, grant })
}

/// Takes a grant back by a new entry, once, and tells its people; or says what is wrong with the reason.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist, [`Error::ChangedMeanwhile`]
/// when it was taken back before.
#[boxed]
pub async fn reverse(ctx: &Ctx<'_>, id: GrantId, typed: &str) -> Result<Result<GrantId, String>> {
    ctx.permit(Permission::PayGrants)?;
    let reason = match reason("取り消す理由", typed) {
        Ok(reason) => reason,
        Err(message) => return Ok(Err(message)),
    };
    let new = GrantId::new(ctx.now, &*ctx.app.randomness);
    let mut tx = ctx.app.db.write().await?;
    storage::subsidies::begin_granting(&mut tx).await?;
    let grant = storage::subsidies::grant(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !storage::subsidies::reverse_grant(&mut tx, new, id, &reason, &ctx.actor_name(), ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let case = ApplicationId(grant.application_id);
    let case = storage::applications::find(&mut tx, case).await?.ok_or(Error::NotFound)?;
    let further = [
        ("scheme", grant.scheme_name.clone()),
        ("grant_number", number_of(&grant)),
        ("amount", format!("{}円", thousands(grant.amount_yen))),
        ("reason", reason.clone()),
        ("grants_url", format!("{}/grants", ctx.app.settings.portal_url)),
    ];
    tell::owners_and_applicant_about(ctx, &mut tx, &case, "subsidy_reversed", &further).await?;
    let data = json!({
        "application": grant.application_id,
        "reference": grant.reference,
        "grant_number": number_of(&grant),
        "amount_yen": -grant.amount_yen,
    });
    let institution = Some(InstitutionId(grant.institution_id));
    let happening = Happening { kind: "subsidy.reversed", institution, subject: format!("grant:{id}"), data };
    publish(ctx, &mut tx, &happening)?;
    let after = format!("{}:{reason}", -grant.amount_yen);
    ctx.audit(&mut tx, "subsidy.reverse", format!("grant:{id}"), &grant.amount_yen.to_string(), &after);
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Ok(new))
}
