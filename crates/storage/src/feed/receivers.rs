//! Downstream systems that are called, how far each has come, and what each said to each event.

use domain::{
    clock::Timestamp,
    feed::Wishes,
    ids::{AccountId, ReceiverId},
};
use uuid::Uuid;

use crate::{
    convert::instant_opt,
    db::{Conn, Result, Tx, boxed, from_row, on_engine, sql},
};

/// Receivers of a list; an operator has a few.
const MOST_LISTED: i64 = 200;

/// A downstream system that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Identifier.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Address that is called.
    pub url: String,
    /// What it is told, as [`Wishes::joined`] writes it.
    pub kinds: String,
    /// Key of its signatures, sealed.
    pub secret_sealed: Vec<u8>,
    /// `active`, `paused` or `gave_up`.
    pub state: String,
    /// Number of the last event that it took, or that does not concern it.
    pub place: i64,
    /// How often the next event was tried in vain.
    pub failures: i64,
    /// Since when, in milliseconds since 1970 UTC.
    pub failing_since: Option<i64>,
    /// When it is tried next, in milliseconds since 1970 UTC; 0 for at once.
    pub next_try_at: i64,
}
from_row!(Receiver { id, name, url, kinds, secret_sealed, state, place, failures, failing_since, next_try_at });

impl Receiver {
    /// What it is told.
    pub fn wishes(&self) -> Wishes {
        Wishes::split(&self.kinds)
    }

    /// Since when the next event is tried in vain.
    pub fn since(&self) -> Option<Timestamp> {
        instant_opt(self.failing_since)
    }
}

/// What staff say of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it is called.
    pub name: String,
    /// Address that is called.
    pub url: String,
    /// What it is told, as [`Wishes::joined`] writes it.
    pub kinds: String,
}

/// What a receiver said to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Number of the event.
    pub seq: i64,
    /// Kind of the event, while it is kept.
    pub kind: Option<String>,
    /// Ten-digit code of the institution it is about.
    pub institution_code: Option<String>,
    /// How often it was tried.
    pub tries: i64,
    /// Status of the last answer; none when there was no answer.
    pub status: Option<i64>,
    /// Its words, or why there was none.
    pub words: String,
    /// When it was last tried, in milliseconds since 1970 UTC.
    pub tried_at: i64,
    /// When it was taken, in milliseconds since 1970 UTC.
    pub delivered_at: Option<i64>,
}
from_row!(Delivery { seq, kind, institution_code, tries, status, words, tried_at, delivered_at });

/// What came of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Status of the answer; none when there was no answer.
    pub status: Option<u16>,
    /// Its words, or why there was none.
    pub words: String,
    /// Whether it took the event.
    pub taken: bool,
}

macro_rules! select_receiver {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, url, kinds, secret_sealed, state, place, failures, failing_since, next_try_at FROM webhook_receivers ",
            $rest
        )
    };
}

sql!(
    INSERT = "INSERT INTO webhook_receivers (id, name, url, kinds, secret_sealed, state, place, failures, next_try_at, created_by,
        created_at) VALUES ($1, $2, $3, $4, $5, 'active', $6, 0, 0, $7, $8)"
);
sql!(FIND = select_receiver!("WHERE id = $1"));
sql!(LIST = select_receiver!("ORDER BY id LIMIT $1"));
sql!(
    BEHIND = "SELECT id FROM webhook_receivers
    WHERE state = 'active' AND next_try_at <= $1 AND place < (SELECT seq FROM event_head WHERE id = 1) ORDER BY id LIMIT 200"
);
sql!(DESCRIBE = "UPDATE webhook_receivers SET name = $1, url = $2, kinds = $3 WHERE id = $4");
sql!(NEW_SECRET = "UPDATE webhook_receivers SET secret_sealed = $1 WHERE id = $2");
sql!(PAUSE = "UPDATE webhook_receivers SET state = 'paused' WHERE id = $1 AND state = 'active'");
sql!(
    GO_ON = "UPDATE webhook_receivers SET state = 'active', failures = 0, failing_since = NULL, next_try_at = 0
    WHERE id = $1 AND (state <> 'active' OR failures > 0)"
);
sql!(
    REPLAY =
        "UPDATE webhook_receivers SET place = $1, state = 'active', failures = 0, failing_since = NULL, next_try_at = 0
    WHERE id = $2"
);
sql!(/// Only from the place that was seen: staff may have sent it back meanwhile.
    MOVE_ON = "UPDATE webhook_receivers SET place = $1, failures = 0, failing_since = NULL, next_try_at = 0
    WHERE id = $2 AND place = $3");
sql!(
    FAILED = "UPDATE webhook_receivers SET failures = failures + 1, failing_since = COALESCE(failing_since, $1),
        next_try_at = $2, state = $3 WHERE id = $4 AND place = $5 AND state = 'active'"
);
sql!(
    NOTE = "INSERT INTO webhook_deliveries (receiver_id, seq, tries, status, words, tried_at, delivered_at)
    VALUES ($1, $2, 1, $3, $4, $5, $6) ON CONFLICT (receiver_id, seq) DO UPDATE SET tries = webhook_deliveries.tries + 1,
        status = excluded.status, words = excluded.words, tried_at = excluded.tried_at,
        delivered_at = COALESCE(excluded.delivered_at, webhook_deliveries.delivered_at)"
);
sql!(
    DELIVERIES = "SELECT d.seq, e.kind, e.institution_code, d.tries, d.status, d.words, d.tried_at, d.delivered_at
    FROM webhook_deliveries d LEFT JOIN events e ON e.seq = d.seq
    WHERE d.receiver_id = $1 AND d.seq < $2 ORDER BY d.seq DESC LIMIT $3"
);
sql!(
    FORGET = "DELETE FROM webhook_deliveries WHERE receiver_id = $1 AND seq <= (SELECT removed FROM event_head WHERE id = 1)"
);

/// Adds a receiver that is told everything after a place.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn insert(
    tx: &mut Tx,
    id: ReceiverId,
    described: &Described,
    sealed: &[u8],
    place: i64,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(id.0)
        .bind(&described.name)
        .bind(&described.url)
        .bind(&described.kinds)
        .bind(sealed)
        .bind(place)
        .bind(by.0)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// A receiver.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn find(conn: &mut Conn, id: ReceiverId) -> Result<Option<Receiver>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(FIND).bind(id.0).fetch_optional(c).await)?)
}

