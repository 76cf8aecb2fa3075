//! The domain of Madoguchi: types, rules, state machines, validation, permissions, calendar. No I/O.

pub mod calendar;
pub mod clock;
pub mod ids;
