//! Revoking an issuing authority: the root says that it is not to be believed any more (RFC 5280, 6.3; CP/CPS 5.7).

use domain::clock::Timestamp;
use pki::RevocationReason;
use storage::{authority as rows, boxed};

use super::{Issuing, keys, lists::FULL, publish_when_due};
use crate::{
    App, Ctx, Error, Result,
    backup::{Fault, two_officers},
};

/// Reasons that may be given for an authority.
const REASONS: [RevocationReason; 4] = [
    RevocationReason::KeyCompromise,
    RevocationReason::CaCompromise,
    RevocationReason::Superseded,
    RevocationReason::CessationOfOperation,
];

/// Why an issuing authority was not revoked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRevoked {
    /// No authority in force has that name.
    #[error("there is no issuing authority {0}; the names stand under /pki and in the addresses of its lists")]
    Unknown(String),
    /// Not a reason for an authority.
    #[error("--reason: keyCompromise, cACompromise, superseded or cessationOfOperation")]
    BadReason,
    /// Nobody could issue afterwards, and the service would not start.
    #[error("{0} is the only issuing authority: hold a ceremony for a new one first (docs/operate/rollover.md)")]
    OnlyOne(String),
    /// The root could not publish it.
    #[error(
        "the key of the root is not there: put its file into the folder of keys, or plug its token in; nothing was done"
    )]
    NoRootKey,
    /// The people who are to answer for it may not.
    #[error("{0}; nothing was done")]
    NoOfficers(String),
}

/// What the root published about an issuing authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuingRevoked {
    /// Serial number of the authority's certificate.
    pub serial: String,
    /// Whether it was revoked now, not before.
    pub now: bool,
    /// Number of the root's list that names it.
    pub list: i64,
    /// When the root's list ends.
    pub next_update: Timestamp,
}

/// Revokes the certificate of an issuing authority and publishes the root's list. Running it again publishes what is still
/// to be published. Processes that serve learn of it in their next round ([`notice_revoked`]).
///
/// # Errors
/// When the database refuses, or the root's list could not be published: then the revocation stands, and running it again
/// goes on. What cannot be done is the inner result.
#[boxed]
pub async fn revoke_issuing(app: &App, name: &str, reason: &str) -> Result<Result<IssuingRevoked, NotRevoked>> {
    let Some(issuing) = app.authority.named(name) else { return Ok(Err(NotRevoked::Unknown(name.to_owned()))) };
    let Some(reason) = reason.parse().ok().filter(|reason| REASONS.contains(reason)) else {
        return Ok(Err(NotRevoked::BadReason));
    };
    if app.authority.all().all(|other| other.id == issuing.id || !other.issues()) {
        return Ok(Err(NotRevoked::OnlyOne(name.to_owned())));
    }
    if app.authority.root_key.open().await?.is_none() {
        return Ok(Err(NotRevoked::NoRootKey));
    }
    let now = record(app, issuing, reason).await?;
    let published = publish_when_due(app).await;
    let standing = rows::crl_standing(&mut app.db.read().await?, app.authority.root_id).await?;
    match standing.first().filter(|list| list.shard == FULL && list.covers >= list.changes) {
        Some(list) => Ok(Ok(IssuingRevoked {
            serial: issuing.certificate.serial().to_hex(),
            now,
            list: list.number,
            next_update: Timestamp::from_millis(list.next_update),
        })),
        None => Err(published.err().unwrap_or_else(|| Error::internal("the root's list does not know it yet"))),
    }
}

/// Writes down the two people of the staff who answer for the revocation of an issuing authority, before it is done.
///
/// # Errors
/// When the database refuses. What speaks against them is the inner result.
#[boxed]
pub async fn answer_for_issuing(
    app: &App,
    name: &str,
    reason: &str,
    officers: [&str; 2],
) -> Result<Result<(), NotRevoked>> {
    let Some(issuing) = app.authority.named(name) else { return Ok(Err(NotRevoked::Unknown(name.to_owned()))) };
    let people = match two_officers(&app.db, officers).await {
        Ok(people) => people,
        Err(Fault::Refused(words)) => return Ok(Err(NotRevoked::NoOfficers(words))),
        Err(fault) => return Err(Error::internal(fault)),
    };
    let ctx = Ctx::system(app, "revoke_issuing");
    let mut tx = app.db.write().await?;
    for one in people {
        let mut entry = ctx.entry("authority.revoke_order", format!("authority:{}", issuing.id), "", reason);
        entry.actor = format!("account:{}", one.id);
        tx.audit(entry);
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes issuing authorities for revoked that the root revoked since the start, whichever process wrote it down. The work of
/// each round.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn notice_revoked(app: &App) -> Result<()> {
    for issuing in app.authority.believed() {
        let serial = issuing.certificate.serial().to_hex();
        if rows::is_revoked_by(&mut app.db.read().await?, &serial, app.authority.root_id).await? {
            issuing.note_revoked();
            tracing::warn!(name = %issuing.name, "the root revoked an issuing authority: what it issued is not believed any more");
        }
    }
    Ok(())
}

/// Writes the revocation down; false when it was revoked before.
async fn record(app: &App, issuing: &Issuing, reason: RevocationReason) -> Result<bool> {
    let ctx = Ctx::system(app, "revoke_issuing");
    let serial = issuing.certificate.serial().to_hex();
    let mut tx = app.db.write().await?;
    let own = rows::by_serial(&mut tx, &serial).await?.filter(|own| own.authority_id == app.authority.root_id);
    let own = own.ok_or_else(|| Error::internal("the authority's certificate is not in the register"))?;
    if !rows::revoke(&mut tx, own.id, reason.as_str(), ctx.now).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    if [RevocationReason::KeyCompromise, RevocationReason::CaCompromise].contains(&reason) {
        keys::block(&ctx, &mut tx, &own.key_hash, reason.as_str()).await?;
    }
    rows::crl_changed(&mut tx, app.authority.root_id, FULL).await?;
    ctx.audit(&mut tx, "authority.revoke", format!("authority:{}", issuing.id), "valid", reason.as_str());
    crate::feed::authority_revoked(&ctx, &mut tx, issuing.id, &serial, reason.as_str())?;
    tx.commit().await?;
    Ok(true)
}
