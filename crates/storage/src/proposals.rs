//! Acts that one person proposed and another one approves or refuses (four eyes, spec 6.2).

use domain::{
    clock::Timestamp,
    ids::{AccountId, ProposalId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Identifier.
    pub id: Uuid,
    /// Kind of act, such as `revocation`.
    pub matter: String,
    /// What it is about, such as `certificate:<id>`; one waits at a time.
    pub subject: String,
    /// The act itself, as JSON.
    pub act: String,
    /// The act in words.
    pub words: String,
    /// Why it is proposed.
    pub note: String,
    /// `waiting`, `approved`, `refused` or `withdrawn`.
    pub state: String,
    /// Who proposed it.
    pub proposed_by: Uuid,
    /// Name of whoever proposed it.
    pub proposer_name: String,
    /// When, in milliseconds since 1970 UTC.
    pub proposed_at: i64,
    /// Name of whoever decided it.
    pub decider_name: Option<String>,
    /// When it was decided, in milliseconds since 1970 UTC.
    pub decided_at: Option<i64>,
    /// Why it was refused; empty otherwise.
    pub reason: String,
}
from_row!(Proposal {
    id,
    matter,
    subject,
    act,
    words,
    note,
    state,
    proposed_by,
    proposer_name,
    proposed_at,
    decider_name,
    decided_at,
    reason,
});

macro_rules! select_proposal {
    ($rest:literal) => {
        concat!(
            "SELECT id, matter, subject, act, words, note, state, proposed_by, proposer_name, proposed_at, decider_name,
            decided_at, reason FROM proposals ",
            $rest
        )
    };
}

sql!(
    INSERT = "INSERT INTO proposals (id, matter, subject, act, words, note, state, proposed_by, proposer_name,
    proposed_at, reason) VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9, '')"
);
sql!(FIND = select_proposal!("WHERE id = $1"));
sql!(WAITING_FOR = select_proposal!("WHERE subject = $1 AND state = 'waiting'"));
sql!(WAITING = select_proposal!("WHERE state = 'waiting' ORDER BY proposed_at, id LIMIT $1"));
sql!(
    DECIDED = select_proposal!(
        "WHERE state = $1 AND (proposed_at < $2 OR (proposed_at = $2 AND id < $3)) ORDER BY proposed_at DESC, id DESC LIMIT $4"
    )
);
sql!(/// Ends a proposal that still waits.
    DECIDE = "UPDATE proposals SET state = $1, decided_by = $2, decider_name = $3, decided_at = $4, reason = $5
    WHERE id = $6 AND state = 'waiting'");

/// What is proposed.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Identifier.
    pub id: ProposalId,
    /// Kind of act.
    pub matter: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// The act as JSON.
    pub act: &'a str,
    /// The act in words.
    pub words: &'a str,
    /// Why it is proposed.
    pub note: &'a str,
    /// Who proposes it.
    pub by: AccountId,
    /// Their name.
    pub name: &'a str,
}

/// Adds a proposal; false when another one about the same subject waits.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, new: &New<'_>, now: Timestamp) -> Result<bool> {
    if waiting_for(tx, new.subject).await?.is_some() {
        return Ok(false);
    }
    on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(new.id.0)
        .bind(new.matter)
        .bind(new.subject)
        .bind(new.act)
        .bind(new.words)
        .bind(new.note)
        .bind(new.by.0)
        .bind(new.name)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?;
    Ok(true)
}

/// A proposal.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: ProposalId) -> Result<Option<Proposal>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?)
}

/// The proposal that waits about a subject.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn waiting_for(conn: &mut Conn, subject: &str) -> Result<Option<Proposal>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(WAITING_FOR).bind(subject).fetch_optional(c).await)?)
}

/// Proposals that wait, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn waiting(conn: &mut Conn, limit: i64) -> Result<Vec<Proposal>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(WAITING).bind(limit).fetch_all(c).await)?)
}

/// Proposals that ended in a state, newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn decided(
    conn: &mut Conn,
    state: &str,
    after: Option<(Timestamp, ProposalId)>,
    limit: i64,
) -> Result<Vec<Proposal>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(DECIDED).bind(state).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
}

/// How a proposal ended.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// `approved`, `refused` or `withdrawn`.
    pub state: &'a str,
    /// Who decided.
    pub by: AccountId,
    /// Their name.
    pub name: &'a str,
    /// Why; empty for an approval.
    pub reason: &'a str,
}

/// Ends a proposal that waits; false when it had ended before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn decide(tx: &mut Tx, id: ProposalId, end: &End<'_>, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DECIDE)
        .bind(end.state)
        .bind(end.by.0)
        .bind(end.name)
        .bind(now.as_millis())
        .bind(end.reason)
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
