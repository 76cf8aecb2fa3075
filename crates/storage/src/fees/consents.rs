//! The fee that an applicant agreed to when the case was sent.

use domain::{clock::Timestamp, ids::ApplicationId};

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(/// The first consent counts: a correction asks for no new one.
    CONSENT = "INSERT INTO fee_consents (application_id, fee_yen, consented_at) VALUES ($1, $2, $3)
    ON CONFLICT (application_id) DO NOTHING");
sql!(AGREED = "SELECT fee_yen FROM fee_consents WHERE application_id = $1");

/// Keeps the fee of one certificate that the applicant agreed to.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn consent(tx: &mut Tx, application: ApplicationId, fee_yen: i64, at: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(CONSENT)
        .bind(application.0)
        .bind(fee_yen)
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The fee that was agreed to for a case; none for one that was never sent, or sent before this was kept.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn fee_agreed_to(conn: &mut Conn, application: ApplicationId) -> Result<Option<i64>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(AGREED).bind(application.0).fetch_optional(c).await)?)
}
