//! Stories about the register of institutions (spec 2.1, 2.2).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

#[expect(dead_code, reason = "each set of stories uses its part of it")]
mod support;

#[path = "institutions/codes.rs"]
mod codes;
#[path = "institutions/files.rs"]
mod files;
#[path = "institutions/imports.rs"]
mod imports;
#[path = "institutions/office.rs"]
mod office;
#[path = "institutions/tools.rs"]
mod tools;
