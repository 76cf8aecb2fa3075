//! Named values that the installation keeps for itself.

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(GET = "SELECT value FROM settings WHERE name = $1");
sql!(
    SET = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
);

sql!(REMOVE = "DELETE FROM settings WHERE name = $1");
sql!(KEEP = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");

/// The value of a name.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(GET).bind(name).fetch_optional(c).await)?)
}

/// Sets the value of a name.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET).bind(name).bind(value).execute(c).await.map(drop))?)
}

/// Removes a name and its value; false when there was none.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn remove(tx: &mut Tx, name: &str) -> Result<bool> {
    let rows = on_engine!(&mut **tx, |c| sqlx::query(REMOVE).bind(name).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(rows == 1)
}

/// Sets the value of a name that has none yet.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_once(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(KEEP).bind(name).bind(value).execute(c).await.map(drop))?)
}
