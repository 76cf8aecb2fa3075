//! What machines that enrol by EST are given (RFC 7030): the authority's certificates, and what a request should hold.

use pki::{certs_only, csr_attributes};

use crate::{App, Error, Result};

/// The authority's certificates as a bag without signature (RFC 7030, 4.1.3): the root, and all issuers below it.
///
/// # Errors
/// When the encoder fails.
pub fn ca_certificates(app: &App) -> Result<Vec<u8>> {
    let issuers = app.authority.believed().map(|issuing| issuing.certificate.der());
    let all: Vec<&[u8]> = std::iter::once(app.authority.root.der()).chain(issuers).collect();
    certs_only(&all).map_err(Error::internal)
}

/// One issued certificate as a bag without signature (RFC 7030, 4.2.3).
///
/// # Errors
/// When it is no DER.
pub fn bag_of(certificate: &[u8]) -> Result<Vec<u8>> {
    certs_only(&[certificate]).map_err(Error::internal)
}

/// What a request should hold (RFC 7030, 4.5.2): the kind of key of the preferred profile. Others that the profiles take
/// are taken, too; no challenge password is asked for, because TLS 1.3 has nothing to link it to.
///
/// # Errors
/// When the encoder fails.
pub fn request_attributes(app: &App) -> Result<Vec<u8>> {
    csr_attributes(app.authority.terminals.preferred().generated_key()).map_err(Error::internal)
}
