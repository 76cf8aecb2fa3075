//! What is asked for most often, kept in memory for seconds: answers and lists.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

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

/// How the shelf stood when somebody began to read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    at: Timestamp,
    cleared: u64,
}

/// Something and how the shelf stood before it was read.
#[derive(Clone)]
struct Kept<T> {
    read: Look,
    value: Arc<T>,
}

impl<T> Kept<T> {
    /// What was read before the shelf was cleared may be what is no longer true, whenever it came.
    fn fresh(self, look: Look) -> Option<Arc<T>> {
        let is_new = self.read.at <= look.at && look.at < self.read.at + KEPT;
        (is_new && self.read.cleared == look.cleared).then_some(self.value)
    }
}

/// Answers by authority and serial, and lists by authority and shard. What this process changes is taken off at once.
pub(crate) struct Shelf {
    answers: Cache<Vec<u8>, Kept<OcspReply>>,
    /// How often everything was taken off.
    cleared: AtomicU64,
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
            cleared: AtomicU64::new(0),
            lists: Cache::new(MOST_LISTS),
            responders: Responders::default(),
            recording: Recording::default(),
            publishing: tokio::sync::Mutex::new(()),
        }
    }
}

/// Two authorities may give the same serial.
fn place(of: AuthorityId, serial: &[u8]) -> Vec<u8> {
    [of.0.as_bytes(), serial].concat()
}

impl Shelf {
    /// To be taken before anything is read that is to be put on the shelf.
    pub(super) fn look(&self, now: Timestamp) -> Look {
        Look { at: now, cleared: self.cleared.load(Ordering::SeqCst) }
    }

    pub(super) fn answer(&self, of: AuthorityId, serial: &[u8], look: Look) -> Option<Arc<OcspReply>> {
        self.answers.get(&place(of, serial))?.fresh(look)
    }

    pub(super) fn put_answer(&self, of: AuthorityId, serial: &[u8], read: Look, reply: OcspReply) -> Arc<OcspReply> {
        let value = Arc::new(reply);
        self.answers.insert(place(of, serial), Kept { read, value: value.clone() });
        value
    }

    pub(super) fn list(&self, of: (AuthorityId, i64), look: Look) -> Option<Arc<PublishedCrl>> {
        self.lists.get(&of)?.fresh(look)
    }

    pub(super) fn put_list(&self, of: (AuthorityId, i64), read: Look, list: PublishedCrl) -> Arc<PublishedCrl> {
        let value = Arc::new(list);
        self.lists.insert(of, Kept { read, value: value.clone() });
        value
    }

    /// Takes everything off, after this process revoked or published something.
    pub(super) fn clear(&self) {
        self.cleared.fetch_add(1, Ordering::SeqCst);
        self.answers.clear();
        self.lists.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const SERIAL: &[u8] = &[7; 16];

    fn authority(number: u128) -> AuthorityId {
        AuthorityId(uuid::Uuid::from_u128(number))
    }

    fn reply(der: &[u8]) -> OcspReply {
        OcspReply {
            der: der.to_vec(),
            produced_at: NOW,
            next_update: Some(NOW + Duration::hours(1)),
            tag: String::new(),
        }
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_served_after_it() {
        let shelf = Shelf::default();
        let read = shelf.look(NOW);
        shelf.clear();
        shelf.put_answer(authority(1), SERIAL, read, reply(b"good"));
        assert!(shelf.answer(authority(1), SERIAL, shelf.look(NOW)).is_none());
        let read = shelf.look(NOW);
        shelf.put_answer(authority(1), SERIAL, read, reply(b"revoked"));
        let served = |after| shelf.answer(authority(1), SERIAL, shelf.look(NOW + Duration::seconds(after)));
        assert_eq!(served(4).unwrap().der, b"revoked");
        assert!(served(5).is_none(), "another node may have changed it");
        shelf.clear();
        assert!(served(0).is_none());
    }

    #[test]
    fn the_answer_of_one_authority_is_not_that_of_another_with_the_same_serial() {
        let shelf = Shelf::default();
        shelf.put_answer(authority(1), SERIAL, shelf.look(NOW), reply(b"of the first"));
        assert!(shelf.answer(authority(2), SERIAL, shelf.look(NOW)).is_none());
        assert!(shelf.answer(authority(1), SERIAL, shelf.look(NOW)).is_some());
    }
}
