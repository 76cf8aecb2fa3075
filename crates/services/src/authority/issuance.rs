//! Record before you sign: `reserved → prepared (recorded) → signed → stored` (spec 04.4).

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, InstitutionId},
};
use pki::{CertificateOrder, PreparedCertificate, PublicKey, Serial, Subject};
use storage::boxed;
use storage::{Tx, authority::Certificate};

use super::refuse_faults;
use crate::{App, Ctx, Error, Result};

/// What a terminal certificate is made from.
#[derive(Clone, Debug)]
pub struct Order {
    /// Case it belongs to.
    pub application: ApplicationId,
    /// Institution it belongs to.
    pub institution: InstitutionId,
    /// Subject (spec 04.4).
    pub subject: Subject,
    /// Name of the terminal.
    pub terminal: String,
    /// Key it certifies.
    pub public_key: PublicKey,
    /// Name of the profile.
    pub profile: String,
}

/// A certificate that is recorded and awaits its one signature.
#[derive(Debug)]
pub struct Reserved {
    /// The record.
    pub record: Certificate,
    prepared: PreparedCertificate,
}

/// Prepares, lints and durably records a certificate before it is signed.
///
/// # Errors
/// When the order does not fit the profile, the lint objects, or the database refuses.
#[boxed]
pub async fn reserve(ctx: &Ctx<'_>, order: &Order) -> Result<Reserved> {
    let mut reserved = reserve_many(ctx, std::slice::from_ref(order)).await?;
    reserved.pop().ok_or_else(|| Error::internal("nothing was reserved"))
}

/// Prepares, lints and records several certificates in one transaction.
///
/// # Errors
/// As [`reserve`]; then none of them is recorded.
#[boxed]
pub async fn reserve_many(ctx: &Ctx<'_>, orders: &[Order]) -> Result<Vec<Reserved>> {
    let reserved = orders.iter().map(|order| prepare(ctx, order)).collect::<Result<Vec<_>>>()?;
    let mut tx = ctx.app.db.write().await?;
    for one in &reserved {
        storage::authority::insert_prepared(&mut tx, &one.record).await?;
        ctx.audit(&mut tx, "certificate.prepare", format!("certificate:{}", one.record.id), "", &one.record.serial);
    }
    tx.commit().await?;
    Ok(reserved)
}

fn prepare(ctx: &Ctx<'_>, order: &Order) -> Result<Reserved> {
    let authority = &ctx.app.authority;
    let profile = authority.profiles.get(&order.profile).ok_or_else(|| Error::internal("no such profile"))?;
    let validity = profile.validity(ctx.now, Some(&authority.issuer)).map_err(Error::internal)?;
    let serial = Serial::generate(&*ctx.app.randomness);
    let prepared = pki::prepare(&CertificateOrder {
        profile,
        issuer: Some(&authority.issuer),
        serial: &serial,
        subject: &order.subject,
        alternative_names: &[],
        public_key: &order.public_key,
        validity,
        urls: &authority.urls,
    })
    .map_err(Error::internal)?;
    refuse_faults(&authority.linter.lint(&prepared))?;
    let record = Certificate {
        id: CertificateId::new(ctx.now, &*ctx.app.randomness),
        authority_id: authority.id,
        application_id: Some(order.application),
        institution_id: Some(order.institution),
        serial: serial.to_hex(),
        profile: order.profile.clone(),
        state: "prepared".to_owned(),
        subject: order.terminal.clone(),
        key_hash: prepared.key_hash().to_owned(),
        tbs: prepared.tbs_der().to_vec(),
        certificate: None,
        not_before: validity.not_before,
        not_after: validity.not_after,
        prepared_at: ctx.now,
        signed_at: None,
        revoked_at: None,
        revocation_reason: None,
    };
    Ok(Reserved { record, prepared })
}

/// Signs a recorded certificate, once, and stores it in the caller's transaction; gives the DER.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when the record was given up meanwhile; then the serial stays on the CRL.
#[boxed]
pub async fn finish(ctx: &Ctx<'_>, tx: &mut Tx, reserved: Reserved) -> Result<Vec<u8>> {
    let signed = pki::sign(reserved.prepared, &ctx.app.authority.key).map_err(Error::internal)?;
    if !storage::authority::store_signed(tx, reserved.record.id, &signed.der, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    ctx.audit(
        tx,
        "certificate.issue",
        format!("certificate:{}", reserved.record.id),
        &reserved.record.serial,
        &signed.fingerprint,
    );
    Ok(signed.der)
}

/// Gives up certificates that were recorded before an instant and never stored: nobody can know whether they were
/// signed, so their serials go on the CRL and are never used again. Run at start, before anything is issued.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn abandon_unfinished(app: &App, before: Timestamp) -> Result<u64> {
    let ctx = Ctx::system(app, "start");
    let mut tx = app.db.write().await?;
    let count = storage::authority::abandon_prepared(&mut tx, before, ctx.now).await?;
    if count > 0 {
        ctx.audit(&mut tx, "certificate.abandon", "authority", "", &count.to_string());
        tx.commit().await?;
        tracing::warn!(count, "certificates recorded but not stored were given up; their serials go on the CRL");
    } else {
        tx.rollback().await?;
    }
    Ok(count)
}
