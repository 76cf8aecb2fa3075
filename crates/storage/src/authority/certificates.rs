//! Certificates; every record stands before its signature.

use domain::{
    clock::Timestamp,
    ids::{AccountId, ApplicationId, AuthorityId, CertificateId, InstitutionId},
};
use uuid::Uuid;

use crate::applications::foremost::foremost_id;
use crate::convert::{instant, instant_opt};
use crate::db::{Conn, Error, Result, Tx, boxed, from_row, on_engine, sql};
use crate::keys::{self, Known};
use crate::rows::parts;
use crate::witness::Note;

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
    /// Shard of the revocation list that its distribution point names; 0 for the full list.
    pub crl_shard: i64,
    /// The certificate that it follows, if it renews one.
    pub renews: Option<CertificateId>,
    /// When the terminal first showed it.
    pub installed_at: Option<Timestamp>,
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
    crl_shard: i64,
    renews: Option<Uuid>,
    installed_at: Option<i64>,
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
    revocation_reason,
    crl_shard,
    renews,
    installed_at
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
            crl_shard: row.crl_shard,
            renews: row.renews.map(CertificateId),
            installed_at: instant_opt(row.installed_at),
        }
    }
}

macro_rules! select_certificate {
    ($($rest:tt)+) => {
        concat!(
            "SELECT id, authority_id, application_id, institution_id, serial, profile, state, subject, key_hash, tbs,
            certificate, not_before, not_after, prepared_at, signed_at, revoked_at, revocation_reason, crl_shard, renews,
            installed_at FROM certificates ",
            $($rest)+
        )
    };
}

/// The rows follow.
const INSERT: &str =
    "INSERT INTO certificates (id, authority_id, application_id, institution_id, serial, profile, state, subject,
    key_hash, tbs, not_before, not_after, prepared_at, crl_shard, renews) ";
