//! Hashes, all computed by aws-lc.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, digest};

/// SHA-1, only where a standard fixes it: key identifiers (RFC 5280, 4.2.1.2) and OCSP CertIDs (RFC 6960).
pub(crate) fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

/// SHA-256 as 32 bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// SHA-384 as 48 bytes.
pub(crate) fn sha384(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA384, bytes).as_ref().to_vec()
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}
