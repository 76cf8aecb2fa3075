//! Which certificates stand on a rung of the expiry ladder, and which rungs were told of.

use domain::{
    clock::Timestamp,
    ids::{CertificateId, InstitutionId},
    terminals::ladder::Band,
};
use uuid::Uuid;

use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(/// A certificate whose renewal is installed is left out here already; one that was applied for anew is left out later.
    /// That it is not `prepared` is said for SQLite, which otherwise does not see that the index by end serves.
    ENDING = "SELECT c.not_after, c.id, c.institution_id FROM certificates c
    WHERE c.state = 'valid' AND c.state <> 'prepared' AND c.institution_id IS NOT NULL AND c.not_after <= $1
      AND (c.not_after > $2 OR (c.not_after = $2 AND c.id > $3))
      AND NOT EXISTS (SELECT 1 FROM expiry_notices n WHERE n.certificate_id = c.id AND n.rung <= $4)
      AND NOT EXISTS (SELECT 1 FROM certificates s WHERE s.renews = c.id AND s.installed_at IS NOT NULL AND s.state = 'valid')
    ORDER BY c.not_after, c.id LIMIT $5");
sql!(
    NOTED = "INSERT INTO expiry_notices (certificate_id, rung, sent_at) VALUES ($1, $2, $3)
    ON CONFLICT (certificate_id, rung) DO NOTHING"
);

/// A certificate that stands on a rung: its place in the order, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// End of validity.
    pub not_after: Timestamp,
    /// Identifier.
    pub id: CertificateId,
    /// The institution.
    pub institution: InstitutionId,
}

/// Valid certificates in a band of which this rung or a later one was not told yet, by end of validity; `after` is the
/// last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn ending(
    conn: &mut Conn,
    band: Band,
    after: Option<(Timestamp, CertificateId)>,
    limit: i64,
) -> Result<Vec<Ending>> {
    let before = (band.from.as_millis().saturating_sub(1), Uuid::max());
    let (at, id) = after.map_or(before, |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<(i64, Uuid, Uuid)> = on_engine!(conn, |c| sqlx::query_as(ENDING)
        .bind(band.until.as_millis())
        .bind(at)
        .bind(id)
        .bind(band.rung)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    let read = |(at, id, institution)| Ending {
        not_after: instant(at),
        id: CertificateId(id),
        institution: InstitutionId(institution),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Notes that people are told of a rung; false when it was noted before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn noted(tx: &mut Tx, certificate: CertificateId, rung: i64, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(NOTED)
        .bind(certificate.0)
        .bind(rung)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
