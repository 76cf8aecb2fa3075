//! The decision on a batch: grants, numbers, mails and the audit rows are one transaction.

use domain::{
    calendar::japanese_date,
    clock::Timestamp,
    ids::{ApplicationId, GrantBatchId, GrantId, InstitutionId},
    permissions::Permission,
    subsidies::{GrantNumber, fiscal_year},
    text::thousands,
};
use serde_json::json;
use storage::{
    Tx, boxed,
    subsidies::{GrantBatch, ListedAward, NewGrant},
};
use time::Date;

use super::batches::has_part;
use crate::{
    Ctx, Error, Result,
    applications::tell,
    feed::{Happening, publish},
};

/// What a decision led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Decided now.
    Now,
    /// It was decided before; nothing changed.
    Before,
    /// The person made the batch or had a hand in one of its cases.
    HasPart,
    /// The day cannot be, with what to type instead.
    Slip(String),
}

/// Decides a batch on a day: each of its cases gets its grant and its number, and its people are told.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn decide(ctx: &Ctx<'_>, id: GrantBatchId, on: Option<Date>) -> Result<Decided> {
    ctx.permit(Permission::DecideGrants)?;
    let mut tx = ctx.app.db.write().await?;
    storage::subsidies::begin_granting(&mut tx).await?;
    let batch = storage::subsidies::batch(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if batch.decided_at.is_some() {
        return Ok(Decided::Before);
    }
    if has_part(ctx, &mut tx, &batch).await? {
        return Ok(Decided::HasPart);
    }
    let made = Timestamp::from_millis(batch.made_at).date();
    let Some(on) = on.filter(|on| made <= *on && *on <= ctx.now.date()) else {
        let said = format!("「交付決定日」を、束を作った{}から今日までの日付で入力してください。", japanese_date(made));
        return Ok(Decided::Slip(said));
    };
    if !storage::subsidies::decide_batch(&mut tx, id, &on.to_string(), &ctx.actor_name(), ctx.now).await? {
        return Ok(Decided::Before);
    }
    grant_all(ctx, &mut tx, &batch, on).await?;
    let after = format!("{on}:{}:{}", batch.cases, batch.amount_yen);
    ctx.audit(&mut tx, "subsidy.decide", format!("grant_batch:{id}"), "", &after);
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Decided::Now)
}

async fn grant_all(ctx: &Ctx<'_>, tx: &mut Tx, batch: &GrantBatch, on: Date) -> Result<()> {
    let (id, year) = (GrantBatchId(batch.id), fiscal_year(on));
    let first = storage::subsidies::next_number(tx, year).await?;
    let cases = storage::subsidies::awards_of_batch(tx, id).await?;
    let total: i64 = cases.iter().map(|case| case.amount_yen).sum();
    if total != batch.amount_yen {
        return Err(Error::internal(format!("batch {id}: {total} yen instead of {}", batch.amount_yen)));
    }
    for (award, number) in cases.iter().zip(first..) {
        let case = ApplicationId(award.application_id);
        let grant = GrantId::new(ctx.now, &*ctx.app.randomness);
        let new = NewGrant { id: grant, batch: id, case, fiscal_year: year, number };
        if !storage::subsidies::insert_grant(tx, &new, &ctx.actor_name(), ctx.now).await? {
            return Err(Error::ChangedMeanwhile);
        }
        tell_of(ctx, tx, award, &new, on).await?;
    }
    Ok(())
}

async fn tell_of(ctx: &Ctx<'_>, tx: &mut Tx, award: &ListedAward, new: &NewGrant, on: Date) -> Result<()> {
    let number = GrantNumber { year: new.fiscal_year, number: new.number }.to_string();
    let case = storage::applications::find(tx, new.case).await?.ok_or(Error::NotFound)?;
    let kept = storage::subsidies::award(tx, new.case).await?.ok_or(Error::NotFound)?;
    let further = [
        ("scheme", kept.scheme_name.clone()),
        ("grant_number", number.clone()),
        ("decided_on", japanese_date(on)),
        ("amount", format!("{}円", thousands(award.amount_yen))),
        ("grants_url", format!("{}/grants", ctx.app.settings.portal_url)),
    ];
    tell::owners_and_applicant_about(ctx, tx, &case, "subsidy_decided", &further).await?;
    let data = json!({
        "application": new.case,
        "reference": award.reference,
        "scheme": kept.scheme,
        "scheme_version": kept.scheme_version,
        "grant_number": number,
        "decided_on": on.to_string(),
        "amount_yen": award.amount_yen,
    });
    let institution = Some(InstitutionId(kept.institution_id));
    let happening = Happening { kind: "subsidy.decided", institution, subject: format!("grant:{}", new.id), data };
    publish(ctx, tx, &happening)?;
    let after = format!("{number}:{}", award.amount_yen);
    ctx.audit(tx, "subsidy.grant", format!("grant:{}", new.id), "", &after);
    Ok(())
}
