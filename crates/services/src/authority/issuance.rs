//! Record before you sign: `reserved → prepared (recorded) → signed → stored` (spec 04.4).

use std::collections::BTreeSet;

use domain::{
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, InstitutionId},
};
use pki::{CertificateOrder, PreparedCertificate, PublicKey, Serial, Subject};
use storage::boxed;
use storage::{Tx, audit::Entry, authority::Certificate, feed::NewEvent};
use time::Duration;

use super::{
    key_store::{ready, signed},
    refuse_faults,
    timekeeper::believed,
};
use crate::{App, Ctx, Error, Result, feed, heavy::heavy};

/// Nobody works so long on one certificate: requests end after a minute, and a token is waited for ten seconds.
const UNFINISHED: Duration = Duration::minutes(10);

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
    /// The certificate that it is to follow, if it renews one.
    pub renews: Option<CertificateId>,
}

/// A recorded certificate with its signature, to be stored at once.
#[derive(Debug)]
pub struct Signed {
    /// The record.
    pub record: Certificate,
    certificate: pki::Certificate,
    /// What is noted of it, worked out before a transaction begins that others wait for.
    entry: Entry,
    event: NewEvent,
}

impl Signed {
    fn new(ctx: &Ctx<'_>, record: Certificate, certificate: pki::Certificate) -> Result<Self> {
        let subject = format!("certificate:{}", record.id);
        let entry = ctx.entry("certificate.issue", subject, &record.serial, &certificate.fingerprint);
        let event = feed::issued(ctx, &record)?;
        Ok(Self { record, certificate, entry, event })
    }
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
/// When the order does not fit the profile, the lint objects, or the database refuses; [`Error::CannotSign`] when the
/// root revoked the authority or its key is known not to sign now, [`Error::ClockInDoubt`] when the clock cannot be right.
#[boxed]
pub async fn reserve(ctx: &Ctx<'_>, order: &Order) -> Result<Reserved> {
    believed(ctx.app, ctx.now).await?;
    let issuing = &ctx.app.authority.issuing;
    if issuing.revoked() {
        return Err(Error::CannotSign(format!("the root revoked {}; start this process again", issuing.name)));
    }
    // Each record that is never signed stays on the revocation list for years.
    ready(&issuing.key).await?;
    let reserved = heavy(|| prepare(ctx, order)).await?;
    ctx.app.shelf.recording.record(ctx, reserved.record.clone()).await?;
    Ok(reserved)
}

fn prepare(ctx: &Ctx<'_>, order: &Order) -> Result<Reserved> {
    let authority = &ctx.app.authority;
    let issuing = &authority.issuing;
    let profile = authority.profiles.get(&order.profile).ok_or_else(|| Error::internal("no such profile"))?;
    let months = ctx.app.rules().certificate_months;
    let validity = profile.validity_within(months, ctx.now, Some(&issuing.certificate)).map_err(Error::internal)?;
    let serial = Serial::of_moment(ctx.now, &*ctx.app.randomness);
    let shard = issuing.shard_of(&serial);
    let prepared = pki::prepare(&CertificateOrder {
        profile,
        issuer: Some(&issuing.certificate),
        serial: &serial,
        subject: &order.subject,
        alternative_names: &[],
        public_key: &order.public_key,
        validity,
        urls: &issuing.urls(shard),
    })
    .map_err(Error::internal)?;
    refuse_faults(&authority.linter.lint(&prepared))?;
    let record = Certificate {
        id: CertificateId::new(ctx.now, &*ctx.app.randomness),
        authority_id: issuing.id,
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
        crl_shard: shard,
        renews: order.renews,
        installed_at: None,
    };
    Ok(Reserved { record, prepared })
}

/// Signs a recorded certificate, once. If the key does not, the record is given up, never to be signed.
///
/// No transaction may be open meanwhile: a token in the network takes its time.
///
/// # Errors
/// [`Error::CannotSign`] when the key's token fails.
#[boxed]
pub async fn sign(ctx: &Ctx<'_>, reserved: Reserved) -> Result<Signed> {
    let Reserved { record, prepared } = reserved;
    let issuing = ctx.app.authority.issuing_of(record.authority_id);
    let issuing = issuing.ok_or_else(|| Error::internal("the authority of this record is not at hand"))?;
    match signed(&issuing.key, |key| pki::sign(prepared, key)).await {
        Ok(certificate) => Signed::new(ctx, record, certificate),
        Err(error) => {
            give_up(ctx, &record).await?;
            Err(error)
        }
    }
}

/// Passes on what storing gave; when it failed, the record is given up: its certificate never leaves this process.
///
/// # Errors
/// The one that storing gave.
#[boxed]
pub(super) async fn or_give_up<T: Send>(ctx: &Ctx<'_>, record: &Certificate, stored: Result<T>) -> Result<T> {
    if stored.is_err() {
        give_up(ctx, record).await?;
    }
    stored
}

/// Gives up a record whose signature failed or was of no use. Nobody can know whether the token made it: the serial goes on the CRL.
async fn give_up(ctx: &Ctx<'_>, record: &Certificate) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    if storage::authority::abandon(&mut tx, record.id, ctx.now).await? {
        storage::authority::crl_changed(&mut tx, record.authority_id, record.crl_shard).await?;
        ctx.audit(&mut tx, "certificate.abandon", format!("certificate:{}", record.id), "prepared", &record.serial);
    }
    Ok(tx.commit().await?)
}

/// Stores a signed certificate in the caller's transaction; gives the DER. At once: whoever commits together with it, such as a
/// second renewal of the same terminal, must find it.
///
/// # Errors
/// [`Error::ChangedMeanwhile`] when the record was given up meanwhile; then the serial stays on the CRL.
#[boxed]
pub async fn finish(ctx: &Ctx<'_>, tx: &mut Tx, signed: Signed) -> Result<Vec<u8>> {
    let Signed { record, certificate, entry, event } = signed;
    tx.audit(entry);
    tx.publish(event);
    if !storage::authority::store_signed(tx, record.id, &certificate.der, ctx.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    Ok(certificate.der)
}

/// Gives up what was recorded long ago and neither stored nor given up, because the database refused or the one who asked
/// went away in the middle. The work of each round.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn give_up_unfinished(app: &App) -> Result<u64> {
    abandon_unfinished(app, app.clock.now() - UNFINISHED).await
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
    let abandoned = storage::authority::abandon_prepared(&mut tx, before, ctx.now).await?;
    let count = abandoned.len() as u64;
    for (authority, shard) in BTreeSet::from_iter(abandoned) {
        storage::authority::crl_changed(&mut tx, authority, shard).await?;
    }
    if count > 0 {
        ctx.audit(&mut tx, "certificate.abandon", "authority", "", &count.to_string());
        tx.commit().await?;
        tracing::warn!(count, "certificates recorded but not stored were given up; their serials go on the CRL");
    } else {
        tx.rollback().await?;
    }
    Ok(count)
}
