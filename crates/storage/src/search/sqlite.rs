//! What the embedded engine's index is asked: FTS5 without content, positions or a tokenizer that would change anything.

use domain::{clock::Timestamp, content::tokens::Expression};

use super::written;
use crate::{db::Result, readers::Held};

/// The index hands over its rows in the order of their numbers and stops at the limit; the join only looks at the time.
const CANDIDATES: &str = "SELECT e.id FROM search_fts CROSS JOIN search_entries e ON e.id = search_fts.rowid
    WHERE search_fts MATCH $1 AND e.shown_from <= $2 AND e.shown_until > $2 ORDER BY search_fts.rowid LIMIT $3";

pub(super) async fn candidates(conn: &mut Held, wanted: &Expression, at: Timestamp, most: i64) -> Result<Vec<i64>> {
    let text = written(wanted, '"', [" AND ", " OR "]);
    let found = sqlx::query_scalar(CANDIDATES).bind(text).bind(at.as_millis()).bind(most);
    Ok(found.fetch_all(&mut **conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_written_with_every_token_quoted() {
        let expression = Expression(vec![
            vec![vec!["1x2".to_owned(), "2x3".to_owned()], vec!["4x5".to_owned()]],
            vec![vec!["kfaq".to_owned()]],
        ]);
        let text = written(&expression, '"', [" AND ", " OR "]);
        assert_eq!(text, r#"((("1x2" AND "2x3") OR ("4x5")) AND (("kfaq")))"#);
    }
}
