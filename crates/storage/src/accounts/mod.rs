//! Accounts; in the folder: memberships, their proofs by letter, tokens with recovery codes, and rate limits.

mod memberships;
mod proofs;
mod reviews;
mod tokens;
mod tries;

pub use memberships::*;
pub use proofs::*;
pub use reviews::*;
pub use tokens::*;
pub use tries::*;

use domain::{clock::Timestamp, ids::AccountId, permissions::Role};
use uuid::Uuid;

use crate::convert::{instant, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Identifier.
    pub id: AccountId,
    /// Mail address or provisional login, normalised.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// argon2id hash; none until a password was set.
    pub password_hash: Option<String>,
    /// Whether a new password must be set at the next login.
    pub must_reset: bool,
    /// Whether the person belongs to the operator.
    pub staff: bool,
    /// Roles of staff.
    pub roles: Vec<Role>,
    /// Shared secret of the second factor, sealed.
    pub totp_secret: Option<Vec<u8>>,
    /// Last time step whose code was used.
    pub totp_last_step: i64,
    /// Whether the account was closed.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

struct AccountRow {
    id: Uuid,
    email: String,
    name: String,
    password_hash: Option<String>,
    must_reset: bool,
    staff: bool,
    roles: String,
    totp_secret: Option<Vec<u8>>,
    totp_last_step: i64,
    disabled_at: Option<i64>,
    created_at: i64,
}
from_row!(AccountRow {
    id,
    email,
    name,
    password_hash,
    must_reset,
    staff,
    roles,
    totp_secret,
    totp_last_step,
    disabled_at,
    created_at
});

pub(crate) fn roles(text: &str) -> Result<Vec<Role>> {
    text.split_whitespace().map(word).collect()
}

fn roles_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

impl AccountRow {
    fn read(self) -> Result<Account> {
        Ok(Account {
            id: AccountId(self.id),
            email: self.email,
            name: self.name,
            password_hash: self.password_hash,
            must_reset: self.must_reset,
            staff: self.staff,
            roles: roles(&self.roles)?,
            totp_secret: self.totp_secret,
            totp_last_step: self.totp_last_step,
            disabled: self.disabled_at.is_some(),
            created_at: instant(self.created_at),
        })
    }
}

sql!(INSERT = "INSERT INTO accounts (id, email, name, password_hash, must_reset, staff, roles, totp_secret, totp_last_step, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
sql!(BY_EMAIL = "SELECT id, email, name, password_hash, must_reset, staff, roles, totp_secret, totp_last_step, disabled_at, created_at
    FROM accounts WHERE email = $1");
sql!(BY_ID = "SELECT id, email, name, password_hash, must_reset, staff, roles, totp_secret, totp_last_step, disabled_at, created_at
    FROM accounts WHERE id = $1");
sql!(STAFF = "SELECT id, email, name, password_hash, must_reset, staff, roles, totp_secret, totp_last_step, disabled_at, created_at
    FROM accounts WHERE staff = $1 ORDER BY email");
sql!(SET_PASSWORD = "UPDATE accounts SET password_hash = $1, must_reset = $2 WHERE id = $3");
sql!(SET_TOTP = "UPDATE accounts SET totp_secret = $1, totp_last_step = 0 WHERE id = $2");
sql!(/// A code counts once: the step must be later than the last one used.
    USE_TOTP_STEP = "UPDATE accounts SET totp_last_step = $1 WHERE id = $2 AND totp_last_step < $1");
sql!(SET_ROLES = "UPDATE accounts SET roles = $1 WHERE id = $2 AND staff = $3");
sql!(DISABLE = "UPDATE accounts SET disabled_at = $1 WHERE id = $2 AND disabled_at IS NULL");

/// Adds an account.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the address has one.
#[boxed]
pub async fn insert(tx: &mut Tx, account: &Account) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(account.id.0)
        .bind(&account.email)
        .bind(&account.name)
        .bind(&account.password_hash)
        .bind(account.must_reset)
        .bind(account.staff)
        .bind(roles_text(&account.roles))
        .bind(&account.totp_secret)
        .bind(account.totp_last_step)
        .bind(account.created_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The account of an address.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_email(conn: &mut Conn, email: &str) -> Result<Option<Account>> {
    let row: Option<AccountRow> = on_engine!(conn, |c| sqlx::query_as(BY_EMAIL).bind(email).fetch_optional(c).await)?;
    row.map(AccountRow::read).transpose()
}

/// An account.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: AccountId) -> Result<Option<Account>> {
    let row: Option<AccountRow> = on_engine!(conn, |c| sqlx::query_as(BY_ID).bind(id.0).fetch_optional(c).await)?;
    row.map(AccountRow::read).transpose()
}

/// All staff accounts by address.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn staff(conn: &mut Conn) -> Result<Vec<Account>> {
    let rows: Vec<AccountRow> = on_engine!(conn, |c| sqlx::query_as(STAFF).bind(true).fetch_all(c).await)?;
    rows.into_iter().map(AccountRow::read).collect()
}

/// Sets the password hash and whether it must be changed at the next login.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_password(tx: &mut Tx, id: AccountId, hash: &str, must_reset: bool) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_PASSWORD)
        .bind(hash)
        .bind(must_reset)
        .bind(id.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// Sets or clears the sealed secret of the second factor.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_totp(tx: &mut Tx, id: AccountId, sealed: Option<&[u8]>) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_TOTP).bind(sealed).bind(id.0).execute(c).await.map(drop))?)
}

/// Uses up a time step; false when it or a later one was used before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn use_totp_step(tx: &mut Tx, id: AccountId, step: i64) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(USE_TOTP_STEP)
        .bind(step)
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Sets the roles of a staff account.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_roles(tx: &mut Tx, id: AccountId, roles: &[Role]) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SET_ROLES)
        .bind(roles_text(roles))
        .bind(id.0)
        .bind(true)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Closes an account.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn disable(tx: &mut Tx, id: AccountId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DISABLE)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
