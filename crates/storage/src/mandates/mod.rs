//! 委任: mandates of vendors, what happened to them, and what was prepared under them.

mod acts;
mod clients;
mod preparations;

pub use acts::{ActRow, acts, insert_act};
pub use clients::{Client, Tally, clients, tallies};
pub use preparations::{
    Awaiting, Preparation, Prepared, PreparedCase, awaiting, begin, cases, hand_on, has_asked, of_case, preparation,
    set_asked, settle,
};

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{AccountId, InstitutionId, MandateId},
    mandates::{Holder, HowEnded, Standing},
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::convert::{instant, instant_opt, word};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A mandate with the institution that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Identifier.
    pub id: MandateId,
    /// The institution.
    pub institution: InstitutionId,
    /// Its ten-digit code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Address of the vendor's person.
    pub email: String,
    /// Name of the vendor.
    pub company: String,
    /// Procedures that may be prepared.
    pub kinds: Vec<Kind>,
    /// When it was given.
    pub given_at: Timestamp,
    /// The instant from which it is over.
    pub ends_at: Timestamp,
    /// Who accepted it.
    pub account: Option<AccountId>,
    /// Name of who accepted it; empty before.
    pub person: String,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When both sides were told that it ends soon.
    pub warned_at: Option<Timestamp>,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// Who ended it.
    pub how: Option<HowEnded>,
}

impl Mandate {
    /// How it stands at an instant.
    pub fn standing(&self, now: Timestamp) -> Standing {
        Standing::of(self.accepted_at.is_some(), self.ended_at.is_some(), self.ends_at, now)
    }
}

pub(crate) struct Row {
    id: Uuid,
    institution_id: Uuid,
    code: String,
    name: String,
    email: String,
    company: String,
    kinds: String,
    given_at: i64,
    ends_at: i64,
    account_id: Option<Uuid>,
    person: Option<String>,
    accepted_at: Option<i64>,
    warned_at: Option<i64>,
    ended_at: Option<i64>,
    ended_how: Option<String>,
}
from_row!(Row {
    id,
    institution_id,
    code,
    name,
    email,
    company,
    kinds,
    given_at,
    ends_at,
    account_id,
    person,
    accepted_at,
    warned_at,
    ended_at,
    ended_how
});

impl Row {
    fn read(self) -> Result<Mandate> {
        Ok(Mandate {
            id: MandateId(self.id),
            institution: InstitutionId(self.institution_id),
            code: self.code,
            name: self.name,
            email: self.email,
            company: self.company,
            kinds: self.kinds.split_whitespace().map(word).collect::<Result<_>>()?,
            given_at: instant(self.given_at),
            ends_at: instant(self.ends_at),
            account: self.account_id.map(AccountId),
            person: self.person.unwrap_or_default(),
            accepted_at: instant_opt(self.accepted_at),
            warned_at: instant_opt(self.warned_at),
            ended_at: instant_opt(self.ended_at),
            how: self.ended_how.as_deref().map(word).transpose()?,
        })
    }
}

macro_rules! select_mandate {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.institution_id, m.code, i.name, m.email, m.company, m.kinds, m.given_at, m.ends_at, m.account_id,
            a.name AS person, m.accepted_at, m.warned_at, m.ended_at, m.ended_how
            FROM mandates m JOIN institutions i ON i.id = m.institution_id LEFT JOIN accounts a ON a.id = m.account_id ",
            $rest
        )
    };
}
pub(crate) use select_mandate;

sql!(/// An address that holds one at the institution gets no second one.
    INSERT = "INSERT INTO mandates (id, institution_id, code, email, company, kinds, given_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (institution_id, email) WHERE ended_at IS NULL DO NOTHING");
