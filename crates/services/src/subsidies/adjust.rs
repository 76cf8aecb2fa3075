//! A reviewer counts another amount than was applied for, with a reason.

use domain::{fees::yen, ids::ApplicationId, permissions::Permission, subsidies::amounts_of};
use storage::{boxed, subsidies::Adjustment};

use super::{computing, reason};
use crate::{Ctx, Error, Result, applications};

/// What a reviewer typed.
#[derive(Clone, Copy, Debug)]
pub struct TypedAdjustment<'a> {
    /// Key of the category.
    pub category: &'a str,
    /// The amount that counts; empty lets it count as it was applied for.
    pub amount: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Version of the case that was seen.
    pub version: i64,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adjusted {
    /// Kept.
    Done,
    /// What is wrong: `amount` or `reason`, and a sentence.
    Slip(&'static str, String),
    /// The case is not as it was seen.
    Meanwhile,
}

/// Lets another amount of a category count; the case becomes the reviewer's, so that nobody decides it meanwhile.
///
/// # Errors
/// [`Error::Forbidden`] without the permission or for one's own case, [`Error::NotFound`] when there is no such category.
#[boxed]
pub async fn adjust(ctx: &Ctx<'_>, id: ApplicationId, typed: &TypedAdjustment<'_>) -> Result<Adjusted> {
    ctx.permit(Permission::ReviewApplications)?;
    let mut tx = ctx.app.db.write().await?;
    computing::filed(&mut tx, id).await?;
    let Some(case) = applications::taken_by_me(ctx, &mut tx, id, typed.version).await? else {
        return Ok(Adjusted::Meanwhile);
    };
    let institution = storage::institutions::find(&mut tx, case.institution_id).await?.ok_or(Error::NotFound)?;
    let computation = computing::computed(&mut tx, &case, &institution.code).await?;
    let claimed = amounts_of(&computation.scheme, &case.answers);
    let claimed = *claimed.get(typed.category).ok_or(Error::NotFound)?;
    let before = computation.adjustments.iter().find(|one| one.category == typed.category);
    if before.is_none() && typed.amount.trim().is_empty() {
        let said = "「対象にする額」を入力してください。申請された額のまま認めるときは、記録は要りません。";
        return Ok(Adjusted::Slip("amount", said.to_owned()));
    }
    let before = before.map_or(claimed, |one| one.eligible_yen);
    let after = if typed.amount.trim().is_empty() {
        storage::subsidies::unadjust(&mut tx, id, typed.category).await?;
        claimed
    } else {
        let new = match read(ctx, typed, claimed) {
            Ok(new) => new,
            Err((field, message)) => return Ok(Adjusted::Slip(field, message)),
        };
        storage::subsidies::adjust(&mut tx, id, &new).await?;
        new.eligible_yen
    };
    let (before, after) =
        (format!("{}:{before}", typed.category), format!("{}:{after}:{}", typed.category, typed.reason));
    ctx.audit(&mut tx, "subsidy.adjust", format!("application:{id}"), &before, &after);
    tx.commit().await?;
    Ok(Adjusted::Done)
}

fn read(ctx: &Ctx<'_>, typed: &TypedAdjustment<'_>, claimed: i64) -> Result<Adjustment, (&'static str, String)> {
    let eligible_yen = match typed.amount.trim() {
        "0" | "０" | "0円" | "０円" => 0,
        amount => yen(amount).map_err(|fault| ("amount", format!("「対象にする額」：{fault}")))?,
    };
    if eligible_yen >= claimed {
        return Err((
            "amount",
            "「対象にする額」は、申請された額より小さくしてください。そのまま認めるときは、空にしてください。"
                .to_owned(),
        ));
    }
    let reason = reason("理由", typed.reason).map_err(|message| ("reason", message))?;
    Ok(Adjustment {
        category: typed.category.to_owned(),
        eligible_yen,
        reason,
        actor_name: ctx.actor_name(),
        at: ctx.now.as_millis(),
    })
}
