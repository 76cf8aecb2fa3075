//! Reading the register from a file of rows: layouts, rows, reasons (spec 2.2). Pure functions on fields.

mod columns;
mod layout;
mod row;
#[cfg(test)]
mod tests;

pub use columns::Column;
pub use layout::{ImportDefaults, Layout, RegisterLayout};
pub use row::{Reading, RegisterDetails, RegisterRow};
