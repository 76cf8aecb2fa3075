//! Addresses that want to be told of notices, and who was told of which.

use std::collections::BTreeMap;

use domain::{
    clock::Timestamp,
    ids::{AccountId, NoticeId, SubscriptionId},
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Identifier.
    pub id: SubscriptionId,
    /// Address.
    pub email: String,
    /// Account whose address it is, if the person was logged in.
    pub account_id: Option<AccountId>,
    /// Procedures that are wanted, as bits; 0 for all.
    pub procedures: i64,
    /// Whether only notices that are marked 【重要】 are wanted.
    pub important: bool,
}

struct Row {
    id: Uuid,
    email: String,
    account_id: Option<Uuid>,
    procedures: i64,
    important: bool,
}
from_row!(Row { id, email, account_id, procedures, important });

impl From<Row> for Subscription {
    fn from(row: Row) -> Self {
        Self {
            id: SubscriptionId(row.id),
            email: row.email,
            account_id: row.account_id.map(AccountId),
            procedures: row.procedures,
            important: row.important,
        }
    }
}

/// A subscriber with the institutions that are known of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The subscription.
    pub subscription: Subscription,
    /// Ten-digit codes of the institutions that the person may act for; none when nothing is known of them.
    pub codes: Vec<String>,
}

sql!(/// The same address again changes what is wanted and keeps its identifier.
    PUT = "INSERT INTO subscriptions (id, email, account_id, procedures, important, created_at, refusals, refused_at)
    VALUES ($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT (email) DO UPDATE SET
        account_id = COALESCE(excluded.account_id, subscriptions.account_id), procedures = excluded.procedures,
        important = excluded.important, refusals = 0");
sql!(FIND = "SELECT id, email, account_id, procedures, important FROM subscriptions WHERE id = $1");
sql!(BY_EMAIL = "SELECT id, email, account_id, procedures, important FROM subscriptions WHERE email = $1");
sql!(END = "DELETE FROM subscriptions WHERE id = $1");
sql!(/// Refusals count together while they are no more than a while apart.
    REFUSED = "UPDATE subscriptions SET refusals = CASE WHEN refused_at < $1 THEN 1 ELSE refusals + 1 END, refused_at = $2
    WHERE email = $3");
sql!(END_REFUSED = "DELETE FROM subscriptions WHERE email = $1 AND refusals >= $2");
sql!(
    PAGE = "SELECT id, email, account_id, procedures, important FROM subscriptions WHERE id > $1 ORDER BY id LIMIT $2"
);
sql!(
    CODES = "SELECT s.id, i.code FROM subscriptions s JOIN memberships m ON m.account_id = s.account_id AND m.state = 'active'
    JOIN institutions i ON i.id = m.institution_id WHERE s.id > $1 AND s.id <= $2"
);
sql!(
    NOTE_TOLD = "INSERT INTO notice_mails (notice_id, subscription_id, at) VALUES ($1, $2, $3)
    ON CONFLICT (notice_id, subscription_id) DO NOTHING"
);
sql!(OLD_TOLD = "SELECT notice_id, subscription_id FROM notice_mails WHERE at < $1 ORDER BY at LIMIT $2");
sql!(FORGET_TOLD = "DELETE FROM notice_mails WHERE notice_id = $1 AND subscription_id = $2");

/// Adds a subscription, or changes what its address wants.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn put(tx: &mut Tx, subscription: &Subscription, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(PUT)
        .bind(subscription.id.0)
        .bind(&subscription.email)
        .bind(subscription.account_id.map(|id| id.0))
        .bind(subscription.procedures)
        .bind(subscription.important)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// A subscription.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: SubscriptionId) -> Result<Option<Subscription>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// The subscription of an address.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn by_email(conn: &mut Conn, email: &str) -> Result<Option<Subscription>> {
    let row: Option<Row> = on_engine!(conn, |c| sqlx::query_as(BY_EMAIL).bind(email).fetch_optional(c).await)?;
    Ok(row.map(Into::into))
}

/// Removes a subscription with its address; false when there is none.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn end(tx: &mut Tx, id: SubscriptionId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(END).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that an address refused a mail for good, and removes it when that happened so often since an instant; true when it was
/// removed.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn refused(tx: &mut Tx, email: &str, (most, since): (i64, Timestamp), now: Timestamp) -> Result<bool> {
    on_engine!(&mut **tx, |c| sqlx::query(REFUSED)
        .bind(since.as_millis())
        .bind(now.as_millis())
        .bind(email)
        .execute(c)
        .await
        .map(drop))?;
    let rows = on_engine!(&mut **tx, |c| sqlx::query(END_REFUSED)
        .bind(email)
        .bind(most)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// A page of subscribers by identifier, after one.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn page(conn: &mut Conn, after: SubscriptionId, limit: i64) -> Result<Vec<Subscriber>> {
    let rows: Vec<Row> = on_engine!(&mut *conn, |c| sqlx::query_as(PAGE).bind(after.0).bind(limit).fetch_all(c).await)?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(vec![]) };
    let known: Vec<(Uuid, String)> =
        on_engine!(conn, |c| sqlx::query_as(CODES).bind(after.0).bind(last).fetch_all(c).await)?;
    let mut codes: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for (id, code) in known {
        codes.entry(id).or_default().push(code);
    }
    let subscriber =
        |row: Row| Subscriber { codes: codes.remove(&row.id).unwrap_or_default(), subscription: row.into() };
    Ok(rows.into_iter().map(subscriber).collect())
}

/// Notes that a subscriber is told of a notice; false when they were told before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_told(tx: &mut Tx, notice: NoticeId, subscriber: SubscriptionId, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(NOTE_TOLD)
        .bind(notice.0)
        .bind(subscriber.0)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Forgets who was told before an instant, at most so many at a time; gives how many.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget_told(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<usize> {
    let old: Vec<(Uuid, Uuid)> =
        on_engine!(&mut **tx, |c| sqlx::query_as(OLD_TOLD).bind(before.as_millis()).bind(limit).fetch_all(c).await)?;
    for (notice, subscriber) in &old {
        on_engine!(&mut **tx, |c| sqlx::query(FORGET_TOLD).bind(notice).bind(subscriber).execute(c).await.map(drop))?;
    }
    Ok(old.len())
}
