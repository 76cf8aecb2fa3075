//! What can go wrong between an order and a signature.

use crate::keys::{KeyFault, TokenFault};
use crate::names::SubjectFault;

/// Why something could not be prepared, read or signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not the structure they should be, or a value cannot be encoded.
    #[error("ASN.1: {0}")]
    Encoding(String),
    /// A time lies before 1970 or after 9999.
    #[error("the time cannot stand in a certificate")]
    TimeOutOfRange,
    /// A serial is zero, negative or longer than 20 octets (RFC 5280, 4.1.2.2).
    #[error("the serial is not a positive number of at most 20 octets")]
    Serial,
    /// The public key is refused.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// A part of the subject is refused.
    #[error(transparent)]
    Subject(#[from] SubjectFault),
    /// The profile does not take keys of this kind.
    #[error("profile {profile} does not take a {key} key")]
    KeyNotInProfile {
        /// Name of the profile.
        profile: String,
        /// The key that was offered.
        key: String,
    },
    /// The profile needs an issuer and none was given, or the other way round.
    #[error("profile {0} and the issuer do not fit together")]
    IssuerMismatch(String),
    /// The issuer's certificate may not sign this.
    #[error("the issuer's certificate does not allow this: {0}")]
    IssuerNotAllowed(&'static str),
    /// The validity is empty, outside the issuer's, or longer than the profile's term.
    #[error("the validity is not possible: {0}")]
    Validity(&'static str),
    /// The profile publishes an address that the order does not give.
    #[error("the order gives no address for {0}")]
    MissingUrl(&'static str),
    /// An address is not plain ASCII beginning with http:// or https://.
    #[error("not an http address: {0}")]
    BadUrl(String),
    /// Alternative names are missing, or given for a profile without them.
    #[error("profile {0} and the alternative names do not fit together")]
    AlternativeNames(String),
    /// A DNS name is not plain ASCII of the preferred name syntax.
    #[error("not a DNS name: {0}")]
    BadDnsName(String),
    /// The same serial stands twice in a list of revoked certificates.
    #[error("serial {0} stands twice in the revocation list")]
    RepeatedSerial(String),
    /// The signing key is not the key of the issuer named in the prepared bytes.
    #[error("the signing key is not the issuer's")]
    WrongKey,
    /// The cryptographic library refused to sign or to make a key.
    #[error("the cryptographic library failed")]
    Crypto,
    /// The token with the signing key did not do it.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// The key is known from its certificate only.
    #[error("the key is not at hand")]
    KeyAbsent,
    /// The signature just made does not verify; nothing was given out.
    #[error("the new signature does not verify")]
    BadSignature,
}

impl From<der::Error> for Error {
    fn from(error: der::Error) -> Self {
        Self::Encoding(error.to_string())
    }
}

impl From<spki::Error> for Error {
    fn from(error: spki::Error) -> Self {
        Self::Encoding(error.to_string())
    }
}

impl From<x509_cert::builder::Error> for Error {
    fn from(error: x509_cert::builder::Error) -> Self {
        Self::Encoding(error.to_string())
    }
}
