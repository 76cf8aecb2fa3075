//! The only crate with SQL: one text for SQLite and PostgreSQL (docs/adr/0002-one-sql-text.md).
//!
//! Each module holds the statements of one domain folder. Reading functions take [`Conn`], writing ones [`Tx`], so
//! that nothing is written outside a transaction. Rules live in `domain` and `services`, only constraints here.

mod checkpoint;
mod convert;
mod db;
mod held;
mod migrations;
mod own;
mod readers;
mod rows;
mod tail;
mod witness;
mod writer;

pub mod access;
pub mod accounts;
pub mod applications;
pub mod audit;
pub mod authority;
pub mod calls;
pub mod closures;
pub mod content;
pub mod dump;
pub mod endings;
pub mod feed;
pub mod fees;
pub mod group;
pub mod inquiries;
pub mod institutions;
pub mod interviews;
pub mod jobs;
pub mod journals;
pub mod keys;
pub mod leases;
pub mod ledger;
pub mod letters;
pub mod mails;
pub mod mandates;
pub mod master_accounts;
pub mod my_list;
pub mod proposals;
pub mod renewals;
pub mod reports;
pub mod restore;
pub mod retention;
pub mod search;
pub mod service;
pub mod sessions;
pub mod setting_versions;
pub mod settings;
pub mod subscriptions;
pub mod subsidies;
pub mod successions;
pub mod terminals;
pub mod uploads;

pub use db::{Conn, Db, Error, Result, STATEMENTS, Tx};
pub use witness::{Note, Position, Recorded, Witness};

/// Puts the future of a function behind a pointer, so that its body is compiled once, in the crate that it stands in,
/// and not again in every crate that awaits it (docs/adr/0014-futures-at-borders-are-boxed.md).
pub use async_recursion::async_recursion as boxed;
