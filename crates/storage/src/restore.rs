//! What a restore changes in the register, so that the older copy cannot bring back what was revoked (spec 04.7).

use domain::{
    clock::Timestamp,
    ids::{AuthorityId, CertificateId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// What the register says of a serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Identifier.
    pub id: Uuid,
    /// Who issued it.
    pub authority_id: Uuid,
    /// Serial, hexadecimal.
    pub serial: String,
    /// `prepared`, `valid`, `revoked` or `abandoned`.
    pub state: String,
    /// SHA-256 of the public key.
    pub key_hash: String,
    /// End of validity, in milliseconds since 1970 UTC.
    pub not_after: i64,
    /// Shard of the revocation list.
    pub crl_shard: i64,
    /// When it was revoked or given up.
    pub revoked_at: Option<i64>,
    /// Why.
    pub revocation_reason: Option<String>,
}
from_row!(Registered {
    id,
    authority_id,
    serial,
    state,
    key_hash,
    not_after,
    crl_shard,
    revoked_at,
    revocation_reason
});

/// A serial that the register does not know, and why it must not be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Identifier of the new row.
    pub id: CertificateId,
    /// Who issued it.
    pub authority: AuthorityId,
    /// Serial, hexadecimal.
    pub serial: String,
    /// `revoked` or `abandoned`.
    pub state: &'static str,
    /// SHA-256 of the public key.
    pub key_hash: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// End of validity.
    pub ends: Timestamp,
    /// Shard of the revocation list.
    pub shard: i64,
    /// Since when it counts as revoked.
    pub revoked_at: Timestamp,
    /// Why (RFC 5280, 5.3.1).
    pub reason: String,
}

sql!(
    REGISTER = "SELECT id, authority_id, serial, state, key_hash, not_after, crl_shard, revoked_at, revocation_reason
    FROM certificates WHERE id > $1 ORDER BY id LIMIT $2"
);
sql!(/// Nobody knows any more whom it belongs to; it keeps its place on the lists until it ends.
    ADD = "INSERT INTO certificates (id, authority_id, serial, profile, state, subject, key_hash, tbs, not_before, not_after,
        prepared_at, crl_shard, revoked_at, revocation_reason)
    VALUES ($1, $2, $3, '', $4, '', $5, $6, $7, $8, $7, $9, $10, $11)");
sql!(
    REVOKE = "UPDATE certificates SET state = 'revoked', revoked_at = $1, revocation_reason = $2
    WHERE serial = $3 AND (state <> 'revoked' OR revocation_reason <> $2) RETURNING authority_id, crl_shard"
);
sql!(
    ABANDON = "UPDATE certificates SET state = 'abandoned', revoked_at = $1, revocation_reason = 'superseded'
    WHERE serial = $2 AND state = 'prepared' RETURNING authority_id, crl_shard"
);
sql!(RAISE = "UPDATE authorities SET crl_number = $1 WHERE id = $2 AND crl_number < $1");
sql!(/// A list that nobody may be given any more; its number stays used.
    WITHDRAW = "UPDATE crls SET crl = NULL WHERE authority_id = $1");
sql!(ALL_DUE = "UPDATE crl_shards SET next_update = 0");
sql!(FREE_LEASES = "DELETE FROM leases");
sql!(END_SESSIONS = "DELETE FROM sessions");
sql!(END_LINKS = "DELETE FROM tokens");
sql!(/// Numbers that were given since the copy was made are not given again to something else.
    LEAP = "UPDATE event_head SET seq = seq + 1000000 WHERE id = 1");
sql!(END_ACCESS = "UPDATE access_tokens SET ends_at = 0 WHERE revoked_at IS NULL");
sql!(FORGET_ANSWERS = "DELETE FROM ocsp_answers");

/// Certificates after one, by identifier, so many at most.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn register(conn: &mut Conn, after: Uuid, limit: i64) -> Result<Vec<Registered>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(REGISTER).bind(after).bind(limit).fetch_all(c).await)?)
}

/// Adds a serial that the register does not know.
///
/// # Errors
/// [`crate::Error::Duplicate`] when it does.
#[boxed]
pub async fn add(tx: &mut Tx, one: &Unknown) -> Result<()> {
    crate::keys::withhold(tx, &one.key_hash).await?;
    let nothing: &[u8] = &[];
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ADD)
        .bind(one.id.0)
        .bind(one.authority.0)
        .bind(&one.serial)
        .bind(one.state)
        .bind(&one.key_hash)
        .bind(nothing)
        .bind(one.issued_at.as_millis())
        .bind(one.ends.as_millis())
        .bind(one.shard)
        .bind(one.revoked_at.as_millis())
        .bind(&one.reason)
        .execute(c)
        .await
        .map(drop))?)
}

/// Revokes a serial whatever its state, with the time and the reason it had; gives authority and shard when it was not
/// revoked for this reason before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn revoke(tx: &mut Tx, serial: &str, when: i64, reason: &str) -> Result<Option<(AuthorityId, i64)>> {
    let row: Option<(Uuid, i64)> =
        on_engine!(&mut **tx, |c| sqlx::query_as(REVOKE).bind(when).bind(reason).bind(serial).fetch_optional(c).await)?;
    Ok(row.map(|(authority, shard)| (AuthorityId(authority), shard)))
}

/// Gives up a serial that is still being prepared; gives authority and shard when it was.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn abandon(tx: &mut Tx, serial: &str, when: i64) -> Result<Option<(AuthorityId, i64)>> {
    let row: Option<(Uuid, i64)> =
        on_engine!(&mut **tx, |c| sqlx::query_as(ABANDON).bind(when).bind(serial).fetch_optional(c).await)?;
    Ok(row.map(|(authority, shard)| (AuthorityId(authority), shard)))
}

/// Lets an authority's next list have a number above this one; false when it has already.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn raise_crl_number(tx: &mut Tx, authority: AuthorityId, number: i64) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(RAISE)
        .bind(number)
        .bind(authority.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes back every stored revocation list of an authority: newer ones are out there.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn withdraw_lists(tx: &mut Tx, authority: AuthorityId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(WITHDRAW).bind(authority.0).execute(c).await.map(drop))?)
}

/// Ends what may have ended since the copy was made: sessions, links in mails, access tokens, leases, OCSP
/// answers made ahead; lets every revocation list be due, and the order of events go on far behind what was told since.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_what_may_have_ended(tx: &mut Tx) -> Result<()> {
    for statement in [END_SESSIONS, END_LINKS, END_ACCESS, FREE_LEASES, FORGET_ANSWERS, ALL_DUE, LEAP] {
        on_engine!(&mut **tx, |c| sqlx::query(statement).execute(c).await.map(drop))?;
    }
    Ok(())
}
