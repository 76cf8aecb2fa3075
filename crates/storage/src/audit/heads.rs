//! Signed heads: what the installation signed of its audit chain, numbered and chained themselves (spec 6.5).

use sha2::{Digest, Sha256};

use crate::convert::word;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};
use crate::witness::Note;

/// What a signature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadKind {
    /// The chain reached this row.
    Head,
    /// Rows up to this one were removed after their period; the chain goes on from its hash.
    Checkpoint,
}

impl HeadKind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Checkpoint => "checkpoint",
        }
    }
}

impl HeadKind {
    /// Whether it says that rows were removed.
    pub fn is_checkpoint(self) -> bool {
        self == Self::Checkpoint
    }
}

impl std::str::FromStr for HeadKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Head, Self::Checkpoint].into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// A signed statement about the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Place among the statements, from 1 without gaps.
    pub number: i64,
    /// What it says.
    pub kind: HeadKind,
    /// The row it is about.
    pub seq: i64,
    /// Hash of that row.
    pub hash: String,
    /// When it was signed, in milliseconds since 1970 UTC.
    pub at: i64,
    /// The first statement that is kept; the ones before it were removed with their rows.
    pub first_kept: i64,
    /// Digest of the statement before; empty for the first.
    pub previous: String,
    /// Public key, hexadecimal.
    pub signer: String,
    /// Signature of [`Head::message`].
    pub signature: Vec<u8>,
}

impl Head {
    /// What is signed.
    pub fn message(&self) -> Vec<u8> {
        let Self { number, seq, hash, at, first_kept, previous, signer, .. } = self;
        let kind = self.kind.as_str();
        format!("madoguchi audit 1\n{kind}\n{number}\n{seq}\n{hash}\n{at}\n{first_kept}\n{previous}\n{signer}\n").into()
    }

    /// SHA-256 over what is signed and the signature: what the next statement names.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::new().chain_update(self.message()).chain_update(&self.signature).finalize())
    }
}

struct HeadRow {
    number: i64,
    kind: String,
    seq: i64,
    hash: String,
    at: i64,
    first_kept: i64,
    previous: String,
    signer: String,
    signature: Vec<u8>,
}
from_row!(HeadRow { number, kind, seq, hash, at, first_kept, previous, signer, signature });

impl HeadRow {
    fn read(self) -> Result<Head> {
        Ok(Head {
            number: self.number,
            kind: word(&self.kind)?,
            seq: self.seq,
            hash: self.hash,
            at: self.at,
            first_kept: self.first_kept,
            previous: self.previous,
            signer: self.signer,
            signature: self.signature,
        })
    }
}

macro_rules! select_head {
    ($rest:literal) => {
        concat!(
            "SELECT number, kind, seq, hash, at, first_kept, previous, signer, signature FROM audit_signed_heads ",
            $rest
        )
    };
}

sql!(FROM_NUMBER = select_head!("WHERE number >= $1 ORDER BY number LIMIT $2"));
sql!(LAST = select_head!("ORDER BY number DESC LIMIT 1"));
sql!(LAST_CHECKPOINT = select_head!("WHERE kind = 'checkpoint' ORDER BY seq DESC LIMIT 1"));
sql!(FIRST_ABOVE = "SELECT number FROM audit_signed_heads WHERE kind = 'head' AND seq > $1 ORDER BY seq LIMIT 1");
sql!(
    INSERT = "INSERT INTO audit_signed_heads (number, kind, seq, hash, at, first_kept, previous, signer, signature)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
);
sql!(MARKS = "SELECT seq, hash FROM audit_signed_heads WHERE kind = 'head' AND seq > $1 AND seq <= $2 ORDER BY seq");
sql!(HIGHEST = "SELECT seq FROM audit_signed_heads WHERE kind = 'head' ORDER BY seq DESC LIMIT 1");

async fn one(conn: &mut Conn, statement: &'static str) -> Result<Option<Head>> {
    let row: Option<HeadRow> = on_engine!(conn, |c| sqlx::query_as(statement).fetch_optional(c).await)?;
    row.map(HeadRow::read).transpose()
}

/// The latest statement.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn last_head(conn: &mut Conn) -> Result<Option<Head>> {
    one(conn, LAST).await
}

/// The statement about the rows that were removed last.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn last_checkpoint(conn: &mut Conn) -> Result<Option<Head>> {
    one(conn, LAST_CHECKPOINT).await
}

/// Statements from a number on, in their order.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn heads_from(conn: &mut Conn, number: i64, limit: i64) -> Result<Vec<Head>> {
    let rows: Vec<HeadRow> =
        on_engine!(conn, |c| sqlx::query_as(FROM_NUMBER).bind(number).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(HeadRow::read).collect()
}

/// Number of the first head of a row after this one.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn first_kept_above(conn: &mut Conn, seq: i64) -> Result<Option<i64>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(FIRST_ABOVE).bind(seq).fetch_optional(c).await)?)
}

/// Writes a signed statement; it is also noted outside the database.
///
/// # Errors
/// [`crate::Error::Duplicate`] when another node wrote this number.
#[boxed]
pub async fn insert_head(tx: &mut Tx, head: &Head) -> Result<()> {
    on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(head.number)
        .bind(head.kind.as_str())
        .bind(head.seq)
        .bind(&head.hash)
        .bind(head.at)
        .bind(head.first_kept)
        .bind(&head.previous)
        .bind(&head.signer)
        .bind(&head.signature)
        .execute(c)
        .await
        .map(drop))?;
    tx.note(Note::Signed { number: head.number, seq: head.seq, hash: head.hash.clone() });
    Ok(())
}

/// Rows that heads speak of, after one and up to another: place and hash.
pub(super) async fn marks(conn: &mut Conn, after: i64, until: i64) -> Result<Vec<(i64, String)>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(MARKS).bind(after).bind(until).fetch_all(c).await)?)
}

/// The highest row that a head speaks of; 0 when there is none.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn highest_head(conn: &mut Conn) -> Result<i64> {
    let found: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(HIGHEST).fetch_optional(c).await)?;
    Ok(found.unwrap_or(0))
}
