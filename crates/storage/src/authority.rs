//! Authorities, certificates and CRLs; every record stands before its signature.

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, AuthorityId, CertificateId, InstitutionId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A root or issuing authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Identifier.
    pub id: Uuid,
    /// Short name, such as `root` or `issuing-1`.
    pub name: String,
    /// `root` or `issuing`.
    pub role: String,
    /// DER.
    pub certificate: Vec<u8>,
    /// Number of its last CRL.
    pub crl_number: i64,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at: i64,
}
from_row!(Authority { id, name, role, certificate, crl_number, created_at });

/// A certificate in the register, from its preparation on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Identifier.
    pub id: CertificateId,
    /// Who issues it.
    pub authority_id: AuthorityId,
    /// Case it belongs to; none for the operator's own.
    pub application_id: Option<ApplicationId>,
    /// Institution it belongs to; none for the operator's own.
    pub institution_id: Option<InstitutionId>,
    /// Serial number, hexadecimal, lower case, without leading zeros.
    pub serial: String,
    /// Name of the profile.
    pub profile: String,
    /// `prepared`, `valid`, `revoked` or `abandoned` (prepared, but nobody knows whether it was signed).
    pub state: String,
    /// Common name.
    pub subject: String,
    /// SHA-256 of the public key, hexadecimal.
    pub key_hash: String,
    /// To-be-signed bytes.
    pub tbs: Vec<u8>,
    /// DER, once signed.
    pub certificate: Option<Vec<u8>>,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// When it was recorded.
    pub prepared_at: Timestamp,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Reason of the revocation (RFC 5280, 5.3.1).
    pub revocation_reason: Option<String>,
}

struct Row {
    id: Uuid,
    authority_id: Uuid,
    application_id: Option<Uuid>,
    institution_id: Option<Uuid>,
    serial: String,
    profile: String,
    state: String,
    subject: String,
    key_hash: String,
    tbs: Vec<u8>,
    certificate: Option<Vec<u8>>,
    not_before: i64,
    not_after: i64,
    prepared_at: i64,
    signed_at: Option<i64>,
    revoked_at: Option<i64>,
    revocation_reason: Option<String>,
}
from_row!(Row {
    id,
    authority_id,
    application_id,
    institution_id,
    serial,
    profile,
    state,
    subject,
    key_hash,
    tbs,
    certificate,
    not_before,
    not_after,
    prepared_at,
    signed_at,
    revoked_at,
    revocation_reason
});

impl From<Row> for Certificate {
    fn from(row: Row) -> Self {
        Self {
            id: CertificateId(row.id),
            authority_id: AuthorityId(row.authority_id),
            application_id: row.application_id.map(ApplicationId),
            institution_id: row.institution_id.map(InstitutionId),
            serial: row.serial,
            profile: row.profile,
            state: row.state,
            subject: row.subject,
            key_hash: row.key_hash,
            tbs: row.tbs,
            certificate: row.certificate,
            not_before: instant(row.not_before),
            not_after: instant(row.not_after),
            prepared_at: instant(row.prepared_at),
            signed_at: instant_opt(row.signed_at),
            revoked_at: instant_opt(row.revoked_at),
            revocation_reason: row.revocation_reason,
        }
    }
}

macro_rules! select_certificate {
    ($rest:literal) => {
        concat!(
            "SELECT id, authority_id, application_id, institution_id, serial, profile, state, subject, key_hash, tbs,
            certificate, not_before, not_after, prepared_at, signed_at, revoked_at, revocation_reason FROM certificates ",
            $rest
        )
    };
}

sql!(
    INSERT_AUTHORITY =
        "INSERT INTO authorities (id, name, role, certificate, crl_number, created_at) VALUES ($1, $2, $3, $4, 0, $5)"
);
sql!(SET_AUTHORITY_CERTIFICATE = "UPDATE authorities SET certificate = $1 WHERE id = $2");
sql!(
    AUTHORITIES = "SELECT id, name, role, certificate, crl_number, created_at FROM authorities ORDER BY created_at, id"
);
sql!(INSERT = "INSERT INTO certificates (id, authority_id, application_id, institution_id, serial, profile, state, subject, key_hash,
        tbs, not_before, not_after, prepared_at)
    VALUES ($1, $2, $3, $4, $5, $6, 'prepared', $7, $8, $9, $10, $11, $12)");
