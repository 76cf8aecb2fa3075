//! What vendors prepared: which case, under which mandate, and whether its institution was asked to confirm it.

use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::{AccountId, ApplicationId, InstitutionId, MandateId},
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// That a vendor prepares a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preparation {
    /// The case.
    pub application: ApplicationId,
    /// The vendor's person.
    pub account: AccountId,
    /// The mandate under which it was begun, or taken up again last.
    pub mandate: MandateId,
    /// The institution.
    pub institution: InstitutionId,
    /// When it was begun.
    pub begun_at: Timestamp,
}

/// Who prepared a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The vendor's person.
    pub account: AccountId,
    /// Name of the person.
    pub person: String,
    /// Name of the vendor.
    pub company: String,
    /// The mandate.
    pub mandate: MandateId,
    /// When the mandate was given.
    pub given_at: Timestamp,
    /// When the mandate ends or ended.
    pub ends_at: Timestamp,
    /// When the institution was asked to confirm; none while it is not.
    pub asked_at: Option<Timestamp>,
}

struct PreparedRow {
    account_id: Uuid,
    person: String,
    company: String,
    mandate_id: Uuid,
    given_at: i64,
    ends_at: i64,
    asked_at: Option<i64>,
}
from_row!(PreparedRow { account_id, person, company, mandate_id, given_at, ends_at, asked_at });

/// A case that waits for the members of its institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaiting {
    /// The case.
    pub application: ApplicationId,
    /// Procedure.
    pub kind: Kind,
    /// Name of the vendor.
    pub company: String,
    /// When the vendor asked.
    pub asked_at: Timestamp,
}

sql!(/// Taken up again under another mandate, it is that one's.
    BEGIN = "INSERT INTO preparations (application_id, account_id, mandate_id, institution_id, begun_at)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (application_id, account_id) DO UPDATE SET mandate_id = excluded.mandate_id");
sql!(
    FIND =
        "SELECT mandate_id, institution_id, begun_at FROM preparations WHERE application_id = $1 AND account_id = $2"
);
sql!(
    OF_CASE = "SELECT r.account_id, a.name AS person, m.company, r.mandate_id, m.given_at,
        COALESCE(m.ended_at, m.ends_at) AS ends_at, r.asked_at
    FROM preparations r JOIN mandates m ON m.id = r.mandate_id JOIN accounts a ON a.id = r.account_id
    WHERE r.application_id = $1 ORDER BY r.begun_at, r.account_id LIMIT 20"
);
sql!(HAS_ASKED = "SELECT COUNT(*) FROM preparations WHERE application_id = $1 AND asked_at IS NOT NULL");
sql!(SET_ASKED = "UPDATE preparations SET asked_at = $1 WHERE application_id = $2 AND account_id = $3");
sql!(SETTLE = "UPDATE preparations SET asked_at = NULL WHERE application_id = $1 AND asked_at IS NOT NULL");
sql!(/// The cases of further terminals of one form were prepared with it.
    HAND_ON = "INSERT INTO preparations (application_id, account_id, mandate_id, institution_id, begun_at)
    SELECT $1, account_id, mandate_id, institution_id, begun_at FROM preparations WHERE application_id = $2
    ON CONFLICT DO NOTHING");
sql!(
    AWAITING = "SELECT p.id, p.kind, m.company, r.asked_at FROM preparations r
    JOIN applications p ON p.id = r.application_id JOIN mandates m ON m.id = r.mandate_id
    WHERE r.institution_id = $1 AND r.asked_at IS NOT NULL AND p.state IN ('draft', 'returned')
    ORDER BY r.asked_at LIMIT 20"
);
sql!(
    CASES = "SELECT p.id, p.kind, p.state, COALESCE(p.reference, ''), p.terminal_name, p.state_since, r.asked_at
    FROM preparations r JOIN applications p ON p.id = r.application_id
    WHERE r.account_id = $1 AND r.institution_id = $2 AND r.application_id < $3 ORDER BY r.application_id DESC LIMIT $4"
);

/// Notes that a vendor prepares a case.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn begin(tx: &mut Tx, new: &Preparation) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(BEGIN)
        .bind(new.application.0)
        .bind(new.account.0)
        .bind(new.mandate.0)
        .bind(new.institution.0)
        .bind(new.begun_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// What a person prepared of a case, if anything.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn preparation(
    conn: &mut Conn,
    application: ApplicationId,
    account: AccountId,
) -> Result<Option<Preparation>> {
    let row: Option<(Uuid, Uuid, i64)> =
        on_engine!(conn, |c| sqlx::query_as(FIND).bind(application.0).bind(account.0).fetch_optional(c).await)?;
    Ok(row.map(|(mandate, institution, begun_at)| Preparation {
        application,
        account,
        mandate: MandateId(mandate),
        institution: InstitutionId(institution),
        begun_at: instant(begun_at),
    }))
}

/// Who prepared a case, in the order in which they began.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_case(conn: &mut Conn, application: ApplicationId) -> Result<Vec<Prepared>> {
    let rows: Vec<PreparedRow> = on_engine!(conn, |c| sqlx::query_as(OF_CASE).bind(application.0).fetch_all(c).await)?;
    let read = |row: PreparedRow| Prepared {
        account: AccountId(row.account_id),
        person: row.person,
        company: row.company,
        mandate: MandateId(row.mandate_id),
        given_at: instant(row.given_at),
        ends_at: instant(row.ends_at),
        asked_at: instant_opt(row.asked_at),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Whether the institution of a case is asked to confirm it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn has_asked(conn: &mut Conn, application: ApplicationId) -> Result<bool> {
    let count: i64 = on_engine!(conn, |c| sqlx::query_scalar(HAS_ASKED).bind(application.0).fetch_one(c).await)?;
    Ok(count > 0)
}

/// Notes when the institution was asked to confirm what a vendor prepared; none takes the wish back.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_asked(
    tx: &mut Tx,
    application: ApplicationId,
    account: AccountId,
    at: Option<Timestamp>,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SET_ASKED)
        .bind(at.map(Timestamp::as_millis))
        .bind(application.0)
        .bind(account.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Nobody is asked any more: the case was sent.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn settle(tx: &mut Tx, application: ApplicationId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SETTLE).bind(application.0).execute(c).await.map(drop))?)
}

