//! The delegated OCSP responder: a key in memory alone, with a short certificate that is renewed by itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

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
#[derive(Default)]
pub(super) struct Responders {
    held: Mutex<BTreeMap<AuthorityId, Arc<Delegate>>>,
    /// Held by whoever appoints one.
    appointing: tokio::sync::Mutex<()>,
}

impl Responders {
    /// The one at hand that has not ended.
    fn at_hand(&self, issuing: AuthorityId, now: Timestamp) -> Option<Arc<Delegate>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&issuing).filter(|delegate| now < delegate.ends).cloned()
    }

    fn put(&self, issuing: AuthorityId, fresh: &Arc<Delegate>) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(issuing, fresh.clone());
    }
}

/// The responder in force for an issuing authority: the one at hand until its end, so that no answer waits for the authority's
/// key; where there is none, it is made.
///
/// # Errors
/// When there is none and none can be made.
#[boxed]
pub(super) async fn delegate(app: &App, issuing: &Issuing) -> Result<Arc<Delegate>> {
    let (now, responders) = (app.clock.now(), &app.shelf.responders);
    if let Some(delegate) = responders.at_hand(issuing.id, now) {
        return Ok(delegate);
    }
    let _alone = responders.appointing.lock().await;
    if let Some(delegate) = responders.at_hand(issuing.id, now) {
        return Ok(delegate);
    }
    let fresh = Arc::new(appoint(app, issuing, now).await?);
    responders.put(issuing.id, &fresh);
    Ok(fresh)
}

/// Appoints successors of the responders that have lived half of their lives. The work of each round. While an authority cannot
/// sign, the responder at hand goes on.
#[boxed]
pub(super) async fn renew_delegates(app: &App) {
    let (now, responders) = (app.clock.now(), &app.shelf.responders);
    let _alone = responders.appointing.lock().await;
    for issuing in app.authority.all() {
        let at_hand = responders.at_hand(issuing.id, now);
        if at_hand.is_none_or(|delegate| now < delegate.renew_from) {
            continue;
        }
        match appoint(app, issuing, now).await {
            Ok(fresh) => responders.put(issuing.id, &Arc::new(fresh)),
            // What a key's token or the clock does is in the log once.
            Err(Error::CannotSign(_) | Error::ClockInDoubt(_)) => {}
            Err(error) => tracing::warn!(%error, "the OCSP responder could not be renewed; the old one goes on"),
        }
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
