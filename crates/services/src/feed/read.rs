//! Reading the feed: whoever remembers one number misses nothing.

use domain::{access::Scope, feed::EventKind};
use serde_json::{Value, json};
use storage::{boxed, feed::Event};

use super::instant;
use crate::{Ctx, Result};
use domain::clock::Timestamp;

/// Events in one answer, at most.
pub const MOST: i64 = 500;

/// What reading led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// Events after the place.
    Page(Page),
    /// What follows the place was removed after its period; it can be read again after this one.
    Gone(i64),
}

/// Events in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// The place to read on after.
    pub next: i64,
    /// Whether there are more by now.
    pub more: bool,
}

/// Events after a place, `limit` or [`MOST`] at most.
///
/// # Errors
/// [`crate::Error::Forbidden`] without [`Scope::EventsRead`]. Without [`Scope::MasterAccountsRead`] credentials are left out.
#[boxed]
pub async fn read(ctx: &Ctx<'_>, after: i64, limit: i64) -> Result<Read> {
    ctx.scope(Scope::EventsRead)?;
    let mut conn = ctx.app.db.read().await?;
    let mut events = storage::feed::after(&mut conn, after, limit.clamp(1, MOST)).await?;
    if ctx.scope(Scope::MasterAccountsRead).is_err() {
        events.iter_mut().for_each(leave_out_credentials);
    }
    // Asked afterwards: what is removed in between would leave a hole that nobody sees.
    let ends = storage::feed::ends(&mut conn).await?;
    if after < ends.removed {
        return Ok(Read::Gone(ends.removed));
    }
    let next = events.last().map_or(after, |event| event.seq);
    Ok(Read::Page(Page { more: next < ends.seq && !events.is_empty(), next, events }))
}

/// Leaves out of an event what only the system may read that keeps the accounts.
pub(super) fn leave_out_credentials(event: &mut Event) {
    let keys = event.kind.parse().map(EventKind::credentials).unwrap_or_default();
    if let Some(data) = event.data.0.as_object_mut() {
        keys.iter().for_each(|key| drop(data.remove(*key)));
    }
}

/// An event as feed and webhooks tell it.
pub fn told(event: &Event) -> Value {
    json!({
        "seq": event.seq,
        "id": event.id,
        "type": event.kind,
        "timestamp": instant(Timestamp::from_millis(event.at)),
        "institution": event.institution_code,
        "subject": event.subject,
        "data": event.data.0,
    })
}
