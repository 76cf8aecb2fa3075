//! The register of institutions: its import, explaining codes, and what the back office sees of it.

mod explain;
pub mod import;
mod marks;
mod office;

pub use explain::{CodeAnswer, CodeInput, explain};
pub use marks::{Marks, marks};
pub use office::{Filter, get, import_report, imports, search};
