//! Memberships of persons in institutions.

use domain::{
    clock::Timestamp,
    ids::{AccountId, InstitutionId, MembershipId},
};
use uuid::Uuid;

use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A person's membership in an institution, with the names that pages show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Identifier.
    pub id: MembershipId,
    /// The person.
    pub account_id: AccountId,
    /// The institution.
    pub institution_id: InstitutionId,
    /// `owner` or `staff`.
    pub role: String,
    /// `letter`, `owner`, `reviewer` (who must still prove it), `active`, `refused` or `removed`.
    pub state: String,
    /// Hash of the posted code.
    pub code_hash: Option<String>,
    /// Wrong codes typed so far.
    pub tries: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Code of the institution.
    pub institution_code: String,
    /// Name of the institution.
    pub institution_name: String,
    /// Whether the institution stands in the register; otherwise it is 「確認待ち」.
    pub in_register: bool,
    /// Name of the person.
    pub person_name: String,
    /// Address of the person.
    pub person_email: String,
}

struct MembershipRow {
    id: Uuid,
    account_id: Uuid,
    institution_id: Uuid,
    role: String,
    state: String,
    code_hash: Option<String>,
    tries: i64,
    created_at: i64,
    institution_code: String,
    institution_name: String,
    in_register: bool,
    person_name: String,
    person_email: String,
}
from_row!(MembershipRow {
    id,
    account_id,
    institution_id,
    role,
    state,
    code_hash,
    tries,
    created_at,
    institution_code,
    institution_name,
    in_register,
    person_name,
    person_email
});

impl From<MembershipRow> for Membership {
    fn from(row: MembershipRow) -> Self {
        Self {
            id: MembershipId(row.id),
            account_id: AccountId(row.account_id),
            institution_id: InstitutionId(row.institution_id),
            role: row.role,
            state: row.state,
            code_hash: row.code_hash,
            tries: row.tries,
            created_at: instant(row.created_at),
            institution_code: row.institution_code,
            institution_name: row.institution_name,
            in_register: row.in_register,
            person_name: row.person_name,
            person_email: row.person_email,
        }
    }
}

macro_rules! membership_query {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.account_id, m.institution_id, m.role, m.state, m.code_hash, m.tries, m.created_at,
            i.code AS institution_code, i.name AS institution_name, i.in_register, a.name AS person_name,
            a.email AS person_email
            FROM memberships m JOIN institutions i ON i.id = m.institution_id JOIN accounts a ON a.id = m.account_id ",
            $rest
        )
    };
}

sql!(/// A person who asks again after a refusal or removal takes up the same row.
    ADD_MEMBERSHIP = "INSERT INTO memberships (id, account_id, institution_id, role, state, tries, created_at)
    VALUES ($1, $2, $3, $4, $5, 0, $6)
    ON CONFLICT (account_id, institution_id) DO UPDATE
    SET role = excluded.role, state = excluded.state, code_hash = NULL, tries = 0, created_at = excluded.created_at
    WHERE memberships.state IN ('refused', 'removed')
    RETURNING id");
sql!(MEMBERSHIP = membership_query!("WHERE m.id = $1"));
sql!(MEMBERSHIPS_OF_ACCOUNT = membership_query!("WHERE m.account_id = $1 ORDER BY i.code"));
sql!(
    MEMBERS_IN_FORCE =
        membership_query!("WHERE m.institution_id = $1 AND m.state = 'active' ORDER BY m.created_at, m.id")
);
sql!(
    MEMBERSHIPS_ASKED_FOR = membership_query!(
        "WHERE m.institution_id = $1 AND m.state IN ('letter', 'owner', 'reviewer') ORDER BY m.created_at, m.id LIMIT $2"
    )
);
sql!(MEMBERSHIPS_IN_STATE = membership_query!("WHERE m.state = $1 ORDER BY m.created_at, m.id LIMIT $2"));
sql!(
    DECIDE_MEMBERSHIP = "UPDATE memberships SET state = $1, decided_at = $2, decided_by = $3, code_hash = NULL
    WHERE id = $4 AND state = $5"
);
sql!(MEMBERSHIP_OF = membership_query!("WHERE m.account_id = $1 AND m.institution_id = $2"));
sql!(
    ACTIVATE = "UPDATE memberships SET state = 'active', role = $1, decided_at = $2, decided_by = $3, code_hash = NULL
    WHERE id = $4 AND state = $5"
);
sql!(SET_MEMBER_ROLE = "UPDATE memberships SET role = $1 WHERE id = $2 AND state = 'active'");
sql!(/// A new code takes the place of the old one and of its tries.
    SET_CODE = "UPDATE memberships SET state = 'letter', code_hash = $1, tries = 0 WHERE id = $2 AND state = $3");
sql!(DROP_CODE = "UPDATE memberships SET code_hash = NULL WHERE id = $1 AND state = 'letter'");
sql!(/// Changes nothing but makes whoever decides about the same institution wait for this transaction.
    HOLD_INSTITUTION = "UPDATE institutions SET code = code WHERE id = $1");
sql!(COUNT_CODE_TRY = "UPDATE memberships SET tries = tries + 1 WHERE id = $1 AND state = 'letter' RETURNING tries");

/// Adds a membership without a code; `None` when the person has one that is under way or active.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_membership(
    tx: &mut Tx,
    id: MembershipId,
    account: AccountId,
    institution: InstitutionId,
    role: &str,
    state: &str,
    now: Timestamp,
) -> Result<Option<MembershipId>> {
    let row: Option<Uuid> = on_engine!(&mut **tx, |c| sqlx::query_scalar(ADD_MEMBERSHIP)
        .bind(id.0)
        .bind(account.0)
        .bind(institution.0)
        .bind(role)
        .bind(state)
        .bind(now.as_millis())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(MembershipId))
}

