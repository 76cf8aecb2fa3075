//! The domain of Madoguchi: types, rules, state machines, validation, permissions, calendar. No I/O.

pub mod access;
pub mod accounts;
pub mod applications;
pub mod calendar;
pub mod changes;
pub mod checks;
pub mod clock;
pub mod closing;
pub mod content;
pub mod feed;
pub mod fees;
pub mod forms;
pub mod group;
pub mod ids;
pub mod inquiries;
pub mod institutions;
pub mod interview;
pub mod mandates;
pub mod master_account;
pub mod my_list;
pub mod office;
pub mod permissions;
pub mod planner;
pub mod procedures;
pub mod reference;
pub mod reports;
pub mod secrets;
pub mod spreadsheet;
pub mod subsidies;
pub mod succession;
pub mod terminals;
pub mod text;
pub mod typed;
pub mod uploads;
mod words;

pub use words::UnknownWord;
