//! Hostile bytes: the corpus of the fuzz targets, and thousands of variations of it, through the same readers.
//!
//! A reader fails when it panics or gives an answer that it may not give; what that is, `fuzz/readers.rs` says.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[path = "../../fuzz/readers.rs"]
mod readers;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use readers::{READERS, Reader};

/// The whole corpus, in bytes: it is downloaded with every copy of the repository.
const LARGEST_CORPUS: u64 = 640 * 1024;
/// Variations for each reader.
const VARIATIONS: usize = 400;

/// The entries for a reader, in order of their names.
fn corpus(reader: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(reader);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
}

/// Numbers that are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 1).unwrap() % bound.max(1)
    }

    fn byte(&mut self) -> u8 {
        // Lengths and tags of DER, marks of CSV and PEM break more than other bytes do.
        const TELLING: &[u8] = b"\x00\x01\x02\x7f\x80\x81\x82\x84\xff\x30\xa0\",\n\r\t-=\xef";
        match self.below(2) {
            0 => TELLING[self.below(TELLING.len())],
            _ => self.below(256).to_le_bytes()[0],
        }
    }

    /// An entry turned, cut, stretched, or crossed with another one, in one to four places.
    fn vary(&mut self, entry: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = entry.to_vec();
        for _ in 0..=self.below(4) {
            let place = self.below(bytes.len());
            match self.below(7) {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, self.byte()),
                2 => bytes.extend_from_within(..place),
                3 => bytes.splice(place.., other[self.below(other.len())..].iter().copied()).for_each(drop),
                4 => bytes.resize(bytes.len() + self.below(300), self.byte()),
                _ if bytes.is_empty() => bytes.push(self.byte()),
                5 => bytes[place] ^= 1 << self.below(8),
                _ => bytes[place] = self.byte(),
            }
        }
        bytes
    }
}

/// Runs a reader; on a panic names the bytes so that they can be added to the corpus.
fn feed(name: &str, read: Reader, origin: &Path, bytes: &[u8]) {
    let answered = catch_unwind(|| read(bytes)).is_ok();
    assert!(answered, "{name} fails on {} or a variation of it: {}", origin.display(), bytes.escape_ascii());
}

#[test]
fn the_corpus_is_answered_as_it_stands() {
    let mut size = 0;
    for (name, read) in READERS {
        let entries = corpus(name);
        assert!(!entries.is_empty(), "{name} has a corpus");
        for (file, bytes) in entries {
            size += bytes.len() as u64;
            feed(name, read, &file, &bytes);
        }
    }
    assert!(size <= LARGEST_CORPUS, "the corpus has grown to {size} bytes: minimise it");
}

#[test]
fn every_folder_of_the_corpus_has_its_reader_and_its_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let names = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let mut readers = READERS.map(|(name, _)| name);
    readers.sort_unstable();
    assert_eq!(names("corpus"), readers);
    assert_eq!(names("fuzz_targets"), readers);
}

#[test]
fn thousands_of_variations_are_answered() {
    for (name, read) in READERS {
        let (entries, mut dice) = (corpus(name), Dice(20));
        for _ in 0..VARIATIONS {
            let (file, entry) = &entries[dice.below(entries.len())];
            let (_, other) = &entries[dice.below(entries.len())];
            let bytes = dice.vary(entry, other);
            feed(name, read, file, &bytes);
        }
    }
}

#[test]
fn entries_as_long_as_can_be_sent_are_answered() {
    for (name, read) in READERS {
        for (file, entry) in corpus(name).into_iter().take(3) {
            let long: Vec<u8> = entry.iter().copied().cycle().take(70_000).collect();
            feed(name, read, &file, &long);
        }
    }
}
