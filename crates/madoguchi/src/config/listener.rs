//! Listeners: where they listen and how people reach them.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Deserializer, Serialize};

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

/// Reads `[portal]`.
pub(super) fn portal<'de, D: Deserializer<'de>>(from: D) -> Result<Listener, D::Error> {
    Written::deserialize(from).map(|written| DEFAULT_PORTAL.fill(written))
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
        Listener { listen, url, certificate: written.certificate, key: written.key }
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
        Self { listen, url: format!("{scheme}://{listen}"), certificate: None, key: None }
    }
}
