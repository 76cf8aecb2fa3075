//! Forms as data: one definition of each field serves the page, the check, the review, the copy and the mail.

mod answers;
mod check;
mod field;
mod picture;
mod progress;

pub use answers::Answers;
pub use check::{Checked, Finding, Findings, check};
pub use field::{Choice, Condition, Document, Field, Input, Keyboard, Later, Section};
pub use picture::{PICTURES, Picture, picture};
pub use progress::{Progress, go_on_at, progress};
