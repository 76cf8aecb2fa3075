//! Following the chain: every row is hashed anew, page by page, while the next page is being read.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
};

use super::{Row, hash_of, heads};
use crate::db::{Conn, Error, Result, boxed, on_engine, sql};

/// The first fault of a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A row is missing or out of order.
    #[error("row {expected} is missing; found {found} in its place")]
    Gap {
        /// Expected place.
        expected: i64,
        /// Found place.
        found: i64,
    },
    /// A row was changed.
    #[error("row {0} does not match its hash")]
    Changed(i64),
    /// Rows at the end are missing.
    #[error("row {} is missing: the chain ends at row {found}, but it reached row {expected}", found + 1)]
    Truncated {
        /// How far it reached.
        expected: i64,
        /// Length found.
        found: i64,
    },
    /// A row stands after the end of the chain.
    #[error("row {0} stands after the end of the chain")]
    Beyond(i64),
    /// Rows were written anew, with hashes that fit each other but not what was signed.
    #[error(
        "row {first} or one of those up to row {until} was written anew: row {until} is not the one that was signed or noted"
    )]
    Rewritten {
        /// The first row that nobody vouches for.
        first: i64,
        /// The row that a signed head or the journal knows otherwise.
        until: i64,
    },
}

impl Broken {
    /// The first bad row.
    pub fn row(&self) -> i64 {
        match self {
            Self::Gap { expected, .. } => *expected,
            Self::Changed(row) | Self::Beyond(row) | Self::Rewritten { first: row, .. } => *row,
            Self::Truncated { found, .. } => found + 1,
        }
    }
}

/// A chain that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The first row; the ones before it were removed after their period.
    pub first: i64,
    /// The last row.
    pub last: i64,
}

impl Chain {
    /// Number of rows.
    pub fn rows(&self) -> i64 {
        self.last - self.first + 1
    }
}

/// How far a verification has come, for whoever waits for it.
#[derive(Debug, Default)]
pub struct Progress {
    rows: AtomicI64,
    of: AtomicI64,
}

impl Progress {
    /// Rows that were verified, and how many there are; 0 of 0 before it has begun.
    pub fn rows(&self) -> (i64, i64) {
        (self.rows.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed))
    }
}

sql!(/// One question, so that all three belong together.
    ENDS = "SELECT h.seq, h.hash, (SELECT MAX(seq) FROM audit) FROM audit_head h WHERE h.id = 1");
sql!(
    LIST = "SELECT seq, at, actor, on_behalf_of, action, subject, source, before_hash, after_hash, previous, hash
    FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3"
);
sql!(NEXT = "SELECT seq FROM audit WHERE seq > $1 ORDER BY seq LIMIT 1");

/// Rows of a page.
const STEP: i64 = 4_000;

/// Rows of the chain with what is known of them from elsewhere.
struct Page {
    rows: Vec<Row>,
    marks: Vec<(i64, String)>,
}

/// How far the chain was followed.
#[derive(Clone, Debug)]
struct Link {
    last: i64,
    hash: String,
    /// The last row that a head or the journal vouches for.
    vouched: i64,
}

/// Follows the chain from its beginning, or from the checkpoint of what was removed, to its head. Heads are believed here
/// whoever signed them.
///
/// # Errors
/// When the database cannot be read. A broken chain is the inner result.
#[boxed]
pub async fn verify(conn: &mut Conn) -> Result<Result<i64, Broken>> {
    Ok(verify_against(conn, &BTreeMap::new(), &Progress::default()).await?.map(|chain| chain.last))
}

/// The same, telling how far it is, and rows that are known from elsewhere must be there with the same hash.
///
/// # Errors
/// As [`verify`].
#[boxed]
pub async fn verify_against(
    conn: &mut Conn,
    known: &BTreeMap<i64, String>,
    progress: &Progress,
) -> Result<Result<Chain, Broken>> {
    let (length, head, highest): (i64, String, Option<i64>) =
        on_engine!(conn, |c| sqlx::query_as(ENDS).fetch_one(c).await)?;
    let checkpoint = heads::last_checkpoint(conn).await?;
    let (start, hash) = checkpoint.map_or((0, String::new()), |at| (at.seq, at.hash));
    progress.rows.store(0, Ordering::Relaxed);
    progress.of.store(length - start, Ordering::Relaxed);
    let tell = |last: i64| progress.rows.store(last - start, Ordering::Relaxed);
    let link = match follow(conn, known, Link { last: start, hash, vouched: start }, length, tell).await? {
        Ok(link) => link,
        Err(broken) => return Ok(Err(broken)),
    };
    let reached = heads::highest_head(conn).await?.max(known.keys().next_back().copied().unwrap_or(0)).max(length);
    Ok(if link.last < reached {
        Err(gap_or_end(conn, link.last, reached).await?)
    } else if let Some(beyond) = highest.filter(|seq| *seq > length) {
        let next: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(NEXT).bind(length).fetch_optional(c).await)?;
        Err(Broken::Beyond(next.unwrap_or(beyond)))
    } else if link.hash != head {
        Err(Broken::Changed(link.last))
    } else {
        Ok(Chain { first: start + 1, last: link.last })
    })
}

async fn gap_or_end(conn: &mut Conn, last: i64, reached: i64) -> Result<Broken> {
    let next: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(NEXT).bind(last).fetch_optional(c).await)?;
    Ok(match next {
        Some(found) => Broken::Gap { expected: last + 1, found },
        None => Broken::Truncated { expected: reached, found: last },
    })
}

async fn follow(
    conn: &mut Conn,
    known: &BTreeMap<i64, String>,
    mut link: Link,
    length: i64,
    tell: impl Fn(i64),
) -> Result<Result<Link, Broken>> {
    let mut page = read(conn, known, link.last, length).await?;
    while let Some(end) = page.rows.last().map(|row| row.seq) {
        let work = tokio::task::spawn_blocking(move || check(&page, link));
        let (checked, next) = tokio::join!(work, read(conn, known, end, length));
        match checked.map_err(|error| Error::Corrupt(error.to_string()))? {
            Ok(further) => {
                tell(further.last);
                link = further;
            }
            Err(broken) => return Ok(Err(broken)),
        }
        page = next?;
    }
    Ok(Ok(link))
}

async fn read(conn: &mut Conn, known: &BTreeMap<i64, String>, after: i64, until: i64) -> Result<Page> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(LIST).bind(after).bind(until).bind(STEP).fetch_all(c).await)?;
    let Some(end) = rows.last().map(|row| row.seq) else { return Ok(Page { rows, marks: vec![] }) };
    let mut marks = heads::marks(conn, after, end).await?;
    marks.extend(known.range(after + 1..=end).map(|(seq, hash)| (*seq, hash.clone())));
    marks.sort();
    Ok(Page { rows, marks })
}

fn check(page: &Page, mut link: Link) -> Result<Link, Broken> {
    let mut marks = page.marks.iter().peekable();
    for row in &page.rows {
        if row.seq != link.last + 1 {
            return Err(Broken::Gap { expected: link.last + 1, found: row.seq });
        }
        if row.previous != link.hash || row.hash != hash_of(row) {
            return Err(Broken::Changed(row.seq));
        }
        while let Some((seq, hash)) = marks.next_if(|(seq, _)| *seq <= row.seq) {
            if *hash != row.hash {
                return Err(Broken::Rewritten { first: link.vouched + 1, until: *seq });
            }
            link.vouched = *seq;
        }
        link.last = row.seq;
        link.hash.clone_from(&row.hash);
    }
    Ok(link)
}