/// Notes that a case was prepared by those who prepared another one, with which it was sent.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn hand_on(tx: &mut Tx, from: ApplicationId, to: ApplicationId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(HAND_ON).bind(to.0).bind(from.0).execute(c).await.map(drop))?)
}

/// What waits for the members of an institution to be confirmed, the longest waiting first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn awaiting(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Awaiting>> {
    let rows: Vec<(Uuid, String, String, i64)> =
        on_engine!(conn, |c| sqlx::query_as(AWAITING).bind(institution.0).fetch_all(c).await)?;
    let read = |(id, kind, company, at): (Uuid, String, String, i64)| {
        Ok(Awaiting { application: ApplicationId(id), kind: word(&kind)?, company, asked_at: instant(at) })
    };
    rows.into_iter().map(read).collect()
}

/// A case that a vendor prepared, as far as the vendor may know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedCase {
    /// The case.
    pub id: ApplicationId,
    /// Procedure.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Its reference number; empty before it was sent.
    pub reference: String,
    /// The terminal of a certificate application.
    pub terminal_name: Option<String>,
    /// Since when it is in its state.
    pub state_since: Timestamp,
    /// When the institution was asked to confirm; none while it is not.
    pub asked_at: Option<Timestamp>,
}

type CaseRow = (Uuid, String, String, String, Option<String>, i64, Option<i64>);

/// The cases that a vendor prepared for an institution, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn cases(
    conn: &mut Conn,
    (account, institution): (AccountId, InstitutionId),
    after: Option<ApplicationId>,
    limit: i64,
) -> Result<Vec<PreparedCase>> {
    let rows: Vec<CaseRow> = on_engine!(conn, |c| sqlx::query_as(CASES)
        .bind(account.0)
        .bind(institution.0)
        .bind(after.map_or(Uuid::max(), |id| id.0))
        .bind(limit)
        .fetch_all(c)
        .await)?;
    let read = |(id, kind, state, reference, terminal_name, since, asked): CaseRow| {
        Ok(PreparedCase {
            id: ApplicationId(id),
            kind: word(&kind)?,
            state: word(&state)?,
            reference,
            terminal_name,
            state_since: instant(since),
            asked_at: instant_opt(asked),
        })
    };
    rows.into_iter().map(read).collect()
}
