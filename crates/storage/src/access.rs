//! Access tokens of machines, and the requests that they may send again.

use domain::{
    clock::Timestamp,
    ids::{AccessTokenId, AccountId, InstitutionId},
};
use uuid::Uuid;

use crate::{
    convert::{instant, instant_opt},
    db::{Conn, Result, Tx, boxed, from_row, on_engine, sql},
    sessions::Acting,
};

/// Tokens of a list; no owner of tokens has as many.
const MOST_LISTED: i64 = 300;

/// A token as its owners see it: never itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Identifier.
    pub id: AccessTokenId,
    /// Its first characters, by which it is known again.
    pub hint: String,
    /// What it is for.
    pub name: String,
    /// Its scopes, with spaces between.
    pub scopes: String,
    /// Who made it, and as whom it acts.
    pub account_id: AccountId,
    /// Name of that person.
    pub account_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

struct Row {
    id: Uuid,
    hint: String,
    name: String,
    scopes: String,
    account_id: Uuid,
    account_name: String,
    created_at: i64,
    ends_at: i64,
    used_at: Option<i64>,
    revoked_at: Option<i64>,
}
from_row!(Row { id, hint, name, scopes, account_id, account_name, created_at, ends_at, used_at, revoked_at });

impl From<Row> for AccessToken {
    fn from(row: Row) -> Self {
        Self {
            id: AccessTokenId(row.id),
            hint: row.hint,
            name: row.name,
            scopes: row.scopes,
            account_id: AccountId(row.account_id),
            account_name: row.account_name,
            created_at: instant(row.created_at),
            ends_at: instant(row.ends_at),
            used_at: instant_opt(row.used_at),
            revoked_at: instant_opt(row.revoked_at),
        }
    }
}

/// A token that was shown, with what its person is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The token.
    pub token: AccessToken,
    /// Address of the person.
    pub email: String,
    /// Whether the person's account is closed.
    pub disabled: bool,
    /// Institution that the token is bound to, if it is bound to one.
    pub bound: bool,
    /// That institution with the role the person has there now; none when they have none any more.
    pub institution: Option<Acting>,
}

struct ShownRow {
    token: Row,
    email: String,
    disabled: bool,
    institution_id: Option<Uuid>,
    institution_code: Option<String>,
    institution_name: Option<String>,
    institution_role: Option<String>,
}

macro_rules! shown_row {
    ($row:ty) => {
        impl sqlx::FromRow<'_, $row> for ShownRow {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                Ok(Self {
                    token: sqlx::FromRow::from_row(row)?,
                    email: row.try_get("email")?,
                    disabled: row.try_get("disabled")?,
                    institution_id: row.try_get("institution_id")?,
                    institution_code: row.try_get("institution_code")?,
                    institution_name: row.try_get("institution_name")?,
                    institution_role: row.try_get("institution_role")?,
                })
            }
        }
    };
}
shown_row!(sqlx::sqlite::SqliteRow);
shown_row!(sqlx::postgres::PgRow);

/// A token to be kept.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// Identifier.
    pub id: AccessTokenId,
    /// SHA-256 of the token, hexadecimal.
    pub hash: &'a str,
    /// Its first characters.
    pub hint: &'a str,
    /// What it is for.
    pub name: &'a str,
    /// Its scopes, with spaces between.
    pub scopes: &'a str,
    /// Who makes it.
    pub account: AccountId,
    /// Institution that it is bound to.
    pub institution: Option<InstitutionId>,
    /// When it ends.
    pub ends_at: Timestamp,
}

macro_rules! select_token {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.hint, t.name, t.scopes, t.account_id, a.name AS account_name, t.created_at, t.ends_at, t.used_at,
            t.revoked_at FROM access_tokens t JOIN accounts a ON a.id = t.account_id ",
            $rest
        )
    };
}

