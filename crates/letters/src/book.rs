//! A file before it is written: its pages, what their parts mean, and its bookmarks.

use krilla::tagging::TagKind;

use crate::layout::page::Page;
use crate::layout::tags::{Node, Tags};

/// A bookmark.
pub(crate) struct Bookmark {
    /// Depth, from 1.
    pub(crate) level: u8,
    /// What it says.
    pub(crate) title: String,
    /// The anchor it leads to.
    pub(crate) anchor: usize,
}

/// A file in the making.
#[derive(Default)]
pub(crate) struct Book {
    /// Title of the file.
    pub(crate) title: String,
    /// Who made it; may be empty.
    pub(crate) author: String,
    /// The pages.
    pub(crate) pages: Vec<Page>,
    /// What their parts mean.
    pub(crate) tags: Tags,
    /// The bookmarks in reading order.
    pub(crate) bookmarks: Vec<Bookmark>,
    anchors: usize,
}

impl Book {
    /// An empty file.
    pub(crate) fn new(title: String, author: String) -> Self {
        Self { title, author, ..Self::default() }
    }

    /// A part of the document inside of `parent`.
    pub(crate) fn tag(&mut self, parent: Option<Node>, kind: impl Into<TagKind>) -> Node {
        self.tags.add(parent, kind)
    }

    /// A number for an anchor that has none yet.
    pub(crate) fn anchor(&mut self) -> usize {
        self.anchors += 1;
        self.anchors
    }
}