sql!(
    SIGNED = "UPDATE certificates SET state = 'valid', certificate = $1, signed_at = $2 WHERE id = $3 AND state = 'prepared'"
);
sql!(/// Nobody can know whether these were signed: their serials go on the CRL (design: issuance).
    ABANDON = "UPDATE certificates SET state = 'abandoned', revoked_at = $1, revocation_reason = 'superseded'
    WHERE state = 'prepared' AND prepared_at <= $2");
sql!(
    REVOKE = "UPDATE certificates SET state = 'revoked', revoked_at = $1, revocation_reason = $2 WHERE id = $3 AND state = 'valid'"
);
sql!(FIND = select_certificate!("WHERE id = $1"));
sql!(BY_SERIAL = select_certificate!("WHERE serial = $1"));
sql!(OF_APPLICATION = select_certificate!("WHERE application_id = $1 ORDER BY prepared_at, id LIMIT 100"));
sql!(
    OF_INSTITUTION =
        select_certificate!("WHERE institution_id = $1 AND certificate IS NOT NULL ORDER BY signed_at, id")
);
sql!(
    REVOKED = "SELECT serial, revoked_at, revocation_reason FROM certificates
    WHERE authority_id = $1 AND state IN ('revoked', 'abandoned') AND not_after > $2 ORDER BY revoked_at, serial"
);
sql!(RESERVE_CRL = "UPDATE authorities SET crl_number = crl_number + 1 WHERE id = $1 RETURNING crl_number");
sql!(INSERT_CRL = "INSERT INTO crls (authority_id, number, tbs, this_update, next_update) VALUES ($1, $2, $3, $4, $5)");
sql!(SIGNED_CRL = "UPDATE crls SET crl = $1 WHERE authority_id = $2 AND number = $3 AND crl IS NULL");
sql!(
    LATEST_CRL = "SELECT number, crl, next_update FROM crls WHERE authority_id = $1 AND crl IS NOT NULL ORDER BY number DESC LIMIT 1"
);

/// A row of the CRL: serial, when, why.
pub type RevokedRow = (String, i64, String);

/// Adds an authority.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the name is taken.
#[boxed]
pub async fn insert_authority(tx: &mut Tx, authority: &Authority) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_AUTHORITY)
        .bind(authority.id)
        .bind(&authority.name)
        .bind(&authority.role)
        .bind(&authority.certificate)
        .bind(authority.created_at)
        .execute(c)
        .await
        .map(drop))?)
}

/// Stores an authority's own certificate; until then it is empty.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_authority_certificate(tx: &mut Tx, id: AuthorityId, der: &[u8]) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_AUTHORITY_CERTIFICATE)
        .bind(der)
        .bind(id.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// All authorities, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn authorities(conn: &mut Conn) -> Result<Vec<Authority>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(AUTHORITIES).fetch_all(c).await)?)
}

/// Records a certificate before it is signed.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the serial is taken.
#[boxed]
pub async fn insert_prepared(tx: &mut Tx, certificate: &Certificate) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(certificate.id.0)
        .bind(certificate.authority_id.0)
        .bind(certificate.application_id.map(|id| id.0))
        .bind(certificate.institution_id.map(|id| id.0))
        .bind(&certificate.serial)
        .bind(&certificate.profile)
        .bind(&certificate.subject)
        .bind(&certificate.key_hash)
        .bind(&certificate.tbs)
        .bind(certificate.not_before.as_millis())
        .bind(certificate.not_after.as_millis())
        .bind(certificate.prepared_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Stores the signed certificate; false when the record is no longer waiting for it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn store_signed(tx: &mut Tx, id: CertificateId, der: &[u8], now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SIGNED)
        .bind(der)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Gives up certificates that were recorded before an instant and never stored; their serials go on the CRL.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn abandon_prepared(tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(ABANDON)
        .bind(now.as_millis())
        .bind(before.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Revokes a valid certificate; false when it is not valid any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn revoke(tx: &mut Tx, id: CertificateId, reason: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REVOKE)
        .bind(now.as_millis())
        .bind(reason)
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A certificate.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: CertificateId) -> Result<Option<Certificate>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// The certificate with a serial number.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_serial(conn: &mut Conn, serial: &str) -> Result<Option<Certificate>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(BY_SERIAL).bind(serial).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Certificates of a case, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_application(conn: &mut Conn, id: ApplicationId) -> Result<Vec<Certificate>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_APPLICATION).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Signed certificates of an institution, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_institution(conn: &mut Conn, id: InstitutionId) -> Result<Vec<Certificate>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What belongs on an authority's CRL: revoked and abandoned serials whose validity has not ended.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn revoked(conn: &mut Conn, authority: AuthorityId, now: Timestamp) -> Result<Vec<RevokedRow>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(REVOKED).bind(authority.0).bind(now.as_millis()).fetch_all(c).await)?)
}

/// Takes the next CRL number of an authority.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reserve_crl_number(tx: &mut Tx, authority: AuthorityId) -> Result<i64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query_scalar(RESERVE_CRL).bind(authority.0).fetch_one(c).await)?)
}

/// Records a CRL before it is signed.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the number is taken.
#[boxed]
pub async fn insert_prepared_crl(
    tx: &mut Tx,
    authority: AuthorityId,
    number: i64,
    tbs: &[u8],
    this_update: Timestamp,
    next_update: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_CRL)
        .bind(authority.0)
        .bind(number)
        .bind(tbs)
        .bind(this_update.as_millis())
        .bind(next_update.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Stores the signed CRL.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn store_signed_crl(tx: &mut Tx, authority: AuthorityId, number: i64, der: &[u8]) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SIGNED_CRL)
        .bind(der)
        .bind(authority.0)
        .bind(number)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// The latest CRL of an authority: number, DER, next update in milliseconds since 1970 UTC.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn latest_crl(conn: &mut Conn, authority: AuthorityId) -> Result<Option<(i64, Vec<u8>, i64)>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(LATEST_CRL).bind(authority.0).fetch_optional(c).await)?)
}
