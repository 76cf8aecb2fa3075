//! What a file is, told by its content: taken apart under limits, and never changed.

mod pdf;
mod picture;

use domain::uploads::{UploadKind, kind_of};
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// Files are taken apart one at a time: each may fill some hundred megabytes.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// What the octets are, or a sentence that says why they are not taken. Needs some hundred megabytes and some seconds at most.
///
/// # Errors
/// The sentence, in Japanese.
pub fn judged(bytes: &[u8]) -> Result<UploadKind, &'static str> {
    let kind = kind_of(bytes)?;
    match kind {
        UploadKind::Pdf => pdf::look(bytes)?,
        UploadKind::Jpeg | UploadKind::Png => picture::look(bytes, kind)?,
    }
    Ok(kind)
}

/// What a file on the disk is.
pub(super) async fn read(path: std::path::PathBuf) -> Result<Result<UploadKind, &'static str>> {
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(Error::internal)?;
    let work = move || -> std::io::Result<_> { Ok(judged(&std::fs::read(path)?)) };
    match tokio::task::spawn_blocking(work).await {
        Ok(read) => read.map_err(Error::internal),
        // A reader that gives up on what it never met is no fault of the person.
        Err(_) => Ok(Err(pdf::BROKEN)),
    }
}
