//! Where the content of files lies: a folder, a bucket, or memory; each file under a name made of its identifier.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::ids::UploadId;
use futures_util::TryStreamExt;
use object_store::{
    MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem,
    memory::InMemory, path::Path as Name,
};
use sha2::{Digest, Sha256};
use storage::{boxed, uploads::shard_of};
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt},
    sync::Semaphore,
};

use super::Judge;

/// Octets that are carried from disk to disk at a time.
const PIECE: u64 = 1024 * 1024;
/// Files that are on their way to a bucket at a time, each whole in memory.
static TO_BUCKET: Semaphore = Semaphore::const_new(4);

/// Why the store did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreFault {
    /// There is no room for more.
    #[error("there is no room for more files: {0}")]
    Full(String),
    /// It cannot be reached, or refuses.
    #[error("the store of files fails: {0}")]
    Failed(String),
}

impl From<object_store::Error> for StoreFault {
    fn from(error: object_store::Error) -> Self {
        let full = matches!(error, object_store::Error::Generic { .. }) && is_full(&error);
        let words = chain(&error);
        if full { Self::Full(words) } else { Self::Failed(words) }
    }
}

impl From<std::io::Error> for StoreFault {
    fn from(error: std::io::Error) -> Self {
        if is_full(&error) { Self::Full(error.to_string()) } else { Self::Failed(error.to_string()) }
    }
}

/// Whether a full disk, or a full share of it, stands behind a fault.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<std::io::Error>().is_some_and(|e| matches!(e.kind(), StorageFull | QuotaExceeded)) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The fault and what stands behind it, without the secrets of a request: the crate shows none.
fn chain(error: &object_store::Error) -> String {
    error.to_string().chars().take(600).collect()
}

/// A bucket of a server that speaks S3.
#[derive(Clone, Default)]
pub struct Bucket {
    /// Address of the server; none for that of Amazon.
    pub endpoint: Option<String>,
    /// Name of the bucket.
    pub name: String,
    /// Region.
    pub region: String,
    /// Begin of all names, so that a bucket can be shared; empty for none.
    pub prefix: String,
    /// Name of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket").field("endpoint", &self.endpoint).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Where the content of files lies.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    prefix: String,
    /// The folder, where it is one: its disk is watched.
    folder: Option<PathBuf>,
    /// Whether it takes each file in one request.
    whole: bool,
}

