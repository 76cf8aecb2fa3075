//! Certificates of the operator's own, such as servers and OCSP responders; recorded before they are signed like all others.

use domain::{clock::Timestamp, ids::CertificateId};
use pki::{AlternativeName, CertificateOrder, Serial, SigningKey, Subject};
use storage::{Tx, audit::Entry, authority as rows, boxed};

use super::{
    Authority, Issuing,
    key_store::{ready, signed},
    refuse_faults,
    timekeeper::not_behind,
};
use crate::{Error, Result};

/// What the machinery of issuing needs from an installation, or from one that is still being put together.
pub(crate) struct Machinery<'a> {
    /// Database.
    pub(crate) db: &'a storage::Db,
    /// The authority.
    pub(crate) authority: &'a Authority,
    /// Randomness.
    pub(crate) randomness: &'a dyn domain::clock::Randomness,
    /// The present instant.
    pub(crate) now: Timestamp,
}

/// What is certified.
pub(crate) struct OwnOrder<'a> {
    /// Who issues it.
    pub(crate) issuing: &'a Issuing,
    /// Name of the profile.
    pub(crate) profile: &'static str,
    /// Operator's name, for the subject.
    pub(crate) operator: &'a str,
    /// Common name.
    pub(crate) title: &'a str,
    /// Alternative names.
    pub(crate) names: &'a [AlternativeName],
    /// Key it certifies.
    pub(crate) key: &'a SigningKey,
}

/// Issues a certificate of the operator's own; gives its DER. If it cannot be signed or stored, its record is given up.
///
/// # Errors
/// When the profile, the lint, the key or the database refuses.
#[boxed]
pub(crate) async fn issue(with: &Machinery<'_>, order: &OwnOrder<'_>) -> Result<Vec<u8>> {
    let key = &order.issuing.key;
    not_behind(with.db, with.now).await?;
    ready(key).await?;
    let (record, prepared) = prepare(with, order)?;
    let mut tx = with.db.write().await?;
    rows::insert_prepared(&mut tx, std::slice::from_ref(&record)).await?;
    with.audit(&mut tx, "certificate.prepare", &record, "", &record.serial);
    tx.commit().await?;
    let stored = match signed(key, |key| pki::sign(prepared, key)).await {
        Ok(signed) => store(with, &record, signed).await,
        Err(error) => Err(error),
    };
    if stored.is_err() {
        give_up(with, &record).await?;
    }
    stored
}

async fn store(with: &Machinery<'_>, record: &rows::Certificate, signed: pki::Certificate) -> Result<Vec<u8>> {
    let mut tx = with.db.write().await?;
    if !rows::store_signed(&mut tx, record.id, &signed.der, with.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    with.audit(&mut tx, "certificate.issue", record, &record.serial, &signed.fingerprint);
    tx.commit().await?;
    Ok(signed.der)
}

/// Nobody can know whether a token made the signature: the serial goes on the list.
async fn give_up(with: &Machinery<'_>, record: &rows::Certificate) -> Result<()> {
    let mut tx = with.db.write().await?;
    if rows::abandon(&mut tx, record.id, with.now).await? {
        rows::crl_changed(&mut tx, record.authority_id, record.crl_shard).await?;
        with.audit(&mut tx, "certificate.abandon", record, "prepared", &record.serial);
    }
    Ok(tx.commit().await?)
}

impl Machinery<'_> {
    fn audit(&self, tx: &mut Tx, action: &str, record: &rows::Certificate, before: &str, after: &str) {
        let hash = |text: &str| if text.is_empty() { String::new() } else { storage::audit::fingerprint(text) };
        tx.audit(Entry {
            at: self.now.as_millis(),
            actor: "system:authority".to_owned(),
            action: action.to_owned(),
            subject: format!("certificate:{}", record.id),
            before_hash: hash(before),
            after_hash: hash(after),
            ..Entry::default()
        });
    }
}

fn prepare(with: &Machinery<'_>, order: &OwnOrder<'_>) -> Result<(rows::Certificate, pki::PreparedCertificate)> {
    let issuing = order.issuing;
    let profile = with.authority.profiles.get(order.profile).ok_or_else(|| Error::internal("no such profile"))?;
    let serial = Serial::generate(with.randomness);
    let shard = issuing.shard_of(&serial);
    let prepared = pki::prepare(&CertificateOrder {
        profile,
        issuer: Some(&issuing.certificate),
        serial: &serial,
        subject: &Subject::operator(order.operator, order.title),
        alternative_names: order.names,
        public_key: order.key.public_key(),
        validity: profile.validity(with.now, Some(&issuing.certificate)).map_err(Error::internal)?,
        urls: &issuing.urls(shard),
    })
    .map_err(Error::internal)?;
    refuse_faults(&with.authority.linter.lint(&prepared))?;
    let id = CertificateId::new(with.now, with.randomness);
    let record = record(&prepared, id, issuing.id, order.profile, order.title, with.now);
    Ok((rows::Certificate { crl_shard: shard, ..record }, prepared))
}

/// The record of a certificate that belongs to no institution.
pub(super) fn record(
    prepared: &pki::PreparedCertificate,
    id: CertificateId,
    authority: domain::ids::AuthorityId,
    profile: &str,
    subject: &str,
    now: Timestamp,
) -> rows::Certificate {
    rows::Certificate {
        id,
        authority_id: authority,
        application_id: None,
        institution_id: None,
        serial: prepared.serial().to_hex(),
        profile: profile.to_owned(),
        state: "prepared".to_owned(),
        subject: subject.to_owned(),
        key_hash: prepared.key_hash().to_owned(),
        tbs: prepared.tbs_der().to_vec(),
        certificate: None,
        not_before: prepared.validity().not_before,
        not_after: prepared.validity().not_after,
        prepared_at: now,
        signed_at: None,
        revoked_at: None,
        revocation_reason: None,
        crl_shard: 0,
        renews: None,
        installed_at: None,
    }
}
