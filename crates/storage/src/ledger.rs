//! The append-only ledger of fees (spec 6.3).

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, EntryId, InstitutionId},
};

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An entry as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Identifier.
    pub id: uuid::Uuid,
    /// Ten-digit code of the institution.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// Reference number of the certificate application.
    pub reference: Option<String>,
    /// `charge`, `renewal` or `reversal`.
    pub kind: String,
    /// Yen; negative for a reversal.
    pub amount_yen: i64,
    /// `deduction` or `payment_slip`.
    pub payment: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
}
from_row!(Listed { id, institution_code, institution_name, reference, kind, amount_yen, payment, at });

sql!(/// A charge arises once for a case; a second one changes nothing.
    CHARGE = "INSERT INTO ledger (id, institution_id, application_id, kind, amount_yen, payment, note, at)
    VALUES ($1, $2, $3, 'charge', $4, $5, $6, $7) ON CONFLICT (application_id, kind) WHERE certificate_id IS NULL DO NOTHING");
sql!(/// A renewal costs once for the certificate that is renewed; a second entry changes nothing.
    CHARGE_RENEWAL = "INSERT INTO ledger (id, institution_id, application_id, certificate_id, kind, amount_yen, payment, note, at)
    VALUES ($1, $2, $3, $4, 'renewal', $5, $6, $7, $8)
    ON CONFLICT (certificate_id, kind) WHERE certificate_id IS NOT NULL DO NOTHING");
sql!(RENEWAL_OF = "SELECT amount_yen FROM ledger WHERE certificate_id = $1 AND kind = 'renewal'");
sql!(NEWEST = "SELECT l.id, i.code AS institution_code, i.name AS institution_name, p.reference, l.kind, l.amount_yen, l.payment, l.at
    FROM ledger l JOIN institutions i ON i.id = l.institution_id JOIN applications p ON p.id = l.application_id
    WHERE l.at < $1 OR (l.at = $1 AND l.id < $2) ORDER BY l.at DESC, l.id DESC LIMIT $3");
sql!(
    OF_APPLICATION =
        "SELECT l.id, i.code AS institution_code, i.name AS institution_name, p.reference, l.kind, l.amount_yen,
    l.payment, l.at
    FROM ledger l JOIN institutions i ON i.id = l.institution_id JOIN applications p ON p.id = l.application_id
    WHERE l.application_id = $1 ORDER BY l.at, l.id"
);

/// Writes the fee of a case; false when it was written before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn charge(
    tx: &mut Tx,
    id: EntryId,
    institution: InstitutionId,
    application: ApplicationId,
    amount_yen: i64,
    payment: &str,
    at: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CHARGE)
        .bind(id.0)
        .bind(institution.0)
        .bind(application.0)
        .bind(amount_yen)
        .bind(payment)
        .bind("")
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A renewal that is to be paid.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'a> {
    /// Who pays.
    pub institution: InstitutionId,
    /// Case of the terminal.
    pub application: ApplicationId,
    /// The certificate that is renewed.
    pub certificate: CertificateId,
    /// Yen.
    pub amount_yen: i64,
    /// `deduction` or `payment_slip`.
    pub payment: &'a str,
}

/// Writes the fee of a renewal; false when it was written before for the same certificate.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn charge_renewal(tx: &mut Tx, id: EntryId, renewal: &Renewal<'_>, at: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CHARGE_RENEWAL)
        .bind(id.0)
        .bind(renewal.institution.0)
        .bind(renewal.application.0)
        .bind(renewal.certificate.0)
        .bind(renewal.amount_yen)
        .bind(renewal.payment)
        .bind("")
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// What the renewal of a certificate cost, once it was renewed.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn renewal_of(conn: &mut Conn, certificate: CertificateId) -> Result<Option<i64>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(RENEWAL_OF).bind(certificate.0).fetch_optional(c).await)?)
}

/// Entries, newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest(conn: &mut Conn, after: Option<(Timestamp, EntryId)>, limit: i64) -> Result<Vec<Listed>> {
    let (at, id) = after.map_or((i64::MAX, uuid::Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(NEWEST).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
}

/// Entries of a case, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_application(conn: &mut Conn, application: ApplicationId) -> Result<Vec<Listed>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_APPLICATION).bind(application.0).fetch_all(c).await)?)
}
