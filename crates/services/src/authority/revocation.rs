//! Revocation by the owner or an RA officer, and of a certificate that was fetched again.

use domain::{
    ids::{ApplicationId, CertificateId, JobId, ProposalId},
    office::Matter,
    permissions::Permission,
};
use pki::RevocationReason;
use serde_json::json;
use storage::boxed;
use storage::{Tx, authority::Certificate};

use super::{PUBLISH_CRL, keys};
use crate::{
    Ctx, Error, Result,
    accounts::membership::belongs,
    applications::tell,
    office::proposals::{Act, propose},
};

/// What a revocation led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// Revoked now, or the key of one that was revoked before is now known to have leaked; the CRL follows at once.
    Done,
    /// It was revoked before, and nothing that was said now is new.
    Before,
    /// The reason is not one that a person may give.
    BadReason,
}

/// How the page showed a certificate to whoever wishes to revoke it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// As valid: then one that took its place meanwhile is meant as well.
    Valid,
    /// As ended, or on no page at all.
    NotValid,
}

impl Seen {
    /// From whether it was shown as valid.
    pub const fn valid(shown: bool) -> Self {
        if shown { Self::Valid } else { Self::NotValid }
    }
}

/// What an officer's wish to revoke led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByOfficer {
    /// One officer suffices in this installation: what the revocation led to.
    Alone(Revoked),
    /// A second officer is asked to approve it (four eyes).
    Proposed(ProposalId),
    /// A revocation of it waits for a second officer already.
    Waits,
}

/// Reasons that people may give (spec 04.5).
pub(super) const REASONS: &[RevocationReason] = &[
    RevocationReason::KeyCompromise,
    RevocationReason::AffiliationChanged,
    RevocationReason::Superseded,
    RevocationReason::CessationOfOperation,
];

/// Revokes a certificate of one's own institution.
///
/// # Errors
/// [`Error::NotFound`] for another institution's, [`Error::Forbidden`] for members who are not its owner.
#[boxed]
pub async fn revoke_as_owner(ctx: &Ctx<'_>, id: CertificateId, reason: &str, seen: Seen) -> Result<Revoked> {
    let record = storage::authority::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    belongs(ctx, record.institution_id.ok_or(Error::NotFound)?).await?;
    ctx.owner()?;
    revoke(ctx, record, reason, seen).await
}

/// Revokes any terminal certificate as RA officer.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it does not exist.
#[boxed]
pub async fn revoke_as_officer(ctx: &Ctx<'_>, id: CertificateId, reason: &str, seen: Seen) -> Result<ByOfficer> {
    ctx.permit(Permission::RevokeCertificates)?;
    let record = storage::authority::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    record.institution_id.ok_or(Error::NotFound)?;
    if ctx.session().is_ok() && ctx.app.rules().four_eyes.asks(Matter::Revocation) {
        return ask_second(ctx, &record, reason, seen).await;
    }
    Ok(ByOfficer::Alone(revoke(ctx, record, reason, seen).await?))
}

/// Proposes the revocation to another officer; nothing is revoked yet.
async fn ask_second(ctx: &Ctx<'_>, record: &Certificate, reason: &str, seen: Seen) -> Result<ByOfficer> {
    let Some(named) = reason.parse().ok().filter(|reason| REASONS.contains(reason)) else {
        return Ok(ByOfficer::Alone(Revoked::BadReason));
    };
    let seen_valid = seen == Seen::Valid || record.state == "valid";
    if !seen_valid && named != RevocationReason::KeyCompromise {
        return Ok(ByOfficer::Alone(Revoked::Before));
    }
    let mut tx = ctx.app.db.write().await?;
    let words = format!("端末の電子証明書「{}」を失効させる（理由：{}）", record.subject, reason_words(ctx, named));
    let act = Act::Revoke { certificate: record.id, reason: reason.to_owned(), seen_valid };
    let made = propose(ctx, &mut tx, &act, &format!("certificate:{}", record.id), &words, "").await?;
    let Some(id) = made else { return Ok(ByOfficer::Waits) };
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(ByOfficer::Proposed(id))
}

pub(super) async fn revoke(ctx: &Ctx<'_>, record: Certificate, reason: &str, seen: Seen) -> Result<Revoked> {
    let mut tx = ctx.app.db.write().await?;
    let led_to = revoke_within(ctx, &mut tx, &record, reason, seen).await?;
    if led_to == Revoked::Done {
        tx.commit().await?;
        ctx.app.wake.notify_one();
    }
    Ok(led_to)
}

/// Revokes in the caller's transaction, which is to be committed only when it is done. For good, it ends what else the same
/// terminal holds: during a renewal it has two certificates, and a theft ends both. That is so too when another certificate took
/// the place of the one that was seen as valid, or that is reported lost, before this was done.
pub(crate) async fn revoke_within(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    record: &Certificate,
    reason: &str,
    seen: Seen,
) -> Result<Revoked> {
    let Some(reason) = reason.parse().ok().filter(|reason| REASONS.contains(reason)) else {
        return Ok(Revoked::BadReason);
    };
    let case = record.application_id.ok_or(Error::NotFound)?;
    let for_good = reason != RevocationReason::Superseded;
    if for_good {
        // First: whoever fetches with the letter at this moment has stored before, or stores nothing.
        bury_letters(ctx, tx, case).await?;
    }
    let valid = in_order(storage::authority::hold_of_application(tx, case).await?);
    let is_valid = valid.iter().any(|one| one.id == record.id);
    let meant = is_valid || seen == Seen::Valid || record.state == "valid" || is_reported(tx, record).await?;
    let mut ended = false;
    for one in valid.iter().filter(|one| one.id == record.id || (for_good && meant)) {
        ended |= revoke_in(ctx, tx, one, reason).await?;
    }
    let leaked = !is_valid && reason == RevocationReason::KeyCompromise && leaked(ctx, tx, record).await?;
    if ended {
        tell_revoked(ctx, tx, record, reason).await?;
    }
    Ok(if ended || leaked { Revoked::Done } else { Revoked::Before })
}

