//! The verbs: one function is one intention of a person, in one transaction.
//!
//! A verb asks for permission first, applies the rule of `domain`, writes rows, audit rows and jobs in the same
//! transaction, and commits. Nothing here knows HTTP or HTML.

pub mod access;
pub mod accounts;
pub mod app;
pub mod applications;
pub mod audit;
pub mod authority;
pub mod backup;
pub mod calls;
pub mod closing;
pub mod content;
mod ctx;
mod daily;
pub mod demo;
mod ending;
mod error;
pub mod feed;
pub mod fees;
pub mod group;
mod heavy;
mod held;
mod ical;
mod in_force;
pub mod inquiries;
pub mod institutions;
pub mod interface;
pub mod interview;
pub mod jobs;
pub mod journal;
pub mod letters;
pub mod mail;
pub mod mandates;
pub mod master_accounts;
pub mod my_list;
pub mod office;
pub mod parked;
pub mod planner;
#[doc(hidden)]
pub mod reading;
pub mod reports;
pub mod rows;
mod runtime;
pub mod secrets;
mod settings;
pub mod subsidies;
pub mod succession;
pub mod terminals;
pub mod uploads;
pub mod vault_key;

pub use app::App;
pub use applications::reference;
pub use ctx::{Actor, Ctx};
pub use error::{Error, Result, event_id, panic_words};
pub use feed::Reach;
pub use heavy::heavy;
pub use in_force::Reference;
pub use runtime::runtime;
pub use settings::{Billing, MembershipRule, Operator, Replies, Settings};
