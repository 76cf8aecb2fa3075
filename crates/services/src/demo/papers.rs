//! Documents of the demo's cases, as their forms keep them.

use domain::{
    ids::{ApplicationId, UploadId},
    uploads::{Upload, UploadKind, UploadState},
};
use letters::Document;
use storage::uploads::UploadRow;

use super::cases::Cast;
use crate::{Error, Result};

/// Hands in a made-up document for a field of a case, named as the field.
pub(super) async fn hand_in(cast: &Cast<'_>, case: ApplicationId, field: &str, label: &str) -> Result<()> {
    let (app, now) = (cast.app, cast.app.clock.now());
    let title = format!("{label}（見本）");
    let body = "これは、体験用に作られた書類です。".to_owned();
    let pdf = app.press.document(&Document { title, body, ..Document::default() }).map_err(Error::internal)?;
    let upload = Upload {
        id: UploadId::new(now, &*app.randomness),
        field: field.to_owned(),
        name: format!("{label}.pdf"),
        kind: UploadKind::Pdf,
        size: u64::try_from(pdf.len()).map_err(Error::internal)?,
        sha256: pki::sha256_hex(&pdf),
        state: UploadState::Clean,
    };
    app.uploads.store.put(upload.id, pdf).await.map_err(|fault| Error::internal(format!("{fault}")))?;
    let (finding, author) = (String::new(), cast.applicant);
    let row = UploadRow { upload, application: case, finding, author, made_at: now, changed_at: now };
    let mut tx = app.db.write().await?;
    storage::uploads::insert(&mut tx, &row).await?;
    Ok(tx.commit().await?)
}
