//! The certification authority: issuance, pickup, connection test, revocation, CRL and OCSP.

mod connection;
mod founding;
mod issuance;
mod keys;
mod pickup;
mod publication;
mod revocation;
mod root_key;

pub use connection::{ConnectionTest, TestFault, connection_test};
pub use founding::{Founding, found, server_certificate};
pub use issuance::{Order, Reserved, abandon_unfinished, finish, reserve, reserve_many};
pub use keys::{BlockedKeys, block_keys};
pub(crate) use pickup::again_until;
pub use pickup::{
    Pickup, PickupFault, PickupMode, Rehearsal, download, rehearse, suggested_passphrase, taken_key_names,
};
pub use publication::{
    OcspReply, Published, answer_ocsp, chain_pem, current_crl, issuer_pem, publish_crl, publish_when_due,
    published_issuer, published_root, root_crl, root_pem, subject_names,
};
pub use revocation::{Revoked, certificate_of_own, revoke_as_officer, revoke_as_owner};
pub use root_key::RootKey;

use std::sync::Arc;

use domain::ids::AuthorityId;
pub use pki::Pkcs12Format as Format;

use pki::{ChainAnchors, IssuerCert, Linter, Profiles, SigningKey, TerminalProfiles, Urls};

use crate::{Error, Result};

/// Kind of the job that publishes the CRL at once.
pub const PUBLISH_CRL: &str = "authority.publish_crl";

/// The issuing authority with its key, and the root above it.
#[derive(Clone)]
pub struct Authority {
    /// Identifier of the issuing authority.
    pub id: AuthorityId,
    /// Certificate of the issuing authority.
    pub issuer: IssuerCert,
    /// Key of the issuing authority.
    pub key: Arc<SigningKey>,
    /// Identifier of the root.
    pub root_id: AuthorityId,
    /// Certificate of the root.
    pub root: IssuerCert,
    /// Where the root's key lies when it must sign; mostly it lies elsewhere.
    pub root_key: RootKey,
    /// Profiles.
    pub profiles: Arc<Profiles>,
    /// Checks before each signature.
    pub linter: Arc<Linter>,
    /// Trusted roots and issuers for client certificates.
    pub anchors: Arc<ChainAnchors>,
    /// Addresses that go into terminal certificates.
    pub urls: Urls,
    /// Profiles of terminals: one for the keys made here, others for the keys of requests.
    pub terminals: TerminalProfiles,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("id", &self.id)
            .field("issuer", &self.issuer.subject())
            .finish_non_exhaustive()
    }
}

/// Base addresses of what certificates name.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The portal, where people read the CP/CPS.
    pub portal: &'a str,
    /// The publications, always `http://`: who checks a TLS certificate must not need TLS for it (RFC 5280, 8).
    pub publications: &'a str,
}

/// Addresses of an authority's publications.
pub fn urls_below(places: Places<'_>, name: &str) -> Urls {
    let base = places.publications;
    Urls {
        crl: Some(format!("{base}/pki/{name}.crl")),
        ocsp: (name == "issuing").then(|| format!("{base}/pki/ocsp")),
        issuer: Some(format!("{base}/pki/{name}.cer")),
        cps: Some(format!("{}/documents/cp-cps", places.portal)),
    }
}

/// The faults of a lint that forbid a signature, as one error.
pub(crate) fn refuse_faults(findings: &[pki::Finding]) -> Result<()> {
    let blocking: Vec<String> = findings.iter().filter(|finding| finding.blocks()).map(ToString::to_string).collect();
    if blocking.is_empty() { Ok(()) } else { Err(Error::Internal(format!("lint refuses: {}", blocking.join("; ")))) }
}
