//! Signatures of certificates that were recorded before.

use domain::{clock::Timestamp, ids::CertificateId};

use super::certificates::ROWS_AT_ONCE;
use crate::db::{Conn, Error, Result, Tx, boxed, on_engine, sql};

sql!(
    SIGNED = "UPDATE certificates SET state = 'valid', certificate = $1, signed_at = $2 WHERE id = $3 AND state = 'prepared'"
);
/// The rows follow.
const SIGNED_TOGETHER: &str = "WITH signed (id, certificate, signed_at) AS (";
/// The rows precede.
const STORED_TOGETHER: &str = ") UPDATE certificates SET state = 'valid', certificate = signed.certificate,
    signed_at = signed.signed_at FROM signed WHERE certificates.id = signed.id AND certificates.state = 'prepared'";

/// A signature that belongs to a recorded certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The record.
    pub id: CertificateId,
    /// DER.
    pub der: Vec<u8>,
    /// When it was signed.
    pub at: Timestamp,
}

/// Stores what was signed by transactions that commit together.
///
/// # Errors
/// [`Error::NotDurable`] when a record among them is no longer waiting for its signature.
pub(crate) async fn store_together(conn: &mut Conn, signed: &[Stored]) -> Result<()> {
    for rows in signed.chunks(ROWS_AT_ONCE) {
        let stored = on_engine!(conn, |c| {
            let mut statement = sqlx::QueryBuilder::new(SIGNED_TOGETHER);
            statement.push_values(rows, |mut values, row| {
                values.push_bind(row.id.0).push_bind(&row.der).push_bind(row.at.as_millis());
            });
            statement.push(STORED_TOGETHER);
            statement.build().execute(c).await.map(|r| r.rows_affected())
        })?;
        if stored != rows.len() as u64 {
            return Err(Error::NotDurable);
        }
    }
    Ok(())
}

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
