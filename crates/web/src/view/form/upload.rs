//! Files that were handed in, as forms and answers list them.

use crate::view::parts::StateView;

/// A file that was handed in.
#[derive(Debug, Clone, Default)]
pub struct UploadView {
    /// Which one.
    pub id: String,
    /// Name.
    pub name: String,
    /// Size in words.
    pub size: String,
    /// What is to be said of it; none when all is well.
    pub state: Option<StateView>,
    /// Where it is opened; empty while nobody may.
    pub href: String,
    /// Whether it is a picture.
    pub picture: bool,
}
