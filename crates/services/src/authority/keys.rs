//! Which keys may not be certified, beyond what the key itself tells: blocked ones, those of other terminals, and those of the
//! terminal's own earlier certificates.

use domain::{clock::Timestamp, ids::ApplicationId};
use pki::PublicKey;
use storage::{Db, Tx, audit, boxed, keys::Known};

use crate::{App, Ctx, Result};

/// Why a key that a terminal sent may not be certified, in words for the person; none when it may.
pub(super) async fn objection(ctx: &Ctx<'_>, key: &PublicKey, case: ApplicationId) -> Result<Option<&'static str>> {
    let mut conn = ctx.app.db.read().await?;
    Ok(words(&storage::keys::known(&mut conn, &key.key_hash(), case).await?))
}

/// What is known of a key, in words for the person who sent it.
pub(super) fn words(known: &Known) -> Option<&'static str> {
    match known {
        Known::Nothing => None,
        Known::Blocked(_) => Some(
            "この鍵は、漏えいなどの届出があったため使えません。端末で新しい鍵を作り、その鍵で証明書の要求を作り直してください。",
        ),
        Known::UsedElsewhere => Some(
            "この鍵は、ほかの申請の、端末の電子証明書で使われています。端末ごとに新しい鍵を作り、その鍵で証明書の要求を作り直してください。",
        ),
        Known::Spent => Some(
            "この鍵は、この端末の前の電子証明書で使われています。前と同じ鍵では受け取れません。端末で新しい鍵を作り、その鍵で証明書の要求を作り直してください。",
        ),
    }
}

/// Blocks a key for ever and records it; false when it was blocked before.
pub(super) async fn block(ctx: &Ctx<'_>, tx: &mut Tx, key_hash: &str, reason: &str) -> Result<bool> {
    let added = storage::keys::block(tx, key_hash, reason, ctx.now).await?;
    if added {
        ctx.audit(tx, "key.block", format!("key:{key_hash}"), "", reason);
    }
    Ok(added)
}

/// What a list of keys to block led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedKeys {
    /// Blocked now.
    pub added: usize,
    /// Blocked before.
    pub known: usize,
    /// Lines that are no hash, from 1.
    pub refused: Vec<usize>,
}

/// Blocks keys from a list, one SHA-256 of a SubjectPublicKeyInfo in hexadecimal a line; empty lines and lines that begin
/// with `#` are left out. Running it twice changes nothing.
///
/// # Errors
/// When the database refuses; then no key of the list is blocked.
#[boxed]
pub async fn block_keys(app: &App, list: &str) -> Result<BlockedKeys> {
    let ctx = Ctx::system(app, "block_keys");
    let mut outcome = BlockedKeys::default();
    let mut tx = app.db.write().await?;
    for (number, line) in list.lines().enumerate() {
        let hash = line.trim().to_ascii_lowercase();
        if hash.is_empty() || hash.starts_with('#') {
            continue;
        }
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            outcome.refused.push(number + 1);
        } else if block(&ctx, &mut tx, &hash, "listed").await? {
            outcome.added += 1;
        } else {
            outcome.known += 1;
        }
    }
    tx.commit().await?;
    Ok(outcome)
}

/// What people do with key files beside signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFileAct {
    /// A backup in shares was made.
    Backup,
    /// Files were brought back from shares.
    Restore,
    /// They were given another passphrase.
    ChangePassphrase,
}

impl KeyFileAct {
    const fn action(self) -> &'static str {
        match self {
            Self::Backup => "key_file.backup",
            Self::Restore => "key_file.restore",
            Self::ChangePassphrase => "key_file.change_passphrase",
        }
    }
}

/// Notes in the audit chain what was done with key files, one entry for each; `words` is what the entries vouch for, such as
/// the SHA-256 of a backup.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_key_files(db: &Db, now: Timestamp, act: KeyFileAct, names: &[&str], words: &str) -> Result<()> {
    let mut tx = db.write().await?;
    for name in names {
        tx.audit(audit::Entry {
            at: now.as_millis(),
            actor: "system:key_files".to_owned(),
            action: act.action().to_owned(),
            subject: format!("key_file:{name}"),
            after_hash: if words.is_empty() { String::new() } else { audit::fingerprint(words) },
            ..audit::Entry::default()
        });
    }
    Ok(tx.commit().await?)
}
