//! Every named statement is understood by both engines, and both have the same tables.

use std::collections::BTreeSet;

use sqlx::{Executor, PgConnection, Row, Sqlite};
use storage::Conn;

use crate::support::on_each_database;

#[tokio::test]
async fn every_statement_prepares() {
    on_each_database(async |house| {
        assert!(storage::STATEMENTS.len() > 100, "the statements are registered");
        for (name, text) in storage::STATEMENTS {
            house.app.db.prepare(text).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    })
    .await;
}

async fn columns_of_sqlite(conn: impl Executor<'_, Database = Sqlite>) -> BTreeSet<String> {
    let text = "SELECT m.name AS t, p.name AS c, (p.\"notnull\" = 1 OR p.pk > 0) AS needed FROM sqlite_master m
        JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '_sqlx%'
        AND m.name NOT LIKE 'search_fts%'";
    let rows = sqlx::query(text).fetch_all(conn).await.unwrap();
    rows.iter()
        .map(|row| format!("{}.{} {}", row.get::<String, _>(0), row.get::<String, _>(1), row.get::<bool, _>(2)))
        .collect()
}

async fn columns_of_postgres(conn: &mut PgConnection) -> BTreeSet<String> {
    let text = "SELECT table_name::text, column_name::text, is_nullable = 'NO' FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'";
    let rows = sqlx::query(text).fetch_all(conn).await.unwrap();
    rows.iter()
        .map(|row| format!("{}.{} {}", row.get::<String, _>(0), row.get::<String, _>(1), row.get::<bool, _>(2)))
        .collect()
}

#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let found = std::sync::Mutex::new(vec![]);
    on_each_database(async |house| {
        let columns = match &mut house.app.db.read().await.unwrap() {
            Conn::Sqlite(conn) => columns_of_sqlite(conn).await,
            Conn::Postgres(conn) => columns_of_postgres(conn).await,
        };
        assert!(columns.iter().any(|column| column.starts_with("applications.answers")));
        found.lock().unwrap().push(columns);
    })
    .await;
    let found = found.into_inner().unwrap();
    if let [sqlite, postgres] = found.as_slice() {
        let different: Vec<_> = sqlite.symmetric_difference(postgres).collect();
        assert!(different.is_empty(), "{different:?}");
    }
}

/// Tables that stay small whatever the country does: what the operator writes, and one row for each authority.
const SMALL: &[&str] = &[
    "articles",
    "audit_head",
    "event_head",
    "authorities",
    "documents",
    "journals",
    "notices",
    "option_lists",
    "settings",
];

/// Tables that a plan of SQLite reads from end to end without an index.
fn walked_through(plan: &[String]) -> Vec<&str> {
    let scans = plan.iter().filter_map(|step| step.strip_prefix("SCAN ")).filter(|step| !step.contains(" USING "));
    // A statement without a table of its own gives one row.
    let scans = scans.filter(|step| *step != "CONSTANT ROW");
    // What a part of the statement found is no table; the part has steps of its own.
    let part = |name: &str| plan.iter().any(|step| *step == format!("CO-ROUTINE {name}"));
    let names = scans.map(|step| step.split(' ').next().unwrap_or(step));
    names.filter(|name| !SMALL.contains(name) && !part(name)).collect()
}

#[tokio::test]
async fn no_statement_walks_through_a_table_that_grows() {
    on_each_database(async |house| {
        let Conn::Sqlite(conn) = &mut house.app.db.read().await.unwrap() else { return };
        let mut found = vec![];
        // A restore empties whole tables, once; a closing takes in whatever none before it holds, once a month.
        let seldom = ["storage::restore::", "storage::fees::closing::"];
        let daily = storage::STATEMENTS.iter().filter(|(name, _)| !seldom.iter().any(|room| name.starts_with(room)));
        for (name, text) in daily {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
            let Ok(rows) = sqlx::query(explain).fetch_all(&mut *conn).await else { continue };
            let plan: Vec<String> = rows.iter().map(|row| row.get::<String, _>("detail")).collect();
            found.extend(walked_through(&plan).into_iter().map(|table| format!("{name}: {table}")));
        }
        assert_eq!(found, [""; 0]);
    })
    .await;
}
