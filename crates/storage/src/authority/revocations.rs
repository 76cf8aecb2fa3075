//! The end of a certificate before its time.

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, AuthorityId, CertificateId},
};
use uuid::Uuid;

use super::{Certificate, hold, valid_of_application};
use crate::db::{Result, Tx, boxed, on_engine, sql};
use crate::witness::Note;

sql!(
    REVOKE = "UPDATE certificates SET state = 'revoked', revoked_at = $1, revocation_reason = $2 WHERE id = $3 AND state = 'valid'
    RETURNING authority_id, serial, revoked_at"
);
sql!(/// The instant of the revocation stays.
    AGGRAVATE = "UPDATE certificates SET revocation_reason = $1 WHERE id = $2 AND state = 'revoked' AND revocation_reason <> $1
    RETURNING authority_id, serial, revoked_at");

/// Makes others who change a valid certificate of a case wait until this transaction ends, each in the same order; gives
/// those that are valid.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn hold_of_application(tx: &mut Tx, case: ApplicationId) -> Result<Vec<Certificate>> {
    let mut held = vec![];
    loop {
        let valid = valid_of_application(tx, case).await?;
        let free: Vec<CertificateId> = valid.iter().map(|one| one.id).filter(|id| !held.contains(id)).collect();
        if free.is_empty() {
            return Ok(valid);
        }
        // While this one waits for one of them, another may be stored.
        for id in free {
            hold(tx, id).await?;
            held.push(id);
        }
    }
}

/// Revokes a valid certificate; false when it is not valid any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn revoke(tx: &mut Tx, id: CertificateId, reason: &str, now: Timestamp) -> Result<bool> {
    let row: Option<(Uuid, String, i64)> = on_engine!(&mut **tx, |c| sqlx::query_as(REVOKE)
        .bind(now.as_millis())
        .bind(reason)
        .bind(id.0)
        .fetch_optional(c)
        .await)?;
    Ok(note(tx, row, reason))
}

/// Gives another reason for a revocation that was made before; false when it was made for this one, or not at all.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn aggravate(tx: &mut Tx, id: CertificateId, reason: &str) -> Result<bool> {
    let row: Option<(Uuid, String, i64)> =
        on_engine!(&mut **tx, |c| sqlx::query_as(AGGRAVATE).bind(reason).bind(id.0).fetch_optional(c).await)?;
    Ok(note(tx, row, reason))
}

fn note(tx: &mut Tx, row: Option<(Uuid, String, i64)>, reason: &str) -> bool {
    let Some((authority, serial, when)) = row else { return false };
    tx.note(Note::Revoked { authority: AuthorityId(authority), serial, when, reason: reason.to_owned() });
    true
}
