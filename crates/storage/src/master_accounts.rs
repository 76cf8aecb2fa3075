//! Master accounts of the eligibility system, their first passwords while they are shown, and who did what with them.

use domain::{
    clock::Timestamp,
    ids::{InstitutionId, MasterActId},
    master_account::Environment,
};
use uuid::Uuid;

use crate::convert::{instant, instant_opt, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A master account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterAccount {
    /// Whose it is.
    pub institution: InstitutionId,
    /// In which environment.
    pub environment: Environment,
    /// User ID; it stays the same for good.
    pub user_id: String,
    /// Counts its passwords from 1.
    pub number: i64,
    /// argon2id hash of the password in PHC form.
    pub secret_hash: String,
    /// The password, sealed, while it is shown.
    pub secret_sealed: Option<Vec<u8>>,
    /// When the password was issued.
    pub issued_at: Timestamp,
    /// Until when it is shown.
    pub shown_until: Timestamp,
    /// When its notice was downloaded first.
    pub downloaded_at: Option<Timestamp>,
}

struct Row {
    institution_id: Uuid,
    environment: String,
    user_id: String,
    number: i64,
    secret_hash: String,
    secret_sealed: Option<Vec<u8>>,
    issued_at: i64,
    shown_until: i64,
    downloaded_at: Option<i64>,
}
from_row!(Row {
    institution_id,
    environment,
    user_id,
    number,
    secret_hash,
    secret_sealed,
    issued_at,
    shown_until,
    downloaded_at
});

impl Row {
    fn into_account(self) -> Result<MasterAccount> {
        Ok(MasterAccount {
            institution: InstitutionId(self.institution_id),
            environment: word(&self.environment)?,
            user_id: self.user_id,
            number: self.number,
            secret_hash: self.secret_hash,
            secret_sealed: self.secret_sealed,
            issued_at: instant(self.issued_at),
            shown_until: instant(self.shown_until),
            downloaded_at: instant_opt(self.downloaded_at),
        })
    }
}

/// A line of the record that an institution sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterAct {
    /// Identifier.
    pub id: MasterActId,
    /// `issue`, `download`, `reissue` or `end`.
    pub act: String,
    /// The environments that it was about, in words.
    pub environments: String,
    /// Who did it, in words.
    pub person: String,
    /// When.
    pub at: Timestamp,
}

struct ActRow {
    id: Uuid,
    act: String,
    environments: String,
    person: String,
    at: i64,
}
from_row!(ActRow { id, act, environments, person, at });

impl From<ActRow> for MasterAct {
    fn from(row: ActRow) -> Self {
        let ActRow { id, act, environments, person, at } = row;
        Self { id: MasterActId(id), act, environments, person, at: instant(at) }
    }
}

sql!(
    OF = "SELECT institution_id, environment, user_id, number, secret_hash, secret_sealed, issued_at, shown_until,
    downloaded_at FROM master_accounts WHERE institution_id = $1 ORDER BY environment DESC"
);
sql!(
    INSERT = "INSERT INTO master_accounts (institution_id, environment, user_id, number, secret_hash, secret_sealed, issued_at,
        shown_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (institution_id, environment) DO NOTHING"
);
sql!(/// The old password dies in the statement that brings the new one.
    REISSUE = "UPDATE master_accounts SET number = number + 1, secret_hash = $1, secret_sealed = $2, issued_at = $3,
        shown_until = $4, downloaded_at = NULL WHERE institution_id = $5 AND environment = $6 AND number = $7");
sql!(
    DOWNLOADED = "UPDATE master_accounts SET downloaded_at = COALESCE(downloaded_at, $1)
    WHERE institution_id = $2 AND environment = $3 AND number = $4 AND secret_sealed IS NOT NULL"
);
sql!(
    DESTROY = "UPDATE master_accounts SET secret_sealed = NULL
    WHERE institution_id = $1 AND environment = $2 AND number = $3 AND secret_sealed IS NOT NULL AND shown_until < $4"
);
sql!(
    INSERT_ACT = "INSERT INTO master_account_acts (id, institution_id, act, environments, person, at)
    VALUES ($1, $2, $3, $4, $5, $6)"
);
sql!(
    ACTS = "SELECT id, act, environments, person, at FROM master_account_acts WHERE institution_id = $1
    AND (at < $2 OR (at = $2 AND id < $3)) ORDER BY at DESC, id DESC LIMIT $4"
);

/// The master accounts of an institution, that of the production environment first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of(conn: &mut Conn, institution: InstitutionId) -> Result<Vec<MasterAccount>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF).bind(institution.0).fetch_all(c).await)?;
    rows.into_iter().map(Row::into_account).collect()
}

/// Adds a master account; false when the institution has one in this environment.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the user ID is taken.
#[boxed]
pub async fn insert(tx: &mut Tx, account: &MasterAccount) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(account.institution.0)
        .bind(account.environment.as_str())
        .bind(&account.user_id)
        .bind(account.number)
        .bind(&account.secret_hash)
        .bind(&account.secret_sealed)
        .bind(account.issued_at.as_millis())
        .bind(account.shown_until.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Puts a new password in the place of the one with the number before it; false when somebody was faster. Of `account`,
/// its hash, sealed password and times count.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reissue(tx: &mut Tx, account: &MasterAccount) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REISSUE)
        .bind(&account.secret_hash)
        .bind(&account.secret_sealed)
        .bind(account.issued_at.as_millis())
        .bind(account.shown_until.as_millis())
        .bind(account.institution.0)
        .bind(account.environment.as_str())
        .bind(account.number - 1)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that a notice was downloaded; false when its password was replaced or destroyed meanwhile.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn downloaded(tx: &mut Tx, account: &MasterAccount, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DOWNLOADED)
        .bind(now.as_millis())
        .bind(account.institution.0)
        .bind(account.environment.as_str())
        .bind(account.number)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Destroys a password whose time is over; false when it does not exist any more or has time left.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn destroy(
    tx: &mut Tx,
    institution: InstitutionId,
    environment: Environment,
    number: i64,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(DESTROY)
        .bind(institution.0)
        .bind(environment.as_str())
        .bind(number)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Adds a line to the record of an institution.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert_act(tx: &mut Tx, institution: InstitutionId, act: &MasterAct) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT_ACT)
        .bind(act.id.0)
        .bind(institution.0)
        .bind(&act.act)
        .bind(&act.environments)
        .bind(&act.person)
        .bind(act.at.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// The record of an institution, newest first; `before` is the last line of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn acts(
    conn: &mut Conn,
    institution: InstitutionId,
    before: Option<(Timestamp, MasterActId)>,
    limit: i64,
) -> Result<Vec<MasterAct>> {
    let (at, id) = before.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<ActRow> = on_engine!(conn, |c| sqlx::query_as(ACTS)
        .bind(institution.0)
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
