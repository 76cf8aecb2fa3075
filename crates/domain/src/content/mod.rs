//! What people read and look for: how it is counted and rated, menus, procedures as tiles, the search over all of it.

pub mod menus;
pub mod misses;
pub mod procedures;
mod rating;
pub mod search;
pub mod synonyms;
pub mod tokens;

pub use rating::{MOST_STARS, Rating, Subject};
