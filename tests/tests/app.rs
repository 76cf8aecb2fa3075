//! The whole app through its routes, on both databases.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[path = "app/browser.rs"]
mod browser;
#[path = "app/case.rs"]
mod case;
#[path = "app/correcting.rs"]
mod correcting;
#[path = "app/dates.rs"]
mod dates;
#[path = "app/demo.rs"]
mod demo;
#[path = "app/filing.rs"]
mod filing;
#[path = "app/home.rs"]
mod home;
#[path = "app/letters.rs"]
mod letters;
#[path = "app/permission.rs"]
mod permission;
#[path = "app/pickup.rs"]
mod pickup;
#[path = "app/publications.rs"]
mod publications;
#[path = "app/returning.rs"]
mod returning;
#[path = "app/revoked.rs"]
mod revoked;
#[path = "app/rules.rs"]
mod rules;
#[path = "app/smtp.rs"]
mod smtp;
#[path = "app/statements.rs"]
mod statements;
#[path = "app/steps.rs"]
mod steps;
#[expect(dead_code, reason = "other stories use the rest of it")]
#[path = "../../crates/services/tests/support/mod.rs"]
mod support;
