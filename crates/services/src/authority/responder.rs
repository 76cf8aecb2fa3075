//! The delegated OCSP responder: a key in memory alone, with a short certificate that is renewed by itself.

use std::{collections::BTreeMap, sync::Arc};

use domain::{clock::Timestamp, ids::AuthorityId};
use pki::{Responder, SigningKey};
use storage::boxed;

use super::{
    Issuing,
    own::{self, Machinery, OwnOrder},
};
use crate::{App, Error, Result};

/// Profile of the responder's certificate.
const PROFILE: &str = "ocsp";

/// A responder's key with the certificate that an issuing authority gave it.
#[derive(Debug)]
pub(super) struct Delegate {
    pub(super) responder: Responder,
    pub(super) key: SigningKey,
    /// When the certificate ends; no answer reaches beyond it.
    pub(super) ends: Timestamp,
    /// From when on another one is wanted.
    renew_from: Timestamp,
}

/// The responders of this process, by issuing authority; each made when it is first needed.
pub(super) type Responders = tokio::sync::Mutex<BTreeMap<AuthorityId, Arc<Delegate>>>;

/// The responder in force for an issuing authority. While the authority cannot sign, the one at hand goes on until its end.
///
/// # Errors
/// When there is none and none can be made.
#[boxed]
pub(super) async fn delegate(app: &App, issuing: &Issuing) -> Result<Arc<Delegate>> {
    let now = app.clock.now();
    let mut held = app.shelf.responders.lock().await;
    let at_hand = held.get(&issuing.id).filter(|delegate| now < delegate.ends).cloned();
    if let Some(delegate) = at_hand.as_ref().filter(|delegate| now < delegate.renew_from) {
        return Ok(delegate.clone());
    }
    match (appoint(app, issuing, now).await, at_hand) {
        (Ok(fresh), _) => {
            let fresh = Arc::new(fresh);
            held.insert(issuing.id, fresh.clone());
            Ok(fresh)
        }
        (Err(error), Some(delegate)) => {
            // What a key's token or the clock does is in the log once.
            if !matches!(error, Error::CannotSign(_) | Error::ClockInDoubt(_)) {
                tracing::warn!(%error, "the OCSP responder could not be renewed; the old one goes on");
            }
            Ok(delegate)
        }
        (Err(error), None) => Err(error),
    }
}

async fn appoint(app: &App, issuing: &Issuing, now: Timestamp) -> Result<Delegate> {
    let profile = app.authority.profiles.get(PROFILE).ok_or_else(|| Error::internal("no profile for OCSP"))?;
    let key = SigningKey::generate(profile.generated_key()).map_err(Error::internal)?;
    let machinery = Machinery { db: &app.db, authority: &app.authority, randomness: &*app.randomness, now };
    let order = OwnOrder {
        issuing,
        profile: PROFILE,
        operator: &app.settings.operator.name,
        title: "OCSPレスポンダ",
        names: &[],
        key: &key,
    };
    let der = own::issue(&machinery, &order).await?;
    let ends = pki::CertificateInfo::parse(&der).map_err(Error::internal)?.validity.not_after;
    let responder = Responder::delegated(&issuing.certificate, &der).map_err(Error::internal)?;
    Ok(Delegate { responder, key, ends, renew_from: now + (ends - now) / 2 })
}
