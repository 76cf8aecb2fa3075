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
