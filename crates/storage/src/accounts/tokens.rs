//! Tokens sent by mail, and recovery codes.

use domain::{
    clock::Timestamp,
    ids::{AccountId, InstitutionId},
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

sql!(ADD_RECOVERY = "INSERT INTO recovery_codes (account_id, hash) VALUES ($1, $2)");
sql!(DROP_RECOVERY = "DELETE FROM recovery_codes WHERE account_id = $1");
sql!(USE_RECOVERY = "UPDATE recovery_codes SET used_at = $1 WHERE account_id = $2 AND hash = $3 AND used_at IS NULL");

/// Replaces the recovery codes of an account.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn replace_recovery_codes(tx: &mut Tx, id: AccountId, hashes: &[String]) -> Result<()> {
    on_engine!(&mut **tx, |c| sqlx::query(DROP_RECOVERY).bind(id.0).execute(c).await.map(drop))?;
    for hash in hashes {
        on_engine!(&mut **tx, |c| sqlx::query(ADD_RECOVERY).bind(id.0).bind(hash).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Uses up a recovery code; false when there is none such.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn use_recovery_code(tx: &mut Tx, id: AccountId, hash: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(USE_RECOVERY)
        .bind(now.as_millis())
        .bind(id.0)
        .bind(hash)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A token sent by mail, found by its hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is for, such as `register`.
    pub purpose: String,
    /// Address it was sent to.
    pub email: String,
    /// Account it belongs to, if any.
    pub account_id: Option<AccountId>,
    /// What the purpose needs.
    pub payload: Value,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Whether it was used.
    pub used: bool,
}

struct TokenRow {
    purpose: String,
    email: String,
    account_id: Option<Uuid>,
    payload: Json<Value>,
    expires_at: i64,
    used_at: Option<i64>,
}
from_row!(TokenRow { purpose, email, account_id, payload, expires_at, used_at });

sql!(
    ADD_TOKEN =
        "INSERT INTO tokens (hash, purpose, email, account_id, payload, expires_at) VALUES ($1, $2, $3, $4, $5, $6)"
);
sql!(/// A token that was used or has run out gives way; one that still works stays.
    PUT_TOKEN = "INSERT INTO tokens (hash, purpose, email, account_id, payload, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (hash) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at, used_at = NULL
    WHERE tokens.used_at IS NOT NULL OR tokens.expires_at <= $7");
sql!(VOID_TOKENS = "UPDATE tokens SET used_at = $1 WHERE account_id = $2 AND purpose = $3 AND used_at IS NULL");
sql!(PROLONG_TOKEN = "UPDATE tokens SET expires_at = $1 WHERE hash = $2 AND used_at IS NULL");
sql!(ANY_TOKEN = "SELECT EXISTS (SELECT 1 FROM tokens WHERE account_id = $1 AND purpose = $2)");
sql!(BIND_TOKEN = "UPDATE tokens SET institution_id = $1 WHERE hash = $2");
sql!(
    OPEN_TOKENS = "SELECT email, MAX(expires_at) AS expires_at FROM tokens
    WHERE institution_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 GROUP BY email ORDER BY email"
);
sql!(
    VOID_TOKENS_AT = "UPDATE tokens SET used_at = $1
    WHERE institution_id = $2 AND purpose = $3 AND email = $4 AND used_at IS NULL AND expires_at > $1"
);
sql!(SWEEP_TOKENS = "DELETE FROM tokens WHERE expires_at <= $1");
sql!(SWEEP_TOKENS_FOR = "DELETE FROM tokens WHERE expires_at <= $1 AND purpose = $2");
sql!(FIND_TOKEN = "SELECT purpose, email, account_id, payload, expires_at, used_at FROM tokens WHERE hash = $1");
sql!(USE_TOKEN = "UPDATE tokens SET used_at = $1 WHERE hash = $2 AND used_at IS NULL AND expires_at > $1");

/// Adds a token under its hash.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_token(tx: &mut Tx, hash: &str, token: &Token) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ADD_TOKEN)
        .bind(hash)
        .bind(&token.purpose)
        .bind(&token.email)
        .bind(token.account_id.map(|id| id.0))
        .bind(Json(&token.payload))
        .bind(token.expires_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Adds a token under a hash that may be taken by one that works no more; false when the old one still works.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn put_token(tx: &mut Tx, hash: &str, token: &Token, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PUT_TOKEN)
        .bind(hash)
        .bind(&token.purpose)
        .bind(&token.email)
        .bind(token.account_id.map(|id| id.0))
        .bind(Json(&token.payload))
        .bind(token.expires_at.as_millis())
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// The token with this hash.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find_token(conn: &mut Conn, hash: &str) -> Result<Option<Token>> {
    let row: Option<TokenRow> = on_engine!(conn, |c| sqlx::query_as(FIND_TOKEN).bind(hash).fetch_optional(c).await)?;
    Ok(row.map(|row| Token {
        purpose: row.purpose,
        email: row.email,
        account_id: row.account_id.map(AccountId),
        payload: row.payload.0,
        expires_at: instant(row.expires_at),
        used: row.used_at.is_some(),
    }))
}

/// Uses up a token; false when it was used or has expired.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn use_token(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(USE_TOKEN)
        .bind(now.as_millis())
        .bind(hash)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Makes all unused tokens of an account for one purpose unusable.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn void_tokens(tx: &mut Tx, account: AccountId, purpose: &str, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(VOID_TOKENS)
        .bind(now.as_millis())
        .bind(account.0)
        .bind(purpose)
        .execute(c)
        .await
        .map(drop))?)
}

/// Moves the end of a token that was not used; false when there is none such.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn prolong_token(tx: &mut Tx, hash: &str, expires_at: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PROLONG_TOKEN)
        .bind(expires_at.as_millis())
        .bind(hash)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether an account has a token for a purpose, whatever became of it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn any_token(conn: &mut Conn, account: AccountId, purpose: &str) -> Result<bool> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(ANY_TOKEN).bind(account.0).bind(purpose).fetch_one(c).await)?)
}

/// Binds a token to an institution, which can take it back from then on.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn bind_token(tx: &mut Tx, hash: &str, institution: InstitutionId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(BIND_TOKEN).bind(institution.0).bind(hash).execute(c).await.map(drop))?)
}

/// Addresses with tokens of an institution for one purpose that still work, and until when the last of them does.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open_tokens(
    conn: &mut Conn,
    institution: InstitutionId,
    purpose: &str,
    now: Timestamp,
) -> Result<Vec<(String, Timestamp)>> {
    let rows: Vec<(String, i64)> = on_engine!(conn, |c| sqlx::query_as(OPEN_TOKENS)
        .bind(institution.0)
        .bind(purpose)
        .bind(now.as_millis())
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(|(email, end)| (email, instant(end))).collect())
}

/// Makes all tokens of an institution for one purpose and one address unusable; gives how many still worked.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn void_tokens_at(
    tx: &mut Tx,
    institution: InstitutionId,
    purpose: &str,
    email: &str,
    now: Timestamp,
) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(VOID_TOKENS_AT)
        .bind(now.as_millis())
        .bind(institution.0)
        .bind(purpose)
        .bind(email)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Removes tokens that ran out before an instant.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_tokens(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SWEEP_TOKENS)
        .bind(before.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Removes tokens for one purpose that ran out before an instant.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep_tokens_for(tx: &mut Tx, purpose: &str, before: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SWEEP_TOKENS_FOR)
        .bind(before.as_millis())
        .bind(purpose)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
