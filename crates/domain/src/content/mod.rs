//! What everyone may read: how it is counted and rated.

mod rating;

pub use rating::{MOST_STARS, Rating, Subject};
