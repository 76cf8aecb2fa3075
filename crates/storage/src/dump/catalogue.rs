//! What the catalogue of each engine tells of the tables.

use sqlx::AssertSqlSafe;

use crate::db::{Conn, Error, Result};

/// What a column holds, as the engine declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Yes or no.
    Boolean,
    /// Text.
    Text,
    /// Text that the server keeps as JSON.
    Json,
    /// Octets.
    Bytes,
    /// Octets that the server keeps as UUID.
    Id,
}

impl Kind {
    fn parse(declared: &str) -> Option<Self> {
        Some(match declared.to_ascii_lowercase().as_str() {
            "bigint" | "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "text" => Self::Text,
            "jsonb" => Self::Json,
            "blob" | "bytea" => Self::Bytes,
            "uuid" => Self::Id,
            _ => return None,
        })
    }

    /// The word of the neutral form, in which identifiers are octets and JSON is text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Text | Self::Json => "text",
            Self::Bytes | Self::Id => "bytes",
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
}

impl Table {
    /// Its name as an identifier of SQL.
    pub(super) fn quoted(&self) -> String {
        quoted(&self.name)
    }

    /// The statement that reads all of it.
    pub(super) fn select(&self, server: bool) -> String {
        let column = |column: &Column| match column.kind {
            Kind::Json if server => format!("{}::text", quoted(&column.name)),
            _ => quoted(&column.name),
        };
        let columns: Vec<String> = self.columns.iter().map(column).collect();
        format!("SELECT {} FROM {}", columns.join(", "), self.quoted())
    }
}

/// A name as an identifier of SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

const SQLITE_COLUMNS: &str = "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'
    AND m.name NOT LIKE 'search\\_fts%' ESCAPE '\\'
    ORDER BY m.name, p.cid";
const POSTGRES_COLUMNS: &str = "SELECT c.table_name::text, c.column_name::text, c.data_type::text
    FROM information_schema.columns c
    JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE '\\_sqlx%'
    ORDER BY c.table_name, c.ordinal_position";

/// The embedded engine's own indexes of the search: they follow `search_entries` and `institution_words` and are no tables of
/// ours.
pub(super) const OWN_INDEXES: [&str; 2] = ["search_fts", "search_fts_institutions"];

/// All tables, by name, without those of the migrations.
pub(super) async fn tables(conn: &mut Conn) -> Result<Vec<Table>> {
    let found: Vec<(String, String, String)> = match conn {
        Conn::Sqlite(c) => sqlx::query_as(SQLITE_COLUMNS).fetch_all(&mut *c).await?,
        Conn::Postgres(c) => sqlx::query_as(POSTGRES_COLUMNS).fetch_all(&mut **c).await?,
    };
    let mut tables: Vec<Table> = vec![];
    for (table, name, declared) in found {
        let kind =
            Kind::parse(&declared).ok_or_else(|| Error::Corrupt(format!("type {declared} of {table}.{name}")))?;
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(Column { name, kind }),
            _ => tables.push(Table { name: table, columns: vec![Column { name, kind }] }),
        }
    }
    // The server sorts by its own language, the embedded engine by octets.
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tables)
}

/// The last migration that ran; 0 when none did.
pub(super) async fn step(conn: &mut Conn) -> Result<i64> {
    const STEP: &str = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    Ok(match conn {
        Conn::Sqlite(c) => sqlx::query_scalar(STEP).fetch_one(&mut *c).await?,
        Conn::Postgres(c) => sqlx::query_scalar(STEP).fetch_one(&mut **c).await?,
    })
}

/// Foreign keys of the server: table and constraint.
pub(super) async fn foreign_keys(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    const KEYS: &str =
        "SELECT r.relname::text, c.conname::text FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
        JOIN pg_namespace n ON n.oid = r.relnamespace WHERE c.contype = 'f' AND n.nspname = current_schema()
        ORDER BY 1, 2";
    Ok(match conn {
        Conn::Sqlite(_) => vec![],
        Conn::Postgres(c) => sqlx::query_as(AssertSqlSafe(KEYS)).fetch_all(&mut **c).await?,
    })
}
