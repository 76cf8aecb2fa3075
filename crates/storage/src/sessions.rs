//! Login sessions.

use domain::{
    access::Scope,
    clock::Timestamp,
    ids::{AccessTokenId, AccountId, InstitutionId, MandateId},
    permissions::Role,
};
use uuid::Uuid;

use crate::accounts::roles;
use crate::convert::instant;
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A session with what every page needs to know of its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of the token; it names the session without giving it away.
    pub token_hash: String,
    /// The person.
    pub account_id: AccountId,
    /// Name of the person.
    pub name: String,
    /// Address of the person.
    pub email: String,
    /// Whether a new password must be set first.
    pub must_reset: bool,
    /// Whether the person belongs to the operator.
    pub staff: bool,
    /// Roles of staff.
    pub roles: Vec<Role>,
    /// Whether the account has a second factor.
    pub has_totp: bool,
    /// Whether the second factor was shown in this session.
    pub second_factor: bool,
    /// Institution the person acts for: chosen, or the first one.
    pub institution: Option<Acting>,
    /// How many institutions the person may act for.
    pub institutions: i64,
    /// When the session was last used.
    pub seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The access token with which a machine acts as the person; none when the person is logged in.
    pub bearer: Option<Bearer>,
}

/// The access token of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Identifier.
    pub id: AccessTokenId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// The institution a person acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// Identifier.
    pub id: InstitutionId,
    /// Ten-digit code.
    pub code: String,
    /// Name.
    pub name: String,
    /// `owner` or `staff`; empty for a vendor.
    pub role: String,
    /// The mandate under which a vendor prepares something for the institution; none for its members.
    pub mandate: Option<Under>,
}

/// The mandate under which a vendor acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Under {
    /// Identifier.
    pub id: MandateId,
    /// Name of the vendor.
    pub company: String,
}

struct Row {
    token_hash: String,
    account_id: Uuid,
    name: String,
    email: String,
    must_reset: bool,
    staff: bool,
    roles: String,
    has_totp: bool,
    second_factor: bool,
    seen_at: i64,
    expires_at: i64,
    institution_id: Option<Uuid>,
    institution_code: Option<String>,
    institution_name: Option<String>,
    institution_role: Option<String>,
    institutions: i64,
}
from_row!(Row {
    token_hash,
    account_id,
    name,
    email,
    must_reset,
    staff,
    roles,
    has_totp,
    second_factor,
    seen_at,
    expires_at,
    institution_id,
    institution_code,
    institution_name,
    institution_role,
    institutions
});

/// A session in the list of one's own sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Hash of the token; it names the session without giving it away.
    pub token_hash: String,
    /// Browser and system.
    pub device: String,
    /// When it began, in milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When it was last used, in milliseconds since 1970 UTC.
    pub seen_at: i64,
}
from_row!(Listed { token_hash, device, created_at, seen_at });

sql!(INSERT = "INSERT INTO sessions (token_hash, account_id, institution_id, created_at, seen_at, expires_at, second_factor, device)
    VALUES ($1, $2, $3, $4, $4, $5, $6, $7)");
sql!(/// The chosen membership comes first; without a choice the one with the lowest code.
    FIND = "SELECT s.token_hash, s.account_id, a.name, a.email, a.must_reset, a.staff, a.roles, (a.totp_secret IS NOT NULL) AS has_totp,
        s.second_factor, s.seen_at, s.expires_at, i.id AS institution_id, i.code AS institution_code,
        i.name AS institution_name, m.role AS institution_role,
        (SELECT COUNT(*) FROM memberships n WHERE n.account_id = s.account_id AND n.state = 'active') AS institutions
    FROM sessions s JOIN accounts a ON a.id = s.account_id
    LEFT JOIN memberships m ON m.account_id = s.account_id AND m.state = 'active'
    LEFT JOIN institutions i ON i.id = m.institution_id
    WHERE s.token_hash = $1 AND s.expires_at > $2 AND a.disabled_at IS NULL
    ORDER BY CASE WHEN m.institution_id = s.institution_id THEN 0 ELSE 1 END, i.code LIMIT 1");
sql!(/// Of several requests at once, the first one moves the session on; the others change nothing.
    TOUCH = "UPDATE sessions SET seen_at = $1, expires_at = $2 WHERE token_hash = $3 AND seen_at <= $4");
sql!(CHOOSE = "UPDATE sessions SET institution_id = $1 WHERE token_hash = $2");
sql!(PASS_SECOND_FACTOR = "UPDATE sessions SET second_factor = $1, expires_at = $2 WHERE token_hash = $3");
sql!(END = "DELETE FROM sessions WHERE token_hash = $1 AND account_id = $2");
sql!(END_OTHERS = "DELETE FROM sessions WHERE account_id = $1 AND token_hash <> $2");
sql!(/// Sessions in which the person acts for the institution, or would by default.
    END_AT = "DELETE FROM sessions WHERE account_id = $1 AND (institution_id = $2 OR institution_id IS NULL)");
sql!(
    LIST = "SELECT token_hash, device, created_at, seen_at FROM sessions
    WHERE account_id = $1 AND expires_at > $2 ORDER BY seen_at DESC LIMIT 50"
);
sql!(DEVICE = "SELECT device FROM sessions WHERE token_hash = $1");
sql!(SWEEP = "DELETE FROM sessions WHERE expires_at <= $1");

/// Begins a session.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(
    tx: &mut Tx,
    token_hash: &str,
    account: AccountId,
    institution: Option<InstitutionId>,
    now: Timestamp,
    expires_at: Timestamp,
    device: &str,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(token_hash)
        .bind(account.0)
        .bind(institution.map(|id| id.0))
        .bind(now.as_millis())
        .bind(expires_at.as_millis())
        .bind(false)
        .bind(device)
        .execute(c)
        .await
        .map(drop))?)
}

