//! The append-only ledger of fees (spec 6.3).

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, EntryId, InstitutionId},
};

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An entry as a line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Identifier.
    pub id: uuid::Uuid,
    /// Ten-digit code of the institution.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// Reference number of the certificate application.
    pub reference: Option<String>,
    /// `charge`, `renewal` or `reversal`.
    pub kind: String,
    /// Yen; negative for a reversal.
    pub amount_yen: i64,
    /// `deduction` or `payment_slip`.
    pub payment: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// The terminal of the case.
    pub terminal_name: Option<String>,
    /// The case.
    pub application_id: uuid::Uuid,
    /// The certificate that was renewed.
    pub certificate_id: Option<uuid::Uuid>,
    /// The entry that this one takes back.
    pub reverses: Option<uuid::Uuid>,
    /// Why it was taken back.
    pub note: String,
    /// Who wrote it, if a person did.
    pub actor_name: Option<String>,
}
from_row!(Listed {
    id,
    institution_code,
    institution_name,
    reference,
    kind,
    amount_yen,
    payment,
    at,
    terminal_name,
    application_id,
    certificate_id,
    reverses,
    note,
    actor_name
});

macro_rules! select_entry {
    ($rest:literal) => {
        concat!(
            "SELECT l.id, i.code AS institution_code, i.name AS institution_name, p.reference, l.kind, l.amount_yen,
            l.payment, l.at, p.terminal_name, l.application_id, l.certificate_id, l.reverses, l.note, l.actor_name
            FROM ledger l JOIN institutions i ON i.id = l.institution_id JOIN applications p ON p.id = l.application_id ",
            $rest
        )
    };
}

sql!(/// A charge arises once for a case; a second one changes nothing.
    CHARGE = "INSERT INTO ledger (id, institution_id, application_id, kind, amount_yen, payment, note, at)
    VALUES ($1, $2, $3, 'charge', $4, $5, $6, $7) ON CONFLICT (application_id, kind) WHERE certificate_id IS NULL DO NOTHING");
sql!(/// A renewal costs once for the certificate that is renewed; a second entry changes nothing.
    CHARGE_RENEWAL = "INSERT INTO ledger (id, institution_id, application_id, certificate_id, kind, amount_yen, payment, note, at)
    VALUES ($1, $2, $3, $4, 'renewal', $5, $6, $7, $8)
    ON CONFLICT (certificate_id, kind) WHERE certificate_id IS NOT NULL DO NOTHING");
sql!(RENEWAL_OF = "SELECT amount_yen FROM ledger WHERE certificate_id = $1 AND kind = 'renewal'");
sql!(NEWEST = select_entry!("WHERE l.at < $1 OR (l.at = $1 AND l.id < $2) ORDER BY l.at DESC, l.id DESC LIMIT $3"));
sql!(OF_APPLICATION = select_entry!("WHERE l.application_id = $1 ORDER BY l.at, l.id"));
sql!(FIND = select_entry!("WHERE l.id = $1"));
sql!(REVERSAL_OF = select_entry!("WHERE l.reverses = $1"));
sql!(
    OF_INSTITUTION = select_entry!(
        "WHERE l.institution_id = $1 AND (l.at < $2 OR (l.at = $2 AND l.id < $3)) ORDER BY l.at DESC, l.id DESC LIMIT $4"
    )
);
sql!(
    OF_MONTH = select_entry!(
        "JOIN closed_entries c ON c.entry_id = l.id WHERE c.month = $1 AND c.entry_id > $2 AND l.kind = $3
        ORDER BY c.entry_id LIMIT $4"
    )
);
sql!(
    OF_BILL = select_entry!(
        "JOIN bills b ON b.institution_id = l.institution_id AND b.payment = l.payment
        JOIN closed_entries c ON c.entry_id = l.id AND c.month = b.month
        WHERE b.id = $1 AND (l.at > $2 OR (l.at = $2 AND l.id > $3)) ORDER BY l.at, l.id LIMIT $4"
    )
);
sql!(/// The bill on which an entry stands, once a closing holds it.
    BILL_OF = "SELECT b.id FROM ledger l JOIN closed_entries c ON c.entry_id = l.id
    JOIN bills b ON b.institution_id = l.institution_id AND b.payment = l.payment AND b.month = c.month WHERE l.id = $1");
sql!(/// An entry is taken back once; a second time changes nothing.
    REVERSE = "INSERT INTO ledger (id, institution_id, application_id, certificate_id, kind, amount_yen, payment, note, at,
        reverses, actor_name)
    SELECT $1, l.institution_id, l.application_id, l.certificate_id, 'reversal', -l.amount_yen, l.payment, $2, $3, l.id, $4
    FROM ledger l WHERE l.id = $5 AND l.reverses IS NULL ON CONFLICT DO NOTHING");

/// Writes the fee of a case; false when it was written before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn charge(
    tx: &mut Tx,
    id: EntryId,
    institution: InstitutionId,
    application: ApplicationId,
    amount_yen: i64,
    payment: &str,
    at: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CHARGE)
        .bind(id.0)
        .bind(institution.0)
        .bind(application.0)
        .bind(amount_yen)
        .bind(payment)
        .bind("")
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A renewal that is to be paid.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'a> {
    /// Who pays.
    pub institution: InstitutionId,
    /// Case of the terminal.
    pub application: ApplicationId,
    /// The certificate that is renewed.
    pub certificate: CertificateId,
    /// Yen.
    pub amount_yen: i64,
    /// `deduction` or `payment_slip`.
    pub payment: &'a str,
}

/// Writes the fee of a renewal; false when it was written before for the same certificate.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn charge_renewal(tx: &mut Tx, id: EntryId, renewal: &Renewal<'_>, at: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CHARGE_RENEWAL)
        .bind(id.0)
        .bind(renewal.institution.0)
        .bind(renewal.application.0)
        .bind(renewal.certificate.0)
        .bind(renewal.amount_yen)
        .bind(renewal.payment)
        .bind("")
        .bind(at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// What the renewal of a certificate cost, once it was renewed.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn renewal_of(conn: &mut Conn, certificate: CertificateId) -> Result<Option<i64>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(RENEWAL_OF).bind(certificate.0).fetch_optional(c).await)?)
}

/// Entries, newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest(conn: &mut Conn, after: Option<(Timestamp, EntryId)>, limit: i64) -> Result<Vec<Listed>> {
    let (at, id) = after.map_or((i64::MAX, uuid::Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(NEWEST).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
}

/// Entries of a case, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_application(conn: &mut Conn, application: ApplicationId) -> Result<Vec<Listed>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_APPLICATION).bind(application.0).fetch_all(c).await)?)
}

/// An entry.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: EntryId) -> Result<Option<Listed>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?)
}

