//! Accounts: addresses, passwords, names, and the rule for every typed text (spec 2.3).

mod contact;
mod messages;
mod text;

pub use contact::{normalise_phone, normalise_postal_code};
pub use messages::{PhoneError, PostalCodeError, TextError};
pub use text::{clean_line, clean_text};
