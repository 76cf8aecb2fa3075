//! Public keys by the SHA-256 of their SubjectPublicKeyInfo: blocked ones, spent ones, and who holds those that were certified.

use std::collections::{BTreeMap, BTreeSet};

use domain::{clock::Timestamp, ids::ApplicationId};
use uuid::Uuid;

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};
use crate::rows::parts;

/// A certificate of a case, the second argument, that makes its key, the first, useless for another one. What is left is the
/// repeat after a lost answer: the key's newest certificate is valid, was never installed, and nothing followed it; or none was
/// ever signed.
macro_rules! spent {
    ($key:literal, $case:literal) => {
        concat!(
            "SELECT 1 FROM certificates c WHERE c.application_id = ",
            $case,
            " AND c.key_hash = ",
            $key,
            " AND (c.installed_at IS NOT NULL
            OR EXISTS (SELECT 1 FROM certificates n WHERE n.renews = c.id AND n.signed_at IS NOT NULL)
            OR (c.state = 'revoked' AND NOT EXISTS (SELECT 1 FROM certificates v
                WHERE v.application_id = c.application_id AND v.key_hash = c.key_hash AND v.state = 'valid')))"
        )
    };
}

sql!(/// A key that is blocked already keeps its first reason.
    BLOCK = "INSERT INTO blocked_keys (key_hash, reason, blocked_at) VALUES ($1, $2, $3) ON CONFLICT (key_hash) DO NOTHING");
sql!(BLOCKED = "SELECT reason FROM blocked_keys WHERE key_hash = $1");
sql!(HOLDER = "SELECT holder FROM key_holders WHERE key_hash = $1");
sql!(SPENT = concat!(spent!("$1", "$2"), " LIMIT 1"));
sql!(HOLD = "INSERT INTO key_holders (key_hash, holder) VALUES ($1, $2) ON CONFLICT (key_hash) DO NOTHING");
/// Keys and who asks for them follow.
const CLAIM: &str = "INSERT INTO key_holders (key_hash, holder) SELECT column1, column2 FROM (";
/// What is blocked or spent is left out, and so is what another holds; whoever holds a key already keeps it. The certificates of
/// the case are read only for a key that it holds already: most keys are new, and a hospital's case has hundreds of certificates.
const UNLESS: &str = concat!(
    ") AS asked WHERE NOT EXISTS (SELECT 1 FROM blocked_keys b WHERE b.key_hash = column1)
    AND NOT EXISTS (SELECT 1 FROM key_holders h WHERE h.key_hash = column1 AND h.holder = column2 AND EXISTS (",
    spent!("column1", "column2"),
    ")) ON CONFLICT (key_hash) DO UPDATE SET holder = excluded.holder WHERE key_holders.holder = excluded.holder
    RETURNING key_hash"
);

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing that speaks against it.
    Nothing,
    /// No certificate may hold it; the word that was noted as the reason.
    Blocked(String),
    /// Another case's certificate holds it.
    UsedElsewhere,
    /// An earlier certificate of the same case held it, and this is not the repeat of a request whose answer was lost.
    Spent,
}

/// Blocks a key for ever; false when it was blocked before.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn block(tx: &mut Tx, key_hash: &str, reason: &str, now: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(BLOCK)
        .bind(key_hash)
        .bind(reason)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// What is known of a key that a case asks a certificate for.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn known(conn: &mut Conn, key_hash: &str, case: ApplicationId) -> Result<Known> {
    known_to(conn, key_hash, case.0).await
}

#[boxed]
async fn known_to(conn: &mut Conn, key_hash: &str, holder: Uuid) -> Result<Known> {
    let blocked: Option<String> =
        on_engine!(&mut *conn, |c| sqlx::query_scalar(BLOCKED).bind(key_hash).fetch_optional(c).await)?;
    if let Some(reason) = blocked {
        return Ok(Known::Blocked(reason));
    }
    let held: Option<Uuid> =
        on_engine!(&mut *conn, |c| sqlx::query_scalar(HOLDER).bind(key_hash).fetch_optional(c).await)?;
    match held {
        None => Ok(Known::Nothing),
        Some(other) if other != holder => Ok(Known::UsedElsewhere),
        Some(_) => {
            let spent: Option<i32> =
                on_engine!(conn, |c| sqlx::query_scalar(SPENT).bind(key_hash).bind(holder).fetch_optional(c).await)?;
            Ok(spent.map_or(Known::Nothing, |_| Known::Spent))
        }
    }
}

/// Lets keys be held, each by the case that asks for it or by nobody (the operator's own); gives what stands against each, in
/// the order of asking. Of two who ask for the same key at the same instant, one gets it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn claim(tx: &mut Tx, asked: &[(&str, Uuid)]) -> Result<Vec<Known>> {
    // By key: whoever takes several rows takes them in the same order as all others.
    let mut first: BTreeMap<&str, Uuid> = BTreeMap::new();
    for (key, holder) in asked {
        first.entry(key).or_insert(*holder);
    }
    let rows: Vec<(&str, Uuid)> = first.iter().map(|(key, holder)| (*key, *holder)).collect();
    let mut held: BTreeSet<String> = BTreeSet::new();
    for rows in parts(&rows) {
        let taken: Vec<String> = on_engine!(&mut **tx, |c| {
            let mut statement = sqlx::QueryBuilder::new(CLAIM);
            statement.push_values(rows, |mut values, (key, holder)| {
                values.push_bind(*key).push_bind(*holder);
            });
            statement.push(UNLESS).build_query_scalar().fetch_all(c).await
        })?;
        held.extend(taken);
    }
    let mut known = vec![];
    for (key, holder) in asked {
        let is_held = held.contains(*key) && first.get(key) == Some(holder);
        known.push(if is_held { Known::Nothing } else { against(tx, key, *holder).await? });
    }
    Ok(known)
}

/// Why a key was not given.
async fn against(tx: &mut Tx, key_hash: &str, holder: Uuid) -> Result<Known> {
    Ok(match known_to(tx, key_hash, holder).await? {
        Known::Nothing => Known::UsedElsewhere,
        known => known,
    })
}

/// Lets a key be held by nobody, unless somebody holds it: the one of a certificate of which nobody knows whose it is.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub(crate) async fn withhold(tx: &mut Tx, key_hash: &str) -> Result<()> {
    if key_hash.is_empty() {
        return Ok(());
    }
    Ok(on_engine!(&mut **tx, |c| sqlx::query(HOLD).bind(key_hash).bind(Uuid::nil()).execute(c).await.map(drop))?)
}