/// A membership.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn membership(conn: &mut Conn, id: MembershipId) -> Result<Option<Membership>> {
    let row: Option<MembershipRow> =
        on_engine!(conn, |c| sqlx::query_as(MEMBERSHIP).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// All memberships of a person.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn memberships_of_account(conn: &mut Conn, account: AccountId) -> Result<Vec<Membership>> {
    let rows: Vec<MembershipRow> =
        on_engine!(conn, |c| sqlx::query_as(MEMBERSHIPS_OF_ACCOUNT).bind(account.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All memberships of an institution that are in force, oldest first. Whoever asks, was declined or has left is not among
/// them, so nobody crowds out its owners by asking.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn members_in_force(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<Membership>> {
    let rows: Vec<MembershipRow> =
        on_engine!(conn, |c| sqlx::query_as(MEMBERS_IN_FORCE).bind(institution.0).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The memberships of an institution that still wait for their proof, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn memberships_asked_for(conn: &mut Conn, institution: InstitutionId, limit: i64) -> Result<Vec<Membership>> {
    let rows: Vec<MembershipRow> =
        on_engine!(conn, |c| sqlx::query_as(MEMBERSHIPS_ASKED_FOR).bind(institution.0).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Memberships in one state, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn memberships_in_state(conn: &mut Conn, state: &str, limit: i64) -> Result<Vec<Membership>> {
    let rows: Vec<MembershipRow> =
        on_engine!(conn, |c| sqlx::query_as(MEMBERSHIPS_IN_STATE).bind(state).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Moves a membership; false when someone was faster.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn decide_membership(
    tx: &mut Tx,
    id: MembershipId,
    from: &str,
    to: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DECIDE_MEMBERSHIP)
        .bind(to)
        .bind(now.as_millis())
        .bind(by)
        .bind(id.0)
        .bind(from)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Counts a typed code and gives the number of tries so far; `None` when no code is awaited.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn count_code_try(tx: &mut Tx, id: MembershipId) -> Result<Option<i64>> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query_scalar(COUNT_CODE_TRY).bind(id.0).fetch_optional(c).await)?)
}

/// The membership of a person in an institution, in whatever state.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn membership_of(
    conn: &mut Conn,
    account: AccountId,
    institution: InstitutionId,
) -> Result<Option<Membership>> {
    let row: Option<MembershipRow> = on_engine!(conn, |c| sqlx::query_as(MEMBERSHIP_OF)
        .bind(account.0)
        .bind(institution.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Into::into))
}

/// Makes a membership active with a role; false when someone was faster.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn activate_membership(
    tx: &mut Tx,
    id: MembershipId,
    from: &str,
    role: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ACTIVATE)
        .bind(role)
        .bind(now.as_millis())
        .bind(by)
        .bind(id.0)
        .bind(from)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Gives an active member another role; false when the membership is not active.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_member_role(tx: &mut Tx, id: MembershipId, role: &str) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SET_MEMBER_ROLE)
        .bind(role)
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Waits for and keeps off other decisions about an institution's members until this transaction ends.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn hold_institution(tx: &mut Tx, id: InstitutionId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(HOLD_INSTITUTION).bind(id.0).execute(c).await.map(drop))?)
}

/// Sets the hash of a newly posted code; false when someone was faster.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_code(tx: &mut Tx, id: MembershipId, from: &str, code_hash: &str) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SET_CODE)
        .bind(code_hash)
        .bind(id.0)
        .bind(from)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Makes a posted code unusable: a new letter must be ordered.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn drop_code(tx: &mut Tx, id: MembershipId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(DROP_CODE).bind(id.0).execute(c).await.map(drop))?)
}
