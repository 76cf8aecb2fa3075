//! Rows into the tables of an empty database, in one transaction.

use sqlx::{AssertSqlSafe, Executor, QueryBuilder};
use uuid::Uuid;

use super::{
    Kind, Table, Value,
    catalogue::{self, quoted},
};
use crate::{
    db::{Conn, Db, Engine, Error, Result, boxed, on_engine},
    held::Held,
};

/// Values of one statement; the embedded engine takes 32,766.
const VALUES_AT_ONCE: usize = 30_000;
/// Rows of one statement.
const ROWS_AT_ONCE: usize = 500;

/// Fills an empty database; dropped before [`Loader::finish`], it leaves no trace.
pub struct Loader {
    conn: Conn,
    tables: Vec<Table>,
    foreign_keys: Vec<(String, String)>,
}

impl Db {
    /// Begins to fill the tables as they are now; rows that migrations laid are removed. References between rows are
    /// checked at the end, so that tables may come in any order.
    ///
    /// # Errors
    /// When no connection can be had.
    #[boxed]
    pub async fn loader(&self) -> Result<Loader> {
        let mut loader = self.adder().await?;
        for table in &loader.tables {
            execute(&mut loader.conn, &format!("DELETE FROM {}", table.quoted())).await?;
        }
        Ok(loader)
    }

    /// The same, but the rows that are there stay: for many rows at once beside them.
    ///
    /// # Errors
    /// When no connection can be had.
    #[boxed]
    pub async fn adder(&self) -> Result<Loader> {
        let mut conn = self.alone().await?;
        let begin = if matches!(conn, Conn::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        execute(&mut conn, begin).await?;
        let tables = catalogue::tables(&mut conn).await?;
        let foreign_keys = catalogue::foreign_keys(&mut conn).await?;
        for (table, key) in &foreign_keys {
            let (table, key) = (quoted(table), quoted(key));
            let text = format!("ALTER TABLE {table} ALTER CONSTRAINT {key} DEFERRABLE INITIALLY DEFERRED");
            execute(&mut conn, &text).await?;
        }
        Ok(Loader { conn, tables, foreign_keys })
    }

    /// Removes all tables, as before the first migration. Only for what [`Db::is_empty`] calls empty, or for what a
    /// restore left half done.
    ///
    /// # Errors
    /// When the database refuses.
    #[boxed]
    pub async fn clear(&self) -> Result<()> {
        let mut conn = self.alone().await?;
        let mut names: Vec<String> = catalogue::tables(&mut conn).await?.iter().map(Table::quoted).collect();
        names.extend(catalogue::OWN_INDEXES.iter().chain(&["_sqlx_migrations"]).map(|name| quoted(name)));
        let end = if matches!(conn, Conn::Postgres(_)) { " CASCADE" } else { "" };
        execute(&mut conn, "BEGIN").await?;
        for name in names {
            execute(&mut conn, &format!("DROP TABLE IF EXISTS {name}{end}")).await?;
        }
        execute(&mut conn, "COMMIT").await
    }

    /// A connection that nobody else uses and that ends with its value; references between rows are not enforced on the
    /// embedded engine.
    async fn alone(&self) -> Result<Conn> {
        Ok(match &self.engine {
            Engine::Sqlite { options, .. } => Conn::Sqlite(Held::alone(&options.clone().foreign_keys(false)).await?),
            Engine::Postgres(pool) => {
                let mut conn = pool.acquire().await?;
                conn.close_on_drop();
                Conn::Postgres(conn)
            }
        })
    }
}

async fn execute(conn: &mut Conn, text: &str) -> Result<()> {
    let text = AssertSqlSafe(text.to_owned());
    Ok(on_engine!(conn, |c| c.execute(text).await.map(drop))?)
}

impl Loader {
    /// The columns of a table here, for those that are named; `None` when the table or one of them does not exist.
    pub fn table(&self, name: &str, columns: &[String]) -> Option<Table> {
        let here = self.tables.iter().find(|table| table.name == name)?;
        let column = |name: &String| here.columns.iter().find(|column| column.name == *name).cloned();
        let columns = columns.iter().map(column).collect::<Option<Vec<_>>>()?;
        Some(Table { name: name.to_owned(), columns })
    }

    /// Names of all tables here.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| table.name.as_str())
    }

