//! Calendars of institutions, each behind an address that is a secret.

use domain::{clock::Timestamp, ids::InstitutionId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(/// A new address takes the place of the old one.
    SET = "INSERT INTO calendar_feeds (institution_id, token_hash, token_sealed, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (institution_id) DO UPDATE
    SET token_hash = excluded.token_hash, token_sealed = excluded.token_sealed, created_at = excluded.created_at");
sql!(SEALED = "SELECT token_sealed FROM calendar_feeds WHERE institution_id = $1");
sql!(BY_HASH = "SELECT institution_id FROM calendar_feeds WHERE token_hash = $1");

/// Gives the calendar of an institution a new address; the old one works no more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_feed(
    tx: &mut Tx,
    institution: InstitutionId,
    token_hash: &str,
    token_sealed: &[u8],
    now: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET)
        .bind(institution.0)
        .bind(token_hash)
        .bind(token_sealed)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The sealed secret of an institution's calendar, if it has one.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn sealed_feed(conn: &mut Conn, institution: InstitutionId) -> Result<Option<Vec<u8>>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(SEALED).bind(institution.0).fetch_optional(c).await)?)
}

/// Whose calendar stands behind a secret.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn feed_by_hash(conn: &mut Conn, token_hash: &str) -> Result<Option<InstitutionId>> {
    let found: Option<Uuid> =
        on_engine!(conn, |c| sqlx::query_scalar(BY_HASH).bind(token_hash).fetch_optional(c).await)?;
    Ok(found.map(InstitutionId))
}
