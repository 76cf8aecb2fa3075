//! Lines: a hash over the line before and the text that follows, then the text, in JSON.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use storage::Note;
use uuid::Uuid;

/// The form of the lines that this program writes and reads.
pub(super) const FORMAT: u32 = 1;
/// Length of a hash in hexadecimal digits.
const HASH: usize = 64;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number in the chain, from 1.
    pub n: i64,
    /// When it was written, in milliseconds since 1970 UTC.
    pub at: i64,
    /// What it tells.
    #[serde(flatten)]
    pub note: Note,
}

fn hash_of(previous: &str, text: &[u8]) -> String {
    hex::encode(Sha256::new().chain_update(previous.as_bytes()).chain_update(text).finalize())
}

/// Appends a line to `into`; gives its hash.
pub(super) fn write(into: &mut Vec<u8>, previous: &str, line: &Line) -> Result<String, serde_json::Error> {
    let text = serde_json::to_vec(line)?;
    let hash = hash_of(previous, &text);
    into.extend_from_slice(hash.as_bytes());
    into.push(b' ');
    into.extend_from_slice(&text);
    into.push(b'\n');
    Ok(hash)
}

/// Follows the lines of a chain, file after file.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    /// Name of the chain, once its first line was seen.
    pub(super) chain: String,
    /// Number of the file.
    pub(super) file: u32,
    /// Number of the last line.
    pub(super) n: i64,
    /// Hash of the last line.
    pub(super) hash: String,
    /// The next line is the first of a file.
    at_begin: bool,
    /// What came before the first file is known.
    from_start: bool,
}

/// What is wrong with a line.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It does not follow.
    Line(String),
    /// Another installation wrote it.
    Foreign(Uuid),
}

impl From<&str> for Wrong {
    fn from(what: &str) -> Self {
        Self::Line(what.to_owned())
    }
}

impl Follower {
    /// From the first file of a chain on.
    pub(super) fn from_start(chain: &str) -> Self {
        Self { chain: chain.to_owned(), from_start: true, ..Self::default() }
    }

    /// From a later file on; what came before it is not looked at.
    pub(super) fn from_file(chain: &str, file: u32) -> Self {
        Self { chain: chain.to_owned(), file: file.saturating_sub(1), ..Self::default() }
    }

    /// The next line is the first one of the next file.
    pub(super) fn next_file(&mut self) {
        self.file += 1;
        self.at_begin = true;
    }

    /// Takes the next line, without its end.
    pub(super) fn take(&mut self, raw: &[u8], installation: Uuid) -> Result<Line, Wrong> {
        let (hash, text) = raw.split_at_checked(HASH).ok_or("it is cut off")?;
        let text = text.strip_prefix(b" ").ok_or("it has no hash")?;
        let line: Line =
            serde_json::from_slice(text).map_err(|error| Wrong::Line(format!("it is not understood: {error}")))?;
        let previous = self.begins(&line, installation)?;
        if hash != hash_of(&previous, text).as_bytes() {
            return Err("it was changed, or a line before it is missing".into());
        }
        if line.n != self.n + 1 && (self.from_start || !self.at_begin) {
            return Err("a line before it is missing".into());
        }
        self.n = line.n;
        self.hash = String::from_utf8_lossy(hash).into_owned();
        (self.at_begin, self.from_start) = (false, true);
        Ok(line)
    }

    /// The hash before this line; the first line of a file names it itself.
    fn begins(&self, line: &Line, by: Uuid) -> Result<String, Wrong> {
        match &line.note {
            Note::Begin { format, installation, chain, file, previous } if self.at_begin => {
                if *format != FORMAT {
                    return Err(Wrong::Line(format!("form {format} is not known to this program")));
                }
                if *installation != by {
                    return Err(Wrong::Foreign(*installation));
                }
                if *chain != self.chain || *file != self.file {
                    return Err("it belongs to another file".into());
                }
                if self.from_start && *previous != self.hash {
                    return Err("the file before it was changed or cut off".into());
                }
                Ok(previous.clone())
            }
            Note::Begin { .. } => Err("a file begins in the middle".into()),
            _ if self.at_begin => Err("the first line of the file is missing".into()),
            _ => Ok(self.hash.clone()),
        }
    }
}
