//! Documents, articles, notices and the lists that forms offer.

mod article_answers;
mod article_files;
mod article_life;
mod article_versions;
mod articles;
mod documents;
mod lists;
mod notice_desk;
mod notices;
mod readings;

pub use article_answers::*;
pub use article_files::*;
pub use article_life::*;
pub use article_versions::*;
pub use articles::*;
pub use documents::*;
pub use lists::*;
pub use notice_desk::*;
pub use notices::*;
pub use readings::*;

/// A pattern for `LIKE … ESCAPE '!'` that any text fits which contains a text.
fn containing(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}
