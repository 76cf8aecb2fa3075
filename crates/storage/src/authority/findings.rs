//! What the check of stored certificates found.

use domain::{
    checks::{self, Reason, Verdict},
    clock::Timestamp,
    ids::{ApplicationId, CertificateId},
};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// Something that stands against a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundInCheck {
    /// The certificate.
    pub certificate: CertificateId,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// Its common name.
    pub subject: String,
    /// Case it belongs to; none for the operator's own.
    pub application: Option<ApplicationId>,
    /// Name of the institution; empty for the operator's own.
    pub institution: String,
    /// What it is.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// When it was first found so.
    pub first_seen_at: Timestamp,
    /// When it was last found so.
    pub last_seen_at: Timestamp,
}

struct FindingRow {
    certificate_id: Uuid,
    serial: String,
    subject: String,
    application_id: Option<Uuid>,
    institution: Option<String>,
    verdict: String,
    reasons: String,
    first_seen_at: i64,
    last_seen_at: i64,
}
from_row!(FindingRow {
    certificate_id,
    serial,
    subject,
    application_id,
    institution,
    verdict,
    reasons,
    first_seen_at,
    last_seen_at
});

impl FindingRow {
    fn read(self) -> Result<FoundInCheck> {
        Ok(FoundInCheck {
            certificate: CertificateId(self.certificate_id),
            serial: self.serial,
            subject: self.subject,
            application: self.application_id.map(ApplicationId),
            institution: self.institution.unwrap_or_default(),
            verdict: word(&self.verdict)?,
            reasons: checks::from_text(&self.reasons),
            first_seen_at: instant(self.first_seen_at),
            last_seen_at: instant(self.last_seen_at),
        })
    }
}

sql!(/// A finding begins anew when its verdict changes.
    FOUND = "INSERT INTO certificate_findings (certificate_id, verdict, reasons, first_seen_at, last_seen_at)
    VALUES ($1, $2, $3, $4, $4)
    ON CONFLICT (certificate_id) DO UPDATE SET reasons = excluded.reasons, last_seen_at = excluded.last_seen_at,
        first_seen_at = CASE WHEN certificate_findings.verdict = excluded.verdict THEN certificate_findings.first_seen_at
            ELSE excluded.first_seen_at END,
        verdict = excluded.verdict");
sql!(GOOD_AGAIN = "DELETE FROM certificate_findings WHERE certificate_id = $1");
sql!(
    FINDINGS =
        "SELECT f.certificate_id, c.serial, c.subject, c.application_id, i.name AS institution, f.verdict, f.reasons,
        f.first_seen_at, f.last_seen_at
    FROM certificate_findings f JOIN certificates c ON c.id = f.certificate_id
    LEFT JOIN institutions i ON i.id = c.institution_id
    WHERE (f.verdict, f.first_seen_at, f.certificate_id) > ($1, $2, $3)
    ORDER BY f.verdict, f.first_seen_at, f.certificate_id LIMIT $4"
);
sql!(SOME = "SELECT 1 FROM certificate_findings LIMIT $1");

/// Notes what stands against a certificate.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_finding(
    tx: &mut Tx,
    id: CertificateId,
    verdict: Verdict,
    reasons: &[Reason],
    now: Timestamp,
) -> Result<()> {
    let text = checks::to_text(reasons);
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FOUND)
        .bind(id.0)
        .bind(verdict.as_str())
        .bind(&text)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Removes what stood against a certificate.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn clear_finding(tx: &mut Tx, id: CertificateId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(GOOD_AGAIN).bind(id.0).execute(c).await.map(drop))?)
}

/// A place in the list of findings.
pub type FindingPlace = (Verdict, Timestamp, CertificateId);

/// Findings behind a place: bad ones first, the oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn findings(conn: &mut Conn, after: Option<FindingPlace>, limit: i64) -> Result<Vec<FoundInCheck>> {
    let after = after.map(|(verdict, at, id)| (verdict.as_str(), at.as_millis(), id.0));
    let (verdict, at, id) = after.unwrap_or(("", 0, Uuid::nil()));
    let rows: Vec<FindingRow> =
        on_engine!(conn, |c| sqlx::query_as(FINDINGS).bind(verdict).bind(at).bind(id).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(FindingRow::read).collect()
}

/// How many findings there are, counted up to a number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn count_findings(conn: &mut Conn, most: i64) -> Result<i64> {
    let rows: Vec<i32> = on_engine!(conn, |c| sqlx::query_scalar(SOME).bind(most).fetch_all(c).await)?;
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}
