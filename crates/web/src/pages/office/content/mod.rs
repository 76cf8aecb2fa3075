//! What editors write: articles, and how a text will look.

mod preview;

pub(super) use preview::preview;
