//! An entry of the ledger, and the new entry that takes it back.

use domain::{
    accounts::needed_line,
    fees::BillNumber,
    ids::{ApplicationId, EntryId},
    permissions::Permission,
};
use storage::{authority::Certificate, boxed, ledger::Listed};

use crate::{Ctx, Error, Result};

/// Longest reason.
const LONGEST_REASON: usize = 200;

/// An entry with what became of it.
#[derive(Clone, Debug)]
pub struct EntryView {
    /// The entry.
    pub entry: Listed,
    /// The entry that takes it back.
    pub reversal: Option<Listed>,
    /// The bill on which it stands, once its month is closed.
    pub bill: Option<BillNumber>,
    /// Certificates of the terminal it was for.
    pub certificates: Vec<Certificate>,
}

impl EntryView {
    /// Whether it can be taken back: a fee that was not.
    pub const fn is_reversible(&self) -> bool {
        self.entry.reverses.is_none() && self.reversal.is_none()
    }
}

/// An entry.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn entry(ctx: &Ctx<'_>, id: EntryId) -> Result<EntryView> {
    ctx.permit(Permission::ReadLedger)?;
    let mut conn = ctx.app.db.read().await?;
    let entry = storage::ledger::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    Ok(EntryView {
        certificates: storage::authority::of_application(&mut conn, ApplicationId(entry.application_id)).await?,
        entry,
        reversal: storage::ledger::reversal_of(&mut conn, id).await?,
        bill: storage::ledger::bill_of(&mut conn, id).await?.map(BillNumber::new),
    })
}

/// Takes a fee back by a new entry, once; or says what is wrong with the reason. The next closing sets it against what the
/// institution owes.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist, [`Error::ChangedMeanwhile`]
/// when it was taken back before.
#[boxed]
pub async fn reverse(ctx: &Ctx<'_>, id: EntryId, reason: &str) -> Result<Result<EntryId, String>> {
    ctx.permit(Permission::ManageFees)?;
    let reason = match needed_line("取り消す理由", reason, LONGEST_REASON) {
        Ok(reason) => reason,
        Err(message) => return Ok(Err(message)),
    };
    let new = EntryId::new(ctx.now, &*ctx.app.randomness);
    let mut tx = ctx.app.db.write().await?;
    let entry = storage::ledger::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !storage::ledger::reverse(&mut tx, new, id, &reason, &ctx.actor_name(), ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let after = format!("{}:{reason}", -entry.amount_yen);
    ctx.audit(&mut tx, "ledger.reverse", format!("entry:{id}"), &entry.amount_yen.to_string(), &after);
    tx.commit().await?;
    Ok(Ok(new))
}
