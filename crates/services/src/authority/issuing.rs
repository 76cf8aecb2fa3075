//! An issuing authority: its certificate, its key, and the addresses of what it publishes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::ids::AuthorityId;
use pki::{Issued, IssuerCert, Serial, SigningKey, Urls};

use crate::{Error, Result};

/// Where the root's list lies among the publications.
const ROOT_LIST: &str = "/root.crl";

/// Base addresses of what certificates name.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The portal, where people read the CP/CPS.
    pub portal: &'a str,
    /// The publications, always `http://`: who checks a TLS certificate must not need TLS for it (RFC 5280, 8).
    pub publications: &'a str,
}

impl Places<'_> {
    /// The addresses in an issuing authority's own certificate.
    pub(super) fn of_root(self) -> Urls {
        Urls {
            crl: Some(format!("{}/pki{ROOT_LIST}", self.publications)),
            ocsp: None,
            issuer: Some(format!("{}/pki/root.cer", self.publications)),
            cps: Some(self.cps()),
        }
    }

    fn cps(self) -> String {
        format!("{}/documents/cp-cps", self.portal)
    }
}

/// An issuing authority with its key.
#[derive(Clone)]
pub struct Issuing {
    /// Identifier.
    pub id: AuthorityId,
    /// Its short name, which stands in the addresses of its publications.
    pub name: String,
    /// Its certificate.
    pub certificate: IssuerCert,
    /// Its key.
    pub key: Arc<SigningKey>,
    /// How many shards its revocation list has beside the full one, at least 1.
    pub crl_shards: i64,
    /// Shared by all copies, so that they learn of it together.
    revoked: Arc<AtomicBool>,
    publications: String,
    cps: String,
}

impl Issuing {
    /// An authority; what it publishes lies where its own certificate says, whatever is configured since: a list that named
    /// another address would not be one for the certificates that name this one (RFC 5280, 6.3.3).
    ///
    /// # Errors
    /// When its certificate cannot be read.
    pub(super) fn new(
        row: &storage::authority::Authority,
        certificate: IssuerCert,
        key: Arc<SigningKey>,
        places: Places<'_>,
    ) -> Result<Self> {
        let configured = format!("{}/pki", places.publications);
        let own = Issued::parse(certificate.der()).map_err(Error::internal)?.crl_addresses;
        let own = own.iter().find_map(|address| address.strip_suffix(ROOT_LIST).map(str::to_owned));
        let publications = own.unwrap_or_else(|| configured.clone());
        if publications != configured {
            let name = &row.name;
            tracing::warn!(%name, publications, configured, "this authority keeps the address of its publications");
        }
        Ok(Self {
            id: AuthorityId(row.id),
            name: row.name.clone(),
            certificate,
            key,
            crl_shards: row.crl_shards.max(1),
            revoked: Arc::default(),
            publications,
            cps: places.cps(),
        })
    }

    /// Whether the root revoked it: it still publishes, but neither issues nor is believed.
    pub fn revoked(&self) -> bool {
        self.revoked.load(Ordering::Relaxed)
    }

    /// Takes it for revoked from now on.
    pub(super) fn note_revoked(&self) {
        self.revoked.store(true, Ordering::Relaxed);
    }

    /// Whether it could issue: not revoked, and its key is known here.
    pub fn issues(&self) -> bool {
        !self.revoked() && self.can_sign()
    }

    /// Whether its key is known here. Without it, as of an earlier authority whose key was lost, nothing can be published; the
    /// start names it.
    pub(super) fn can_sign(&self) -> bool {
        !matches!(*self.key, SigningKey::Absent(_))
    }

    /// The shard, from 1, that a certificate with this serial belongs to for ever.
    pub fn shard_of(&self, serial: &Serial) -> i64 {
        let low = serial.as_bytes().iter().rev().take(4).fold(0, |sum, byte| sum * 256 + i64::from(*byte));
        1 + low % self.crl_shards
    }

    /// Where the list of a shard lies, or the full list for shard 0.
    pub fn crl_url(&self, shard: i64) -> String {
        match shard {
            0 => format!("{}/{}.crl", self.publications, self.name),
            _ => format!("{}/{}/{shard}.crl", self.publications, self.name),
        }
    }

    /// Below which address everything lies that it publishes.
    pub(crate) fn publications(&self) -> &str {
        &self.publications
    }

    /// Where OCSP requests are answered.
    pub fn ocsp_url(&self) -> String {
        format!("{}/ocsp", self.publications)
    }

    /// The addresses in a certificate of a shard.
    pub fn urls(&self, shard: i64) -> Urls {
        Urls {
            crl: Some(self.crl_url(shard)),
            ocsp: Some(self.ocsp_url()),
            issuer: Some(format!("{}/{}.cer", self.publications, self.name)),
            cps: Some(self.cps.clone()),
        }
    }
}

impl std::fmt::Debug for Issuing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuing").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
