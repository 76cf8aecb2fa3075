//! Documents, articles, notices and the lists that forms offer.

mod articles;
mod documents;
mod lists;
mod notices;
mod readings;

pub use articles::*;
pub use documents::*;
pub use lists::*;
pub use notices::*;
pub use readings::*;
