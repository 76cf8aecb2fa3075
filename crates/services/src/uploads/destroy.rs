//! Taking files away: marked in the transaction that causes it, destroyed by a job, forgotten last.

use domain::{
    ids::{ApplicationId, UploadId},
    uploads::UploadState,
};
use serde_json::{Value, json};
use storage::{Tx, boxed};

use super::{
    add::{settle, writable},
    enqueue,
};
use crate::{
    App, Ctx, Error, Result,
    applications::form,
    mandates::{author_only, prepared},
};

/// Kind of the job that destroys what was taken away.
pub const DESTROY: &str = "uploads.destroy";

/// Takes a file away from a case that may still be written.
///
/// # Errors
/// [`Error::NotFound`] for a case of another institution, or a file that is none of it or may not be changed now;
/// [`Error::ChangedMeanwhile`] when the case is not editable any more.
#[boxed]
pub async fn remove(ctx: &Ctx<'_>, case: ApplicationId, id: UploadId) -> Result<()> {
    let (own, _) = prepared(ctx, case).await?;
    let ctx = &own;
    let state = form(ctx, case).await?;
    let mut tx = ctx.app.db.write().await?;
    let found = writable(&mut tx, case).await?.ok_or(Error::ChangedMeanwhile)?;
    let row = storage::uploads::find(&mut tx, id).await?.filter(|row| row.application == case);
    let row = row.filter(|row| state.editable.contains(&row.upload.field)).ok_or(Error::NotFound)?;
    author_only(ctx, row.author)?;
    if row.upload.state == UploadState::Removing {
        return Ok(tx.rollback().await?);
    }
    if !storage::uploads::advance(&mut tx, &row, UploadState::Removing, "", ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    settle(ctx, &mut tx, &found, &state).await?;
    ctx.audit(&mut tx, "upload.remove", format!("upload:{id}"), &row.upload.sha256, "");
    enqueue(ctx, &mut tx, DESTROY, json!({ "upload": id })).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Takes all files of a case away, because it is thrown away or its period has ended; the caller commits.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn forget_case(ctx: &Ctx<'_>, tx: &mut Tx, case: ApplicationId) -> Result<()> {
    if storage::uploads::remove_all(tx, case, ctx.now).await? > 0 {
        ctx.audit(tx, "upload.remove_all", format!("application:{case}"), "", "");
        enqueue(ctx, tx, DESTROY, json!({ "application": case })).await?;
    }
    Ok(())
}

/// Destroys what was taken away; the work of a [`DESTROY`] job. Run twice, it changes nothing more.
///
/// # Errors
/// When the store or the database refuses.
#[boxed]
pub async fn destroy(app: &App, payload: &Value) -> Result<()> {
    let id = |key: &str| payload[key].as_str().and_then(|id| id.parse().ok());
    if let Some(one) = id("upload") {
        return finish(app, UploadId(one)).await;
    }
    let case = id("application").map(ApplicationId).ok_or_else(|| Error::internal("no file and no case"))?;
    let files = storage::uploads::of_case(&mut app.db.read().await?, case).await?;
    for row in files.iter().filter(|row| row.upload.state == UploadState::Removing) {
        finish(app, row.upload.id).await?;
    }
    Ok(())
}

/// Destroys the content of a file that was taken away or never came to count, and forgets the file then.
pub(super) async fn finish(app: &App, id: UploadId) -> Result<()> {
    let row = storage::uploads::find(&mut app.db.read().await?, id).await?;
    let gone = |state| matches!(state, UploadState::Removing | UploadState::Prepared);
    if row.is_some_and(|row| !gone(row.upload.state)) {
        return Ok(());
    }
    app.uploads.store.delete(id).await.map_err(Error::internal)?;
    let mut tx = app.db.write().await?;
    storage::uploads::delete(&mut tx, id).await?;
    Ok(tx.commit().await?)
}
