//! The append-only ledger of grants (spec 6.1): an entry is added by a decision, and taken back only by another one.

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, GrantBatchId, GrantId, InstitutionId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// An entry of the ledger with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Identifier.
    pub id: Uuid,
    /// The batch whose decision it came from.
    pub batch_id: Uuid,
    /// The case.
    pub application_id: Uuid,
    /// Reference number of the case.
    pub reference: Option<String>,
    /// Who got it.
    pub institution_id: Uuid,
    /// Their ten-digit code.
    pub institution_code: String,
    /// Their name.
    pub institution_name: String,
    /// `grant` or `reversal`.
    pub kind: String,
    /// Fiscal year of its number.
    pub fiscal_year: i64,
    /// Its number within the year; a reversal has none.
    pub number: Option<i64>,
    /// Yen; negative for a reversal.
    pub amount_yen: i64,
    /// The entry that this one takes back.
    pub reverses: Option<Uuid>,
    /// Why it was taken back.
    pub note: String,
    /// Who wrote it.
    pub actor_name: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Name of the scheme as read.
    pub scheme_name: String,
    /// The lines of the grant as JSON.
    pub lines: String,
    /// The day of the decision, `YYYY-MM-DD`.
    pub decided_on: Option<String>,
    /// Whether another entry takes it back.
    pub reversed: bool,
    /// Whether it stands in the payment file.
    pub listed: bool,
    /// The day on which it was paid, `YYYY-MM-DD`.
    pub paid_on: Option<String>,
}
from_row!(Grant {
    id,
    batch_id,
    application_id,
    reference,
    institution_id,
    institution_code,
    institution_name,
    kind,
    fiscal_year,
    number,
    amount_yen,
    reverses,
    note,
    actor_name,
    at,
    scheme_name,
    lines,
    decided_on,
    reversed,
    listed,
    paid_on
});

/// A grant that a decision makes.
#[derive(Clone, Copy, Debug)]
pub struct NewGrant {
    /// Identifier.
    pub id: GrantId,
    /// The batch.
    pub batch: GrantBatchId,
    /// The case: what it gets stands with it.
    pub case: ApplicationId,
    /// Fiscal year of the decision.
    pub fiscal_year: i64,
    /// Number within the year.
    pub number: i64,
}

macro_rules! select_grant {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.batch_id, g.application_id, p.reference, g.institution_id, i.code AS institution_code,
            i.name AS institution_name, g.kind, g.fiscal_year, g.number, g.amount_yen, g.reverses, g.note, g.actor_name, g.at,
            a.scheme_name, a.lines, b.decided_on,
            EXISTS (SELECT 1 FROM grants r WHERE r.reverses = g.id) AS reversed,
            EXISTS (SELECT 1 FROM grant_payments y WHERE y.grant_id = g.id) AS listed,
            (SELECT r.paid_on FROM grant_receipts r WHERE r.grant_id = g.id) AS paid_on
            FROM grants g JOIN grant_awards a ON a.application_id = g.application_id JOIN grant_batches b ON b.id = g.batch_id
            JOIN applications p ON p.id = g.application_id JOIN institutions i ON i.id = g.institution_id ",
            $rest
        )
    };
}

const HOLD: &str = "LOCK TABLE grants IN SHARE ROW EXCLUSIVE MODE";
sql!(LAST_NUMBER = "SELECT COALESCE(MAX(number), 0) FROM grants WHERE fiscal_year = $1 AND number IS NOT NULL");
sql!(/// A case is granted once; a second time changes nothing.
    INSERT = "INSERT INTO grants (id, batch_id, application_id, institution_id, kind, fiscal_year, number, amount_yen, note,
        actor_name, at)
    SELECT $1, a.batch_id, a.application_id, a.institution_id, 'grant', $2, $3, a.amount_yen, '', $4, $5
    FROM grant_awards a WHERE a.application_id = $6 AND a.batch_id = $7 ON CONFLICT DO NOTHING");
sql!(/// An entry is taken back once; a second time changes nothing.
    REVERSE = "INSERT INTO grants (id, batch_id, application_id, institution_id, kind, fiscal_year, amount_yen, reverses, note,
        actor_name, at)
    SELECT $1, g.batch_id, g.application_id, g.institution_id, 'reversal', g.fiscal_year, -g.amount_yen, g.id, $2, $3, $4
    FROM grants g WHERE g.id = $5 AND g.kind = 'grant' ON CONFLICT DO NOTHING");
sql!(FIND = select_grant!("WHERE g.id = $1"));
sql!(OF_CASE = select_grant!("WHERE g.application_id = $1 AND g.kind = 'grant'"));
sql!(REVERSAL_OF = select_grant!("WHERE g.reverses = $1"));
sql!(
    OF_INSTITUTION = select_grant!(
        "WHERE g.institution_id = $1 AND (g.at < $2 OR (g.at = $2 AND g.id < $3)) ORDER BY g.at DESC, g.id DESC LIMIT $4"
    )
);

/// Lets other decisions wait until this transaction ends, so that numbers are given in turn.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn begin_granting(tx: &mut Tx) -> Result<()> {
    // The embedded engine has one writer at a time anyway.
    if let Conn::Postgres(conn) = &mut **tx {
        sqlx::query(HOLD).execute(&mut **conn).await?;
    }
    Ok(())
}

/// The next number of a fiscal year; ask after [`begin_granting`].
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn next_number(conn: &mut Conn, fiscal_year: i64) -> Result<i64> {
    let last: i64 = on_engine!(conn, |c| sqlx::query_scalar(LAST_NUMBER).bind(fiscal_year).fetch_one(c).await)?;
    Ok(last + 1)
}

/// Writes the grant of a case of a batch; false when it was granted before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_grant(tx: &mut Tx, new: &NewGrant, actor: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(new.id.0)
        .bind(new.fiscal_year)
        .bind(new.number)
        .bind(actor)
        .bind(now.as_millis())
        .bind(new.case.0)
        .bind(new.batch.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes a grant back by a new entry; false when it was taken back before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reverse_grant(
    tx: &mut Tx,
    new: GrantId,
    grant: GrantId,
    reason: &str,
    actor: &str,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REVERSE)
        .bind(new.0)
        .bind(reason)
        .bind(actor)
        .bind(now.as_millis())
        .bind(grant.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// An entry.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn grant(conn: &mut Conn, id: GrantId) -> Result<Option<Grant>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?)
}

/// The grant of a case.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn grant_of_case(conn: &mut Conn, case: ApplicationId) -> Result<Option<Grant>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_CASE).bind(case.0).fetch_optional(c).await)?)
}

/// The entry that takes a grant back.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn reversal_of_grant(conn: &mut Conn, id: GrantId) -> Result<Option<Grant>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(REVERSAL_OF).bind(id.0).fetch_optional(c).await)?)
}

/// Entries of an institution, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn grants_of_institution(
    conn: &mut Conn,
    institution: InstitutionId,
    after: Option<(Timestamp, GrantId)>,
    limit: i64,
) -> Result<Vec<Grant>> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION)
        .bind(institution.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}