sql!(FIND = select_mandate!("WHERE m.id = $1"));
sql!(OF_INSTITUTION = select_mandate!("WHERE m.institution_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3"));
sql!(
    IN_FORCE =
        select_mandate!("WHERE m.account_id = $1 AND m.institution_id = $2 AND m.ended_at IS NULL AND m.ends_at > $3")
);
sql!(
    ACCEPT = "UPDATE mandates SET account_id = $1, accepted_at = $2
    WHERE id = $3 AND accepted_at IS NULL AND ended_at IS NULL AND ends_at > $2"
);
sql!(
    PROLONG = "UPDATE mandates SET ends_at = $1, warned_at = NULL
    WHERE id = $2 AND institution_id = $3 AND ended_at IS NULL AND ends_at > $4"
);
sql!(END = "UPDATE mandates SET ended_at = $1, ended_how = $2 WHERE id = $3 AND ended_at IS NULL");
sql!(/// What has passed and was not noted yet makes room for another one.
    END_PASSED = "UPDATE mandates SET ended_at = $1, ended_how = 'clock'
    WHERE institution_id = $2 AND email = $3 AND ended_at IS NULL AND ends_at <= $1");
sql!(WARNED = "UPDATE mandates SET warned_at = $1 WHERE id = $2 AND warned_at IS NULL AND ended_at IS NULL");
sql!(
    ENDING = select_mandate!(
        "WHERE m.ended_at IS NULL AND m.ends_at <= $1 AND (m.ends_at > $2 OR (m.ends_at = $2 AND m.id > $3))
        ORDER BY m.ends_at, m.id LIMIT $4"
    )
);
sql!(
    HOLDS_ANY =
        "SELECT COUNT(*) FROM (SELECT id FROM mandates WHERE account_id = $1 AND ended_at IS NULL LIMIT 1) AS held"
);

/// Adds a mandate; false when the address holds one of the institution already.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, new: &Mandate) -> Result<bool> {
    let kinds: Vec<&str> = new.kinds.iter().map(|kind| kind.as_str()).collect();
    on_engine!(&mut **tx, |c| sqlx::query(END_PASSED)
        .bind(new.given_at.as_millis())
        .bind(new.institution.0)
        .bind(&new.email)
        .execute(c)
        .await
        .map(drop))?;
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(new.id.0)
        .bind(new.institution.0)
        .bind(&new.code)
        .bind(&new.email)
        .bind(&new.company)
        .bind(kinds.join(" "))
        .bind(new.given_at.as_millis())
        .bind(new.ends_at.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A mandate.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: MandateId) -> Result<Option<Mandate>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The mandates that an institution gave, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_institution(
    conn: &mut Conn,
    institution: InstitutionId,
    after: Option<MandateId>,
    limit: i64,
) -> Result<Vec<Mandate>> {
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(OF_INSTITUTION)
        .bind(institution.0)
        .bind(after.map_or(Uuid::max(), |id| id.0))
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The mandate of a person at an institution, if one is in force.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn in_force(
    conn: &mut Conn,
    account: AccountId,
    institution: InstitutionId,
    now: Timestamp,
) -> Result<Option<Mandate>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(IN_FORCE)
        .bind(account.0)
        .bind(institution.0)
        .bind(now.as_millis())
        .fetch_optional(c)
        .await)?;
    row.map(Row::read).transpose()
}

/// Notes who accepted a mandate; false when it was accepted before or is over.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn accept(tx: &mut Tx, id: MandateId, account: AccountId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ACCEPT)
        .bind(account.0)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Sets another end of a mandate that is not over.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn prolong(
    tx: &mut Tx,
    (id, institution): (MandateId, InstitutionId),
    ends_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PROLONG)
        .bind(ends_at.as_millis())
        .bind(id.0)
        .bind(institution.0)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends a mandate; false when it was ended before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end(tx: &mut Tx, id: MandateId, how: HowEnded, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(END)
        .bind(now.as_millis())
        .bind(how.as_str())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that both sides were told of the end; false when they were before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn warned(tx: &mut Tx, id: MandateId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(WARNED)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Mandates that end at an instant or before it and are not ended; `after` is the end of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn ending(
    conn: &mut Conn,
    until: Timestamp,
    after: Option<(Timestamp, MandateId)>,
    limit: i64,
) -> Result<Vec<Mandate>> {
    let (at, id) = after.map_or((i64::MIN, Uuid::nil()), |(at, id)| (at.as_millis(), id.0));
    let rows: Vec<Row> = on_engine!(conn, |c| sqlx::query_as(ENDING)
        .bind(until.as_millis())
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether a person holds a mandate that nobody ended.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn holds_any(conn: &mut Conn, account: AccountId) -> Result<bool> {
    let count: i64 = on_engine!(conn, |c| sqlx::query_scalar(HOLDS_ANY).bind(account.0).fetch_one(c).await)?;
    Ok(count > 0)
}

/// Who holds mandates of some institutions now.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn holders(
    conn: &mut Conn,
    institutions: &[InstitutionId],
    now: Timestamp,
) -> Result<Vec<(InstitutionId, Holder)>> {
    if institutions.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<(Uuid, String, String)> = on_engine!(conn, |c| {
        let mut query = QueryBuilder::new(
            "SELECT m.institution_id, m.company, a.name FROM mandates m JOIN accounts a ON a.id = m.account_id
            WHERE m.ended_at IS NULL AND m.ends_at > ",
        );
        query.push_bind(now.as_millis()).push(" AND m.institution_id IN (");
        let mut list = query.separated(", ");
        for id in institutions {
            list.push_bind(id.0);
        }
        query.push(")");
        query.build_query_as().persistent(false).fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(id, company, person)| (InstitutionId(id), Holder { company, person })).collect())
}
