//! The search over public texts, the words that found nothing, and one's own cases by number and terminal.
//!
//! Everything here is one text for both engines but what an engine's own index is asked: `sqlite.rs` and `postgres.rs` write
//! the same question in the words of each (docs/adr/0026-pairs-of-characters.md).

mod entries;
mod misses;
mod own;
mod postgres;
mod sqlite;

use domain::{clock::Timestamp, content::tokens::Expression};

pub use entries::*;
pub use misses::*;
pub use own::*;

use crate::db::{Conn, Result, boxed};

/// Numbers of the texts that hold what was asked for and are shown at an instant: those that were changed last, in order.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn candidates(conn: &mut Conn, wanted: &Expression, at: Timestamp, most: i64) -> Result<Vec<i64>> {
    match conn {
        Conn::Sqlite(conn) => sqlite::candidates(conn, wanted, at, most).await,
        Conn::Postgres(conn) => postgres::candidates(conn, wanted, at, most).await,
    }
}

/// An expression in the words of an engine: a token as it is quoted, `and`, `or`.
pub(crate) fn written(wanted: &Expression, quote: char, [and, or]: [&str; 2]) -> String {
    let joined = |parts: Vec<String>, word: &str| format!("({})", parts.join(word));
    let token = |token: &String| format!("{quote}{token}{quote}");
    let alternative = |tokens: &Vec<String>| joined(tokens.iter().map(token).collect(), and);
    let group = |group: &Vec<Vec<String>>| joined(group.iter().map(alternative).collect(), or);
    joined(wanted.0.iter().map(group).collect(), and)
}
