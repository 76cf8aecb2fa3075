//! What only the demo has: its made-up register and its mailbox, in place of a mail server and the post.

mod mailbox;
pub mod register;

pub(crate) use mailbox::keep;
pub use mailbox::{DemoLetter, letter, letter_pdf, letters, mail, mails};
