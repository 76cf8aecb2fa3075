//! `cargo xtask permissions`: docs/operate/permissions.md anew, from the table and the routes that the code enforces.

use anyhow::ensure;

use crate::process::{cargo, run};

/// Variable that lets the test write the document instead of comparing it.
const WRITE: &str = "WRITE_PERMISSIONS";

/// Writes the document.
///
/// # Errors
/// When a word is given, or the tests that know the routes cannot be built.
pub(crate) fn write(arguments: &[String]) -> anyhow::Result<()> {
    ensure!(arguments.is_empty(), "permissions understands no words");
    let words = ["test", "--quiet", "--workspace", "--test", "app", "--", "the_document_of_permissions"];
    run(cargo(words).env(WRITE, "1"))
}
