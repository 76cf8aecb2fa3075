//! The code of a renewal after the end: where a browser offers no expired certificate, an owner's permission and its code
//! take the certificate's place (spec 04.5, ADR 0018).

use domain::{ids::ApplicationId, reference::ReferenceNumber, secrets::RenewalCode};
use storage::{
    Tx, boxed,
    renewals::{LATE, Permit},
};

use super::tried::Tried;
use crate::{Ctx, Error, Result};

/// Wrong codes after which a permission's code no longer works.
const MOST_TRIES: i64 = 10;

/// What stands for the terminal that renews.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// The present certificate; TLS proved that its key is held.
    Shown(Option<&'a [u8]>),
    /// Reference number and code, as typed.
    Code(&'a str, &'a str),
}

impl std::fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Shown(_)) { "Proof::Shown(…)" } else { "Proof::Code(…)" })
    }
}

/// A new code and its hash, made before the transaction begins because hashing is slow.
pub(super) async fn new_code(ctx: &Ctx<'_>) -> Result<(RenewalCode, String)> {
    let randomness = &*ctx.app.randomness;
    let code = RenewalCode::generate(randomness);
    let hash = ctx.app.hasher.hash(code.as_str(), randomness).await?;
    Ok((code, hash))
}

/// What the right code opens.
pub(super) struct Opened {
    /// The certificate that the owner meant.
    pub(super) certificate: Vec<u8>,
    /// The hash that is used up with the renewal.
    pub(super) hash: String,
}

/// Checks reference number and code; nothing is consumed. Each try is counted before it is judged, so that parallel tries
/// are counted too, and nobody learns which of the two was wrong, or whether there was a permission.
#[boxed]
pub(super) async fn open(ctx: &Ctx<'_>, reference: &str, code: &str) -> Result<Option<Opened>> {
    let typed = (ReferenceNumber::parse(reference), RenewalCode::parse(code));
    let (Ok(reference), Ok(code)) = typed else { return Ok(None) };
    let tried = Tried::count(ctx).await?;
    let case = storage::applications::by_reference(&mut ctx.app.db.read().await?, reference.as_str()).await?;
    let permit = match &case {
        Some(case) => counted(ctx, case.id).await?,
        None => None,
    };
    let hash = permit.as_ref().and_then(|permit| permit.code_hash.clone());
    let right = ctx.app.closed_hasher.matches(code.as_str(), hash.as_deref()).await?;
    let (Some(permit), Some(hash), true) = (permit, hash, right) else { return Ok(None) };
    let mut tx = ctx.app.db.write().await?;
    storage::renewals::reset_code_tries(&mut tx, permit.application_id, LATE, &hash).await?;
    tried.forgive(ctx, &mut tx).await?;
    tx.commit().await?;
    let Some(id) = permit.certificate_id else { return Ok(None) };
    let record = storage::authority::find(&mut ctx.app.db.read().await?, id).await?;
    Ok(record.and_then(|record| record.certificate).map(|certificate| Opened { certificate, hash }))
}

/// The permission of a case that a code may open, after the try was counted.
async fn counted(ctx: &Ctx<'_>, case: ApplicationId) -> Result<Option<Permit>> {
    let mut tx = ctx.app.db.write().await?;
    let tries = storage::renewals::count_code_try(&mut tx, case, LATE).await?;
    let permits = storage::renewals::of_application(&mut tx, case).await?;
    tx.commit().await?;
    let holds = |permit: &Permit| permit.kind == LATE && permit.until.is_some_and(|until| ctx.now <= until);
    Ok(permits.into_iter().find(holds).filter(|_| tries.is_some_and(|tries| tries <= MOST_TRIES)))
}

/// Uses the code up, in the transaction that stores what it gave.
pub(super) async fn consume(ctx: &Ctx<'_>, tx: &mut Tx, case: ApplicationId, hash: &str) -> Result<()> {
    if !storage::renewals::use_code(tx, case, LATE, hash).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(tx, "renewal.use_code", format!("application:{case}"), "", "");
    Ok(())
}
