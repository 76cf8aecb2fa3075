//! Batches: accepted cases of a scheme that are decided together.

use domain::{clock::Timestamp, ids::GrantBatchId, permissions::Permission};
use storage::{
    boxed,
    subsidies::{GrantBatch, ListedAward, Sums, Waiting},
};

use super::PAGE;
use crate::{Ctx, Error, Result};

/// Most cases of a batch: each is a grant, an event and mails in the transaction of the decision.
pub const MOST_IN_A_BATCH: i64 = 200;

/// What waits, and the batches.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Accepted cases that no batch holds, by scheme.
    pub waiting: Vec<Waiting>,
    /// Batches, the newest first.
    pub batches: Vec<GrantBatch>,
}

/// A batch with its cases.
#[derive(Clone, Debug)]
pub struct BatchView {
    /// The batch.
    pub batch: GrantBatch,
    /// Its cases.
    pub cases: Vec<ListedAward>,
    /// Sums of its grants, counted from the ledger.
    pub sums: Sums,
    /// Whether the person may decide it.
    pub may_decide: bool,
    /// Whether they could, were it not for their part in it.
    pub has_part: bool,
}

/// What waits, and the batches after one of them.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn overview(ctx: &Ctx<'_>, after: Option<(Timestamp, GrantBatchId)>) -> Result<Overview> {
    ctx.permit(Permission::ReadGrants)?;
    let mut conn = ctx.app.db.read().await?;
    Ok(Overview {
        waiting: storage::subsidies::waiting(&mut conn).await?,
        batches: storage::subsidies::batches(&mut conn, after, PAGE).await?,
    })
}

/// Gathers what waits of a scheme into a batch, the oldest first; none when nothing waits.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn make_batch(ctx: &Ctx<'_>, scheme: &str) -> Result<Option<GrantBatchId>> {
    ctx.permit(Permission::DecideGrants)?;
    let (id, me) = (GrantBatchId::new(ctx.now, &*ctx.app.randomness), ctx.account()?);
    let mut tx = ctx.app.db.write().await?;
    storage::subsidies::insert_batch(&mut tx, id, scheme, (me, &ctx.actor_name()), ctx.now).await?;
    if storage::subsidies::take_into_batch(&mut tx, id, scheme, MOST_IN_A_BATCH).await? == 0 {
        tx.rollback().await?;
        return Ok(None);
    }
    storage::subsidies::count_batch(&mut tx, id).await?;
    let made = storage::subsidies::batch(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let after = format!("{scheme}:{}:{}", made.cases, made.amount_yen);
    ctx.audit(&mut tx, "subsidy.batch", format!("grant_batch:{id}"), "", &after);
    tx.commit().await?;
    Ok(Some(id))
}

/// A batch with its cases and sums.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn batch(ctx: &Ctx<'_>, id: GrantBatchId) -> Result<BatchView> {
    ctx.permit(Permission::ReadGrants)?;
    let mut conn = ctx.app.db.read().await?;
    let batch = storage::subsidies::batch(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let open = batch.decided_at.is_none() && ctx.permit(Permission::DecideGrants).is_ok();
    let has_part = open && has_part(ctx, &mut conn, &batch).await?;
    Ok(BatchView {
        cases: storage::subsidies::awards_of_batch(&mut conn, id).await?,
        sums: storage::subsidies::sums_of_batch(&mut conn, id).await?,
        may_decide: open && !has_part,
        has_part,
        batch,
    })
}

/// Whether the person made the batch, or filed, prepared, answered for or accepted one of its cases (spec 1.2).
pub(super) async fn has_part(ctx: &Ctx<'_>, conn: &mut storage::Conn, batch: &GrantBatch) -> Result<bool> {
    let me = ctx.account()?;
    let made = batch.made_by == me.0;
    Ok(made || storage::subsidies::had_hand_in_batch(conn, GrantBatchId(batch.id), me).await?)
}

/// Lets the cases of a batch wait again, before it is decided; false when it was.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn dissolve(ctx: &Ctx<'_>, id: GrantBatchId) -> Result<bool> {
    ctx.permit(Permission::DecideGrants)?;
    let mut tx = ctx.app.db.write().await?;
    let batch = storage::subsidies::batch(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if batch.decided_at.is_some() {
        return Ok(false);
    }
    storage::subsidies::untie_batch(&mut tx, id).await?;
    if !storage::subsidies::dissolve_batch(&mut tx, id).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let before = format!("{}:{}", batch.cases, batch.amount_yen);
    ctx.audit(&mut tx, "subsidy.dissolve", format!("grant_batch:{id}"), &before, "");
    tx.commit().await?;
    Ok(true)
}
