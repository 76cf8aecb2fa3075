//! What the server's index is asked: GIN over a text vector that is made from the tokens as they are, without positions.

use domain::{clock::Timestamp, content::tokens::Expression};
use sqlx::{Postgres, pool::PoolConnection};

use super::written;
use crate::db::Result;

const CANDIDATES: &str = "SELECT * FROM search_candidates($1, $2, $3)";

pub(super) async fn candidates(
    conn: &mut PoolConnection<Postgres>,
    wanted: &Expression,
    at: Timestamp,
    most: i64,
) -> Result<Vec<i64>> {
    let text = written(wanted, '\'', [" & ", " | "]);
    let found = sqlx::query_scalar(CANDIDATES).bind(text).bind(at.as_millis()).bind(most);
    Ok(found.fetch_all(&mut **conn).await?)
}
