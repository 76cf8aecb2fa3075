//! Public keys by the SHA-256 of their SubjectPublicKeyInfo: blocked ones, and those that were certified before.

use domain::{clock::Timestamp, ids::ApplicationId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(/// A key that is blocked already keeps its first reason.
    BLOCK = "INSERT INTO blocked_keys (key_hash, reason, blocked_at) VALUES ($1, $2, $3) ON CONFLICT (key_hash) DO NOTHING");
sql!(BLOCKED = "SELECT reason FROM blocked_keys WHERE key_hash = $1");
sql!(
    USED_ELSEWHERE =
        "SELECT 1 FROM certificates WHERE key_hash = $1 AND (application_id IS NULL OR application_id <> $2) LIMIT 1"
);

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing that speaks against it.
    Nothing,
    /// No certificate may hold it; the word that was noted as the reason.
    Blocked(String),
    /// Another case's certificate holds it.
    UsedElsewhere,
}

/// Blocks a key for ever; false when it was blocked before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn block(tx: &mut Tx, key_hash: &str, reason: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BLOCK)
        .bind(key_hash)
        .bind(reason)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// What is known of a key that a case asks a certificate for.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn known(conn: &mut Conn, key_hash: &str, case: ApplicationId) -> Result<Known> {
    let blocked: Option<String> =
        on_engine!(&mut *conn, |c| sqlx::query_scalar(BLOCKED).bind(key_hash).fetch_optional(c).await)?;
    if let Some(reason) = blocked {
        return Ok(Known::Blocked(reason));
    }
    let case: Uuid = case.0;
    let used: Option<i32> =
        on_engine!(conn, |c| sqlx::query_scalar(USED_ELSEWHERE).bind(key_hash).bind(case).fetch_optional(c).await)?;
    Ok(used.map_or(Known::Nothing, |_| Known::UsedElsewhere))
}