sql!(
    SIGNED = "UPDATE certificates SET state = 'valid', certificate = $1, signed_at = $2 WHERE id = $3 AND state = 'prepared'"
);
sql!(/// Nobody can know whether these were signed: their serials go on the CRL (design: issuance).
    ABANDON = "UPDATE certificates SET state = 'abandoned', revoked_at = $1, revocation_reason = 'superseded'
    WHERE state = 'prepared' AND prepared_at <= $2 RETURNING authority_id, crl_shard, serial");
sql!(
    ABANDON_ONE = "UPDATE certificates SET state = 'abandoned', revoked_at = $1, revocation_reason = 'superseded'
    WHERE id = $2 AND state = 'prepared' RETURNING authority_id, serial"
);
sql!(FIND = select_certificate!("WHERE id = $1"));
sql!(BY_SERIAL = select_certificate!("WHERE serial = $1"));
sql!(OF_APPLICATION = select_certificate!("WHERE application_id = $1 ORDER BY prepared_at, id LIMIT 100"));
sql!(/// Of the certificate application that each institution of a person needs most.
OF_FOREMOST = select_certificate!(
    "WHERE application_id IN (SELECT ",
    foremost_id!("m.institution_id", "certificate"),
    " FROM memberships m WHERE m.account_id = $1 AND m.state = 'active') ORDER BY prepared_at, id"
));
sql!(VALID_OF_APPLICATION = select_certificate!("WHERE application_id = $1 AND state = 'valid' ORDER BY id"));
sql!(
    OF_INSTITUTION =
        select_certificate!("WHERE institution_id = $1 AND certificate IS NOT NULL ORDER BY signed_at, id")
);
sql!(SUCCESSORS = select_certificate!("WHERE renews = $1 ORDER BY prepared_at, id LIMIT 100"));
sql!(/// Changes nothing but makes whoever renews the same certificate wait for this transaction.
    HOLD = "UPDATE certificates SET state = state WHERE id = $1 AND state = 'valid'");
sql!(/// Identifiers are ordered by the time of their birth, so no other index is needed.
    NEWEST = "SELECT prepared_at FROM certificates ORDER BY id DESC LIMIT 1");
sql!(INSTALLED = "UPDATE certificates SET installed_at = $1 WHERE id = $2 AND installed_at IS NULL");

/// Records certificates before they are signed, and who holds their keys: all of them or none.
///
/// # Errors
/// [`Error::Duplicate`] when a serial is taken, [`Error::KeyRefused`] when a key is blocked, spent or another's.
#[boxed]
pub async fn insert_prepared(tx: &mut Tx, certificates: &[Certificate]) -> Result<()> {
    let known = insert_allowed(tx, certificates).await?;
    known.into_iter().find(|known| *known != Known::Nothing).map_or(Ok(()), |known| Err(Error::KeyRefused(known)))
}

/// The same without those whose key is blocked, spent or another's; gives what stands against the key of each.
///
/// # Errors
/// [`Error::Duplicate`] when a serial is taken.
#[boxed]
pub async fn insert_allowed(tx: &mut Tx, certificates: &[Certificate]) -> Result<Vec<Known>> {
    let holder = |one: &Certificate| one.application_id.map_or(Uuid::nil(), |case| case.0);
    let asked: Vec<(&str, Uuid)> = certificates.iter().map(|one| (one.key_hash.as_str(), holder(one))).collect();
    let known = keys::claim(tx, &asked).await?;
    let allowed = certificates.iter().zip(&known).filter(|(_, known)| **known == Known::Nothing);
    insert(tx, &allowed.map(|(one, _)| one).collect::<Vec<_>>()).await?;
    Ok(known)
}

async fn insert(tx: &mut Tx, certificates: &[&Certificate]) -> Result<()> {
    for certificate in certificates {
        tx.note(Note::Issued {
            authority: certificate.authority_id,
            serial: certificate.serial.clone(),
            ends: certificate.not_after.as_millis(),
            shard: certificate.crl_shard,
            key: certificate.key_hash.clone(),
        });
    }
    for rows in parts(certificates) {
        on_engine!(&mut **tx, |c| {
            let mut statement = sqlx::QueryBuilder::new(INSERT);
            statement.push_values(rows, |mut values, row| {
                values.push_bind(row.id.0).push_bind(row.authority_id.0);
                values.push_bind(row.application_id.map(|id| id.0)).push_bind(row.institution_id.map(|id| id.0));
                values.push_bind(&row.serial).push_bind(&row.profile).push("'prepared'").push_bind(&row.subject);
                values.push_bind(&row.key_hash).push_bind(&row.tbs);
                for instant in [row.not_before, row.not_after, row.prepared_at] {
                    values.push_bind(instant.as_millis());
                }
                values.push_bind(row.crl_shard).push_bind(row.renews.map(|id| id.0));
            });
            statement.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
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

/// Gives up certificates that were recorded before an instant and never stored; their serials go on the CRL. Gives the
/// authority and the shard of each.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn abandon_prepared(tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<Vec<(AuthorityId, i64)>> {
    let rows: Vec<(Uuid, i64, String)> = on_engine!(&mut **tx, |c| sqlx::query_as(ABANDON)
        .bind(now.as_millis())
        .bind(before.as_millis())
        .fetch_all(c)
        .await)?;
    let given_up = |(authority, shard, serial)| {
        let authority = AuthorityId(authority);
        tx.note(Note::Abandoned { authority, serial, when: now.as_millis() });
        (authority, shard)
    };
    Ok(rows.into_iter().map(given_up).collect())
}

/// Gives up one recorded certificate whose signature failed; false when it is not waiting for one any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn abandon(tx: &mut Tx, id: CertificateId, now: Timestamp) -> Result<bool> {
    let given_up: Option<(Uuid, String)> = on_engine!(&mut **tx, |c| sqlx::query_as(ABANDON_ONE)
        .bind(now.as_millis())
        .bind(id.0)
        .fetch_optional(c)
        .await)?;
    let Some((authority, serial)) = given_up else { return Ok(false) };
    tx.note(Note::Abandoned { authority: AuthorityId(authority), serial, when: now.as_millis() });
    Ok(true)
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

/// When the newest certificate was recorded; none while there is none.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest_record(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let at: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(NEWEST).fetch_optional(c).await)?;
    Ok(at.map(Timestamp::from_millis))
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

/// The certificates of the certificate application that each institution of a person needs most, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_foremost(conn: &mut Conn, account: AccountId) -> Result<Vec<Certificate>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_FOREMOST).bind(account.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The valid certificates of a case, oldest first, however many others there were.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn valid_of_application(conn: &mut Conn, id: ApplicationId) -> Result<Vec<Certificate>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(VALID_OF_APPLICATION).bind(id.0).fetch_all(c).await)?;
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

/// Notes that a terminal showed its certificate; false when it had done so before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn installed(tx: &mut Tx, id: CertificateId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSTALLED)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// The certificates that were made to follow one, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn successors(conn: &mut Conn, id: CertificateId) -> Result<Vec<Certificate>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(SUCCESSORS).bind(id.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Makes others who renew the same certificate wait until this transaction ends; false when it is not valid any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn hold(tx: &mut Tx, id: CertificateId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(HOLD).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
