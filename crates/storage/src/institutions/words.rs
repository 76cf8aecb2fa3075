//! The register by words: pairs of characters in an index of each engine, as the search of public texts
//! (docs/adr/0026-pairs-of-characters.md).

use domain::{
    content::tokens::{Expression, short_tokens},
    institutions::Institution,
};
use sqlx::QueryBuilder;

use super::{STATEMENT, searched};
use crate::db::{Conn, Result, Tx, boxed, on_engine, sql};
use crate::search::written;

/// The index hands over its rows in the order of their numbers and stops at the limit.
const OF_SQLITE: &str = "SELECT rowid FROM search_fts_institutions
    WHERE search_fts_institutions MATCH $1 AND rowid > $2 AND rowid < $3 ORDER BY rowid LIMIT $4";
const OF_POSTGRES: &str = "SELECT * FROM institution_candidates($1, $2, $3, $4)";

sql!(CODES = "SELECT code FROM institutions WHERE code > $1 ORDER BY code LIMIT $2");
sql!(TEXT = "SELECT search_text FROM institutions WHERE code = $1");

/// The number of a code in the index; codes are ten digits.
pub(super) fn number(code: &str) -> i64 {
    code.parse().unwrap_or(0)
}

/// A number of the index as a code.
pub(super) fn code(number: i64) -> String {
    format!("{number:010}")
}

/// Puts institutions into the index in place of what stood there.
pub(super) async fn put(tx: &mut Tx, institutions: &[Institution]) -> Result<()> {
    let words: Vec<(i64, String)> =
        institutions.iter().map(|one| (number(one.code.as_str()), short_tokens(&searched(one)))).collect();
    put_words(tx, &words).await
}

async fn put_words(tx: &mut Tx, words: &[(i64, String)]) -> Result<()> {
    for part in words.chunks(STATEMENT) {
        on_engine!(&mut **tx, |c| {
            let mut query = QueryBuilder::new("INSERT INTO institution_words (id, tokens) ");
            query.push_values(part, |mut row, (id, tokens)| {
                row.push_bind(*id).push_bind(tokens);
            });
            query.push(
                " ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens WHERE institution_words.tokens <> excluded.tokens",
            );
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Codes of the register from after a code on.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn codes(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on_engine!(conn, |c| sqlx::query_scalar(CODES).bind(after).bind(limit).fetch_all(c).await)?)
}

/// Puts the institution of a code into the index as its row stands.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn index_code(tx: &mut Tx, of: &str) -> Result<()> {
    let text: Option<String> = on_engine!(&mut **tx, |c| sqlx::query_scalar(TEXT).bind(of).fetch_optional(c).await)?;
    let Some(text) = text else { return Ok(()) };
    put_words(tx, &[(number(of), short_tokens(&text))]).await
}

/// Numbers that the index proposes between two numbers, both excluded, in order.
pub(super) async fn candidates(
    conn: &mut Conn,
    wanted: &Expression,
    (after, before): (i64, i64),
    most: i64,
) -> Result<Vec<i64>> {
    Ok(match conn {
        Conn::Sqlite(c) => {
            let text = written(wanted, '"', [" AND ", " OR "]);
            let found = sqlx::query_scalar(OF_SQLITE).bind(text).bind(after).bind(before).bind(most);
            found.fetch_all(&mut *c).await?
        }
        Conn::Postgres(c) => {
            let text = written(wanted, '\'', [" & ", " | "]);
            let found = sqlx::query_scalar(OF_POSTGRES).bind(text).bind(after).bind(before).bind(most);
            found.fetch_all(&mut **c).await?
        }
    })
}
