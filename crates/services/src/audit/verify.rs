//! Verifying: the rows against each other, against what was signed, and against the journal outside the database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use storage::{
    Conn, Db, Note,
    audit::{Broken, Head, Progress, heads_from, last_checkpoint, verify_against},
    boxed,
};

use super::PublicKey;
use crate::{
    Result,
    journal::{Line, Place, read_own},
};

/// Signed statements that are read at a time.
const STEP: i64 = 2_000;
/// Of what the journal noted so many rows apart are kept, and the last: each row's hash vouches for all before it.
const APART: i64 = 500;
/// How often it is begun again when rows are removed after their period meanwhile.
const TRIES: usize = 3;

/// The first fault, wherever it lies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// In the rows.
    #[error(transparent)]
    Rows(#[from] Broken),
    /// A signed head is missing.
    #[error("signed head {number} is missing: nobody vouches for row {row} any more")]
    HeadMissing {
        /// Its number.
        number: i64,
        /// The first row that it alone vouched for.
        row: i64,
    },
    /// A signed head was changed.
    #[error("signed head {number} was changed: nobody vouches for row {row} any more")]
    HeadChanged {
        /// Its number.
        number: i64,
        /// The first row that it alone vouched for.
        row: i64,
    },
    /// A head was signed by somebody else.
    #[error("signed head {number}, which vouches for row {row} first, was signed with another key: {signer}")]
    HeadForeign {
        /// Its number.
        number: i64,
        /// The first row that it alone vouched for.
        row: i64,
        /// That key.
        signer: String,
    },
}

impl Fault {
    /// The first bad row, or the first that nobody vouches for.
    pub fn row(&self) -> i64 {
        match self {
            Self::Rows(broken) => broken.row(),
            Self::HeadMissing { row, .. } | Self::HeadChanged { row, .. } | Self::HeadForeign { row, .. } => *row,
        }
    }
}

/// A chain that is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// The first row; the ones before it were removed after their period.
    pub first: i64,
    /// The last row.
    pub last: i64,
    /// Number of signed heads.
    pub heads: i64,
    /// The last row that a signed head vouches for; 0 when there is none.
    pub signed_until: i64,
    /// The last row that the journal outside the database noted; 0 when none was read.
    pub noted_until: i64,
}

impl Whole {
    /// Number of rows.
    pub fn rows(&self) -> i64 {
        self.last - self.first + 1
    }
}

/// What is known of a chain from elsewhere.
#[derive(Default)]
struct Noted {
    /// Rows, thinned out; the last one always.
    rows: BTreeMap<i64, String>,
    kept: i64,
    /// The last signed statement.
    number: i64,
}

impl Noted {
    fn learn(&mut self, line: Line) {
        let (number, seq, hash) = match line.note {
            Note::Head { seq, hash, .. } | Note::Backup { seq, hash, .. } => (0, seq, hash),
            Note::Signed { number, seq, hash } => (number, seq, hash),
            _ => return,
        };
        self.number = self.number.max(number);
        if seq == 0 {
            return;
        }
        let latest = self.rows.last_key_value().map(|(seq, _)| *seq);
        if let Some(latest) = latest.filter(|latest| *latest < seq && *latest < self.kept + APART) {
            if latest != self.kept {
                self.rows.remove(&latest);
            }
        } else {
            self.kept = latest.unwrap_or(0);
        }
        self.rows.insert(seq, hash);
    }
}

/// Verifies the whole chain: rows, signed heads by any of the keys, and what the journal at a place noted.
///
/// # Errors
/// When the database or the journal cannot be read. The first fault is the inner result.
#[boxed]
pub async fn verify(db: &Db, keys: &[PublicKey], journal: Option<&Place>) -> Result<Result<Whole, Fault>> {
    verify_watched(db, keys, journal, &Progress::default()).await
}

/// The same, telling how many rows are verified.
///
/// # Errors
/// As [`verify`].
#[boxed]
pub(super) async fn verify_watched(
    db: &Db,
    keys: &[PublicKey],
    journal: Option<&Place>,
    progress: &Progress,
) -> Result<Result<Whole, Fault>> {
    let noted = match journal {
        Some(place) => read_own(place.clone(), Noted::learn).await?.0,
        None => Noted::default(),
    };
    let mut outcome = once(db, keys, &noted, progress).await?;
    for _ in 1..TRIES {
        let Err((_, begun_at)) = &outcome else { break };
        if *begun_at == checkpoint_of(&mut db.read().await?).await? {
            break;
        }
        outcome = once(db, keys, &noted, progress).await?;
    }
    Ok(outcome.map_err(|(fault, _)| fault))
}