/// The session of a token, if it lives.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, token_hash: &str, now: Timestamp) -> Result<Option<Session>> {
    let row: Option<Row> =
        on_engine!(conn, |c| sqlx::query_as(FIND).bind(token_hash).bind(now.as_millis()).fetch_optional(c).await)?;
    row.map(read).transpose()
}

fn read(row: Row) -> Result<Session> {
    let institution = match (row.institution_id, row.institution_code, row.institution_name, row.institution_role) {
        (Some(id), Some(code), Some(name), Some(role)) => {
            Some(Acting { id: InstitutionId(id), code, name, role, mandate: None })
        }
        _ => None,
    };
    Ok(Session {
        token_hash: row.token_hash,
        account_id: AccountId(row.account_id),
        name: row.name,
        email: row.email,
        must_reset: row.must_reset,
        staff: row.staff,
        roles: roles(&row.roles)?,
        has_totp: row.has_totp,
        second_factor: row.second_factor,
        institution,
        institutions: row.institutions,
        seen_at: instant(row.seen_at),
        expires_at: instant(row.expires_at),
        bearer: None,
    })
}

/// Notes that a session was used and moves its end, if it was last seen at or before `due`.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn touch(
    tx: &mut Tx,
    token_hash: &str,
    now: Timestamp,
    expires_at: Timestamp,
    due: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TOUCH)
        .bind(now.as_millis())
        .bind(expires_at.as_millis())
        .bind(token_hash)
        .bind(due.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Chooses the institution the person acts for in this session.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn choose(tx: &mut Tx, token_hash: &str, institution: InstitutionId) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(CHOOSE).bind(institution.0).bind(token_hash).execute(c).await.map(drop))?)
}

/// Notes that the second factor was shown; from now on the session lives until `expires_at`.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn pass_second_factor(tx: &mut Tx, token_hash: &str, expires_at: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(PASS_SECOND_FACTOR)
        .bind(true)
        .bind(expires_at.as_millis())
        .bind(token_hash)
        .execute(c)
        .await
        .map(drop))?)
}

/// Ends one session of a person.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end(tx: &mut Tx, token_hash: &str, account: AccountId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(END)
        .bind(token_hash)
        .bind(account.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends all sessions of a person but one; the empty text ends all.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end_others(tx: &mut Tx, account: AccountId, kept: &str) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(END_OTHERS)
        .bind(account.0)
        .bind(kept)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Ends the sessions in which a person acts for an institution.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end_at(tx: &mut Tx, account: AccountId, institution: InstitutionId) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(END_AT)
        .bind(account.0)
        .bind(institution.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// The living sessions of a person, the last used first, at most 50.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn list(conn: &mut Conn, account: AccountId, now: Timestamp) -> Result<Vec<Listed>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(LIST).bind(account.0).bind(now.as_millis()).fetch_all(c).await)?)
}

/// What the browser of a session said of itself; none when the session has ended.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn device(conn: &mut Conn, token_hash: &str) -> Result<Option<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(DEVICE).bind(token_hash).fetch_optional(c).await)?)
}

/// Removes sessions that have ended.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SWEEP).bind(now.as_millis()).execute(c).await.map(|r| r.rows_affected()))?)
}
