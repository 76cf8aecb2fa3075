//! Stories of accounts: registration, memberships, login, staff (spec 2.3).
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a story that cannot go on has failed")]

#[expect(dead_code, reason = "each set of stories uses its part of it")]
mod support;

#[path = "accounts/people.rs"]
mod people;

#[path = "accounts/access.rs"]
mod access;
#[path = "accounts/crowded.rs"]
mod crowded;
#[path = "accounts/devices.rs"]
mod devices;
#[path = "accounts/invitations.rs"]
mod invitations;
#[path = "accounts/login.rs"]
mod login;
#[path = "accounts/memberships.rs"]
mod memberships;
#[path = "accounts/registration.rs"]
mod registration;
#[path = "accounts/second_factor.rs"]
mod second_factor;
#[path = "accounts/staff.rs"]
mod staff;
