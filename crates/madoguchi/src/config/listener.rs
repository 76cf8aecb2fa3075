//! Listeners: where they listen and how people reach them.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::Context;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use serde::{Deserialize, Deserializer, Serialize};

use crate::tls::{self, Identity};

/// A listener.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Listener {
    /// Address and port.
    pub(crate) listen: SocketAddr,
    /// Address as people reach it, without a slash at the end.
    pub(crate) url: String,
    /// Certificate chain in PEM; the portal may stand behind a proxy without one.
    pub(crate) certificate: Option<PathBuf>,
    /// Private key in PEM.
    pub(crate) key: Option<PathBuf>,
    /// Proxies before it; only the portal may have some.
    #[serde(flatten)]
    pub(crate) proxies: Option<Proxies>,
}

/// Proxies that are believed about where visitors come from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Proxies {
    /// Addresses or networks.
    pub(crate) trusted_proxies: Vec<String>,
    /// `X-Forwarded-For` or `Forwarded`, whichever they set.
    pub(crate) proxy_header: String,
}

impl Default for Proxies {
    fn default() -> Self {
        Self { trusted_proxies: vec![], proxy_header: "X-Forwarded-For".to_owned() }
    }
}

/// What one of the two listeners is when the file says nothing of it.
pub(super) struct Defaults {
    port: u16,
    /// Without a certificate of its own.
    scheme: &'static str,
}

/// The portal: plain, behind a proxy or on this machine.
pub(super) const DEFAULT_PORTAL: Defaults = Defaults { port: 8080, scheme: "http" };
/// The closed network: always TLS; without a certificate, the authority makes one.
pub(super) const DEFAULT_CLOSED_NETWORK: Defaults = Defaults { port: 8443, scheme: "https" };

/// The table as written; what is left out is filled in by the listener's own defaults.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    listen: Option<SocketAddr>,
    url: Option<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// The portal's table as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenPortal {
    listen: Option<SocketAddr>,
    url: Option<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    trusted_proxies: Vec<String>,
    proxy_header: String,
}

impl Default for WrittenPortal {
    fn default() -> Self {
        let Proxies { trusted_proxies, proxy_header } = Proxies::default();
        Self { listen: None, url: None, certificate: None, key: None, trusted_proxies, proxy_header }
    }
}

/// Reads `[portal]`.
pub(super) fn portal<'de, D: Deserializer<'de>>(from: D) -> Result<Listener, D::Error> {
    let WrittenPortal { listen, url, certificate, key, trusted_proxies, proxy_header } =
        WrittenPortal::deserialize(from)?;
    let listener = DEFAULT_PORTAL.fill(Written { listen, url, certificate, key });
    Ok(Listener { proxies: Some(Proxies { trusted_proxies, proxy_header }), ..listener })
}

/// Reads `[closed_network]`.
pub(super) fn closed_network<'de, D: Deserializer<'de>>(from: D) -> Result<Listener, D::Error> {
    Written::deserialize(from).map(|written| DEFAULT_CLOSED_NETWORK.fill(written))
}

impl Defaults {
    /// The listener of which nothing is written.
    pub(super) fn alone(&self) -> Listener {
        self.fill(Written::default())
    }

    fn fill(&self, written: Written) -> Listener {
        let listen = written.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)));
        let scheme = if written.certificate.is_some() { "https" } else { self.scheme };
        let url = written.url.unwrap_or_else(|| format!("{scheme}://{}", reachable(listen)));
        Listener { listen, url, certificate: written.certificate, key: written.key, proxies: None }
    }
}

/// Where a browser on this machine finds a listener: one on all addresses is reached on this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        ip if !ip.is_unspecified() => listen,
        IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port())),
        IpAddr::V6(_) => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, listen.port())),
    }
}

impl Listener {
    /// A listener on this machine only.
    pub(crate) fn at(port: u16, scheme: &str) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { listen, url: format!("{scheme}://{listen}"), certificate: None, key: None, proxies: None }
    }

    /// The proxies before it, as the pages know them.
    ///
    /// # Errors
    /// Every address that is none, and a header that is not known.
    pub(crate) fn proxies(&self) -> Result<web::Proxies, Vec<String>> {
        let none = Proxies::default();
        let Proxies { trusted_proxies, proxy_header } = self.proxies.as_ref().unwrap_or(&none);
        web::Proxies::parse(trusted_proxies, proxy_header)
    }

    /// The same in a configuration that was checked.
    ///
    /// # Errors
    /// As before, in one.
    pub(crate) fn known_proxies(&self) -> anyhow::Result<web::Proxies> {
        self.proxies().map_err(|faults| anyhow::anyhow!(faults.join("; ")))
    }

    /// What it shows of itself where a certificate is configured.
    ///
    /// # Errors
    /// When certificate or key cannot be read.
    pub(crate) fn identity(&self) -> anyhow::Result<Option<Identity>> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else { return Ok(None) };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(|all| all.map(|der| der.map(|der| der.to_vec())).collect::<Result<Vec<_>, _>>())
            .with_context(|| format!("{}: no certificates in PEM", certificate.display()))?;
        let read = PrivatePkcs8KeyDer::from_pem_file(key);
        let key = read.with_context(|| format!("{}: no key in PEM and PKCS#8 without a passphrase", key.display()))?;
        Ok(Some(Identity { chain, key: key.secret_pkcs8_der().to_vec() }))
    }

    /// Adds a sentence for every fault in what it shows of itself.
    pub(super) fn validate_identity(&self, name: &str, faults: &mut Vec<String>) {
        if self.certificate.is_some() != self.key.is_some() {
            faults.push(format!("{name}: certificate and key belong together"));
        }
        let missing = self.certificate.iter().chain(&self.key).filter(|path| !path.is_file());
        let missing: Vec<String> = missing.map(|path| format!("{name}: {} is not a file", path.display())).collect();
        if missing.is_empty() {
            let tried = self.identity().and_then(|identity| identity.map(tls::portal_config).transpose());
            faults.extend(tried.err().map(|fault| format!("{name}: {fault:#}")));
        }
        faults.extend(missing);
    }
}