/// The entry that takes another back.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn reversal_of(conn: &mut Conn, id: EntryId) -> Result<Option<Listed>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(REVERSAL_OF).bind(id.0).fetch_optional(c).await)?)
}

/// The number of the bill on which an entry stands, without its check digit; none before its month is closed.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn bill_of(conn: &mut Conn, id: EntryId) -> Result<Option<i64>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(BILL_OF).bind(id.0).fetch_optional(c).await)?)
}

/// Entries of an institution, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_institution(
    conn: &mut Conn,
    institution: InstitutionId,
    after: Option<(Timestamp, EntryId)>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let (at, id) = after.map_or((i64::MAX, uuid::Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION)
        .bind(institution.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// Entries of a kind that a closing holds, in the order of their identifiers, after one of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_month(
    conn: &mut Conn,
    month: &str,
    kind: &str,
    after: Option<EntryId>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let after = after.map_or(uuid::Uuid::nil(), |id| id.0);
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_MONTH)
        .bind(month)
        .bind(after)
        .bind(kind)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// Entries on a bill, the oldest first, after one of them.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_bill(
    conn: &mut Conn,
    bill: i64,
    after: Option<(Timestamp, EntryId)>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let (at, id) = after.map_or((0, uuid::Uuid::nil()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_BILL).bind(bill).bind(at).bind(id).bind(limit).fetch_all(c).await)?)
}

/// Takes an entry back by a new one; false when that was done before, or it takes back another itself.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reverse(
    tx: &mut Tx,
    new: EntryId,
    reversed: EntryId,
    reason: &str,
    by: &str,
    at: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REVERSE)
        .bind(new.0)
        .bind(reason)
        .bind(at.as_millis())
        .bind(by)
        .bind(reversed.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