sql!(
    INSERT = "INSERT INTO access_tokens (id, token_hash, hint, name, scopes, account_id, institution_id, created_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
);
sql!(
    FIND = "SELECT t.id, t.hint, t.name, t.scopes, t.account_id, a.name AS account_name, t.created_at, t.ends_at, t.used_at,
        t.revoked_at, a.email, (a.disabled_at IS NOT NULL) AS disabled, t.institution_id, i.code AS institution_code,
        i.name AS institution_name, m.role AS institution_role
    FROM access_tokens t JOIN accounts a ON a.id = t.account_id
    LEFT JOIN institutions i ON i.id = t.institution_id
    LEFT JOIN memberships m ON m.account_id = t.account_id AND m.institution_id = t.institution_id AND m.state = 'active'
    WHERE t.token_hash = $1"
);
sql!(OF_INSTITUTION = select_token!("WHERE t.institution_id = $1 ORDER BY t.created_at DESC, t.id DESC LIMIT $2"));
sql!(OF_OFFICE = select_token!("WHERE t.institution_id IS NULL ORDER BY t.created_at DESC, t.id DESC LIMIT $1"));
sql!(/// Those bound to an institution; what the operator's systems use is not one person's.
    OF_ACCOUNT = "SELECT t.id, t.name, t.institution_id, i.name AS institution_name
    FROM access_tokens t JOIN institutions i ON i.id = t.institution_id
    WHERE t.account_id = $1 AND t.revoked_at IS NULL AND t.ends_at > $2 ORDER BY t.created_at, t.id");
sql!(/// Of several requests at once, the first one notes it; the others change nothing.
    TOUCH = "UPDATE access_tokens SET used_at = $1 WHERE id = $2 AND (used_at IS NULL OR used_at <= $3)");
sql!(
    REVOKE_OF_INSTITUTION = "UPDATE access_tokens SET revoked_at = $1, revoked_by = $2
    WHERE id = $3 AND institution_id = $4 AND revoked_at IS NULL"
);
sql!(
    REVOKE_OF_OFFICE = "UPDATE access_tokens SET revoked_at = $1, revoked_by = $2
    WHERE id = $3 AND institution_id IS NULL AND revoked_at IS NULL"
);
sql!(REQUEST = "SELECT fingerprint FROM api_requests WHERE token_id = $1 AND key = $2");
sql!(
    NOTE_REQUEST = "INSERT INTO api_requests (token_id, key, fingerprint, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (token_id, key) DO NOTHING"
);
sql!(FORGET_REQUESTS = "DELETE FROM api_requests WHERE at < $1");

/// Keeps a new token.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, new: &NewToken<'_>, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(new.id.0)
        .bind(new.hash)
        .bind(new.hint)
        .bind(new.name)
        .bind(new.scopes)
        .bind(new.account.0)
        .bind(new.institution.map(|id| id.0))
        .bind(now.as_millis())
        .bind(new.ends_at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The token of a hash, whatever became of it.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, hash: &str) -> Result<Option<Shown>> {
    let row: Option<ShownRow> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(hash).fetch_optional(c).await)?;
    Ok(row.map(|row| {
        let place = (row.institution_id, row.institution_code, row.institution_name, row.institution_role);
        let institution = match place {
            (Some(id), Some(code), Some(name), Some(role)) => {
                Some(Acting { id: InstitutionId(id), code, name, role, mandate: None })
            }
            _ => None,
        };
        let bound = row.institution_id.is_some();
        Shown { token: row.token.into(), email: row.email, disabled: row.disabled, bound, institution }
    }))
}

/// Tokens of an institution, or of the operator's systems, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn list(conn: &mut Conn, institution: Option<InstitutionId>) -> Result<Vec<AccessToken>> {
    let rows: Vec<Row> = match institution {
        Some(id) => {
            on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION).bind(id.0).bind(MOST_LISTED).fetch_all(c).await)?
        }
        None => on_engine!(conn, |c| sqlx::query_as(OF_OFFICE).bind(MOST_LISTED).fetch_all(c).await)?,
    };
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A token that works, made by a person for an institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Identifier.
    pub id: AccessTokenId,
    /// What it is for.
    pub name: String,
    /// The institution.
    pub institution: InstitutionId,
    /// Its name.
    pub institution_name: String,
}

struct OwnRow {
    id: Uuid,
    name: String,
    institution_id: Uuid,
    institution_name: String,
}
from_row!(OwnRow { id, name, institution_id, institution_name });

/// Tokens that a person made for institutions and that have not ended, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_account(conn: &mut Conn, account: AccountId, now: Timestamp) -> Result<Vec<Own>> {
    let rows: Vec<OwnRow> =
        on_engine!(conn, |c| sqlx::query_as(OF_ACCOUNT).bind(account.0).bind(now.as_millis()).fetch_all(c).await)?;
    let own = |row: OwnRow| Own {
        id: AccessTokenId(row.id),
        name: row.name,
        institution: InstitutionId(row.institution_id),
        institution_name: row.institution_name,
    };
    Ok(rows.into_iter().map(own).collect())
}

/// Notes that a token was used, if it was last used at or before `due`.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn touch(tx: &mut Tx, id: AccessTokenId, now: Timestamp, due: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TOUCH)
        .bind(now.as_millis())
        .bind(id.0)
        .bind(due.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes a token of an institution, or of the operator's systems, back; false when it is none of theirs or was taken back before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn revoke(
    tx: &mut Tx,
    id: AccessTokenId,
    institution: Option<InstitutionId>,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| {
        let query = match institution {
            Some(_) => sqlx::query(REVOKE_OF_INSTITUTION),
            None => sqlx::query(REVOKE_OF_OFFICE),
        };
        let query = query.bind(now.as_millis()).bind(by.0).bind(id.0);
        let query = if let Some(place) = institution { query.bind(place.0) } else { query };
        query.execute(c).await.map(|r| r.rows_affected())
    })?;
    Ok(rows == 1)
}

/// What a token asked under a key before, as a fingerprint.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn request(conn: &mut Conn, token: AccessTokenId, key: &str) -> Result<Option<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(REQUEST).bind(token.0).bind(key).fetch_optional(c).await)?)
}

/// Notes what a token asked under a key.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_request(
    tx: &mut Tx,
    token: AccessTokenId,
    key: &str,
    fingerprint: &str,
    now: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(NOTE_REQUEST)
        .bind(token.0)
        .bind(key)
        .bind(fingerprint)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Forgets what was asked before an instant; gives how many requests.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_requests(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FORGET_REQUESTS)
        .bind(before.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
