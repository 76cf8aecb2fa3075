//! The certificate that the authority makes for the closed network's listener (spec 04.3).

use std::net::{IpAddr, Ipv4Addr};

use domain::clock::Timestamp;
use pki::{AlternativeName, CertificateInfo, SigningKey};
use storage::boxed;

use super::{
    own::{self, Machinery, OwnOrder},
    timekeeper::believed,
};
use crate::{App, Error, Result};

const PROFILE: &str = "closed-network-server";
/// The longest common name (RFC 5280, appendix A: `ub-common-name`).
const LONGEST_TITLE: usize = 64;

/// A certificate for the closed network's listener, with its key. The key is written nowhere: a process that starts makes
/// another one.
pub struct ServerCertificate {
    /// Chain in DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// Key in PKCS#8 DER.
    pub key: Vec<u8>,
    /// From when on another one should stand in its place: half of its term.
    pub renew_from: Timestamp,
}

/// Issues a certificate for the closed network's listener, for the host in its address and for this machine.
///
/// # Errors
/// When the database or the authority refuses; [`Error::CannotSign`] and [`Error::ClockInDoubt`] when it cannot sign now.
#[boxed]
pub async fn server_certificate(app: &App) -> Result<ServerCertificate> {
    let (authority, now) = (&app.authority, app.clock.now());
    let profile = authority.profiles.get(PROFILE).ok_or_else(|| Error::internal("no server profile"))?;
    let names = names(&app.settings.closed_url)?;
    let title = names.iter().map(ToString::to_string).find(|name| name.len() <= LONGEST_TITLE).unwrap_or_default();
    believed(app, now).await?;
    let key = SigningKey::generate(profile.generated_key()).map_err(Error::internal)?;
    let machinery = Machinery { db: &app.db, authority, randomness: &*app.randomness, now };
    let (issuing, operator) = (&authority.issuing, &app.settings.operator.name);
    let order = OwnOrder { issuing, profile: PROFILE, operator, title: &title, names: &names, key: &key };
    let der = own::issue(&machinery, &order).await?;
    let term = CertificateInfo::parse(&der).map_err(Error::internal)?.validity;
    let key = key.pkcs8_der().map(<[u8]>::to_vec).ok_or_else(|| Error::internal("the key cannot leave its store"))?;
    Ok(ServerCertificate {
        chain: vec![der, issuing.certificate.der().to_vec()],
        key,
        renew_from: term.not_before + (term.not_after - term.not_before) / 2,
    })
}

fn names(url: &str) -> Result<Vec<AlternativeName>> {
    let here = [AlternativeName::Dns("localhost".to_owned()), AlternativeName::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST))];
    let host = AlternativeName::of_url(url).map_err(Error::internal)?;
    let others = here.into_iter().filter(|name| *name != host).collect::<Vec<_>>();
    Ok(std::iter::once(host).chain(others).collect())
}