/// Certificates in the order in which all transactions change them, and with them the lists of their authorities.
fn in_order(mut certificates: Vec<Certificate>) -> Vec<Certificate> {
    certificates.sort_by_key(|one| (one.authority_id, one.id));
    certificates
}

async fn is_reported(tx: &mut Tx, record: &Certificate) -> Result<bool> {
    let report = storage::terminals::loss_of(tx, record.id).await?;
    Ok(report.is_some_and(|report| report.clock.done_at.is_none()))
}

/// Tells the owners and whoever applied for it.
async fn tell_revoked(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate, reason: RevocationReason) -> Result<()> {
    let Some(id) = record.application_id else { return Ok(()) };
    let Some(case) = storage::applications::find(tx, id).await? else { return Ok(()) };
    let further = [
        ("serial", record.serial.clone()),
        ("reason", reason_words(ctx, reason)),
        ("terminal", record.subject.clone()),
        tell::letter_applied_for_now(ctx),
    ];
    tell::owners_and_applicant_about(ctx, tx, &case, "certificate_revoked", &further).await
}

/// Kills the letters of a case whose certificate is revoked for good: they would give a new one to whoever holds them.
async fn bury_letters(ctx: &Ctx<'_>, tx: &mut Tx, case: ApplicationId) -> Result<()> {
    for letter in storage::letters::of_application(tx, case).await? {
        if storage::letters::kill(tx, letter.id).await? {
            ctx.audit(tx, "letter.revoked", format!("letter:{}", letter.id), &letter.state, "dead");
        }
    }
    Ok(())
}

fn reason_words(ctx: &Ctx<'_>, reason: RevocationReason) -> String {
    let lists = ctx.app.reference().lists;
    let found = lists.entries("revocation_reasons").iter().find(|entry| entry.rfc == reason.as_str());
    found.map_or_else(|| reason.as_str().to_owned(), |entry| entry.label.clone())
}

/// Revokes in the caller's transaction and orders the CRL; false when it was not valid.
async fn revoke_in(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate, reason: RevocationReason) -> Result<bool> {
    if !storage::authority::revoke(tx, record.id, reason.as_str(), ctx.now).await? {
        return Ok(false);
    }
    ctx.audit(tx, "certificate.revoke", format!("certificate:{}", record.id), "valid", reason.as_str());
    crate::feed::revoked(ctx, tx, record, reason.as_str())?;
    if reason == RevocationReason::KeyCompromise {
        crate::terminals::losses::note(ctx, tx, record).await?;
        keys::block(ctx, tx, &record.key_hash, reason.as_str()).await?;
    }
    publish(ctx, tx, record, "after").await?;
    if reason != RevocationReason::Superseded {
        // A lost key stays lost when another certificate only takes the place of its own.
        storage::terminals::loss_done(tx, record.id, ctx.now).await?;
    }
    Ok(true)
}

/// Blocks the key of a certificate that was revoked or given up before, and gives the revocation that reason; false when both
/// were known. What else the terminal holds has another key and is revoked by itself.
async fn leaked(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate) -> Result<bool> {
    let reason = RevocationReason::KeyCompromise.as_str();
    let is_new = keys::block(ctx, tx, &record.key_hash, reason).await?;
    storage::terminals::loss_done(tx, record.id, ctx.now).await?;
    if !storage::authority::aggravate(tx, record.id, reason).await? {
        return Ok(is_new);
    }
    let before = record.revocation_reason.as_deref().unwrap_or_default();
    ctx.audit(tx, "certificate.revoke", format!("certificate:{}", record.id), before, reason);
    crate::feed::revoked(ctx, tx, record, reason)?;
    publish(ctx, tx, record, "leaked").await?;
    Ok(true)
}

/// Forgets what is no longer true of a certificate and orders the lists that say what is.
async fn publish(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate, occasion: &str) -> Result<()> {
    storage::authority::forget_answer(tx, record.id).await?;
    storage::authority::crl_changed(tx, record.authority_id, record.crl_shard).await?;
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("crl:{occasion}:{}", record.id);
    storage::jobs::enqueue(tx, job, PUBLISH_CRL, Some(&key), json!({}), ctx.now).await?;
    // An answer at hand must not outlive it, although the one who asked for it may be gone.
    let shelf = ctx.app.shelf.clone();
    tx.once_durable(move || shelf.clear());
    Ok(())
}

/// Revokes those of earlier certificates that are valid, when another one takes their place (`superseded`, spec 04.3, 04.5).
pub(super) async fn supersede(ctx: &Ctx<'_>, tx: &mut Tx, earlier: &[Certificate], but: CertificateId) -> Result<()> {
    let ended = earlier.iter().filter(|one| one.id != but && one.state == "valid");
    for one in in_order(ended.cloned().collect()) {
        revoke_in(ctx, tx, &one, RevocationReason::Superseded).await?;
    }
    Ok(())
}

/// A certificate of one's own institution.
///
/// # Errors
/// [`Error::NotFound`] for another institution's.
#[boxed]
pub async fn certificate_of_own(ctx: &Ctx<'_>, id: CertificateId) -> Result<Certificate> {
    let record = storage::authority::find(&mut ctx.app.db.read().await?, id).await?.ok_or(Error::NotFound)?;
    belongs(ctx, record.institution_id.ok_or(Error::NotFound)?).await?;
    Ok(record)
}
