//! The lists that forms offer.

use domain::{
    applications::{Entry, Lists},
    clock::Timestamp,
};
use sqlx::types::Json;

use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};

sql!(
    SET_LIST = "INSERT INTO option_lists (name, entries, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET entries = excluded.entries, updated_at = excluded.updated_at"
);

sql!(LISTS = "SELECT name, entries FROM option_lists ORDER BY name");

/// Sets a list that forms offer.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn set_list(tx: &mut Tx, name: &str, entries: &[Entry], now: Timestamp) -> Result<()> {
    Ok(on_engine!(&mut **tx, |c| sqlx::query(SET_LIST)
        .bind(name)
        .bind(Json(entries))
        .bind(now.as_millis())
        .execute(c)
        .await
        .map(drop))?)
}

/// All lists.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn lists(conn: &mut Conn) -> Result<Lists> {
    let rows: Vec<(String, Json<Vec<Entry>>)> = on_engine!(conn, |c| sqlx::query_as(LISTS).fetch_all(c).await)?;
    Ok(Lists(rows.into_iter().map(|(name, entries)| (name, entries.0)).collect()))
}
