//! Who may read a public text that is not for everybody.

use storage::search::Candidate;

use crate::Ctx;

/// Whether somebody may find a text: those for all by everyone. The one place where the search judges whom a text is for.
pub(super) fn may_read(_ctx: &Ctx<'_>, text: &Candidate) -> bool {
    text.audience.is_empty()
}
