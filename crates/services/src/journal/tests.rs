use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use domain::{clock::Timestamp, ids::AuthorityId};
use storage::Position;
use tempfile::TempDir;

use super::*;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_779_246_000_000)
    }
}

/// Another name for each chain.
struct Counting(AtomicU64);

impl Randomness for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let next = COUNT.fetch_add(1, Ordering::SeqCst) + self.0.load(Ordering::SeqCst);
        buffer.fill(0);
        buffer[..8].copy_from_slice(&next.to_be_bytes());
    }
}

fn place(folder: &Path, limit: u64) -> Place {
    let (clock, randomness) = (Arc::new(Noon), Arc::new(Counting(AtomicU64::new(0))));
    Place { folder: folder.to_owned(), installation: Uuid::from_u128(7), closed: vec![], clock, randomness, limit }
}

fn revoked(number: usize) -> Note {
    let (authority, reason) = (AuthorityId(Uuid::from_u128(1)), "keyCompromise".to_owned());
    Note::Revoked { authority, serial: format!("{number:032x}"), when: 5, reason }
}

/// The notes of a folder but the beginnings of files, and where its chains end.
fn all(folder: &Path) -> Result<(Vec<Note>, Vec<Position>), Fault> {
    let mut notes = vec![];
    let ends = read(&[folder.to_owned()], &[], Uuid::from_u128(7), &mut |_, line| {
        if !matches!(line.note, Note::Begin { .. }) {
            notes.push(line.note);
        }
        Ok(())
    })?;
    Ok((notes, ends))
}

/// The files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "journal"));
    files.sort();
    files
}

async fn write(folder: &Path, limit: u64, numbers: std::ops::Range<usize>) {
    let journal = Journal::new(place(folder, limit));
    for number in numbers {
        journal.record(vec![revoked(number)]).await.unwrap();
    }
}

#[tokio::test]
async fn a_journal_goes_on_over_files_and_processes() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 1_000, 0..20).await;
    write(folder.path(), 1_000, 20..30).await;
    let (notes, ends) = all(folder.path()).unwrap();
    assert_eq!(notes, (0..30).map(revoked).collect::<Vec<_>>());
    assert_eq!(ends.len(), 1, "one chain: the second process went on with the first one's");
    assert!(files(folder.path()).len() > 3, "files are kept short");
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(&files(folder.path())[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn who_asks_for_nothing_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let below = folder.path().join("journal");
    assert_eq!(Journal::new(place(&below, FILE_LIMIT)).record(vec![]).await, Ok(None));
    assert!(!below.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_and_two_processes_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let both =
        [Arc::new(Journal::new(place(folder.path(), 50_000))), Arc::new(Journal::new(place(folder.path(), 50_000)))];
    let ask = |number: usize| {
        let journal = both[number % 2].clone();
        tokio::spawn(async move { journal.record(vec![revoked(number)]).await })
    };
    let tasks: Vec<_> = (0..1_000).map(ask).collect();
    for task in tasks {
        let at = task.await.unwrap().unwrap().unwrap();
        assert!(at.line > 1);
    }
    let (notes, ends) = all(folder.path()).unwrap();
    assert_eq!((notes.len(), ends.len()), (1_000, 2));
    for number in 0..1_000 {
        assert!(notes.contains(&revoked(number)));
    }
}

#[tokio::test]
async fn a_line_that_a_crash_cut_off_is_removed_and_the_chain_goes_on() {
    for torn in [&b"0123456789abcdef {\"n\":4"[..], b"0123", &[0; 4_096]] {
        let folder = TempDir::new().unwrap();
        write(folder.path(), FILE_LIMIT, 0..3).await;
        let file = files(folder.path()).remove(0);
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, [whole.as_slice(), torn].concat()).unwrap();
        assert_eq!(all(folder.path()).unwrap().0.len(), 3, "readers leave it out");
        write(folder.path(), FILE_LIMIT, 3..5).await;
        assert_eq!(all(folder.path()).unwrap().0, (0..5).map(revoked).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_file_that_a_crash_left_empty_is_begun_again() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 10, 0..3).await;
    let last = files(folder.path()).pop().unwrap();
    std::fs::write(&last, b"").unwrap();
    write(folder.path(), 10, 3..4).await;
    let left: Vec<Note> = all(folder.path()).unwrap().0;
    assert_eq!(left, [revoked(0), revoked(1), revoked(3)], "what stood in it is gone, the rest follows on");
}

fn refused(folder: &Path, journal: &Journal, words: &str) {
    let told = all(folder).unwrap_err().to_string();
    assert!(told.contains(words), "{told}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(journal.record(vec![revoked(9)])).is_err(), "nothing is added to it either");
}

#[test]
fn any_other_damage_is_named_and_nothing_is_added_to_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    type Change = fn(&str) -> String;
    let damage: [(&str, Change); 5] = [
        ("line 3: it was changed", |text| {
            text.replacen("keyCompromise", "superseded", 2).replacen("superseded", "keyCompromise", 1)
        }),
        ("line 3: it was changed", |text| without(text, 2)),
        ("line 1: ", |text| without(text, 0)),
        ("line 5: it is not understood", |text| format!("{text}{} {{}}\n", "0".repeat(64))),
        ("another installation", |text| text.replace("0000-000000000007", "0000-000000000008")),
    ];
    for (words, change) in damage {
        let folder = TempDir::new().unwrap();
        runtime.block_on(write(folder.path(), FILE_LIMIT, 0..3));
        let file = files(folder.path()).remove(0);
        let whole = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(&whole)).unwrap();
        refused(folder.path(), &Journal::new(place(folder.path(), FILE_LIMIT)), words);
    }
}

fn without(text: &str, number: usize) -> String {
    text.split_inclusive('\n').enumerate().filter(|(at, _)| *at != number).map(|(_, line)| line).collect()
}

#[tokio::test]
async fn a_missing_file_and_a_shortened_one_are_noticed() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 600, 0..20).await;
    let second = files(folder.path()).remove(1);
    let whole = std::fs::read_to_string(&second).unwrap();
    std::fs::write(&second, without(&whole, whole.lines().count() - 1)).unwrap();
    let told = all(folder.path()).unwrap_err().to_string();
    assert!(told.contains("-00003.journal, line 1: the file before it was changed or cut off"), "{told}");
    std::fs::remove_file(&second).unwrap();
    let told = all(folder.path()).unwrap_err().to_string();
    assert!(told.contains("-00002.journal is missing"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_and_what_holds_is_written_as_soon_as_it_can() {
    let folder = TempDir::new().unwrap();
    let below = folder.path().join("journal");
    std::fs::write(&below, "no folder").unwrap();
    let journal = Journal::new(place(&below, FILE_LIMIT));
    let (authority, number) = (AuthorityId(Uuid::from_u128(1)), 4);
    let crl = Note::Crl { authority, number };
    let (serial, key) = (format!("{:032x}", 2), "00".repeat(32));
    let issued = Note::Issued { authority, serial: serial.clone(), ends: 9, shard: 1, key };
    let given_up = Note::Abandoned { authority, serial, when: 8 };
    assert!(journal.record(vec![crl]).await.is_err());
    assert!(journal.record(vec![issued.clone()]).await.is_err());
    assert!(journal.record(vec![revoked(1)]).await.is_err());
    std::fs::remove_file(&below).unwrap();
    assert!(journal.record(vec![given_up.clone()]).await.unwrap().is_some());
    let written = all(&below).unwrap().0;
    assert_eq!(
        written,
        [issued, revoked(1), given_up],
        "the number was never signed; the serial is told before its end"
    );
}
