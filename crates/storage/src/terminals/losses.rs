//! Reports of lost keys, and when each was dealt with.

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, InstitutionId},
    terminals::loss::LossClock,
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A report of a lost key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossReport {
    /// The certificate.
    pub certificate: CertificateId,
    /// Name of the terminal.
    pub terminal: String,
    /// Case the certificate belongs to; that is where the office sees it.
    pub application: Option<Uuid>,
    /// Ten-digit code of the institution.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// Who reported it.
    pub reporter_name: String,
    /// When it was reported and done.
    pub clock: LossClock,
    /// Who withdrew it and why, if it was a mistake.
    pub withdrawn: Option<(String, String)>,
}

struct Row {
    certificate_id: Uuid,
    terminal: String,
    application_id: Option<Uuid>,
    institution_code: String,
    institution_name: String,
    reporter_name: String,
    reported_at: i64,
    done_at: Option<i64>,
    withdrawn_at: Option<i64>,
    withdrawn_by: Option<String>,
    withdrawal_reason: Option<String>,
}
from_row!(Row {
    certificate_id,
    terminal,
    application_id,
    institution_code,
    institution_name,
    reporter_name,
    reported_at,
    done_at,
    withdrawn_at,
    withdrawn_by,
    withdrawal_reason
});

impl From<Row> for LossReport {
    fn from(row: Row) -> Self {
        Self {
            certificate: CertificateId(row.certificate_id),
            terminal: row.terminal,
            application: row.application_id,
            institution_code: row.institution_code,
            institution_name: row.institution_name,
            reporter_name: row.reporter_name,
            clock: LossClock {
                reported_at: instant(row.reported_at),
                done_at: instant_opt(row.done_at),
                withdrawn: row.withdrawn_at.is_some(),
            },
            withdrawn: row.withdrawn_by.zip(row.withdrawal_reason),
        }
    }
}

macro_rules! select_loss {
    ($rest:literal) => {
        concat!(
            "SELECT r.certificate_id, c.subject AS terminal, c.application_id, i.code AS institution_code,
            i.name AS institution_name, r.reporter_name, r.reported_at, r.done_at, r.withdrawn_at, r.withdrawn_by,
            r.withdrawal_reason
            FROM loss_reports r JOIN certificates c ON c.id = r.certificate_id
            JOIN institutions i ON i.id = r.institution_id ",
            $rest
        )
    };
}

sql!(/// A second report changes nothing: the clock runs from the first, unless that was withdrawn.
    REPORT = "INSERT INTO loss_reports (certificate_id, institution_id, reported_by, reporter_name, reported_at)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (certificate_id) DO UPDATE
    SET reported_by = excluded.reported_by, reporter_name = excluded.reporter_name, reported_at = excluded.reported_at,
        done_at = NULL, withdrawn_at = NULL, withdrawn_by = NULL, withdrawal_reason = NULL
    WHERE loss_reports.withdrawn_at IS NOT NULL");
sql!(
    WITHDRAW = "UPDATE loss_reports SET done_at = $1, withdrawn_at = $2, withdrawn_by = $3, withdrawal_reason = $4
    WHERE certificate_id = $5 AND done_at IS NULL"
);
sql!(DONE = "UPDATE loss_reports SET done_at = $1 WHERE certificate_id = $2 AND done_at IS NULL");
sql!(OPEN = select_loss!("WHERE r.done_at IS NULL ORDER BY r.reported_at, r.certificate_id LIMIT $1"));
sql!(OF_INSTITUTION = select_loss!("WHERE r.institution_id = $1 ORDER BY r.reported_at DESC LIMIT 1000"));
sql!(OF_CERTIFICATE = select_loss!("WHERE r.certificate_id = $1"));
sql!(
    OPEN_OF_APPLICATION = "SELECT 1 FROM certificates c WHERE c.application_id = $1 AND EXISTS (
        SELECT 1 FROM loss_reports r WHERE r.certificate_id = c.id AND r.done_at IS NULL) LIMIT 1"
);

/// Who reports what.
#[derive(Clone, Debug)]
pub struct NewLoss<'a> {
    /// The certificate.
    pub certificate: CertificateId,
    /// Its institution.
    pub institution: InstitutionId,
    /// Who reports, as the audit chain names them.
    pub by: &'a str,
    /// Their name on pages.
    pub name: &'a str,
}

/// Notes that a key was reported lost; false when it had been before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn report_loss(tx: &mut Tx, loss: &NewLoss<'_>, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REPORT)
        .bind(loss.certificate.0)
        .bind(loss.institution.0)
        .bind(loss.by)
        .bind(loss.name)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Stops the clock of a certificate, if one runs.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn loss_done(tx: &mut Tx, certificate: CertificateId, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(DONE)
        .bind(now.as_millis())
        .bind(certificate.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// Stops the clock of a report that was a mistake; false when none runs.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn withdraw_loss(
    tx: &mut Tx,
    certificate: CertificateId,
    by: &str,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(WITHDRAW)
        .bind(now.as_millis())
        .bind(now.as_millis())
        .bind(by)
        .bind(reason)
        .bind(certificate.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Reports that wait for a revocation, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn open_losses(conn: &mut Conn, limit: i64) -> Result<Vec<LossReport>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OPEN).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Whether a report about a certificate of a case waits for a revocation.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn is_reported_lost(conn: &mut Conn, case: ApplicationId) -> Result<bool> {
    let one: Option<i32> =
        on_engine!(conn, |c| sqlx::query_scalar(OPEN_OF_APPLICATION).bind(case.0).fetch_optional(c).await)?;
    Ok(one.is_some())
}

/// Reports of an institution, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn losses_of(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<LossReport>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION).bind(institution.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The report of a certificate, if there is one.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn loss_of(conn: &mut Conn, certificate: CertificateId) -> Result<Option<LossReport>> {
    let row: Option<Row> =
        on_engine!(conn, |c| sqlx::query_as(OF_CERTIFICATE).bind(certificate.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}
