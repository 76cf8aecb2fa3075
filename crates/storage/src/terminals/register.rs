//! The register of an institution's terminals: names by key, and what belongs to a range of names.

use std::collections::BTreeMap;

use domain::{clock::Timestamp, ids::InstitutionId};

use super::glance::{Glance, Row, select_glance};
use crate::convert::instant_opt;
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(/// Terminals that have a certificate, had one, or wait for one; each state is compared by itself (see `foremost`).
    NAMES = "SELECT DISTINCT terminal_name FROM applications
    WHERE institution_id = $1 AND terminal_name IS NOT NULL AND terminal_name > $2 AND submitted_at IS NOT NULL
      AND state <> 'rejected' AND state <> 'cancelled' AND state <> 'pickup_expired'
    ORDER BY terminal_name LIMIT $3");
sql!(
    CERTIFICATES = select_glance!(
        "WHERE p.institution_id = $1 AND p.terminal_name >= $2 AND p.terminal_name <= $3 AND c.signed_at IS NOT NULL
        ORDER BY c.signed_at, c.id LIMIT 5000"
    )
);
sql!(ANY_CERTIFICATE = "SELECT 1 FROM certificates WHERE institution_id = $1 AND signed_at IS NOT NULL LIMIT 1");
sql!(PLACES = "SELECT name, place, retired_at FROM terminals WHERE institution_id = $1 AND name >= $2 AND name <= $3");
sql!(
    SET_PLACE = "INSERT INTO terminals (institution_id, name, place, updated_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (institution_id, name) DO UPDATE SET place = excluded.place, updated_at = excluded.updated_at"
);

sql!(
    RETIRE = "INSERT INTO terminals (institution_id, name, place, retired_at, updated_at) VALUES ($1, $2, '', $3, $3)
    ON CONFLICT (institution_id, name) DO UPDATE SET retired_at = excluded.retired_at, updated_at = excluded.updated_at"
);

/// Names of terminals, in order, from after a name on.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn names(conn: &mut Conn, institution: InstitutionId, after: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(NAMES).bind(institution.0).bind(after).bind(limit).fetch_all(c).await)?)
}

/// Names of terminals from one to another, both included.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The first name.
    pub first: &'a str,
    /// The last name.
    pub last: &'a str,
}

/// Signed certificates of terminals in a range of names, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn certificates(conn: &mut Conn, institution: InstitutionId, names: &Range<'_>) -> Result<Vec<Glance>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(CERTIFICATES)
        .bind(institution.0)
        .bind(names.first)
        .bind(names.last)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Whether an institution ever got a certificate.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn any_certificate(conn: &mut Conn, institution: InstitutionId) -> Result<bool> {
    let found: Option<i32> =
        on_engine!(conn, |c| sqlx::query_scalar(ANY_CERTIFICATE).bind(institution.0).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// What people noted of a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// Where it stands; empty while nobody said.
    pub place: String,
    /// When its use was ended, if it was.
    pub retired_at: Option<Timestamp>,
}

/// What people noted of terminals in a range of names, by name.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notes(conn: &mut Conn, institution: InstitutionId, names: &Range<'_>) -> Result<BTreeMap<String, Noted>> {
    let rows: Vec<(String, String, Option<i64>)> = on_engine!(conn, |c| sqlx::query_as(PLACES)
        .bind(institution.0)
        .bind(names.first)
        .bind(names.last)
        .fetch_all(c)
        .await)?;
    let read = |(name, place, retired_at)| (name, Noted { place, retired_at: instant_opt(retired_at) });
    Ok(rows.into_iter().map(read).collect())
}

/// Notes where a terminal stands.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_place(tx: &mut Tx, institution: InstitutionId, name: &str, place: &str, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_PLACE)
        .bind(institution.0)
        .bind(name)
        .bind(place)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Notes that a terminal is not used any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn retire(tx: &mut Tx, institution: InstitutionId, name: &str, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(RETIRE)
        .bind(institution.0)
        .bind(name)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}
