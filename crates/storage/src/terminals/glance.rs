//! Certificates without their bytes: what lists, warnings and calendars need of them.

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// A signed certificate of a terminal, at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Identifier.
    pub id: CertificateId,
    /// Case it belongs to.
    pub application_id: ApplicationId,
    /// Name of the terminal.
    pub terminal: String,
    /// Reference number of the case.
    pub reference: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// `valid` or `revoked`.
    pub state: String,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Reason of the revocation (RFC 5280, 5.3.1).
    pub revocation_reason: Option<String>,
    /// The certificate that it follows, if it renews one.
    pub renews: Option<CertificateId>,
    /// When the terminal first showed it.
    pub installed_at: Option<Timestamp>,
    /// The rung of the expiry ladder that was told of last, if any.
    pub told: Option<i64>,
}

pub(super) struct Row {
    id: Uuid,
    application_id: Uuid,
    terminal: String,
    reference: Option<String>,
    serial: String,
    state: String,
    not_before: i64,
    not_after: i64,
    revoked_at: Option<i64>,
    revocation_reason: Option<String>,
    renews: Option<Uuid>,
    installed_at: Option<i64>,
    told: Option<i64>,
}
from_row!(Row {
    id,
    application_id,
    terminal,
    reference,
    serial,
    state,
    not_before,
    not_after,
    revoked_at,
    revocation_reason,
    renews,
    installed_at,
    told
});

impl From<Row> for Glance {
    fn from(row: Row) -> Self {
        Self {
            id: CertificateId(row.id),
            application_id: ApplicationId(row.application_id),
            terminal: row.terminal,
            reference: row.reference.unwrap_or_default(),
            serial: row.serial,
            state: row.state,
            not_before: instant(row.not_before),
            not_after: instant(row.not_after),
            revoked_at: instant_opt(row.revoked_at),
            revocation_reason: row.revocation_reason,
            renews: row.renews.map(CertificateId),
            installed_at: instant_opt(row.installed_at),
            told: row.told,
        }
    }
}

/// Selects signed certificates with the terminal and the reference number of their case.
macro_rules! select_glance {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, p.id AS application_id, p.terminal_name AS terminal, p.reference, c.serial, c.state, c.not_before,
            c.not_after, c.revoked_at, c.revocation_reason, c.renews, c.installed_at,
            (SELECT MIN(n.rung) FROM expiry_notices n WHERE n.certificate_id = c.id) AS told
            FROM certificates c JOIN applications p ON p.id = c.application_id ",
            $rest
        )
    };
}
pub(super) use select_glance;

sql!(
    ENDING_OF = select_glance!(
        "WHERE c.institution_id = $1 AND c.state = 'valid' AND c.not_after >= $2 ORDER BY c.not_after, c.id LIMIT 2000"
    )
);

/// Valid certificates of an institution that end at an instant or later, those that end first at the beginning.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn ending_of(conn: &mut Conn, institution: InstitutionId, from: Timestamp) -> Result<Vec<Glance>> {
    let rows: Vec<Row> =
        on_engine!(conn, |c| sqlx::query_as(ENDING_OF).bind(institution.0).bind(from.as_millis()).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
