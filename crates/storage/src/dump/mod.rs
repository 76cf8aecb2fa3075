//! All rows of all tables, out of one engine and into either: what backups and moves to another engine are made of.
//!
//! Names of tables and columns come from the catalogue of the database itself, so that no new table can be forgotten.
//! The statements here are made from them and therefore stand outside `sql!`.

mod catalogue;
mod load;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Executor, Row, postgres::PgRow, sqlite::SqliteRow};

pub use catalogue::{Column, Kind, Table};
pub use load::Loader;

use crate::{
    audit,
    db::{Conn, Db, Engine, Error, Result, boxed, on_engine},
    held::Held,
};

/// Tables in which the steps themselves lay a row.
const BEGUN_WITH: [&str; 2] = ["audit_head", "event_head"];

/// One value, the same for both engines: identifiers are octets, JSON is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// Text.
    Text(String),
    /// Octets.
    Bytes(Vec<u8>),
}

/// The database as it was at one instant; others go on writing meanwhile.
pub struct Snapshot {
    conn: Conn,
}

impl Db {
    /// Holds the present state for reading.
    ///
    /// # Errors
    /// When no connection can be had.
    #[boxed]
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut conn = match &self.engine {
            Engine::Sqlite { options, .. } => Conn::Sqlite(Held::alone(options).await?),
            Engine::Postgres(pool) => {
                let mut conn = pool.acquire().await?;
                conn.close_on_drop();
                Conn::Postgres(conn)
            }
        };
        match &mut conn {
            // The first read fixes what a transaction sees.
            Conn::Sqlite(conn) => conn.execute("BEGIN; SELECT 1 FROM sqlite_master LIMIT 1").await.map(drop)?,
            Conn::Postgres(conn) => {
                conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map(drop)?;
            }
        }
        Ok(Snapshot { conn })
    }

    /// The last step that brought the tables up to date; 0 when there are none.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[boxed]
    pub async fn step(&self) -> Result<i64> {
        catalogue::step(&mut self.read().await?).await
    }

    /// The last step that this program knows.
    pub fn newest_step() -> i64 {
        crate::migrations::sqlite().iter().map(|step| step.version).max().unwrap_or_default()
    }

    /// Whether nothing was ever written here: no tables, or ours without rows.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[boxed]
    pub async fn is_empty(&self) -> Result<bool> {
        let mut conn = self.read().await?;
        let tables = catalogue::tables(&mut conn).await?;
        if catalogue::step(&mut conn).await? == 0 {
            return Ok(tables.is_empty());
        }
        for table in tables.iter().filter(|table| !BEGUN_WITH.contains(&table.name.as_str())) {
            let any = format!("SELECT 1 FROM {} LIMIT 1", table.quoted());
            let found: Option<i32> =
                on_engine!(&mut conn, |c| sqlx::query_scalar(AssertSqlSafe(any)).fetch_optional(c).await)?;
            if found.is_some() {
                return Ok(false);
            }
        }
        Ok(!tables.iter().any(|table| table.name == "audit_head") || audit::head(&mut conn).await?.0 == 0)
    }
}

impl Snapshot {
    /// The connection, for statements that must see the same state.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// All tables, by name.
    ///
    /// # Errors
    /// When a column has a type that is not understood.
    #[boxed]
    pub async fn tables(&mut self) -> Result<Vec<Table>> {
        catalogue::tables(&mut self.conn).await
    }

    /// The last step that brought these tables up to date.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[boxed]
    pub async fn step(&mut self) -> Result<i64> {
        catalogue::step(&mut self.conn).await
    }

    /// Hands over every row of a table, one at a time.
    ///
    /// # Errors
    /// When the database cannot be read, or whoever takes the rows refuses.
    #[boxed]
    pub async fn rows<E>(
        &mut self,
        table: &Table,
        each: &mut (dyn FnMut(Vec<Value>) -> Result<(), E> + Send),
    ) -> Result<(), E>
    where
        E: From<Error> + Send,
    {
        let lost = |error: sqlx::Error| E::from(Error::from(error));
        match &mut self.conn {
            Conn::Sqlite(conn) => {
                let mut rows = sqlx::query(AssertSqlSafe(table.select(false))).fetch(&mut *conn);
                while let Some(row) = rows.try_next().await.map_err(lost)? {
                    each(of_sqlite(&row, table).map_err(lost)?)?;
                }
            }
            Conn::Postgres(conn) => {
                let mut rows = sqlx::query(AssertSqlSafe(table.select(true))).fetch(&mut **conn);
                while let Some(row) = rows.try_next().await.map_err(lost)? {
                    each(of_postgres(&row, table).map_err(lost)?)?;
                }
            }
        }
        Ok(())
    }
}

fn of_sqlite(row: &SqliteRow, table: &Table) -> sqlx::Result<Vec<Value>> {
    let value = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Integer => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
            Kind::Boolean => row.try_get::<Option<bool>, _>(place)?.map(Value::Boolean),
            Kind::Text | Kind::Json => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
            Kind::Bytes | Kind::Id => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Bytes),
        }
        .unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(value).collect()
}

fn of_postgres(row: &PgRow, table: &Table) -> sqlx::Result<Vec<Value>> {
    let value = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Integer => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
            Kind::Boolean => row.try_get::<Option<bool>, _>(place)?.map(Value::Boolean),
            Kind::Text | Kind::Json => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Bytes),
            Kind::Id => row.try_get::<Option<uuid::Uuid>, _>(place)?.map(|id| Value::Bytes(id.as_bytes().to_vec())),
        }
        .unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(value).collect()
}
