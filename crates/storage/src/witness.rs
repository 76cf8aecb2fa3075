//! What must be known outside the database, so that an older copy of it cannot bring back what was revoked (spec 04.7).
//!
//! Statements note it in their transaction, so that no verb can forget it. After the commit, and before the commit
//! returns, the witness records it: a signature or an answer comes only afterwards.

use std::{fmt::Debug, pin::Pin};

use domain::ids::AuthorityId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One thing to be known outside the database. Nothing in it tells of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    /// The first line of a file of records.
    Begin {
        /// Form of the lines.
        format: u32,
        /// Which installation writes.
        installation: Uuid,
        /// Name of the chain.
        chain: String,
        /// Number of the file in its chain, from 1.
        file: u32,
        /// Hash of the last line of the file before; empty in the first one.
        previous: String,
    },
    /// A serial number was taken; its certificate may be signed from now on.
    Issued {
        /// Who signs.
        authority: AuthorityId,
        /// Serial number, as in the register.
        serial: String,
        /// End of validity, in milliseconds since 1970 UTC.
        ends: i64,
        /// Shard of the revocation list that its distribution point names.
        shard: i64,
        /// SHA-256 of the public key.
        key: String,
    },
    /// A serial number was given up; nobody knows whether it was signed.
    Abandoned {
        /// Whose it is.
        authority: AuthorityId,
        /// Serial number.
        serial: String,
        /// When, in milliseconds since 1970 UTC.
        when: i64,
    },
    /// A certificate was revoked.
    Revoked {
        /// Whose it is.
        authority: AuthorityId,
        /// Serial number.
        serial: String,
        /// When, in milliseconds since 1970 UTC.
        when: i64,
        /// Why (RFC 5280, 5.3.1).
        reason: String,
    },
    /// A CRL number was taken.
    Crl {
        /// Whose it is.
        authority: AuthorityId,
        /// The number.
        number: i64,
    },
    /// How far the audit chain reached, and how far the other chains of records.
    Head {
        /// Place in the audit chain.
        seq: i64,
        /// Hash of the row there.
        hash: String,
        /// Ends of all chains that the database knows.
        chains: Vec<Position>,
    },
    /// The installation signed how far its audit chain reached.
    Signed {
        /// Number of the signed statement.
        number: i64,
        /// Place in the audit chain.
        seq: i64,
        /// Hash of the row there.
        hash: String,
    },
    /// A backup was made.
    Backup {
        /// Which one.
        id: Uuid,
        /// SHA-256 of its table of contents.
        manifest: String,
        /// Place in the audit chain.
        seq: i64,
        /// Hash of the row there.
        hash: String,
    },
}

/// A line in a chain of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Name of the chain.
    pub chain: String,
    /// Number of the line, from 1.
    pub line: i64,
    /// Its hash.
    pub hash: String,
}

/// What [`Witness::record`] gives: the last line of its chain, or why nothing could be written.
pub type Recorded = Result<Option<Position>, String>;

/// Records outside the database what transactions noted.
pub trait Witness: Debug + Send + Sync {
    /// Makes the notes durable; those of many callers at once. Without notes, only what could not be written before.
    fn record(&self, notes: Vec<Note>) -> Pin<Box<dyn Future<Output = Recorded> + Send + '_>>;
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, sync::Mutex, task::Context, task::Waker, time::Duration};

    use super::*;
    use crate::Db;

    /// Keeps what it is told, after a while.
    #[derive(Debug, Default)]
    struct Slow(Mutex<Vec<Note>>);

    impl Witness for Slow {
        fn record(&self, notes: Vec<Note>) -> Pin<Box<dyn Future<Output = Recorded> + Send + '_>> {
            Box::pin(async {
                tokio::task::yield_now().await;
                self.0.lock().unwrap().extend(notes);
                Ok(None)
            })
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_committed_is_recorded_and_followed_although_nobody_waits_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let (witness, called) = (Arc::new(Slow::default()), Arc::new(Mutex::new(0)));
        let db = Db::open(&format!("sqlite:{}", folder.path().join("left.db").display())).await.unwrap();
        let db = db.witnessed_by(witness.clone());
        for number in 1..=20 {
            let mut tx = db.write().await.unwrap();
            tx.note(Note::Crl { authority: AuthorityId(Uuid::nil()), number });
            let calls = called.clone();
            tx.once_durable(move || *calls.lock().unwrap() += 1);
            // As a handler whose client hangs up.
            let mut commit = tx.commit();
            let _ = commit.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        let all = || (witness.0.lock().unwrap().len(), *called.lock().unwrap());
        for _ in 0..1_000 {
            if all() == (20, 40) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("noted and called: {:?}", all());
    }
}
