//! Stories of accounts: registration, memberships, login, staff (spec 2.3).

mod support;

#[path = "accounts/people.rs"]
mod people;

#[path = "accounts/login.rs"]
mod login;
#[path = "accounts/memberships.rs"]
mod memberships;
#[path = "accounts/registration.rs"]
mod registration;
#[path = "accounts/staff.rs"]
mod staff;
