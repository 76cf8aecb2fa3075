//! Revocation lists: what stands on them, their numbers, and whether they are up to date.

use std::collections::BTreeSet;

use domain::{clock::Timestamp, ids::AuthorityId};

use crate::db::{Conn, Result, Tx, boxed, from_row, on_engine, sql};
use crate::witness::Note;

sql!(
    REVOKED = "SELECT serial, revoked_at, revocation_reason FROM certificates
    WHERE authority_id = $1 AND not_after > $2 AND revoked_at IS NOT NULL ORDER BY crl_shard, not_after, serial"
);
sql!(
    REVOKED_OF_SHARD = "SELECT serial, revoked_at, revocation_reason FROM certificates
    WHERE authority_id = $1 AND crl_shard = $2 AND not_after > $3 AND revoked_at IS NOT NULL ORDER BY not_after, serial"
);
sql!(RESERVE = "UPDATE authorities SET crl_number = crl_number + $1 WHERE id = $2 RETURNING crl_number");
sql!(
    INSERT =
        "INSERT INTO crls (authority_id, shard, number, tbs, this_update, next_update) VALUES ($1, $2, $3, $4, $5, $6)"
);
sql!(SIGNED = "UPDATE crls SET crl = $1 WHERE authority_id = $2 AND number = $3 AND crl IS NULL");
sql!(
    NEWEST = "INSERT INTO crl_shards (authority_id, shard, changes, covers, number, this_update, next_update)
    VALUES ($1, $2, 0, $3, $4, $5, $6) ON CONFLICT (authority_id, shard)
    DO UPDATE SET covers = $3, number = $4, this_update = $5, next_update = $6 WHERE crl_shards.number < $4"
);
sql!(
    LATEST = "SELECT c.number, c.crl, c.this_update, c.next_update FROM crl_shards s
    JOIN crls c ON c.authority_id = s.authority_id AND c.number = s.number
    WHERE s.authority_id = $1 AND s.shard = $2 AND c.crl IS NOT NULL"
);
sql!(
    CHANGED = "INSERT INTO crl_shards (authority_id, shard, changes, covers, number, this_update, next_update)
    VALUES ($1, $2, 1, 0, 0, 0, 0) ON CONFLICT (authority_id, shard) DO UPDATE SET changes = crl_shards.changes + 1"
);
sql!(
    STANDING = "SELECT shard, changes, covers, number, this_update, next_update FROM crl_shards
    WHERE authority_id = $1 ORDER BY shard"
);
sql!(MADE = "SELECT COALESCE(MAX(this_update), 0) FROM crl_shards");
sql!(PRUNE = "DELETE FROM crls WHERE authority_id = $1 AND shard = $2 AND number < $3");

/// A line of a list: serial, when it was revoked, in milliseconds since 1970 UTC, and why.
pub type RevokedRow = (String, i64, String);

/// A list that awaits its signature.
#[derive(Clone, Debug)]
pub struct NewCrl<'a> {
    /// Whose list.
    pub authority: AuthorityId,
    /// Its shard; 0 for the full list.
    pub shard: i64,
    /// Its number.
    pub number: i64,
    /// To-be-signed bytes.
    pub tbs: &'a [u8],
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one will be there at the latest.
    pub next_update: Timestamp,
}

/// A signed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// Its number.
    pub number: i64,
    /// DER.
    pub crl: Vec<u8>,
    /// When it was made, in milliseconds since 1970 UTC.
    pub this_update: i64,
    /// When the next one will be there at the latest, in milliseconds since 1970 UTC.
    pub next_update: i64,
}
from_row!(Crl { number, crl, this_update, next_update });

/// How a shard and its newest signed list stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The shard; 0 for the full list.
    pub shard: i64,
    /// How often the shard changed.
    pub changes: i64,
    /// How many of the changes the newest list knows.
    pub covers: i64,
    /// The number of the newest list; 0 while there is none.
    pub number: i64,
    /// When it was made, in milliseconds since 1970 UTC.
    pub this_update: i64,
    /// When it ends, in milliseconds since 1970 UTC.
    pub next_update: i64,
}
from_row!(Standing { shard, changes, covers, number, this_update, next_update });

