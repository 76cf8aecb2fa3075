//! Letters, printable copies and readable documents as PDF and Word files.
//!
//! The crate knows no database and no page: plain structs of text go in, bytes of a file come out.
//! `sheets` say what stands on a letter and where, `layout` breaks lines and pages, krilla writes the PDF.
//! What is printed is only ever text to the layout, so no text can break or steer it.
//! Spec: 04.2 (issuance notice), 2.3 (membership letter), 8.2 (printable copy), 8.6.

mod book;
mod clean;
mod codes;
mod docx;
mod fault;
mod fonts;
mod layout;
mod markdown;
mod model;
mod press;
mod qr;
mod sheets;

pub use fault::Fault;
pub use model::{
    AgreedTerms, ApplicationCopy, CeremonyProtocol, Document, GrantLine, GrantNotice, IssuanceNotice,
    MasterAccountNotice, MembershipLetter, PaymentSlip, Recipient, Row, Section, Sender, Signature, SlipLine,
    TerminalLabel, UserIdNotice,
};
pub use press::Press;