    /// Writes rows, in the order of the table's columns.
    ///
    /// # Errors
    /// When a value does not fit its column or the database refuses.
    #[boxed]
    pub async fn insert(&mut self, table: &Table, rows: &[Vec<Value>]) -> Result<()> {
        let at_once = (VALUES_AT_ONCE / table.columns.len().max(1)).clamp(1, ROWS_AT_ONCE);
        for rows in rows.chunks(at_once) {
            match &mut self.conn {
                Conn::Sqlite(conn) => sqlite(table, rows).build().execute(&mut *conn).await.map(drop)?,
                Conn::Postgres(conn) => postgres(table, rows)?.build().execute(&mut **conn).await.map(drop)?,
            }
        }
        Ok(())
    }

    /// Checks the references between rows and makes everything durable.
    ///
    /// # Errors
    /// When a row refers to one that is missing, or the database refuses; then nothing was written.
    #[boxed]
    pub async fn finish(mut self) -> Result<()> {
        if let Conn::Sqlite(conn) = &mut self.conn {
            const CHECK: &str = "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1";
            let broken: Option<(String, String)> = sqlx::query_as(CHECK).fetch_optional(&mut *conn).await?;
            if let Some((table, parent)) = broken {
                return Err(Error::Corrupt(format!("a row of {table} refers to one of {parent} that is missing")));
            }
        } else {
            execute(&mut self.conn, "SET CONSTRAINTS ALL IMMEDIATE").await?;
        }
        for (table, key) in &self.foreign_keys {
            let (table, key) = (quoted(table), quoted(key));
            execute(&mut self.conn, &format!("ALTER TABLE {table} ALTER CONSTRAINT {key} NOT DEFERRABLE")).await?;
        }
        execute(&mut self.conn, "COMMIT").await?;
        // Before the server has counted its rows by itself, it knows nothing of them.
        if matches!(self.conn, Conn::Postgres(_)) {
            // By name: over everything it would warn of each table of the server's own.
            let names: Vec<String> = self.tables.iter().map(Table::quoted).collect();
            execute(&mut self.conn, &format!("ANALYZE {}", names.join(", "))).await?;
        }
        Ok(())
    }
}

fn head(table: &Table) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    format!("INSERT INTO {} ({}) ", table.quoted(), columns.join(", "))
}

fn sqlite(table: &Table, rows: &[Vec<Value>]) -> QueryBuilder<sqlx::Sqlite> {
    let mut statement = QueryBuilder::new(head(table));
    statement.push_values(rows, |mut values, row| {
        for value in row {
            match value {
                Value::Null => values.push_bind(None::<i64>),
                Value::Integer(number) => values.push_bind(*number),
                Value::Boolean(yes) => values.push_bind(*yes),
                Value::Text(text) => values.push_bind(text.as_str()),
                Value::Bytes(bytes) => values.push_bind(bytes.as_slice()),
            };
        }
    });
    statement
}

fn postgres(table: &Table, rows: &[Vec<Value>]) -> Result<QueryBuilder<sqlx::Postgres>> {
    let mut statement = QueryBuilder::new(head(table));
    let mut fault = None;
    statement.push_values(rows, |mut values, row| {
        for (value, column) in row.iter().zip(&table.columns) {
            let typed = match (column.kind, value) {
                (Kind::Integer, Value::Integer(number)) => values.push_bind(Some(*number)),
                (Kind::Integer, Value::Null) => values.push_bind(None::<i64>),
                (Kind::Boolean, Value::Boolean(yes)) => values.push_bind(Some(*yes)),
                (Kind::Boolean, Value::Null) => values.push_bind(None::<bool>),
                (Kind::Text, Value::Text(text)) => values.push_bind(Some(text.as_str())),
                (Kind::Text, Value::Null) => values.push_bind(None::<&str>),
                (Kind::Json, Value::Text(text)) => values.push_bind(Some(text.as_str())).push_unseparated("::jsonb"),
                (Kind::Json, Value::Null) => values.push_bind(None::<&str>).push_unseparated("::jsonb"),
                (Kind::Bytes, Value::Bytes(bytes)) => values.push_bind(Some(bytes.as_slice())),
                (Kind::Bytes, Value::Null) => values.push_bind(None::<&[u8]>),
                (Kind::Id, Value::Null) => values.push_bind(None::<Uuid>),
                (Kind::Id, Value::Bytes(bytes)) if bytes.len() == 16 => values.push_bind(Uuid::from_slice(bytes).ok()),
                _ => {
                    fault = Some(format!("a value of {}.{} that does not fit", table.name, column.name));
                    values.push("NULL")
                }
            };
            let _ = typed;
        }
    });
    fault.map_or(Ok(statement), |fault| Err(Error::Corrupt(fault)))
}
