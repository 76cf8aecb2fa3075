//! Notices as everybody reads them.

use domain::{
    clock::Timestamp,
    content::{
        Rating,
        notices::{Audience, NoticeState, Period, Standing, standing},
    },
};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Identifier.
    pub id: Uuid,
    /// Name in addresses.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Whether it is marked 【重要】.
    pub important: bool,
    /// Markdown.
    pub body: String,
    /// Normalised text for the search.
    pub search_text: String,
    /// How often it was read.
    pub views: i64,
    /// When it begins, in milliseconds since 1970 UTC; of a draft without a beginning 0.
    pub published_at: i64,
    /// What was decided, as `domain::content::notices::NoticeState` writes it.
    pub state: String,
    /// When it ends by itself, in milliseconds since 1970 UTC.
    pub until_at: Option<i64>,
    /// Score tables that it concerns, as bits; 0 for all.
    pub scores: i64,
    /// Prefectures, in the same way.
    pub prefectures: i64,
    /// Procedures, in the same way.
    pub procedures: i64,
    /// Whether subscribers are told by mail.
    pub tells: bool,
    /// Number of its newest version.
    pub version: i64,
    /// When it was changed last, in milliseconds since 1970 UTC.
    pub updated_at: i64,
    /// Stars that it was given, all together.
    pub stars: i64,
    /// By how many people.
    pub votes: i64,
}
from_row!(Notice {
    id,
    slug,
    title,
    important,
    body,
    search_text,
    views,
    published_at,
    state,
    until_at,
    scores,
    prefectures,
    procedures,
    tells,
    version,
    updated_at,
    stars,
    votes
});

impl Notice {
    /// Whom it concerns.
    pub const fn audience(&self) -> Audience {
        Audience { scores: self.scores, prefectures: self.prefectures, procedures: self.procedures }
    }

    /// What was decided about it; a word that is not known reads as withdrawn.
    pub fn decided(&self) -> NoticeState {
        self.state.parse().unwrap_or(NoticeState::Withdrawn)
    }

    /// From when until when it is read.
    pub fn period(&self) -> Period {
        Period { from: Timestamp::from_millis(self.published_at), until: self.until_at.map(Timestamp::from_millis) }
    }

    /// The stars that it was given.
    pub const fn rating(&self) -> Rating {
        Rating { stars: self.stars, votes: self.votes }
    }

    /// How it stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        standing(self.decided(), self.period(), now)
    }
}

/// The columns of [`Notice`].
macro_rules! select_notice {
    ($rest:literal) => {
        concat!(
            "SELECT id, slug, title, important, body, search_text, views, published_at, state, until_at, scores, prefectures,
            procedures, tells, version, updated_at,
            COALESCE((SELECT r.stars FROM ratings r WHERE r.subject = 'notice:' || notices.slug), 0) AS stars,
            COALESCE((SELECT r.votes FROM ratings r WHERE r.subject = 'notice:' || notices.slug), 0) AS votes FROM notices ",
            $rest
        )
    };
}
pub(super) use select_notice;

sql!(
    ADD_NOTICE = "INSERT INTO notices (id, slug, title, important, body, search_text, views, published_at, state, until_at, scores,
    prefectures, procedures, tells, version, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (slug) DO NOTHING"
);

sql!(/// Notices that are being read, newest first, from a place on; each filter is open when it says nothing.
    LIVE = select_notice!("WHERE state = 'published' AND published_at <= $1 AND (until_at IS NULL OR until_at > $1)
    AND (published_at < $2 OR (published_at = $2 AND id < $3)) AND published_at >= $4
    AND (NOT $5 OR important)
    AND (CAST($6 AS BIGINT) = 0 OR procedures = 0 OR (procedures & $6) <> 0)
    AND (CAST($7 AS BIGINT) = 0 OR scores = 0 OR (scores & $7) <> 0)
    AND (CAST($8 AS BIGINT) = 0 OR prefectures = 0 OR (prefectures & $8) <> 0)
    AND (CAST($9 AS BIGINT) = 0 OR procedures = 0 OR (procedures & $9) <> 0)
    AND search_text LIKE $10 ESCAPE '!'
    ORDER BY published_at DESC, id DESC LIMIT $11"));

sql!(NOTICE = select_notice!("WHERE slug = $1"));

sql!(NOTICE_SLUGS = "SELECT slug FROM notices WHERE slug > $1 ORDER BY slug LIMIT $2");

sql!(
    FIRST_NOTICE = "SELECT published_at FROM notices WHERE state = 'published' AND published_at > 0 ORDER BY published_at, id LIMIT 1"
);

/// Which notices are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Those before this place: of an equal beginning, those with a smaller identifier.
    pub before: Option<(Timestamp, Uuid)>,
    /// Those that begin no earlier.
    pub since: Timestamp,
    /// Only those that are marked 【重要】.
    pub important: bool,
    /// Only those about one of these procedures, or about all of them; 0 for any.
    pub procedures: i64,
    /// Only those that concern this reader.
    pub reader: Audience,
    /// Only those whose normalised text contains this.
    pub words: String,
}

impl Default for NoticeFilter {
    fn default() -> Self {
        Self {
            before: None,
            since: Timestamp::from_millis(0),
            important: false,
            procedures: 0,
            reader: Audience::default(),
            words: String::new(),
        }
    }
}

/// Adds a notice; one with the same slug stays as it is.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn add_notice(tx: &mut Tx, notice: &Notice) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(ADD_NOTICE)
        .bind(notice.id)
        .bind(&notice.slug)
        .bind(&notice.title)
        .bind(notice.important)
        .bind(&notice.body)
        .bind(&notice.search_text)
        .bind(notice.views)
        .bind(notice.published_at)
        .bind(&notice.state)
        .bind(notice.until_at)
        .bind(notice.scores)
        .bind(notice.prefectures)
        .bind(notice.procedures)
        .bind(notice.tells)
        .bind(notice.version)
        .bind(notice.updated_at)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Notices that are being read, newest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notices(conn: &mut Conn, filter: &NoticeFilter, now: Timestamp, limit: i64) -> Result<Vec<Notice>> {
    let (at, id) = filter.before.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.as_millis(), id));
    let (reader, pattern) = (filter.reader, super::containing(&filter.words));
    Ok(on_engine!(conn, |c| sqlx::query_as(LIVE)
        .bind(now.as_millis())
        .bind(at)
        .bind(id)
        .bind(filter.since.as_millis())
        .bind(filter.important)
        .bind(filter.procedures)
        .bind(reader.scores)
        .bind(reader.prefectures)
        .bind(reader.procedures)
        .bind(&pattern)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// A notice, whatever its state.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notice(conn: &mut Conn, slug: &str) -> Result<Option<Notice>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(NOTICE).bind(slug).fetch_optional(c).await)?)
}

/// When the first notice began that was published.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn first_notice(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let first: Option<i64> = on_engine!(conn, |c| sqlx::query_scalar(FIRST_NOTICE).fetch_optional(c).await)?;
    Ok(first.map(Timestamp::from_millis))
}

/// Names of notices, published or not, in order, from after a name on.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notice_slugs(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(NOTICE_SLUGS).bind(after).bind(limit).fetch_all(c).await)?)
}
