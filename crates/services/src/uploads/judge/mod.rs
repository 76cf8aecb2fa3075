//! What a file is, told by its content: taken apart under limits, and never changed.

mod child;
mod pdf;
mod picture;

use std::path::Path;

use domain::uploads::{UploadKind, kind_of};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
    sync::Semaphore,
};

pub use child::{Judge, judge_input};

use crate::{Error, Result};

/// Files are taken apart one at a time: each may fill some hundred megabytes.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);
/// Octets by which it is known what a file looks like.
const HEAD: u64 = 64;
const NOT_CHECKED: &str = "いま、ファイルを確かめられませんでした。入力した内容は保存されています。しばらくしてから、もう一度追加してください。";

/// What a file is, or a sentence that says why it is not taken.
type Verdict = Result<UploadKind, &'static str>;

/// What the octets are. May need a gibibyte and go on for ever: in the process of a [`Judge`] alone it is held within limits.
///
/// # Errors
/// The sentence, in Japanese.
pub fn judged(bytes: &[u8]) -> Verdict {
    let kind = kind_of(bytes)?;
    match kind {
        UploadKind::Pdf => pdf::look(bytes)?,
        UploadKind::Jpeg | UploadKind::Png => picture::look(bytes, kind)?,
    }
    Ok(kind)
}

/// What a file on the disk is. One that could not be judged is not taken.
pub(super) async fn read(judge: &Judge, path: &Path) -> Result<Verdict> {
    let mut file = File::open(path).await.map_err(Error::internal)?;
    let mut head = vec![];
    (&mut file).take(HEAD).read_to_end(&mut head).await.map_err(Error::internal)?;
    let kind = match kind_of(&head) {
        Ok(kind) => kind,
        Err(words) => return Ok(Err(words)),
    };
    file.rewind().await.map_err(Error::internal)?;
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(Error::internal)?;
    match judge.verdict(file.into_std().await).await {
        Ok(Ok(other)) if other != kind => Err(Error::internal("a file was judged as what it does not begin as")),
        Ok(verdict) => Ok(verdict),
        Err(reason) => {
            tracing::error!(reason, "a file could not be judged; it was refused");
            Ok(Err(NOT_CHECKED))
        }
    }
}
