//! The file itself: a ZIP file, so that it can be opened without this program, too.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{Fault, Manifest, Result, StoredFile, manifest};

/// Largest table of contents and largest single file that are read.
const LARGEST: u64 = 64 << 20;

/// A backup that is being written, under another name until it is whole.
pub(super) struct Writer {
    zip: ZipWriter<BufWriter<File>>,
    path: PathBuf,
    part: PathBuf,
    digest: Sha256,
    size: u64,
}

impl Writer {
    /// Begins a file that only its owner reads. A file of that name must not exist.
    pub(super) fn create(path: &Path) -> Result<Self> {
        if path.exists() {
            return Err(Fault::Refused(format!("{} exists; nothing was written over", path.display())));
        }
        let part = path.with_added_extension("part");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(Fault::io(&part))?;
        let zip = ZipWriter::new(BufWriter::with_capacity(1 << 20, file));
        Ok(Self { zip, path: path.to_owned(), part, digest: Sha256::new(), size: 0 })
    }

    /// Begins an entry.
    pub(super) fn begin(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options.large_file(true).unix_permissions(0o600)).map_err(|e| self.fault(e))?;
        (self.digest, self.size) = (Sha256::new(), 0);
        Ok(())
    }

    /// Adds to the entry.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        self.zip.write_all(bytes).map_err(|e| self.fault(e))
    }

    /// Length and hash of what was added to the entry.
    pub(super) fn end(&mut self) -> (u64, String) {
        (self.size, hex::encode(std::mem::take(&mut self.digest).finalize()))
    }

    /// Adds a file as it is: what people hand in is compressed already.
    pub(super) fn object(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, options.large_file(true).unix_permissions(0o600)).map_err(|e| self.fault(e))?;
        self.zip.write_all(content).map_err(|e| self.fault(e))
    }

    /// Copies a file into the backup.
    pub(super) fn file(&mut self, name: &str, from: &Path) -> Result<StoredFile> {
        let content = std::fs::read(from).map_err(Fault::io(from))?;
        let mut stored = StoredFile { name: name.to_owned(), size: 0, sha256: String::new() };
        self.begin(&stored.entry())?;
        self.write(&content)?;
        (stored.size, stored.sha256) = self.end();
        Ok(stored)
    }

    /// Writes the table of contents and lets the disk confirm everything; gives the hash of that table.
    pub(super) fn finish(mut self, manifest: &Manifest) -> Result<String> {
        let text = serde_json::to_vec_pretty(manifest).map_err(crate::Error::internal)?;
        self.begin(manifest::NAME)?;
        self.write(&text)?;
        let (_, sha256) = self.end();
        let (part, path) = (self.part.clone(), self.path.clone());
        let fault = |error: &dyn std::fmt::Display| Fault::Io(format!("{}: {error}", part.display()));
        let buffer = self.zip.finish().map_err(|error| fault(&error))?;
        buffer.into_inner().map_err(|error| fault(&error))?.sync_all().map_err(|error| fault(&error))?;
        std::fs::rename(&part, &path).map_err(Fault::io(&path))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Fault::io(folder))?;
        Ok(sha256)
    }

    fn fault(&self, error: impl std::fmt::Display) -> Fault {
        Fault::Io(format!("{}: {error}", self.part.display()))
    }
}

/// A backup that is being read.
pub(super) struct Reader {
    zip: ZipArchive<BufReader<File>>,
    /// Its table of contents.
    pub(super) manifest: Manifest,
    /// The hash of that table.
    pub(super) sha256: String,
}

