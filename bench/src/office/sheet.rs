//! Rows of one table, written thousands at a time.

use anyhow::Context;
use domain::clock::{Randomness, Timestamp};
use storage::dump::{Loader, Table, Value};
use uuid::Uuid;

/// Rows that are written together.
const AT_ONCE: usize = 4_000;

/// Rows of one table on their way into the database.
pub(crate) struct Sheet {
    table: Table,
    rows: Vec<Vec<Value>>,
}

impl Sheet {
    /// Rows with these columns.
    pub(crate) fn new(loader: &Loader, name: &str, columns: &[&str]) -> anyhow::Result<Self> {
        let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let table = loader.table(name, &names).with_context(|| format!("table {name} has other columns"))?;
        Ok(Self { table, rows: vec![] })
    }

    /// Adds a row.
    pub(crate) async fn push(&mut self, loader: &mut Loader, row: Vec<Value>) -> anyhow::Result<()> {
        self.rows.push(row);
        if self.rows.len() >= AT_ONCE { self.flush(loader).await } else { Ok(()) }
    }

    /// Writes what is left.
    pub(crate) async fn flush(&mut self, loader: &mut Loader) -> anyhow::Result<()> {
        loader.insert(&self.table, &std::mem::take(&mut self.rows)).await?;
        Ok(())
    }
}

pub(crate) fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

pub(crate) fn id(value: Uuid) -> Value {
    Value::Bytes(value.as_bytes().to_vec())
}

pub(crate) fn at(value: Timestamp) -> Value {
    Value::Integer(value.as_millis())
}

pub(crate) fn maybe<T>(value: Option<T>, into: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, into)
}

/// A number below a bound.
pub(crate) fn below(randomness: &dyn Randomness, bound: usize) -> usize {
    randomness.below(u32::try_from(bound).unwrap_or(u32::MAX)) as usize
}
