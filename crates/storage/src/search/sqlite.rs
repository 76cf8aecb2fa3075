//! What the embedded engine's index is asked: FTS5 without content, positions or a tokenizer that would change anything.

use domain::{clock::Timestamp, content::tokens::Expression};

use super::written;
use crate::{db::Result, held::Held};

/// The index hands over its rows in the order of their numbers and stops at the limit; the join only looks at the time.
const CANDIDATES: &str = "SELECT e.id FROM search_fts CROSS JOIN search_entries e ON e.id = search_fts.rowid
    WHERE search_fts MATCH $1 AND e.shown_from <= $2 AND e.shown_until > $2 ORDER BY search_fts.rowid LIMIT $3";

pub(super) async fn candidates(conn: &mut Held, wanted: &Expression, at: Timestamp, most: i64) -> Result<Vec<i64>> {
    let text = written(wanted, '"', [" AND ", " OR "]);
    let found = sqlx::query_scalar(CANDIDATES).bind(text).bind(at.as_millis()).bind(most);
    Ok(found.fetch_all(&mut *conn).await?)
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::db::{Conn, Db};

    #[tokio::test]
    async fn the_index_hands_over_its_rows_in_order_and_nothing_is_sorted_or_walked_through() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.path().join("search.db").display())).await.unwrap();
        let Conn::Sqlite(conn) = &mut db.read().await.unwrap() else { return };
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {CANDIDATES}"));
        let plan = sqlx::query(explain).bind("\"1x2\"").bind(0_i64).bind(1_i64).fetch_all(&mut *conn).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get::<String, _>("detail")).collect();
        assert!(plan[0].starts_with("SCAN search_fts VIRTUAL TABLE INDEX"), "{plan:?}");
        assert!(plan[1].starts_with("SEARCH e USING INTEGER PRIMARY KEY") && plan.len() == 2, "{plan:?}");
    }

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
