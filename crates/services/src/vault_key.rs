//! Which key the vault has. Its fingerprint stands in the database, so that no other key is ever taken for it: what was
//! sealed under the first could never be opened again, and heads of the audit chain would be signed by a stranger.

use domain::clock::Timestamp;
use storage::{Db, audit, boxed, settings};

use crate::{Result, audit::HeadKey};

/// Name of the setting that holds the fingerprint.
const NOTED: &str = "vault.key";

/// The fingerprint of the public key that is drawn from it; it tells nothing of the key itself.
fn fingerprint(key: &[u8; 32]) -> Result<String> {
    Ok(HeadKey::of_vault(key)?.public().fingerprint())
}

/// Whether the installation has a key already: it is noted, or was in use before keys were noted. Whoever uses the key first
/// enters the texts that come with the program.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn is_expected(db: &Db) -> Result<bool> {
    let mut conn = db.read().await?;
    let noted = settings::get(&mut conn, NOTED).await?.is_some();
    Ok(noted || !storage::content::article_slugs(&mut conn, "", 1).await?.is_empty())
}

/// Whether a key is the installation's; the first one is noted as such.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn is_own(db: &Db, key: &[u8; 32]) -> Result<bool> {
    let fingerprint = fingerprint(key)?;
    if let Some(noted) = settings::get(&mut db.read().await?, NOTED).await? {
        return Ok(noted == fingerprint);
    }
    let mut tx = db.write().await?;
    settings::set_once(&mut tx, NOTED, &fingerprint).await?;
    let noted = settings::get(&mut tx, NOTED).await?;
    tx.commit().await?;
    Ok(noted.as_ref() == Some(&fingerprint))
}

/// Takes another key from now on, because the first is lost for ever. The audit chain tells of it.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn replace(db: &Db, now: Timestamp, key: &[u8; 32]) -> Result<()> {
    let fingerprint = fingerprint(key)?;
    let mut tx = db.write().await?;
    let before = settings::get(&mut tx, NOTED).await?.unwrap_or_default();
    settings::set(&mut tx, NOTED, &fingerprint).await?;
    tx.audit(audit::Entry {
        at: now.as_millis(),
        actor: "system:vault_key".to_owned(),
        action: "vault_key.replace".to_owned(),
        subject: format!("vault_key:{}", &fingerprint),
        before_hash: if before.is_empty() { String::new() } else { audit::fingerprint(&before) },
        after_hash: audit::fingerprint(&fingerprint),
        ..audit::Entry::default()
    });
    Ok(tx.commit().await?)
}
