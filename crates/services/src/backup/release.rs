//! Ending a quarantine without a journal that proves everything: two officers answer for it.

use std::path::{Path, PathBuf};

use domain::{
    clock::{Randomness, Timestamp},
    ids::AuthorityId,
    permissions::Role,
};
use storage::{Db, accounts::Account, boxed};

use super::{Fault, Result, journal, make::entry, quarantine::in_quarantine, replay::open_again, restore};

/// Numbers of revocation lists that are left out, because nobody knows which were used.
const MARGIN: i64 = 1_000_000;

/// Who ends a quarantine, and why.
#[derive(Clone, Copy)]
pub struct Release<'a> {
    /// Mail addresses of two officers.
    pub officers: [&'a str; 2],
    /// Their reason.
    pub reason: &'a str,
    /// When.
    pub now: Timestamp,
    /// Randomness.
    pub randomness: &'a dyn Randomness,
    /// Folder that was restored to.
    pub folder: &'a Path,
    /// Folders with what is left of journals: their chains are closed unread.
    pub journals: &'a [PathBuf],
}

/// Ends the quarantine although the journal does not prove that nothing is missing.
///
/// # Errors
/// When there is no quarantine, the officers are not two people of the staff who may answer for the authority, or no reason
/// is given.
#[boxed]
pub async fn release(db: &Db, by: &Release<'_>) -> Result<()> {
    let mark = in_quarantine(db).await?;
    let mark = mark.ok_or_else(|| Fault::Refused("there is no quarantine; nothing was changed".to_owned()))?;
    let reason = by.reason.trim();
    if reason.is_empty() {
        return Err(Fault::Refused("--reason: say why the journal cannot be replayed".to_owned()));
    }
    let [first, second] = two_officers(db, by.officers).await?;
    let mut tx = db.write().await?;
    for authority in storage::authority::authorities(&mut tx).await? {
        let number = authority.crl_number + MARGIN;
        storage::restore::raise_crl_number(&mut tx, AuthorityId(authority.id), number).await?;
    }
    for chain in journal::names(by.journals)? {
        storage::journals::close_unread(&mut tx, &chain, by.now).await?;
    }
    open_again(&mut tx, by.now, by.randomness).await?;
    for officer in [&first, &second] {
        let mut row = entry(by.now, "restore.release", mark.backup, reason);
        row.actor = format!("account:{}", officer.id);
        tx.audit(row);
    }
    let kept = serde_json::json!({ "backup": mark.backup, "at": by.now, "reason": reason,
        "officers": [first.id, second.id] });
    storage::settings::set(&mut tx, "restore.released", &kept.to_string()).await?;
    tx.commit().await?;
    tracing::warn!(backup = %mark.backup, reason, "the quarantine was ended without proof of the journal");
    restore::end(by.folder)
}

/// The two people of the staff with these addresses, who may answer for the authority.
///
/// # Errors
/// When they are not two, one of them may not, or the database refuses.
pub(crate) async fn two_officers(db: &Db, addresses: [&str; 2]) -> Result<[Account; 2]> {
    let [first, second] = [officer(db, addresses[0]).await?, officer(db, addresses[1]).await?];
    if first.id == second.id {
        return Err(Fault::Refused("--officer: two different people are needed".to_owned()));
    }
    Ok([first, second])
}

async fn officer(db: &Db, address: &str) -> Result<Account> {
    let found = storage::accounts::by_email(&mut db.read().await?, address).await?;
    let may = |account: &Account| {
        let answers = account.roles.iter().any(|role| matches!(role, Role::CaOfficer | Role::Administrator));
        account.staff && !account.disabled && answers
    };
    let words = || format!("--officer: {address} is neither a CA officer nor an administrator of this installation");
    found.filter(may).ok_or_else(|| Fault::Refused(words()))
}
