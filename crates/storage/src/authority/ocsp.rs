//! OCSP answers: one for each certificate, recorded before it is signed and replaced when it grows old.

use domain::{
    clock::Timestamp,
    ids::{AuthorityId, CertificateId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A certificate and the answer that is kept about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Identifier of the certificate.
    pub id: Uuid,
    /// Its serial, hexadecimal.
    pub serial: String,
    /// Its state now.
    pub state: String,
    /// When it was revoked, in milliseconds since 1970 UTC.
    pub revoked_at: Option<i64>,
    /// Why.
    pub revocation_reason: Option<String>,
    /// The state that the answer speaks of.
    pub status: Option<String>,
    /// The answer, once signed.
    pub answer: Option<Vec<u8>>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub produced_at: Option<i64>,
    /// Until when it holds, in milliseconds since 1970 UTC.
    pub next_update: Option<i64>,
}
from_row!(Answered { id, serial, state, revoked_at, revocation_reason, status, answer, produced_at, next_update });

/// An answer that awaits its signature.
#[derive(Clone, Debug)]
pub struct NewAnswer<'a> {
    /// The certificate it is about.
    pub certificate: CertificateId,
    /// The state of the certificate that it speaks of.
    pub status: &'a str,
    /// The reason of a revocation that it speaks of.
    pub reason: Option<&'a str>,
    /// To-be-signed bytes.
    pub tbs: &'a [u8],
    /// When it is made.
    pub produced_at: Timestamp,
    /// Until when it holds.
    pub next_update: Timestamp,
}

sql!(/// What is not signed yet is told of by nobody.
    BY_SERIAL = "SELECT c.id, c.serial, c.state, c.revoked_at, c.revocation_reason, a.status, a.answer,
        a.produced_at, a.next_update
    FROM certificates c LEFT JOIN ocsp_answers a ON a.certificate_id = c.id
    WHERE c.serial = $1 AND c.authority_id = $2 AND c.state <> 'prepared'");
sql!(/// Certificates of an authority whose answer is missing, old, or of another state.
    DUE = "SELECT c.id, c.serial, c.state, c.revoked_at, c.revocation_reason, a.status, a.answer,
        a.produced_at, a.next_update
    FROM certificates c LEFT JOIN ocsp_answers a ON a.certificate_id = c.id
    WHERE c.authority_id = $1 AND c.id > $2 AND c.not_after > $3 AND c.state <> 'prepared'
      AND (a.answer IS NULL OR a.produced_at <= $4 OR a.status <> c.state)
    ORDER BY c.id LIMIT $5");
sql!(/// What it speaks of must be true at this moment, too.
    PREPARE = "INSERT INTO ocsp_answers (certificate_id, status, tbs, produced_at, next_update)
    SELECT id, state, $3, $4, $5 FROM certificates
    WHERE id = $1 AND state = $2 AND COALESCE(revocation_reason, '') = $6
    ON CONFLICT (certificate_id) DO UPDATE SET status = excluded.status, tbs = excluded.tbs, answer = NULL,
        produced_at = excluded.produced_at, next_update = excluded.next_update");
sql!(SIGNED = "UPDATE ocsp_answers SET answer = $1 WHERE certificate_id = $2 AND tbs = $3 AND answer IS NULL
    AND EXISTS (SELECT 1 FROM certificates c WHERE c.id = ocsp_answers.certificate_id AND c.state = ocsp_answers.status)");
sql!(FORGET = "DELETE FROM ocsp_answers WHERE certificate_id = $1");

/// An authority's signed certificate with a serial, and the answer that is kept about it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answered(conn: &mut Conn, authority: AuthorityId, serial: &str) -> Result<Option<Answered>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(BY_SERIAL).bind(serial).bind(authority.0).fetch_optional(c).await)?)
}

/// Certificates after one whose answer is missing, speaks of another state or was made at or before an instant; ordered by
/// identifier, so many at most. Those that have ended are left out.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn answers_due(
    conn: &mut Conn,
    authority: AuthorityId,
    after: Uuid,
    now: Timestamp,
    old: Timestamp,
    most: i64,
) -> Result<Vec<Answered>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(DUE)
        .bind(authority.0)
        .bind(after)
        .bind(now.as_millis())
        .bind(old.as_millis())
        .bind(most)
        .fetch_all(c)
        .await)?)
}

/// Records an answer before it is signed; the one before it is forgotten. False, and nothing changes, when the certificate is
/// no longer in the state that it speaks of.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn prepare_answer(tx: &mut Tx, answer: &NewAnswer<'_>) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PREPARE)
        .bind(answer.certificate.0)
        .bind(answer.status)
        .bind(answer.tbs)
        .bind(answer.produced_at.as_millis())
        .bind(answer.next_update.as_millis())
        .bind(answer.reason.unwrap_or_default())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Stores a signed answer; false when its record was replaced or forgotten, or the certificate changed meanwhile.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn store_answer(tx: &mut Tx, certificate: CertificateId, tbs: &[u8], der: &[u8]) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SIGNED)
        .bind(der)
        .bind(certificate.0)
        .bind(tbs)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Forgets the answer about a certificate, in the transaction that changes its state.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_answer(tx: &mut Tx, certificate: CertificateId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FORGET).bind(certificate.0).execute(c).await.map(drop))?)
}
