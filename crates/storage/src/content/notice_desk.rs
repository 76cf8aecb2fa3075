//! Notices as editors write them: every version stays.

use domain::{
    clock::Timestamp,
    ids::{AccountId, NoticeId},
};
use uuid::Uuid;

use super::notices::{Notice, select_notice};
use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A notice as it was after an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeVersion {
    /// Its number, from 1.
    pub version: i64,
    /// What was done, as `domain::content::notices::NoticeAct` writes it.
    pub act: String,
    /// State after it.
    pub state: String,
    /// Title.
    pub title: String,
    /// Whether it was marked 【重要】.
    pub important: bool,
    /// Markdown.
    pub body: String,
    /// When it was to begin, in milliseconds since 1970 UTC; 0 for when it would be published.
    pub published_at: i64,
    /// When it was to end.
    pub until_at: Option<i64>,
    /// Score tables that it concerned, as bits.
    pub scores: i64,
    /// Prefectures that it concerned, as bits.
    pub prefectures: i64,
    /// Procedures that it concerned, as bits.
    pub procedures: i64,
    /// Whether subscribers were to be told.
    pub tells: bool,
    /// Account of whoever did it; none for the program.
    pub account_id: Option<Uuid>,
    /// Who did it.
    pub person: String,
    /// When, in milliseconds since 1970 UTC.
    pub at: i64,
}
from_row!(NoticeVersion {
    version,
    act,
    state,
    title,
    important,
    body,
    published_at,
    until_at,
    scores,
    prefectures,
    procedures,
    tells,
    account_id,
    person,
    at
});

sql!(ONE = select_notice!("WHERE id = $1"));
sql!(/// Notices as staff see them, newest change first. How one stands hangs on the clock.
    ALL = select_notice!("WHERE (updated_at < $1 OR (updated_at = $1 AND id < $2))
    AND ($3 = '' OR $3 = CASE WHEN state <> 'published' THEN state WHEN until_at <= $4 THEN 'ended'
        WHEN published_at > $4 THEN 'scheduled' ELSE 'live' END)
    AND search_text LIKE $5 ESCAPE '!' ORDER BY updated_at DESC, id DESC LIMIT $6"));
sql!(/// Only from the version that was seen.
    CHANGE = "UPDATE notices SET title = $1, important = $2, body = $3, search_text = $4, published_at = $5, state = $6,
    until_at = $7, scores = $8, prefectures = $9, procedures = $10, tells = $11, version = version + 1, updated_at = $12
    WHERE id = $13 AND version = $14");
sql!(KEEP = "INSERT INTO notice_versions (notice_id, version, act, state, title, important, body, published_at, until_at, scores,
    prefectures, procedures, tells, account_id, person, at)
    SELECT id, version, $1, state, title, important, body, published_at, until_at, scores, prefectures, procedures, tells, $2, $3, $4
    FROM notices WHERE id = $5");
sql!(
    VERSIONS = "SELECT version, act, state, title, important, body, published_at, until_at, scores, prefectures, procedures, tells,
    account_id, person, at FROM notice_versions WHERE notice_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3"
);

/// A notice by its identifier.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notice_by_id(conn: &mut Conn, id: NoticeId) -> Result<Option<Notice>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(ONE).bind(id.0).fetch_optional(c).await)?)
}

/// Which notices staff look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeSearch {
    /// How they stand, as `domain::content::notices::Standing` writes it; empty for any.
    pub standing: String,
    /// Part of their normalised text.
    pub words: String,
    /// The last one of the page before.
    pub after: Option<(Timestamp, Uuid)>,
}

/// All notices that fit, the one that was changed last first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn all_notices(conn: &mut Conn, search: &NoticeSearch, now: Timestamp, limit: i64) -> Result<Vec<Notice>> {
    let (at, id) = search.after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id));
    let pattern = super::containing(&search.words);
    Ok(on_engine!(conn, |c| sqlx::query_as(ALL)
        .bind(at)
        .bind(id)
        .bind(&search.standing)
        .bind(now.as_millis())
        .bind(&pattern)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// Writes a notice over the version that was seen; false when somebody was faster.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn change_notice(tx: &mut Tx, notice: &Notice, seen: i64) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(CHANGE)
        .bind(&notice.title)
        .bind(notice.important)
        .bind(&notice.body)
        .bind(&notice.search_text)
        .bind(notice.published_at)
        .bind(&notice.state)
        .bind(notice.until_at)
        .bind(notice.scores)
        .bind(notice.prefectures)
        .bind(notice.procedures)
        .bind(notice.tells)
        .bind(notice.updated_at)
        .bind(notice.id)
        .bind(seen)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Keeps a notice as it is now, as a version.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn keep_notice_version(
    tx: &mut Tx,
    id: NoticeId,
    act: &str,
    (account, person): (Option<AccountId>, &str),
    now: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(KEEP)
        .bind(act)
        .bind(account.map(|id| id.0))
        .bind(person)
        .bind(now.as_millis())
        .bind(id.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// The versions of a notice below a number, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notice_versions(conn: &mut Conn, id: NoticeId, before: i64, limit: i64) -> Result<Vec<NoticeVersion>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(VERSIONS).bind(id.0).bind(before).bind(limit).fetch_all(c).await)?)
}
