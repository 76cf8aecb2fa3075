//! Rows as lines of JSON: numbers, words, text; octets as `{"b": base64}`.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use storage::dump::Value;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(String),
    Bytes { b: String },
}

/// A row as one line with its end.
pub(super) fn line(row: Vec<Value>) -> serde_json::Result<Vec<u8>> {
    let cell = |value| match value {
        Value::Null => Cell::Null,
        Value::Boolean(yes) => Cell::Boolean(yes),
        Value::Integer(number) => Cell::Integer(number),
        Value::Text(text) => Cell::Text(text),
        Value::Bytes(bytes) => Cell::Bytes { b: STANDARD.encode(bytes) },
    };
    let mut line = serde_json::to_vec(&row.into_iter().map(cell).collect::<Vec<_>>())?;
    line.push(b'\n');
    Ok(line)
}

/// The row of a line; `None` when it is none of ours.
pub(super) fn row(line: &[u8]) -> Option<Vec<Value>> {
    let cells: Vec<Cell> = serde_json::from_slice(line).ok()?;
    let value = |cell| {
        Some(match cell {
            Cell::Null => Value::Null,
            Cell::Boolean(yes) => Value::Boolean(yes),
            Cell::Integer(number) => Value::Integer(number),
            Cell::Text(text) => Value::Text(text),
            Cell::Bytes { b } => Value::Bytes(STANDARD.decode(b).ok()?),
        })
    };
    cells.into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_as_it_was() {
        let values = vec![
            Value::Null,
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Integer(i64::MAX),
            Value::Text("医療\n\"{\"b\":\"AA==\"}\" \u{0}".to_owned()),
            Value::Text(String::new()),
            Value::Bytes(vec![]),
            Value::Bytes((0..=255).collect()),
        ];
        let line = line(values.clone()).unwrap();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "one line");
        assert_eq!(row(&line), Some(values));
    }

    #[test]
    fn what_is_no_row_is_none() {
        for line in ["", "{}", "[1.5]", "[{\"b\":\"?\"}]", "[[1]]"] {
            assert_eq!(row(line.as_bytes()), None, "{line}");
        }
    }
}
