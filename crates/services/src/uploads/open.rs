//! Opening a file: for members of the institution, and for staff who may read its case.

use domain::{
    applications::State,
    ids::{ApplicationId, UploadId},
    uploads::Upload,
};
use sha2::{Digest, Sha256};
use storage::boxed;

use crate::{
    Ctx, Error, Result,
    applications::{denied, reading},
    mandates::{author_only, prepared},
};

/// A file with its content.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What it is.
    pub upload: Upload,
    /// Its content, which has the hash that was noted when it was handed in.
    pub content: Vec<u8>,
}

/// A file of a case that the person may prepare, or of one's institution; a vendor opens only their own.
///
/// # Errors
/// [`Error::NotFound`] when the case or the file does not exist, belongs to somebody else, or may not be opened yet.
#[boxed]
pub async fn open_own(ctx: &Ctx<'_>, case: ApplicationId, id: UploadId) -> Result<Opened> {
    let (own, _) = prepared(ctx, case).await?;
    let row = storage::uploads::find(&mut own.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    author_only(&own, row.author)?;
    opened(&own, case, id).await
}

/// A file of a case that was sent, for staff who may read the case; each view is recorded and counted (spec 6.5).
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] as for members.
#[boxed]
pub async fn open_as_staff(ctx: &Ctx<'_>, case: ApplicationId, id: UploadId) -> Result<Opened> {
    ctx.session()?;
    let found = storage::applications::find(&mut ctx.app.db.read().await?, case).await?;
    let may = |kind| ctx.permit(reading(kind)).is_ok();
    let allowed = match &found {
        Some(found) => may(found.kind),
        None => domain::applications::Kind::ALL.iter().any(|kind| may(*kind)),
    };
    if !allowed {
        denied(ctx, case).await?;
        return Err(Error::Forbidden);
    }
    if found.is_none_or(|found| found.state == State::Draft) {
        return Err(Error::NotFound);
    }
    let opened = opened(ctx, case, id).await?;
    let mut tx = ctx.app.db.write().await?;
    ctx.audit(&mut tx, "upload.view", format!("upload:{id}"), "", &opened.upload.sha256);
    tx.commit().await?;
    Ok(opened)
}

async fn opened(ctx: &Ctx<'_>, case: ApplicationId, id: UploadId) -> Result<Opened> {
    let row = storage::uploads::find(&mut ctx.app.db.read().await?, id).await?;
    let row = row.filter(|row| row.application == case && row.upload.state.is_open()).ok_or(Error::NotFound)?;
    let content = ctx.app.uploads.store.get(id).await.map_err(Error::internal)?;
    let content = content.ok_or_else(|| Error::internal(format!("the content of file {id} is not in the store")))?;
    whole(row.upload, content).await
}

/// Gives nothing out that is not what was handed in.
pub(super) async fn whole(upload: Upload, content: Vec<u8>) -> Result<Opened> {
    let work = move || (hex::encode(Sha256::digest(&content)), content);
    let (hash, content) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    if hash == upload.sha256 {
        Ok(Opened { upload, content })
    } else {
        Err(Error::internal(format!("the content of file {} was changed in the store", upload.id)))
    }
}
