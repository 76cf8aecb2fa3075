//! The chain that this process writes.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use domain::clock::Randomness;
use storage::{Note, Position};

use super::{
    Fault, Place,
    line::{self, FORMAT, Follower, Line, Wrong},
};

const END: &str = ".journal";

/// The files of each chain in a folder, by number.
pub(super) fn chains(folder: &Path) -> Result<BTreeMap<String, BTreeMap<u32, PathBuf>>, Fault> {
    let mut found: BTreeMap<String, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(Fault::io(folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(Fault::io(folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let parts = name.strip_suffix(END).and_then(|name| name.split_once('-'));
        if let Some((chain, number)) = parts
            && let Ok(number) = number.parse()
        {
            found.entry(chain.to_owned()).or_default().insert(number, path);
        }
    }
    Ok(found)
}

pub(super) fn file_name(chain: &str, number: u32) -> String {
    format!("{chain}-{number:05}{END}")
}

/// What a follower objects to, with its place.
pub(super) fn damaged(path: &Path, line: i64, wrong: Wrong) -> Fault {
    match wrong {
        Wrong::Line(what) => Fault::Damaged { path: path.to_owned(), line, what },
        Wrong::Foreign(found) => Fault::Foreign { path: path.to_owned(), found },
    }
}

/// Whether what follows the last whole line was left by a crash: a line without an end, or room that was never written.
pub(super) fn is_torn(rest: &[u8]) -> bool {
    !rest.contains(&b'\n') || rest.iter().all(|byte| *byte == 0)
}

/// The chain that this process writes; nobody else can while it lives.
pub(super) struct Chain {
    place: Place,
    name: String,
    file: File,
    path: PathBuf,
    number: u32,
    length: u64,
    line: i64,
    hash: String,
    /// The disk did not confirm what was written: nobody knows what stands at the end.
    pub(super) doubtful: bool,
    _lock: File,
}

impl Chain {
    /// Goes on with a chain that nobody writes, or begins a new one.
    pub(super) fn take(place: &Place) -> Result<Self, Fault> {
        let folder = &place.folder;
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Fault::io(folder))?;
        for (name, mut files) in chains(folder)? {
            if place.closed.contains(&name) {
                continue;
            }
            if let Some(lock) = lock(folder, &name)? {
                return Self::resume(place, name, &mut files, lock);
            }
        }
        let name = hex::encode((&*place.randomness as &dyn Randomness).bytes::<8>());
        let lock = lock(folder, &name)?
            .ok_or_else(|| Fault::Io { path: folder.clone(), error: ErrorKind::WouldBlock.into() })?;
        Self::begin(place, name, 1, 0, String::new(), lock)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn resume(place: &Place, name: String, files: &mut BTreeMap<u32, PathBuf>, lock: File) -> Result<Self, Fault> {
        while let Some((number, path)) = files.pop_last() {
            let text = std::fs::read(&path).map_err(Fault::io(&path))?;
            if !text.contains(&b'\n') && is_torn(&text) {
                std::fs::remove_file(&path).map_err(Fault::io(&path))?;
                continue;
            }
            let (follower, length) = follow(&name, number, &path, &text, place)?;
            let file = OpenOptions::new().append(true).open(&path).map_err(Fault::io(&path))?;
            if length < text.len() as u64 {
                tracing::warn!(path = %path.display(), "a line of the journal was cut off by a crash; it is removed");
                file.set_len(length).and_then(|()| file.sync_all()).map_err(Fault::io(&path))?;
            }
            let (line, hash, place) = (follower.n, follower.hash, place.clone());
            return Ok(Self { place, name, file, path, number, length, line, hash, doubtful: false, _lock: lock });
        }
        Self::begin(place, name, 1, 0, String::new(), lock)
    }

    /// Begins a file.
    fn begin(place: &Place, name: String, number: u32, line: i64, hash: String, lock: File) -> Result<Self, Fault> {
        let path = place.folder.join(file_name(&name, number));
        let open = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path);
        let file = open.map_err(Fault::io(&path))?;
        let place = place.clone();
        let mut chain = Self { place, name, file, path, number, length: 0, line, hash, doubtful: false, _lock: lock };
        let previous = chain.hash.clone();
        let (installation, name) = (chain.place.installation, chain.name.clone());
        let first = Note::Begin { format: FORMAT, installation, chain: name, file: number, previous };
        if let Err(fault) = chain.write(&[first]) {
            // An empty file would be taken for the next one; without it the next try begins again.
            let _ = std::fs::remove_file(&chain.path);
            return Err(fault);
        }
        let folder = &chain.place.folder;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Fault::io(folder))?;
        Ok(chain)
    }

    /// Writes lines and waits until the disk has them; in the next file when this one is long enough.
    pub(super) fn append(&mut self, notes: &[Note]) -> Result<Position, Fault> {
        if self.length > self.place.limit {
            let lock = self._lock.try_clone().map_err(Fault::io(&self.path))?;
            *self = Self::begin(&self.place, self.name.clone(), self.number + 1, self.line, self.hash.clone(), lock)?;
        }
        self.write(notes)?;
        Ok(Position { chain: self.name.clone(), line: self.line, hash: self.hash.clone() })
    }

    fn write(&mut self, notes: &[Note]) -> Result<(), Fault> {
        let at = self.place.clock.now().as_millis();
        let (mut text, mut hash, mut n) = (vec![], self.hash.clone(), self.line);
        for note in notes {
            n += 1;
            let line = Line { n, at, note: note.clone() };
            hash = line::write(&mut text, &hash, &line)
                .map_err(|error| Fault::Io { path: self.path.clone(), error: error.into() })?;
        }
        if let Err(error) = self.file.write_all(&text) {
            // What was written of it is no line; without it the chain can go on as soon as there is room.
            self.doubtful = self.file.set_len(self.length).and_then(|()| self.file.sync_all()).is_err();
            return Err(Fault::io(&self.path)(error));
        }
        if let Err(error) = self.file.sync_data() {
            self.doubtful = true;
            return Err(Fault::io(&self.path)(error));
        }
        self.length += text.len() as u64;
        (self.hash, self.line) = (hash, n);
        Ok(())
    }
}

/// The right to write a chain; `None` while another process has it.
fn lock(folder: &Path, name: &str) -> Result<Option<File>, Fault> {
    let path = folder.join(format!("{name}.lock"));
    let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = open.map_err(Fault::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Fault::io(path)(error)),
    }
}

/// Follows the last file of a chain; gives how far it is whole.
fn follow(name: &str, number: u32, path: &Path, text: &[u8], place: &Place) -> Result<(Follower, u64), Fault> {
    let mut follower = Follower::from_file(name, number);
    follower.next_file();
    let (mut length, mut count) = (0, 0);
    while let Some(end) = text[length..].iter().position(|byte| *byte == b'\n') {
        count += 1;
        follower.take(&text[length..length + end], place.installation).map_err(|wrong| damaged(path, count, wrong))?;
        length += end + 1;
    }
    if is_torn(&text[length..]) {
        Ok((follower, length as u64))
    } else {
        Err(damaged(path, count + 1, "it is cut off".into()))
    }
}
