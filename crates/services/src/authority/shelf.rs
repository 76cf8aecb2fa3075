//! What is asked for most often, kept in memory for seconds: answers and lists.

use std::sync::Arc;

use domain::{clock::Timestamp, ids::AuthorityId};
use quick_cache::sync::Cache;
use time::Duration;

use super::{OcspReply, PublishedCrl, recording::Recording, responder::Responders};

/// How long something on the shelf is taken for new, so that what another node changed is seen soon.
const KEPT: Duration = Duration::seconds(5);
/// Answers kept, at about a kilobyte each.
const MOST_ANSWERS: usize = 50_000;
/// Lists kept.
const MOST_LISTS: usize = 256;

/// Something and when it was put there.
#[derive(Clone)]
struct Kept<T> {
    at: Timestamp,
    value: Arc<T>,
}

impl<T> Kept<T> {
    fn fresh(self, now: Timestamp) -> Option<Arc<T>> {
        (self.at <= now && now < self.at + KEPT).then_some(self.value)
    }
}

/// Answers by serial and lists by authority and shard. What this process changes is taken off at once.
pub(crate) struct Shelf {
    answers: Cache<Vec<u8>, Kept<OcspReply>>,
    lists: Cache<(AuthorityId, i64), Kept<PublishedCrl>>,
    /// Who signs the answers.
    pub(super) responders: Responders,
    /// Records certificates together.
    pub(super) recording: Recording,
    /// Held by whoever publishes lists in this process.
    pub(super) publishing: tokio::sync::Mutex<()>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            answers: Cache::new(MOST_ANSWERS),
            lists: Cache::new(MOST_LISTS),
            responders: Responders::default(),
            recording: Recording::default(),
            publishing: tokio::sync::Mutex::new(()),
        }
    }
}

impl Shelf {
    pub(super) fn answer(&self, serial: &[u8], now: Timestamp) -> Option<Arc<OcspReply>> {
        self.answers.get(serial)?.fresh(now)
    }

    pub(super) fn put_answer(&self, serial: &[u8], now: Timestamp, reply: OcspReply) -> Arc<OcspReply> {
        let value = Arc::new(reply);
        self.answers.insert(serial.to_vec(), Kept { at: now, value: value.clone() });
        value
    }

    pub(super) fn list(&self, of: (AuthorityId, i64), now: Timestamp) -> Option<Arc<PublishedCrl>> {
        self.lists.get(&of)?.fresh(now)
    }

    pub(super) fn put_list(&self, of: (AuthorityId, i64), now: Timestamp, list: PublishedCrl) -> Arc<PublishedCrl> {
        let value = Arc::new(list);
        self.lists.insert(of, Kept { at: now, value: value.clone() });
        value
    }

    /// Takes everything off, after this process revoked or published something.
    pub(super) fn clear(&self) {
        self.answers.clear();
        self.lists.clear();
    }
}
