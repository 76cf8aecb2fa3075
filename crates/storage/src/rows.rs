//! How a row of either engine becomes a struct.

/// Reads a struct from a row, each field from the column of its name, on both engines.
///
/// The driver's derive macro would do the same, but it brings the driver along a second time, built for the compiler.
macro_rules! from_row {
    ($name:ident { $($field:ident),* $(,)? }) => {
        $crate::rows::from_row!(@ sqlx::sqlite::SqliteRow, $name { $($field),* });
        $crate::rows::from_row!(@ sqlx::postgres::PgRow, $name { $($field),* });
    };
    (@ $row:ty, $name:ident { $($field:ident),* }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                use sqlx::Row;
                Ok(Self { $($field: row.try_get(stringify!($field))?),* })
            }
        }
    };
}
pub(crate) use from_row;

/// Rows of one statement at most; the embedded engine takes 32,766 values in one.
const MOST: usize = 256;
/// Beyond so many rows, the parts are multiples of it, and one for the rest.
const STEP: usize = 16;

/// Cuts rows into the parts that are written with one statement each. The parts come in few sizes, so that an engine
/// prepares the statement of each size once and keeps it, however many rows there are.
pub(crate) fn parts<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = if rows.len() < STEP { rows.len() } else { MOST.min(rows.len() / STEP * STEP) };
        let (part, rest) = rows.split_at_checked(size)?;
        rows = rest;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_row_once_in_few_sizes() {
        let mut sizes = std::collections::BTreeSet::new();
        for count in 0..1_200 {
            let rows: Vec<usize> = (0..count).collect();
            let parts: Vec<&[usize]> = parts(&rows).collect();
            sizes.extend(parts.iter().map(|part| part.len()));
            assert_eq!(parts.concat(), rows);
        }
        assert!(sizes.len() < STEP + MOST / STEP && sizes.last() == Some(&MOST), "{sizes:?}");
    }
}
