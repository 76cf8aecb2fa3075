//! Versions of what staff set while the portal runs, each with the instant from which it applies.

use domain::clock::Timestamp;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A version of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Name of the topic.
    pub topic: String,
    /// Number within the topic, from 1.
    pub version: i64,
    /// The value as JSON.
    pub value: String,
    /// From when it applies, in milliseconds since 1970 UTC.
    pub effective_at: i64,
    /// Why it was made.
    pub note: String,
    /// Name of whoever made it.
    pub maker_name: String,
    /// Name of whoever approved it, where a second person was asked.
    pub approver_name: Option<String>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// When it was taken back before it applied.
    pub withdrawn_at: Option<i64>,
}
from_row!(Version { topic, version, value, effective_at, note, maker_name, approver_name, made_at, withdrawn_at });

macro_rules! select_version {
    ($rest:literal) => {
        concat!(
            "SELECT v.topic, v.version, v.value, v.effective_at, v.note, v.maker_name, v.approver_name, v.made_at,
            v.withdrawn_at FROM setting_versions v ",
            $rest
        )
    };
}

sql!(
    INSERT =
        "INSERT INTO setting_versions (topic, version, value, effective_at, note, maker_name, approver_name, made_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (topic, version) DO NOTHING"
);
sql!(/// What applies now or will: a version that a later one has taken the place of is left out.
    STANDING = select_version!("WHERE v.withdrawn_at IS NULL AND NOT EXISTS (SELECT 1 FROM setting_versions l
    WHERE l.topic = v.topic AND l.withdrawn_at IS NULL AND l.effective_at <= $1
    AND (l.effective_at > v.effective_at OR (l.effective_at = v.effective_at AND l.version > v.version)))
    ORDER BY v.effective_at, v.topic, v.version"));
sql!(OF_TOPIC = select_version!("WHERE v.topic = $1 AND v.version < $2 ORDER BY v.version DESC LIMIT $3"));
sql!(LAST = "SELECT COALESCE(MAX(version), 0) FROM setting_versions WHERE topic = $1");
sql!(/// Takes a version back that does not apply yet.
    WITHDRAW = "UPDATE setting_versions SET withdrawn_at = $1
    WHERE topic = $2 AND version = $3 AND withdrawn_at IS NULL AND effective_at > $1");

/// Adds a version; false when one of that number exists.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(tx: &mut Tx, new: &Version) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(&new.topic)
        .bind(new.version)
        .bind(&new.value)
        .bind(new.effective_at)
        .bind(&new.note)
        .bind(&new.maker_name)
        .bind(&new.approver_name)
        .bind(new.made_at)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// The versions that apply at an instant or will, by the instant from which they do.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn standing(conn: &mut Conn, now: Timestamp) -> Result<Vec<Version>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(STANDING).bind(now.as_millis()).fetch_all(c).await)?)
}

/// Versions of a topic, newest first; `before` is the last one of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn of_topic(conn: &mut Conn, topic: &str, before: Option<i64>, limit: i64) -> Result<Vec<Version>> {
    let before = before.unwrap_or(i64::MAX);
    Ok(on_engine!(conn, |c| sqlx::query_as(OF_TOPIC).bind(topic).bind(before).bind(limit).fetch_all(c).await)?)
}

/// The number of a topic's newest version; 0 when it has none.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn last(conn: &mut Conn, topic: &str) -> Result<i64> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(LAST).bind(topic).fetch_one(c).await)?)
}

/// Takes a version back that does not apply yet; false when it does or was taken back before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn withdraw(tx: &mut Tx, topic: &str, version: i64, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(WITHDRAW)
        .bind(now.as_millis())
        .bind(topic)
        .bind(version)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}
