//! Reading journals whole, each line checked against the one before.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use storage::Position;
use uuid::Uuid;

use super::{
    Fault,
    chain::{chains, damaged, file_name, is_torn},
    line::{Follower, Line},
};

/// Takes the lines; the first argument is the end of the chain up to this line.
pub type Reader<'a> = &'a mut (dyn FnMut(&Position, Line) -> Result<(), Fault> + Send);

/// Reads all chains in some folders but those that are skipped; gives where each ends. What a crash cut off at the very end
/// of a chain is no line. Folders may hold copies of the same chain; the longer one counts.
///
/// # Errors
/// At the first line that was changed, the first file that is missing, or what another installation wrote.
pub fn read(
    folders: &[PathBuf],
    skip: &[String],
    installation: Uuid,
    each: Reader<'_>,
) -> Result<Vec<Position>, Fault> {
    let mut ends: BTreeMap<String, Position> = BTreeMap::new();
    for folder in folders {
        for (name, files) in chains(folder)? {
            if skip.contains(&name) {
                continue;
            }
            let end = read_chain(folder, &name, &files, installation, each)?;
            let known = ends.entry(name).or_insert_with(|| end.clone());
            if known.line < end.line {
                *known = end;
            }
        }
    }
    Ok(ends.into_values().filter(|end| end.line > 0).collect())
}

fn read_chain(
    folder: &Path,
    name: &str,
    files: &BTreeMap<u32, PathBuf>,
    installation: Uuid,
    each: Reader<'_>,
) -> Result<Position, Fault> {
    let mut follower = Follower::from_start(name);
    let last = files.keys().last().copied().unwrap_or_default();
    for (expected, (number, path)) in (1..).zip(files) {
        if *number != expected {
            return Err(Fault::Missing { path: folder.join(file_name(name, expected)) });
        }
        follower.next_file();
        read_file(path, *number == last, &mut follower, installation, each)?;
    }
    Ok(end_of(&follower))
}

fn end_of(follower: &Follower) -> Position {
    Position { chain: follower.chain.clone(), line: follower.n, hash: follower.hash.clone() }
}

fn read_file(
    path: &Path,
    last: bool,
    follower: &mut Follower,
    installation: Uuid,
    each: Reader<'_>,
) -> Result<(), Fault> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(Fault::io(path))?);
    let (mut raw, mut count) = (vec![], 0);
    loop {
        raw.clear();
        if file.read_until(b'\n', &mut raw).map_err(Fault::io(path))? == 0 {
            return Ok(());
        }
        count += 1;
        let Some(text) = raw.strip_suffix(b"\n") else {
            // Only the end of the last file can have been cut off by a crash.
            return if last && is_torn(&raw) { Ok(()) } else { Err(damaged(path, count, "it is cut off".into())) };
        };
        let line = follower.take(text, installation).map_err(|wrong| damaged(path, count, wrong))?;
        each(&end_of(follower), line)?;
    }
}
