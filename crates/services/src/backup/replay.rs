//! What the journal knows, into the register.

use domain::{
    clock::{Randomness, Timestamp},
    ids::{CertificateId, JobId},
};
use serde::Serialize;
use storage::{Db, Tx, boxed, restore::Unknown};

use super::{
    Quarantine, Result,
    examine::{End, Examined, Stranger},
    make::entry,
    quarantine::MARK,
};

/// What a replay changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Certificates that the backup knew as valid, now revoked as they had been.
    pub revoked: usize,
    /// Serials that the backup did not know and that had been revoked.
    pub revoked_unknown: usize,
    /// Serials that the backup did not know, now on hold.
    pub held: Vec<String>,
    /// Serials that had been given up.
    pub abandoned: usize,
    /// Authorities whose next revocation list gets a higher number than the backup would have given.
    pub numbers_raised: usize,
}

/// Applies what was examined, in one transaction. When nothing is missing, the quarantine ends with it.
///
/// # Errors
/// When the database refuses; then nothing was changed.
#[boxed]
pub(super) async fn replay(
    db: &Db,
    backup: &Quarantine,
    found: &Examined,
    now: Timestamp,
    randomness: &dyn Randomness,
) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    let mut tx = db.write().await?;
    for (serial, (end, key)) in &found.ended {
        finish_known(&mut tx, serial, end, key, now, &mut replayed).await?;
    }
    for (serial, stranger) in &found.strangers {
        let id = CertificateId::new(now, randomness);
        add(&mut tx, id, serial, stranger, now, &mut replayed).await?;
    }
    for (authority, number) in &found.numbers {
        if storage::restore::raise_crl_number(&mut tx, *authority, *number).await? {
            // The lists of the backup are older than what is out there.
            storage::restore::withdraw_lists(&mut tx, *authority).await?;
            replayed.numbers_raised += 1;
        }
    }
    let summary = serde_json::to_string(&replayed).map_err(crate::Error::internal)?;
    tx.audit(entry(now, "restore.replay", backup.backup, &summary));
    if found.gaps.is_empty() {
        for end in &found.chains {
            storage::journals::close(&mut tx, end, now).await?;
        }
        open_again(&mut tx, now, randomness).await?;
        tx.audit(entry(now, "restore.finish", backup.backup, ""));
    }
    tx.commit().await?;
    Ok(replayed)
}

/// A serial that the register knows, but not its end.
async fn finish_known(
    tx: &mut Tx,
    serial: &str,
    end: &End,
    key: &str,
    now: Timestamp,
    replayed: &mut Replayed,
) -> Result<()> {
    let (changed, action) = match end {
        End::Revoked(when, reason) => {
            block(tx, key, reason, *when).await?;
            (storage::restore::revoke(tx, serial, *when, reason).await?, "certificate.revoke")
        }
        End::Abandoned(when) => (storage::restore::abandon(tx, serial, *when).await?, "certificate.abandon"),
    };
    if changed.is_none() {
        return Ok(());
    }
    match end {
        End::Revoked(..) => replayed.revoked += 1,
        End::Abandoned(_) => replayed.abandoned += 1,
    }
    note(tx, action, serial, now);
    Ok(())
}

/// A serial that the register does not know: nobody can say whose it is, so nobody may rely on it.
async fn add(
    tx: &mut Tx,
    id: CertificateId,
    serial: &str,
    stranger: &Stranger,
    now: Timestamp,
    replayed: &mut Replayed,
) -> Result<()> {
    let (state, revoked_at, reason, action) = match &stranger.end {
        Some(End::Revoked(when, reason)) => {
            block(tx, &stranger.key, reason, *when).await?;
            replayed.revoked_unknown += 1;
            ("revoked", Timestamp::from_millis(*when), reason.as_str(), "certificate.revoke")
        }
        Some(End::Abandoned(when)) => {
            replayed.abandoned += 1;
            ("abandoned", Timestamp::from_millis(*when), "superseded", "certificate.abandon")
        }
        None => {
            replayed.held.push(serial.to_owned());
            ("revoked", now, pki::RevocationReason::CertificateHold.as_str(), "certificate.hold")
        }
    };
    let one = Unknown {
        id,
        authority: stranger.authority,
        serial: serial.to_owned(),
        state,
        key_hash: stranger.key.clone(),
        issued_at: Timestamp::from_millis(stranger.issued_at),
        ends: Timestamp::from_millis(stranger.ends),
        shard: stranger.shard,
        revoked_at,
        reason: reason.to_owned(),
    };
    storage::restore::add(tx, &one).await?;
    note(tx, action, serial, now);
    Ok(())
}

/// A key that leaked stays blocked.
async fn block(tx: &mut Tx, key: &str, reason: &str, when: i64) -> Result<()> {
    if reason == pki::RevocationReason::KeyCompromise.as_str() && !key.is_empty() {
        storage::keys::block(tx, key, reason, Timestamp::from_millis(when)).await?;
    }
    Ok(())
}

fn note(tx: &mut Tx, action: &str, serial: &str, now: Timestamp) {
    let mut row = entry(now, action, uuid::Uuid::nil(), "");
    (row.actor, row.subject, row.after_hash) = ("system:restore".to_owned(), format!("serial:{serial}"), String::new());
    tx.audit(row);
}

/// Ends the quarantine: what may have ended is ended, every revocation list is due, and no old chain is continued.
pub(super) async fn open_again(tx: &mut Tx, now: Timestamp, randomness: &dyn Randomness) -> Result<()> {
    storage::restore::forget_what_may_have_ended(tx).await?;
    storage::journals::close_all(tx, now).await?;
    let job = JobId::new(now, randomness);
    storage::jobs::enqueue(tx, job, crate::authority::PUBLISH_CRL, None, serde_json::json!({}), now).await?;
    storage::settings::remove(tx, MARK).await?;
    Ok(())
}
