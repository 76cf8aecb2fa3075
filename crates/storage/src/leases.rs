//! Leases: what only one node at a time may do.

use domain::clock::Timestamp;

use crate::db::{Result, Tx, boxed, on_engine, sql};

sql!(
    TAKE = "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET holder = $2, until = $3 WHERE leases.until <= $4 OR leases.holder = $2"
);
sql!(HOLD = "UPDATE leases SET until = $1 WHERE name = $2 AND holder = $3 AND until > $4");
sql!(GIVE_BACK = "UPDATE leases SET until = 0 WHERE name = $1 AND holder = $2");

/// Takes a lease until an instant; false while somebody else holds it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn take(tx: &mut Tx, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(TAKE)
        .bind(name)
        .bind(holder)
        .bind(until.as_millis())
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Keeps a lease until an instant; false when it ran out or went to somebody else.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn hold(tx: &mut Tx, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(HOLD)
        .bind(until.as_millis())
        .bind(name)
        .bind(holder)
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Gives a lease back before it runs out.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn give_back(tx: &mut Tx, name: &str, holder: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(GIVE_BACK).bind(name).bind(holder).execute(c).await.map(drop))?)
}
