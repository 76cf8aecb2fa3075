//! The domain of Madoguchi: types, rules, state machines, validation, permissions, calendar. No I/O.

pub mod accounts;
pub mod calendar;
pub mod clock;
pub mod ids;
pub mod institutions;
pub mod typed;
