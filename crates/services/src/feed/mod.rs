//! The event feed (spec 8.4): what downstream systems are told, in order (docs/adr/0029-events-are-rows-in-order.md).

mod call;
mod deliver;
mod happened;
mod keep;
mod reach;
mod read;
pub mod receivers;
mod sign;

pub(crate) use call::Outbound;
pub use deliver::{DELIVER, deliver, deliver_when_due, tell};
pub(crate) use happened::{authority_revoked, connected, issued, moved, revoked};
pub use keep::{PURGE, purge};
pub use reach::Reach;
pub use read::{MOST, Page, Read, read, told};

use domain::{
    clock::Timestamp,
    feed::EventKind,
    ids::{HappeningId, InstitutionId},
};
use serde_json::Value;
use storage::{Tx, feed::NewEvent};
use time::{UtcOffset, format_description::well_known::Rfc3339};

use crate::{Ctx, Error, Result};

/// Something that downstream systems are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// The word of a [`EventKind`]: a new kind is a line there.
    pub kind: &'static str,
    /// Institution it is about.
    pub institution: Option<InstitutionId>,
    /// Which row it is about, such as `application:<id>`.
    pub subject: String,
    /// An object of codes, identifiers and days; no names of people.
    pub data: Value,
}

/// Notes an event in the caller's transaction. It exists when that commits, and gets its number then.
///
/// # Errors
/// When the kind is not listed.
pub fn publish(ctx: &Ctx<'_>, tx: &mut Tx, happening: &Happening) -> Result<()> {
    tx.publish(event(ctx, happening.clone())?);
    Ok(())
}

/// An event for a transaction that is yet to begin.
fn event(ctx: &Ctx<'_>, happening: Happening) -> Result<NewEvent> {
    let kind: EventKind = happening.kind.parse().map_err(Error::internal)?;
    Ok(NewEvent {
        id: HappeningId::new(ctx.now, &*ctx.app.randomness),
        kind: kind.as_str().to_owned(),
        subject: happening.subject,
        institution: happening.institution,
        data: happening.data,
        at: ctx.now,
    })
}

/// An instant as machines read it (RFC 3339, in UTC).
pub(crate) fn instant(at: Timestamp) -> String {
    // An instant of ours lies in the years that the format knows.
    at.in_japan().to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}
