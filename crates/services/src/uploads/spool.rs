//! Files while they are received: written to a disk piece by piece, hashed on the way, never whole in memory.

use std::path::PathBuf;

use domain::{ids::UploadId, uploads::LARGEST};
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncWriteExt};

use super::store::{StoreFault, make_private};
use crate::{Ctx, Error, Result};

/// What became of a piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Written.
    Kept,
    /// The file is longer than any may be; nothing more of it is needed.
    TooLarge,
    /// There is no room for it.
    NoRoom,
}

/// A file that is being received. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Incoming {
    spooled: Spooled,
    file: File,
    digest: Sha256,
}

/// A file that was received whole, or of which it is known why not. Dropped, its copy on the disk is gone.
#[derive(Debug)]
pub struct Spooled {
    pub(super) id: UploadId,
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) sha256: String,
    /// Whether it was taken.
    pub taken: Taken,
}

impl Spooled {
    /// Octets of it that lie on the disk.
    pub fn kept(&self) -> u64 {
        if self.taken == Taken::Kept { self.size } else { 0 }
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::error!(path = %self.path.display(), %error, "a received file stays; the daily sweep removes it");
            }
            _ => {}
        }
    }
}

impl Incoming {
    /// Begins to receive a file.
    ///
    /// # Errors
    /// When the disk refuses for another reason than that it is full.
    pub async fn begin(ctx: &Ctx<'_>) -> Result<Self> {
        let uploads = &ctx.app.uploads;
        make_private(&uploads.spool).map_err(Error::internal)?;
        let id = UploadId::new(ctx.now, &*ctx.app.randomness);
        let path = uploads.spool.join(id.to_string());
        let taken = if uploads.has_room(LARGEST) { Taken::Kept } else { Taken::NoRoom };
        let mut options = File::options();
        let file = options.write(true).create_new(true).mode(0o600).open(&path).await.map_err(Error::internal)?;
        let spooled = Spooled { id, path, size: 0, sha256: String::new(), taken };
        Ok(Self { spooled, file, digest: Sha256::new() })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// When the disk refuses for another reason than that it is full.
    pub async fn write(&mut self, piece: &[u8]) -> Result<Taken> {
        let spooled = &mut self.spooled;
        spooled.size = spooled.size.saturating_add(piece.len() as u64);
        if spooled.taken == Taken::Kept && spooled.size > LARGEST {
            spooled.taken = Taken::TooLarge;
        }
        if spooled.taken != Taken::Kept {
            return Ok(spooled.taken);
        }
        self.digest.update(piece);
        let written = self.file.write_all(piece).await;
        self.settle(written)
    }

    /// Ends; gives what was received.
    ///
    /// # Errors
    /// When the disk refuses for another reason than that it is full.
    pub async fn finish(mut self) -> Result<Spooled> {
        let flushed = self.file.flush().await;
        self.settle(flushed)?;
        self.spooled.sha256 = hex::encode(self.digest.finalize());
        Ok(self.spooled)
    }

    fn settle(&mut self, outcome: std::io::Result<()>) -> Result<Taken> {
        match outcome.map_err(StoreFault::from) {
            Ok(()) => {}
            Err(StoreFault::Full(_)) => self.spooled.taken = Taken::NoRoom,
            Err(fault) => return Err(Error::internal(fault)),
        }
        Ok(self.spooled.taken)
    }
}
