//! One certificate found by its serial number, with what people want to know of it and without its bytes.

use uuid::Uuid;

use crate::db::{Conn, Result, boxed, from_row, on_engine, sql};

/// What is shown of a certificate that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Identifier.
    pub id: Uuid,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// `prepared`, `valid`, `revoked` or `abandoned`.
    pub state: String,
    /// Common name.
    pub subject: String,
    /// Short name of the authority that issued it.
    pub authority: String,
    /// End of validity, in milliseconds since 1970 UTC.
    pub not_after: i64,
    /// When it was revoked, in milliseconds since 1970 UTC.
    pub revoked_at: Option<i64>,
    /// Case it belongs to; none for the operator's own.
    pub application_id: Option<Uuid>,
    /// Reference number of the case.
    pub reference: Option<String>,
    /// Code of the institution; none for the operator's own.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
}
from_row!(Found {
    id,
    serial,
    state,
    subject,
    authority,
    not_after,
    revoked_at,
    application_id,
    reference,
    institution_code,
    institution_name
});

sql!(
    FOUND = "SELECT c.id, c.serial, c.state, c.subject, a.name AS authority, c.not_after, c.revoked_at, c.application_id, p.reference,
        i.code AS institution_code, i.name AS institution_name
    FROM certificates c JOIN authorities a ON a.id = c.authority_id LEFT JOIN applications p ON p.id = c.application_id
        LEFT JOIN institutions i ON i.id = c.institution_id WHERE c.serial = $1"
);

/// The certificate with a serial number, in hexadecimal, lower case, without leading zeros.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn look_up(conn: &mut Conn, serial: &str) -> Result<Option<Found>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FOUND).bind(serial).fetch_optional(c).await)?)
}