impl Store {
    /// A folder of this machine; it is made when it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreFault> {
        make_private(folder)?;
        let objects = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), prefix: String::new(), folder: Some(folder.to_owned()), whole: false })
    }

    /// A bucket. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// When the address is none.
    pub fn in_bucket(bucket: &Bucket) -> Result<Self, StoreFault> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.access_key_id)
            .with_secret_access_key(&bucket.secret_access_key);
        if let Some(endpoint) = &bucket.endpoint {
            let plain = endpoint.starts_with("http://");
            builder = builder.with_endpoint(endpoint).with_allow_http(plain).with_virtual_hosted_style_request(false);
        }
        Ok(Self { objects: Arc::new(builder.build()?), prefix: bucket.prefix.clone(), folder: None, whole: true })
    }

    /// Memory, which is gone with the process: for tests and measurements.
    pub fn in_memory() -> Self {
        Self { objects: Arc::new(InMemory::new()), prefix: String::new(), folder: None, whole: false }
    }

    fn name(&self, id: UploadId) -> Name {
        self.part(shard_of(id)).join(id.to_string())
    }

    fn part(&self, shard: u8) -> Name {
        let shard = format!("{shard:02x}");
        if self.prefix.is_empty() { Name::from(shard) } else { Name::from(self.prefix.as_str()).join(shard) }
    }

    /// Keeps the content of a file; durable when it returns.
    ///
    /// # Errors
    /// When there is no room, or the store fails.
    #[boxed]
    pub async fn put(&self, id: UploadId, content: Vec<u8>) -> Result<(), StoreFault> {
        self.objects.put(&self.name(id), PutPayload::from(content)).await?;
        Ok(())
    }

    /// Keeps the content of a file that was received on a disk of this machine, if it still has its hash; durable when it
    /// returns. A bucket is given all of it in one request: what is begun there in parts and never ended is listed nowhere, and
    /// paid for.
    ///
    /// # Errors
    /// When there is no room, the disk or the store fails, or the content is another one.
    #[boxed]
    pub async fn keep(&self, id: UploadId, from: &Path, sha256: &str) -> Result<(), StoreFault> {
        let mut file = File::open(from).await?;
        if self.whole {
            let _turn = TO_BUCKET.acquire().await.map_err(|error| StoreFault::Failed(error.to_string()))?;
            let mut content = vec![];
            file.read_to_end(&mut content).await?;
            is_same(Sha256::new_with_prefix(&content), sha256)?;
            return self.put(id, content).await;
        }
        let mut object = self.objects.put_multipart(&self.name(id)).await?;
        let carried = carry(file, &mut *object, sha256).await;
        if carried.is_err()
            && let Err(error) = object.abort().await
        {
            tracing::warn!(upload = %id, %error, "what was begun of a file stays; the daily sweep removes it");
        }
        carried
    }

    /// What lies half written in a part of a folder, by its file: a process that died has left it, or one that lives is at it.
    /// A bucket shows only whole objects.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn begun(&self, shard: u8) -> std::io::Result<Vec<(UploadId, PathBuf)>> {
        let Some(folder) = &self.folder else { return Ok(vec![]) };
        let entries = match std::fs::read_dir(folder.join(format!("{shard:02x}"))) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
            entries => entries?,
        };
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        // So the crate calls a file until it is whole (`LocalFileSystem`, "Path Semantics").
        let of = |path: &Path| path.file_name()?.to_str()?.split_once('#')?.0.parse().ok();
        Ok(paths.into_iter().filter_map(|path| Some((of(&path)?, path))).collect())
    }

    /// The content of a file; none when it is not there.
    ///
    /// # Errors
    /// When the store fails.
    #[boxed]
    pub async fn get(&self, id: UploadId) -> Result<Option<Vec<u8>>, StoreFault> {
        match self.objects.get(&self.name(id)).await {
            Ok(found) => Ok(Some(found.bytes().await?.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the content of a file is there.
    ///
    /// # Errors
    /// When the store fails.
    #[boxed]
    pub async fn has(&self, id: UploadId) -> Result<bool, StoreFault> {
        match self.objects.head(&self.name(id)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Destroys the content of a file; what is gone already is no fault.
    ///
    /// # Errors
    /// When the store fails.
    #[boxed]
    pub async fn delete(&self, id: UploadId) -> Result<(), StoreFault> {
        match self.objects.delete(&self.name(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The files whose content lies in one of the 256 parts; what has another kind of name is none of ours.
    ///
    /// # Errors
    /// When the store fails.
    #[boxed]
    pub async fn listed(&self, shard: u8) -> Result<Vec<UploadId>, StoreFault> {
        let part = self.part(shard);
        let found: Vec<_> = self.objects.list(Some(&part)).try_collect().await?;
        Ok(found.iter().filter_map(|object| object.location.filename()?.parse().ok()).collect())
    }

    /// Writes, reads and destroys something, as a start must be able to.
    ///
    /// # Errors
    /// When the store fails.
    #[boxed]
    pub async fn probe(&self, id: UploadId) -> Result<(), StoreFault> {
        self.put(id, b"probe".to_vec()).await?;
        let read = self.get(id).await?;
        self.delete(id).await?;
        match read.as_deref() {
            Some(b"probe") => Ok(()),
            _ => Err(StoreFault::Failed("what was written is not what is read".to_owned())),
        }
    }
}

/// Carries a file piece by piece; it is there once it is all of it.
async fn carry(mut file: impl AsyncRead + Unpin, to: &mut dyn MultipartUpload, sha256: &str) -> Result<(), StoreFault> {
    let mut digest = Sha256::new();
    loop {
        let mut piece = vec![];
        if (&mut file).take(PIECE).read_to_end(&mut piece).await? == 0 {
            break;
        }
        digest.update(&piece);
        to.put_part(piece.into()).await?;
    }
    is_same(digest, sha256)?;
    to.complete().await?;
    Ok(())
}

fn is_same(digest: Sha256, sha256: &str) -> Result<(), StoreFault> {
    let same = hex::encode(digest.finalize()) == sha256;
    same.then_some(()).ok_or_else(|| StoreFault::Failed("what was received is not what lies on the disk".to_owned()))
}

/// Where files are kept, and where they wait until it is known what they are.
#[derive(Clone, Debug)]
pub struct Uploads {
    /// The store.
    pub store: Store,
    /// Folder of files that are being received; made when it is needed.
    pub spool: PathBuf,
    /// Room in octets that stays free on the disks of spool and store, for the database.
    pub keep_free: u64,
    /// Tells what a received file is.
    pub judge: Judge,
}

impl Uploads {
    /// Files in memory, received in a folder, where none is taken before there is a judge: for tests and measurements.
    pub fn in_memory(spool: PathBuf) -> Self {
        Self { store: Store::in_memory(), spool, keep_free: 0, judge: Judge::default() }
    }

    /// Whether another file of a length has room, as far as the disks of this machine tell.
    pub(super) fn has_room(&self, length: u64) -> bool {
        let enough = |folder: &Path| match rustix::fs::statvfs(folder) {
            Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize) >= self.keep_free.saturating_add(length),
            Err(_) => true,
        };
        enough(&self.spool) && self.store.folder.as_deref().is_none_or(enough)
    }
}

/// A folder that only its owner reads.
pub(super) fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
