//! X.509 engine: profiles, prepare, lint, sign; CRL, OCSP, PKCS#12, CSR and key files. Knows no database and no HTTP.
//!
//! # Record before you sign (spec 04.4)
//!
//! Certificates, CRLs and OCSP answers are all made in the same three steps, and the caller stores between them:
//!
//! 1. [`prepare`], [`prepare_crl`], [`prepare_ocsp`] build the bytes to be signed; store `tbs_der()`.
//! 2. [`Linter`] signs a copy with a throw-away key and reads it like a stranger; stop at a finding that blocks.
//! 3. `sign` consumes the prepared value: the same bytes cannot be signed a second time, and there is no way back from
//!    stored bytes to a prepared value.
//!
//! Times come in as [`domain::clock::Timestamp`]. Serials and salts come from [`domain::clock::Randomness`]; key
//! generation, ECDSA nonces and the salts of PKCS#12 files come from the libraries' own generators.

mod attributes;
mod certificate;
mod chain;
mod cms;
mod crl;
mod csr;
mod digest;
mod error;
mod info;
mod instant;
mod issued;
mod issuer;
mod keys;
mod lint;
mod names;
mod ocsp;
pub mod pem;
mod pkcs12;
mod profile;
mod serial;
mod signed;

pub use attributes::{csr_attributes, key_asked_for};
pub use certificate::{
    AlternativeName, Certificate, CertificateOrder, PreparedCertificate, Urls, Validity, prepare, sign,
};
pub use chain::{ChainAnchors, ChainFault, verify_client_chain};
pub use cms::{certificates_in, certs_only};
pub use crl::{CrlOrder, PreparedCrl, RevocationReason, RevokedEntry, prepare_crl};
pub use csr::{CertificateRequest, CsrFault, request_for};
pub use digest::sha256_hex;
pub use error::Error;
pub use info::{CertificateInfo, SubjectInfo};
pub use issued::Issued;
pub use issuer::IssuerCert;
pub use keys::{
    KeyAlgorithm, KeyBackup, KeyFault, KeyFileFault, KeyFiles, KeyKind, Passphrase, PassphraseFault, PinFault,
    PinFlags, PublicKey, ShareFault, SigningKey, Token, TokenChoice, TokenFault, TokenKey, TokenNews, TokenPin,
    TokenPlace, TokenWatch, join_key_backup, key_file_password, split_key_backup,
};
pub use lint::{Finding, Linter, Severity};
pub use names::{AttributeKind, Subject, SubjectFault, SubjectField, check_attribute, fitted};
pub use ocsp::{
    CertId, CertStatus, OcspAnswer, OcspError, OcspOrder, OcspQuestion, OcspRequest, PreparedOcsp, Responder,
    prepare_ocsp,
};
pub use pkcs12::{Pkcs12Contents, Pkcs12Fault, Pkcs12Format, Pkcs12Passphrase};
pub use profile::{EXAMPLE_POLICY_ARC, Profile, ProfileFault, ProfileFaults, Profiles, Term, TerminalProfiles};
pub use serial::Serial;
