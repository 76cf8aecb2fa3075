//! Articles, notices and their texts: what they may hold, their lives, how they are counted, rated and looked for; menus, and
//! procedures as tiles.

mod articles;
pub mod files;
mod markdown;
pub mod menus;
pub mod misses;
pub mod notices;
pub mod procedures;
mod rating;
pub mod search;
pub mod service;
pub mod synonyms;
pub mod tokens;

pub use articles::{ArticleKind, Life, Public, Step, Work, article_number, is_slug};
pub use markdown::{
    COLUMNS, DEEPEST, LONGEST, Link, PICTURES, Picture, ROWS, Shape, judge, link, picture, unknown_placeholder,
};
pub use rating::{MOST_STARS, Rating, Subject};
