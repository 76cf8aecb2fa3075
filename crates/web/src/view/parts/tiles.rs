//! The catalogue of procedures and the head of an article.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::view::frame::Link;

/// Procedures as tiles beside a menu of the businesses.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/catalogue.html")]
pub struct CatalogueView {
    /// Entries of the side menu.
    pub menu: Vec<Link>,
    /// `href` of the entry that is open.
    pub current: String,
    /// What the open entry is about.
    pub lead: String,
    /// Its procedures.
    pub tiles: Vec<TileView>,
}

impl HtmlSafe for CatalogueView {}

/// One procedure of the catalogue.
#[derive(Debug, Clone, Default)]
pub struct TileView {
    /// Name of the procedure.
    pub title: String,
    /// What it does, in a sentence.
    pub text: String,
    /// Where it leads.
    pub href: String,
    /// A remark such as 下書きがあります; empty for none.
    pub remark: String,
}

/// Facts about an article, under its title.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/article_meta.html")]
pub struct ArticleMeta {
    /// Number, e.g. `KB0010381`; empty for notices.
    pub number: String,
    /// Role of the editor, e.g. 編集担当.
    pub editor: String,
    /// Age in words, e.g. `3日前`.
    pub updated: String,
    /// The date itself, e.g. `2026年5月20日（水）`.
    pub updated_date: String,
    /// How often it was read, with separators, e.g. `30,152`.
    pub views: String,
    /// Mean of the stars in tenths, 10–50; 0 when nobody voted.
    pub stars: u8,
    /// Number of votes.
    pub votes: u32,
    /// Address to copy; empty for none.
    pub permalink: String,
}

impl HtmlSafe for ArticleMeta {}

impl ArticleMeta {
    /// Which of the five stars are filled.
    #[must_use]
    pub fn filled(&self) -> [bool; 5] {
        let full = (u32::from(self.stars) + 5) / 10;
        [1, 2, 3, 4, 5].map(|n| n <= full)
    }

    /// The mean with one decimal, e.g. `4.2`.
    #[must_use]
    pub fn mean(&self) -> String {
        format!("{}.{}", self.stars / 10, self.stars % 10)
    }
}

/// An entry of the 目次.
#[derive(Debug, Clone, Default)]
pub struct TocEntry {
    /// Id of the heading.
    pub id: String,
    /// Words of the heading.
    pub title: String,
    /// True for a heading of the second level.
    pub nested: bool,
}

/// Five stars to choose from, below an article or notice.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "components/vote.html")]
pub struct VoteView {
    /// Where the choice is sent.
    pub action: String,
    /// Token of the form.
    pub csrf: String,
    /// The stars that the person gave, 1 to 5; 0 for none.
    pub own: u8,
    /// Whether the person may give stars: they are logged in.
    pub may: bool,
    /// Where to log in first.
    pub login: String,
}

impl HtmlSafe for VoteView {}