async fn checkpoint_of(conn: &mut Conn) -> Result<i64> {
    Ok(last_checkpoint(conn).await?.map_or(0, |at| at.number))
}

/// The same once; a fault comes with the checkpoint at which it was begun.
async fn once(db: &Db, keys: &[PublicKey], noted: &Noted, progress: &Progress) -> Result<Result<Whole, (Fault, i64)>> {
    let mut conn = db.read().await?;
    let begun_at = checkpoint_of(&mut conn).await?;
    let rows = verify_against(&mut conn, &noted.rows, progress).await?;
    let chain = match rows {
        Ok(chain) => chain,
        Err(broken) => return Ok(Err((broken.into(), begun_at))),
    };
    let heads = match statements(&mut conn, keys, noted.number).await? {
        Ok(heads) => heads,
        Err(fault) => return Ok(Err((fault, begun_at))),
    };
    let noted_until = noted.rows.last_key_value().map_or(0, |(seq, _)| *seq);
    Ok(Ok(Whole { first: chain.first, last: chain.last, heads: heads.count, signed_until: heads.reached, noted_until }))
}

/// How far the signed statements were followed.
struct Followed {
    count: i64,
    /// The row of the last head.
    reached: i64,
    last: Option<Head>,
}

/// Follows the signed statements. Each names the digest of the one before, so that one signature at the end vouches for all;
/// checkpoints are checked one by one.
async fn statements(conn: &mut Conn, keys: &[PublicKey], noted: i64) -> Result<Result<Followed, Fault>> {
    let checkpoint = last_checkpoint(conn).await?;
    let first = checkpoint.as_ref().map_or(1, |at| at.first_kept);
    let reached = checkpoint.as_ref().map_or(0, |at| at.seq);
    if let Some(Err(fault)) = checkpoint.map(|at| signed(&at, keys, at.seq)) {
        return Ok(Err(fault));
    }
    let mut followed = Followed { count: 0, reached, last: None };
    loop {
        let expected = first + followed.count;
        let page = heads_from(conn, expected, STEP).await?;
        for head in page.iter().cloned() {
            if let Err(fault) = followed.take(head, first, keys) {
                return Ok(Err(fault));
            }
        }
        if page.is_empty() {
            break;
        }
    }
    let row = followed.reached + 1;
    if let Some(Err(fault)) = followed.last.as_ref().map(|last| signed(last, keys, row)) {
        return Ok(Err(fault));
    }
    let next = first + followed.count;
    Ok(if noted >= next { Err(Fault::HeadMissing { number: next, row }) } else { Ok(followed) })
}

impl Followed {
    fn take(&mut self, head: Head, first: i64, keys: &[PublicKey]) -> Result<(), Fault> {
        let (number, row) = (first + self.count, self.reached + 1);
        if head.number != number {
            return Err(Fault::HeadMissing { number, row });
        }
        let follows = match &self.last {
            Some(last) => head.previous == last.digest(),
            None if number == 1 => head.previous.is_empty(),
            None => true,
        };
        if !follows {
            // Either of the two was changed: the one whose signature does not fit.
            if let Some(last) = &self.last {
                signed(last, keys, row)?;
            }
            return Err(Fault::HeadChanged { number, row });
        }
        if self.last.is_none() || head.kind.is_checkpoint() {
            signed(&head, keys, row)?;
        }
        if !head.kind.is_checkpoint() {
            self.reached = head.seq;
        }
        self.count += 1;
        self.last = Some(head);
        Ok(())
    }
}

fn signed(head: &Head, keys: &[PublicKey], row: i64) -> Result<(), Fault> {
    let Some(key) = keys.iter().find(|key| key.as_hex() == head.signer) else {
        return Err(Fault::HeadForeign { number: head.number, row, signer: head.signer.clone() });
    };
    let fits = key.made(&head.message(), &head.signature);
    if fits { Ok(()) } else { Err(Fault::HeadChanged { number: head.number, row }) }
}
