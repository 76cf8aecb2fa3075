//! Certificates of the operator's own, such as servers and OCSP responders; recorded before they are signed like all others.

use domain::{clock::Timestamp, ids::CertificateId};
use pki::{AlternativeName, CertificateOrder, Serial, SigningKey, Subject};
use storage::{authority as rows, boxed};

use super::{Authority, Issuing, key_store::signed, refuse_faults, timekeeper::not_behind};
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

/// Issues a certificate of the operator's own; gives its DER.
///
/// # Errors
/// When the profile, the lint, the key or the database refuses.
#[boxed]
pub(crate) async fn issue(with: &Machinery<'_>, order: &OwnOrder<'_>) -> Result<Vec<u8>> {
    let issuing = order.issuing;
    not_behind(with.db, with.now).await?;
    signed(&issuing.key, SigningKey::ready).await?;
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
    let record = rows::Certificate {
        crl_shard: shard,
        ..record(
            &prepared,
            CertificateId::new(with.now, with.randomness),
            issuing.id,
            order.profile,
            order.title,
            with.now,
        )
    };
    let mut tx = with.db.write().await?;
    rows::insert_prepared(&mut tx, std::slice::from_ref(&record)).await?;
    tx.commit().await?;
    let signed = signed(&issuing.key, |key| pki::sign(prepared, key)).await?;
    let mut tx = with.db.write().await?;
    if !rows::store_signed(&mut tx, record.id, &signed.der, with.now).await? {
        return Err(Error::ChangedMeanwhile);
    }
    tx.commit().await?;
    Ok(signed.der)
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
