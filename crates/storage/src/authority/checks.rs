//! The check of stored certificates: its runs, and what they walk through.

use domain::{
    clock::Timestamp,
    ids::{AuthorityId, CertificateId, CheckId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A certificate that is to be checked, with what the register says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToCheck {
    /// Identifier.
    pub id: Uuid,
    /// Who issued it.
    pub authority_id: Uuid,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// `valid`, `revoked` or `abandoned`.
    pub state: String,
    /// Name of the profile.
    pub profile: String,
    /// Common name.
    pub subject: String,
    /// SHA-256 of the public key, hexadecimal.
    pub key_hash: String,
    /// To-be-signed bytes as they were recorded.
    pub tbs: Vec<u8>,
    /// DER.
    pub certificate: Option<Vec<u8>>,
    /// Begin of validity, in milliseconds since 1970 UTC.
    pub not_before: i64,
    /// End of validity, in milliseconds since 1970 UTC.
    pub not_after: i64,
    /// Shard of the revocation list; 0 for the full list.
    pub crl_shard: i64,
    /// Why its key is blocked, if it is.
    pub blocked: Option<String>,
    /// The verdict of an earlier run, if one stands.
    pub verdict: Option<String>,
}
from_row!(ToCheck {
    id,
    authority_id,
    serial,
    state,
    profile,
    subject,
    key_hash,
    tbs,
    certificate,
    not_before,
    not_after,
    crl_shard,
    blocked,
    verdict
});

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Identifier.
    pub id: CheckId,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it had seen everything.
    pub ended_at: Option<Timestamp>,
    /// The last certificate that it saw, by end of validity.
    pub place: (Timestamp, CertificateId),
    /// Certificates seen.
    pub counted: i64,
    /// Those that are bad.
    pub bad: i64,
    /// Those that could not be checked.
    pub unchecked: i64,
    /// Those of both that did not stand in the list with the same verdict before.
    pub fresh: i64,
}

struct Row {
    id: Uuid,
    begun_at: i64,
    ended_at: Option<i64>,
    place_at: i64,
    place_id: Uuid,
    counted: i64,
    bad: i64,
    unchecked: i64,
    fresh: i64,
}
from_row!(Row { id, begun_at, ended_at, place_at, place_id, counted, bad, unchecked, fresh });

impl From<Row> for Check {
    fn from(row: Row) -> Self {
        Self {
            id: CheckId(row.id),
            begun_at: instant(row.begun_at),
            ended_at: instant_opt(row.ended_at),
            place: (instant(row.place_at), CertificateId(row.place_id)),
            counted: row.counted,
            bad: row.bad,
            unchecked: row.unchecked,
            fresh: row.fresh,
        }
    }
}

sql!(/// A second run of the same night is none.
    BEGIN = "INSERT INTO certificate_checks (id, night, begun_at, place_at, place_id) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (night) DO NOTHING");
sql!(OF_NIGHT = "SELECT 1 FROM certificate_checks WHERE night = $1");
sql!(
    RUN = "SELECT id, begun_at, ended_at, place_at, place_id, counted, bad, unchecked, fresh FROM certificate_checks WHERE id = $1"
);
sql!(
    NEWEST_RUNS =
        "SELECT id, begun_at, ended_at, place_at, place_id, counted, bad, unchecked, fresh FROM certificate_checks
    ORDER BY begun_at DESC, id DESC LIMIT $1"
);
sql!(/// Those that have not ended, by end of validity. What was given up or restored as a mere serial has nothing to be read.
    TO_CHECK = "SELECT c.id, c.authority_id, c.serial, c.state, c.profile, c.subject, c.key_hash, c.tbs, c.certificate,
        c.not_before, c.not_after, c.crl_shard, b.reason AS blocked, f.verdict
    FROM certificates c LEFT JOIN blocked_keys b ON b.key_hash = c.key_hash
    LEFT JOIN certificate_findings f ON f.certificate_id = c.id
    WHERE c.state <> 'prepared' AND (c.state = 'valid' OR c.certificate IS NOT NULL) AND c.not_after >= $1 AND (c.not_after > $1 OR c.id > $2)
    ORDER BY c.not_after, c.id LIMIT $3");
sql!(/// Only from the place that was read: whoever repeats a step counts nothing twice.
    STEP = "UPDATE certificate_checks SET place_at = $1, place_id = $2, counted = counted + $3, bad = bad + $4,
        unchecked = unchecked + $5, fresh = fresh + $6
    WHERE id = $7 AND ended_at IS NULL AND place_at = $8 AND place_id = $9");
sql!(END = "UPDATE certificate_checks SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL");
sql!(/// What a run did not see again has ended.
    NOT_SEEN = "DELETE FROM certificate_findings WHERE last_seen_at < $1");
sql!(REVOKED_SERIAL = "SELECT 1 FROM certificates WHERE serial = $1 AND authority_id = $2 AND state = 'revoked'");

/// Begins a run; false when there is one of the same night already.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn begin_check(tx: &mut Tx, id: CheckId, night: Option<&str>, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BEGIN)
        .bind(id.0)
        .bind(night)
        .bind(now.as_millis())
        .bind(now.as_millis())
        .bind(Uuid::max())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether there is a run of a night.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn is_checked(conn: &mut Conn, night: &str) -> Result<bool> {
    let row: Option<i32> = on_engine!(conn, |c| sqlx::query_scalar(OF_NIGHT).bind(night).fetch_optional(c).await)?;
    Ok(row.is_some())
}

/// A run.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn check(conn: &mut Conn, id: CheckId) -> Result<Option<Check>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(RUN).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// The newest runs, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest_checks(conn: &mut Conn, limit: i64) -> Result<Vec<Check>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(NEWEST_RUNS).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The certificates behind a place, by end of validity.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn to_check(conn: &mut Conn, place: (Timestamp, CertificateId), limit: i64) -> Result<Vec<ToCheck>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(TO_CHECK)
        .bind(place.0.as_millis())
        .bind(place.1.0)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// Figures of one step of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Certificates seen.
    pub counted: i64,
    /// Those that are bad.
    pub bad: i64,
    /// Those that could not be checked.
    pub unchecked: i64,
    /// Those of both that are new in the list.
    pub fresh: i64,
}

/// Notes a step of a run and the place that it came to; false when somebody else made the same step, or it has ended.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_step(tx: &mut Tx, run: &Check, step: Step, place: (Timestamp, CertificateId)) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(STEP)
        .bind(place.0.as_millis())
        .bind(place.1.0)
        .bind(step.counted)
        .bind(step.bad)
        .bind(step.unchecked)
        .bind(step.fresh)
        .bind(run.id.0)
        .bind(run.place.0.as_millis())
        .bind(run.place.1.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends a run and removes what it did not find again; false when it had ended.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end_check(tx: &mut Tx, run: &Check, now: Timestamp) -> Result<bool> {
    let ended = on_engine!(&mut **tx, |c| sqlx::query(END)
        .bind(now.as_millis())
        .bind(run.id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    if ended == 1 {
        let begun = run.begun_at.as_millis();
        on_engine!(&mut **tx, |c| sqlx::query(NOT_SEEN).bind(begun).execute(c).await.map(drop))?;
    }
    Ok(ended == 1)
}

/// Whether an authority revoked the certificate with a serial.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn is_revoked_by(conn: &mut Conn, serial: &str, authority: AuthorityId) -> Result<bool> {
    let row: Option<i32> = on_engine!(conn, |c| sqlx::query_scalar(REVOKED_SERIAL)
        .bind(serial)
        .bind(authority.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.is_some())
}
