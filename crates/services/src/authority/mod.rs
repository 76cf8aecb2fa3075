//! The certification authority: issuance, pickup, renewal, connection test, revocation, CRL, OCSP, and the nightly check.

mod barred;
mod ceremony;
mod connection;
mod est;
mod founding;
mod issuance;
mod issuing;
mod key_store;
mod keys;
mod lists;
mod lookup;
mod making;
mod ocsp;
mod own;
mod pickup;
mod publication;
mod receive;
mod recheck;
mod recording;
mod renewal;
mod renewal_code;
mod renewal_fault;
mod renewal_plan;
mod responder;
mod revocation;
mod revoke_issuing;
mod revoke_many;
mod server;
mod shelf;
pub(crate) mod statement;
mod timekeeper;
mod tried;

pub use barred::Bar;
pub use ceremony::{Ceremony, Held, Present, Sheet, hindrances, hold, note_ceremony};
pub use connection::{ConnectionTest, TestFault, connection_test};
pub use est::{bag_of, ca_certificates, request_attributes};
pub use founding::{Founding, found, open};
pub use issuance::{Order, Reserved, Signed, abandon_unfinished, finish, give_up_unfinished, reserve, sign};
pub use issuing::{Issuing, Places};
pub use key_store::{KeyStore, RootKey, token_watch};
pub use keys::{BlockedKeys, KeyFileAct, block_keys, note_key_files};
pub use lists::publish_when_due;
pub use lookup::{NoSerial, find_certificate};
pub use making::NewAuthority;
pub use ocsp::{OcspReply, answer_ocsp, ocsp_try_later, sign_ocsp, sign_ocsp_when_due};
pub(crate) use pickup::{MOST_TRIES, again_until};
pub use pickup::{PickupFault, Rehearsal, download, enrol, rehearse};
pub use publication::{
    Published, PublishedCrl, chain, chain_pem, crl, crl_standing, current_crl, pem, published, published_root,
    root_crl, subject_names,
};
pub(crate) use receive::profile_of;
pub use receive::{ModeFault, Pickup, PickupMode, suggested_passphrase, taken_key_names, terminal_profiles};
pub use recheck::{RECHECK, check_findings, checks, count_findings, recheck, recheck_now, recheck_when_due};
pub use renewal::{Offer, offer, reenrol, renew};
pub use renewal_code::Proof;
pub use renewal_fault::RenewalFault;
pub use renewal_plan::{LateCode, Plan, Refusal, allow_automatic, allow_late, plan, stop_automatic};
pub(crate) use revocation::revoke_within;
pub use revocation::{ByOfficer, Revoked, Seen, certificate_of_own, revoke_as_officer, revoke_as_owner};
pub use revoke_issuing::{IssuingRevoked, NotRevoked, answer_for_issuing, notice_revoked, revoke_issuing};
pub use revoke_many::{ListRefused, RevokedMany, revoke_many};
pub use server::{ServerCertificate, server_certificate};
pub(crate) use shelf::Shelf;
pub use storage::authority::Standing;
pub(crate) use timekeeper::Timekeeper;

use std::sync::Arc;

use domain::ids::AuthorityId;
pub use pki::{ChainFault, Pkcs12Format as Format};

use pki::{ChainAnchors, IssuerCert, Linter, Profiles, TerminalProfiles};

use crate::{Error, Result};

/// Kind of the job that publishes revocation lists at once.
pub const PUBLISH_CRL: &str = "authority.publish_crl";
/// Kind of the job that makes OCSP answers ahead.
pub const SIGN_OCSP: &str = "authority.sign_ocsp";

/// The authority: who issues now, who issued before, and the root above them.
#[derive(Clone)]
pub struct Authority {
    /// Issues now.
    pub issuing: Issuing,
    /// Issued before and publish until they end, newest first.
    pub earlier: Vec<Issuing>,
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
    /// Profiles of terminals: one for the keys made here, others for the keys of requests.
    pub terminals: TerminalProfiles,
    /// Whether an OCSP answer echoes the nonce of its request; then it is signed for that request alone.
    pub ocsp_nonce: bool,
}

impl Authority {
    /// All issuing authorities, the one that issues now first.
    pub fn all(&self) -> impl Iterator<Item = &Issuing> {
        std::iter::once(&self.issuing).chain(&self.earlier)
    }

    /// The issuing authorities that are believed: all but those that the root revoked.
    pub fn believed(&self) -> impl Iterator<Item = &Issuing> {
        self.all().filter(|issuing| !issuing.revoked())
    }

    /// The issuing authority with an identifier.
    pub fn issuing_of(&self, id: AuthorityId) -> Option<&Issuing> {
        self.all().find(|issuing| issuing.id == id)
    }

    /// The issuing authority with a short name, as it stands in addresses.
    pub fn named(&self, name: &str) -> Option<&Issuing> {
        self.all().find(|issuing| issuing.name == name)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("issuing", &self.issuing)
            .field("earlier", &self.earlier)
            .finish_non_exhaustive()
    }
}

/// The faults of a lint that forbid a signature, as one error.
pub(crate) fn refuse_faults(findings: &[pki::Finding]) -> Result<()> {
    let blocking: Vec<String> = findings.iter().filter(|finding| finding.blocks()).map(ToString::to_string).collect();
    if blocking.is_empty() { Ok(()) } else { Err(Error::Internal(format!("lint refuses: {}", blocking.join("; ")))) }
}
