//! The audit chain: each row carries the hash of the one before (spec 6.5).

mod counts;
mod heads;
mod list;
mod purge;
mod verify;

pub use counts::{ViewCount, day_of, views};
pub use heads::{Head, HeadKind, first_kept_above, heads_from, highest_head, insert_head, last_checkpoint, last_head};
pub use list::{Filter, Found, find};
pub use purge::{end_of_day_before, remove_counts, remove_heads, remove_rows};
pub use verify::{Broken, Chain, Progress, verify, verify_against};

use domain::clock::Timestamp;
use sha2::{Digest, Sha256};

use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};
use crate::rows::parts;

/// What is recorded of one act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Who: `account:<id>`, `system:<name>` or `visitor`.
    pub actor: String,
    /// For whom: the institution's id, or empty.
    pub on_behalf_of: String,
    /// What, such as `application.submit`.
    pub action: String,
    /// To which row, such as `application:<id>`.
    pub subject: String,
    /// From where: network address, or empty.
    pub source: String,
    /// SHA-256 of the subject before, hexadecimal, or empty.
    pub before_hash: String,
    /// SHA-256 of the subject after, hexadecimal, or empty.
    pub after_hash: String,
}

/// A row of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Place in the chain, from 1 without gaps.
    pub seq: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// For whom.
    pub on_behalf_of: String,
    /// What.
    pub action: String,
    /// To which row.
    pub subject: String,
    /// From where.
    pub source: String,
    /// SHA-256 of the subject before.
    pub before_hash: String,
    /// SHA-256 of the subject after.
    pub after_hash: String,
    /// Hash of the row before.
    pub previous: String,
    /// Hash of this row.
    pub hash: String,
}
from_row!(Row { seq, at, actor, on_behalf_of, action, subject, source, before_hash, after_hash, previous, hash });

sql!(/// Takes the next `$1` places; the row lock keeps other writers out until the commit.
    RESERVE = "UPDATE audit_head SET seq = seq + $1 WHERE id = 1 RETURNING seq, hash");
sql!(ADVANCE = "UPDATE audit_head SET hash = $1 WHERE id = 1");
/// The rows follow.
const INSERT: &str =
    "INSERT INTO audit (seq, at, actor, on_behalf_of, action, subject, source, before_hash, after_hash, previous,
    hash) ";
sql!(
    NEWEST = "SELECT seq, at, actor, on_behalf_of, action, subject, source, before_hash, after_hash, previous, hash
    FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2"
);
sql!(HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1");
sql!(HASH_AT = "SELECT hash FROM audit WHERE seq = $1");

/// Chains and writes the entries of one transaction.
pub(crate) async fn append(conn: &mut Conn, entries: Vec<Entry>) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let (last, mut previous): (i64, String) =
        on_engine!(conn, |c| sqlx::query_as(RESERVE).bind(count).fetch_one(c).await)?;
    let mut rows = Vec::with_capacity(entries.len());
    for (seq, entry) in (last - count + 1..).zip(entries) {
        let row = chained(seq, entry, std::mem::take(&mut previous));
        previous.clone_from(&row.hash);
        rows.push(row);
    }
    for rows in parts(&rows) {
        insert(conn, rows).await?;
    }
    counts::note(conn, &rows).await?;
    on_engine!(conn, |c| sqlx::query(ADVANCE).bind(&previous).execute(c).await.map(drop))?;
    Ok(())
}

async fn insert(conn: &mut Conn, rows: &[Row]) -> Result<()> {
    on_engine!(conn, |c| {
        let mut statement = sqlx::QueryBuilder::new(INSERT);
        statement.push_values(rows, |mut values, row| {
            values.push_bind(row.seq).push_bind(row.at);
            for text in [&row.actor, &row.on_behalf_of, &row.action, &row.subject, &row.source] {
                values.push_bind(text);
            }
            for hash in [&row.before_hash, &row.after_hash, &row.previous, &row.hash] {
                values.push_bind(hash);
            }
        });
        statement.build().execute(c).await.map(drop)
    })?;
    Ok(())
}

fn chained(seq: i64, entry: Entry, previous: String) -> Row {
    let mut row = Row {
        seq,
        at: entry.at,
        actor: entry.actor,
        on_behalf_of: entry.on_behalf_of,
        action: entry.action,
        subject: entry.subject,
        source: entry.source,
        before_hash: entry.before_hash,
        after_hash: entry.after_hash,
        previous,
        hash: String::new(),
    };
    row.hash = hash_of(&row);
    row
}

/// SHA-256 over all columns of a row but its hash; each text is preceded by its length, so that none can flow into the next.
fn hash_of(row: &Row) -> String {
    let mut digest = Sha256::new();
    digest.update(row.seq.to_be_bytes());
    digest.update(row.at.to_be_bytes());
    let texts = [
        &row.actor,
        &row.on_behalf_of,
        &row.action,
        &row.subject,
        &row.source,
        &row.before_hash,
        &row.after_hash,
        &row.previous,
    ];
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// Place and hash of the last row.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn head(conn: &mut Conn) -> Result<(i64, String)> {
    Ok(on_engine!(conn, |c| sqlx::query_as(HEAD).fetch_one(c).await)?)
}

/// The hash of a row; none when there is no such row.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn hash_at(conn: &mut Conn, seq: i64) -> Result<Option<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(HASH_AT).bind(seq).fetch_optional(c).await)?)
}

/// Rows before a place, newest first; `None` begins at the end.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Row>> {
    let before = before.unwrap_or(i64::MAX);
    Ok(on_engine!(conn, |c| sqlx::query_as(NEWEST).bind(before).bind(limit).fetch_all(c).await)?)
}

/// SHA-256 of a text, hexadecimal: what `before_hash` and `after_hash` hold.
pub fn fingerprint(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

impl Row {
    /// When the act happened.
    pub fn instant(&self) -> Timestamp {
        Timestamp::from_millis(self.at)
    }
}
