//! Letters, printable copies and readable documents as PDF and Word files.
//!
//! The crate knows no database and no page: plain structs of text go in, bytes of a file come out.
//! Layout lives in `templates/*.typ` (Typst), which an operator may override file by file; what is
//! printed reaches the templates only as data, never as Typst source, so no text can break or steer
//! the layout. Spec: 04.2 (issuance notice), 2.3 (membership letter), 8.2 (printable copy), 8.6.

mod clean;
mod codes;
mod docx;
mod fault;
mod fonts;
mod markdown;
mod model;
mod press;
mod qr;
mod world;

pub use fault::Fault;
pub use model::{
    AgreedTerms, ApplicationCopy, Document, IssuanceNotice, MembershipLetter, Recipient, Row, Section, Sender,
    UserIdNotice,
};
pub use press::Press;
