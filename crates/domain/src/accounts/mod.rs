//! Accounts: addresses, passwords, names, and the rule for every typed text (spec 2.3).

mod browser;
mod contact;
mod email;
mod messages;
mod password;
mod person;
mod text;

pub use browser::browser_name;
pub use contact::{normalise_phone, normalise_postal_code};
pub use email::{EmailAddress, domain_meant, is_provisional, normalise_login};
pub use messages::{EmailError, PasswordError, PersonNameError, PhoneError, PostalCodeError, TextError};
pub use password::{PasswordContext, check_password, normalise_password};
pub use person::{LONGEST_PERSON_NAME, person_name};
pub use text::{clean_line, clean_text, needed_line};