/// All receivers, oldest first.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn list(conn: &mut Conn) -> Result<Vec<Receiver>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(LIST).bind(MOST_LISTED).fetch_all(c).await)?)
}

/// Receivers that could be told something now.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn behind(conn: &mut Conn, now: Timestamp) -> Result<Vec<ReceiverId>> {
    let ids: Vec<Uuid> = on_engine!(conn, |c| sqlx::query_scalar(BEHIND).bind(now.as_millis()).fetch_all(c).await)?;
    Ok(ids.into_iter().map(ReceiverId).collect())
}

/// Changes what staff say of a receiver.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn describe(tx: &mut Tx, id: ReceiverId, described: &Described) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(DESCRIBE)
        .bind(&described.name)
        .bind(&described.url)
        .bind(&described.kinds)
        .bind(id.0)
        .execute(c)
        .await
        .map(drop))?)
}

/// Gives a receiver another key.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn renew_secret(tx: &mut Tx, id: ReceiverId, sealed: &[u8]) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(NEW_SECRET).bind(sealed).bind(id.0).execute(c).await.map(drop))?)
}

/// Stops calling a receiver; false when it was not called any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn pause(tx: &mut Tx, id: ReceiverId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(PAUSE).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Calls a receiver again, at once; false when nothing keeps it from being called.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn go_on(tx: &mut Tx, id: ReceiverId) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(GO_ON).bind(id.0).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Sends a receiver back, or forward, to a place, and calls it at once.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn replay(tx: &mut Tx, id: ReceiverId, place: i64) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(REPLAY).bind(place).bind(id.0).execute(c).await.map(drop))?)
}

/// Moves a receiver from the place that was seen to a later one.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn move_on(tx: &mut Tx, seen: &Receiver, place: i64) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(MOVE_ON)
        .bind(place)
        .bind(seen.id)
        .bind(seen.place)
        .execute(c)
        .await
        .map(drop))?)
}

/// Notes that a receiver did not take its next event: when it is tried again, or that it is not any more.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn failed(tx: &mut Tx, seen: &Receiver, now: Timestamp, next: Timestamp, given_up: bool) -> Result<()> {
    let state = if given_up { "gave_up" } else { "active" };
    Ok(on_engine!(&mut **tx, |c| sqlx::query(FAILED)
        .bind(now.as_millis())
        .bind(next.as_millis())
        .bind(state)
        .bind(seen.id)
        .bind(seen.place)
        .execute(c)
        .await
        .map(drop))?)
}

/// Notes what a receiver said to an event.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note(tx: &mut Tx, receiver: &Receiver, seq: i64, said: &Said, now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(NOTE)
        .bind(receiver.id)
        .bind(seq)
        .bind(said.status.map(i64::from))
        .bind(&said.words)
        .bind(now.as_millis())
        .bind(said.taken.then(|| now.as_millis()))
        .execute(c)
        .await
        .map(drop))?)
}

/// What a receiver said, newest event first; `before` is the last number of the page before.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn deliveries(conn: &mut Conn, id: ReceiverId, before: i64, limit: i64) -> Result<Vec<Delivery>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(DELIVERIES).bind(id.0).bind(before).bind(limit).fetch_all(c).await)?)
}

/// Forgets what receivers said to events that were removed.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn forget(tx: &mut Tx) -> Result<()> {
    for receiver in list(tx).await? {
        on_engine!(&mut **tx, |c| sqlx::query(FORGET).bind(receiver.id).execute(c).await.map(drop))?;
    }
    Ok(())
}