/// When the newest list of all authorities was made; long ago while there is none.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn newest_list(conn: &mut Conn) -> Result<Timestamp> {
    let at: i64 = on_engine!(conn, |c| sqlx::query_scalar(MADE).fetch_one(c).await)?;
    Ok(Timestamp::from_millis(at))
}

/// What belongs on a list: revoked and abandoned serials whose validity ends after an instant; shard 0 is the full list.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn revoked(conn: &mut Conn, authority: AuthorityId, shard: i64, since: Timestamp) -> Result<Vec<RevokedRow>> {
    let since = since.as_millis();
    Ok(if shard == 0 {
        on_engine!(conn, |c| sqlx::query_as(REVOKED).bind(authority.0).bind(since).fetch_all(c).await)?
    } else {
        on_engine!(conn, |c| sqlx::query_as(REVOKED_OF_SHARD)
            .bind(authority.0)
            .bind(shard)
            .bind(since)
            .fetch_all(c)
            .await)?
    })
}

/// Takes so many numbers of an authority; gives the last of them. They are never given again.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn reserve_crl_numbers(tx: &mut Tx, authority: AuthorityId, count: i64) -> Result<i64> {
    let number =
        on_engine!(&mut **tx, |c| sqlx::query_scalar(RESERVE).bind(count).bind(authority.0).fetch_one(c).await)?;
    tx.note(Note::Crl { authority, number });
    Ok(number)
}

/// Records a list before it is signed.
///
/// # Errors
/// [`crate::Error::Duplicate`] when the number is taken.
#[boxed]
pub async fn insert_prepared_crl(tx: &mut Tx, crl: &NewCrl<'_>) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(INSERT)
        .bind(crl.authority.0)
        .bind(crl.shard)
        .bind(crl.number)
        .bind(crl.tbs)
        .bind(crl.this_update.as_millis())
        .bind(crl.next_update.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// Stores the signed list; false when the record is no longer waiting for it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn store_signed_crl(tx: &mut Tx, authority: AuthorityId, number: i64, der: &[u8]) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(SIGNED)
        .bind(der)
        .bind(authority.0)
        .bind(number)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Makes a stored list the newest of its shard, unless a later number is; `changes` of the standing is left alone.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_newest_crl(tx: &mut Tx, authority: AuthorityId, newest: &Standing) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(NEWEST)
        .bind(authority.0)
        .bind(newest.shard)
        .bind(newest.covers)
        .bind(newest.number)
        .bind(newest.this_update)
        .bind(newest.next_update)
        .execute(c)
        .await
        .map(drop))?)
}

/// Drops the lists of a shard before a number; their numbers stay used.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn prune_crls(tx: &mut Tx, authority: AuthorityId, shard: i64, before: i64) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(PRUNE)
        .bind(authority.0)
        .bind(shard)
        .bind(before)
        .execute(c)
        .await
        .map(drop))?)
}

/// The newest signed list of a shard; 0 for the full list.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn latest_crl(conn: &mut Conn, authority: AuthorityId, shard: i64) -> Result<Option<Crl>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(LATEST).bind(authority.0).bind(shard).fetch_optional(c).await)?)
}

/// Counts a change of a shard and of the full list (0), in the transaction that changes them; always the full list first, so
/// that no two transactions wait for each other.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn crl_changed(tx: &mut Tx, authority: AuthorityId, shard: i64) -> Result<()> {
    for one in BTreeSet::from([0, shard]) {
        on_engine!(&mut **tx, |c| sqlx::query(CHANGED).bind(authority.0).bind(one).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// How each shard stands, by shard; one that never changed and has no list is not named.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn crl_standing(conn: &mut Conn, authority: AuthorityId) -> Result<Vec<Standing>> {
    Ok(on_engine!(conn, |c| sqlx::query_as(STANDING).bind(authority.0).fetch_all(c).await)?)
}