impl Reader {
    /// Opens a backup and compares the names of its parts with its table of contents.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Fault::io(path))?;
        let unreadable = |error: &dyn std::fmt::Display| Fault::Unreadable(format!("{}: {error}", path.display()));
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(&error))?;
        let text = whole(&mut zip, manifest::NAME)?;
        let form: Form = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        if form.format != manifest::FORMAT {
            return Err(unreadable(&format!("form {} is not known to this program", form.format)));
        }
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        let known = storage::Db::newest_step();
        if manifest.step > known {
            let words =
                format!("its tables are of step {}, this program knows {known}: take a newer one", manifest.step);
            return Err(unreadable(&words));
        }
        let objects = compare_names(&zip, &manifest)?;
        let mut reader = Self { zip, manifest, sha256: hex::encode(Sha256::digest(&text)) };
        if objects == reader.manifest.objects.count {
            return Ok(reader);
        }
        let odd = super::objects::odd_one(&mut reader)?;
        let counted = || format!("{objects} files of applications instead of {}", reader.manifest.objects.count);
        Err(Fault::Changed(odd.unwrap_or_else(counted)))
    }

    /// Names of all parts.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.zip.file_names()
    }

    /// The lines of a table, one after the other; the hash is compared at the end.
    pub(super) fn lines(&mut self, number: usize, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        use std::io::BufRead;
        let table = self.manifest.tables.get(number).ok_or_else(|| Fault::Unreadable("no such table".to_owned()))?;
        let name = table.entry();
        let changed = |what: &dyn std::fmt::Display| Fault::Changed(format!("{name}: {what}"));
        let entry = self.zip.by_name(&name).map_err(|error| changed(&error))?;
        let (mut entry, mut line) = (BufReader::with_capacity(1 << 18, entry), vec![]);
        let (mut digest, mut rows) = (Sha256::new(), 0);
        while entry.read_until(b'\n', &mut line).map_err(|error| changed(&error))? > 0 {
            digest.update(&line);
            rows += 1;
            each(&line)?;
            line.clear();
        }
        if rows != table.rows {
            return Err(changed(&format!("{rows} rows instead of {}", table.rows)));
        }
        if hex::encode(digest.finalize()) != table.sha256 {
            return Err(changed(&"the rows do not have the hash of the table of contents"));
        }
        Ok(())
    }

    /// The content of a file of an application; its row says whether it is right.
    pub(super) fn object(&mut self, name: &str) -> Result<Vec<u8>> {
        if self.zip.index_for_name(name).is_none() {
            return Err(Fault::Changed(format!("{name} is missing")));
        }
        whole(&mut self.zip, name)
    }

    /// The content of a file.
    pub(super) fn file(&mut self, file: &StoredFile) -> Result<Vec<u8>> {
        let content = whole(&mut self.zip, &file.entry())?;
        if content.len() as u64 != file.size || hex::encode(Sha256::digest(&content)) != file.sha256 {
            return Err(Fault::Changed(format!("{} does not have the hash of the table of contents", file.name)));
        }
        Ok(content)
    }
}

#[derive(serde::Deserialize)]
struct Form {
    format: u32,
}

fn whole(zip: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<Vec<u8>> {
    let entry = zip.by_name(name).map_err(|error| Fault::Unreadable(format!("{name}: {error}")))?;
    let mut content = vec![];
    entry.take(LARGEST).read_to_end(&mut content).map_err(|error| Fault::Changed(format!("{name}: {error}")))?;
    Ok(content)
}

/// Nothing may be missing and nothing be added; gives the number of files of applications, which only their rows know.
fn compare_names(zip: &ZipArchive<BufReader<File>>, manifest: &Manifest) -> Result<u64> {
    let is_object = |name: &&str| name.starts_with(super::objects::FOLDER);
    let objects = zip.file_names().filter(is_object).count();
    let there: BTreeSet<String> = zip.file_names().filter(|name| !is_object(name)).map(str::to_owned).collect();
    let tables = manifest.tables.iter().map(super::StoredTable::entry);
    let files = manifest.files.iter().map(StoredFile::entry);
    let named: BTreeSet<String> = tables.chain(files).chain([manifest::NAME.to_owned()]).collect();
    match there.symmetric_difference(&named).next() {
        None if there.len() + objects == zip.len() => Ok(objects as u64),
        None => Err(Fault::Changed("a part stands in it twice".to_owned())),
        Some(name) if named.contains(name) => Err(Fault::Changed(format!("{name} is missing"))),
        Some(name) => Err(Fault::Changed(format!("{name} was added"))),
    }
}
