//! Signatures of certificates that were recorded before.

use domain::{clock::Timestamp, ids::CertificateId};

use crate::db::{Result, Tx, boxed, on_engine, sql};

sql!(
    SIGNED = "UPDATE certificates SET state = 'valid', certificate = $1, signed_at = $2 WHERE id = $3 AND state = 'prepared'"
);
/// Stores the signed certificate; false when the record is no longer waiting for it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn store_signed(tx: &mut Tx, id: CertificateId, der: &[u8], now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SIGNED)
        .bind(der)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
