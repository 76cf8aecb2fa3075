//! Signing how far the chain reached: each minute in which rows were added, by one node (spec 6.5).

use domain::clock::Timestamp;
use storage::{
    Tx,
    audit::{Head, HeadKind, head, insert_head, last_checkpoint, last_head},
    boxed,
};
use time::Duration;

use super::HeadKey;
use crate::{App, Error, Result};

/// Name of the lease of the node that signs.
const LEASE: &str = "audit.sign";
/// How long a node stays the one that signs after it signed or looked; longer than a round.
const HELD: Duration = Duration::seconds(100);

/// Signs the head of the chain when rows were added since the last time and this node is the one that signs; false when
/// nothing was signed.
///
/// # Errors
/// When the database refuses, or is behind what was signed before.
#[boxed]
pub async fn sign_head_when_due(app: &App) -> Result<bool> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let (seq, _) = head(&mut conn).await?;
    let signed = last_of(&mut conn).await?;
    drop(conn);
    if signed.as_ref().is_some_and(|last| last.1 == seq) || seq == 0 {
        return Ok(false);
    }
    let mut tx = app.db.write().await?;
    if !storage::leases::take(&mut tx, LEASE, &app.node, now, now + HELD).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    sign_head(&mut tx, &app.audit_key, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// The latest statement, and the row that the latest head speaks of.
async fn last_of(conn: &mut storage::Conn) -> Result<Option<(Head, i64)>> {
    let Some(last) = last_head(conn).await? else { return Ok(None) };
    let seq = if last.kind.is_checkpoint() { storage::audit::highest_head(conn).await? } else { last.seq };
    Ok(Some((last, seq)))
}

/// Signs the head of the chain as it is in this transaction.
///
/// # Errors
/// When the database refuses, or is behind what was signed before.
#[boxed]
pub async fn sign_head(tx: &mut Tx, key: &HeadKey, now: Timestamp) -> Result<()> {
    let (seq, hash) = head(tx).await?;
    let last = last_of(tx).await?;
    let reached = last.as_ref().map_or(0, |last| last.1);
    if seq < reached {
        return Err(Error::internal(format!("the audit chain ends at row {seq}, but row {reached} was signed")));
    }
    let first_kept = last_checkpoint(tx).await?.map_or(1, |at| at.first_kept);
    let statement = Statement { kind: HeadKind::Head, seq, hash, first_kept };
    insert_head(tx, &statement.signed(key, last.map(|last| last.0), now.as_millis())).await?;
    Ok(())
}

/// What is to be signed.
pub(super) struct Statement {
    /// What it says.
    pub(super) kind: HeadKind,
    /// Row.
    pub(super) seq: i64,
    /// Its hash.
    pub(super) hash: String,
    /// The first statement that is kept; 0 for this one itself.
    pub(super) first_kept: i64,
}

impl Statement {
    /// The statement after the last one, signed.
    pub(super) fn signed(self, key: &HeadKey, last: Option<Head>, at: i64) -> Head {
        let number = last.as_ref().map_or(1, |last| last.number + 1);
        let mut head = Head {
            number,
            kind: self.kind,
            seq: self.seq,
            hash: self.hash,
            at,
            first_kept: if self.first_kept == 0 { number } else { self.first_kept },
            previous: last.map(|last| last.digest()).unwrap_or_default(),
            signer: key.public().as_hex().to_owned(),
            signature: vec![],
        };
        head.signature = key.sign(&head.message());
        head
    }
}
