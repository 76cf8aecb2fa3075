//! Revocation lists, version 2 (RFC 5280, 5): prepared, recorded by the caller, signed once.

use std::collections::HashSet;

use der::Encode;
use der::asn1::OctetString;
use domain::clock::Timestamp;
use x509_cert::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::ToExtension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};

use crate::error::Error;
use crate::instant;
use crate::issuer::IssuerCert;
use crate::keys::SigningKey;
use crate::serial::Serial;
use crate::signed::ToBeSigned;

/// Why a certificate was revoked (RFC 5280, 5.3.1), as far as used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RevocationReason {
    /// No reason given; the entry then carries none.
    Unspecified,
    /// The private key is lost or known to others.
    KeyCompromise,
    /// The authority's own key is known to others.
    #[serde(rename = "cACompromise")]
    CaCompromise,
    /// The institution's name or code changed.
    AffiliationChanged,
    /// A newer certificate takes its place.
    Superseded,
    /// The terminal or the institution is closed.
    CessationOfOperation,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
    ];

    /// The word of RFC 5280, such as `keyCompromise`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
        }
    }

    /// What goes into CRLs and OCSP answers: `unspecified` is better left out (RFC 5280, 5.3.1).
    pub(crate) const fn code(self) -> Option<CrlReason> {
        match self {
            Self::Unspecified => None,
            Self::KeyCompromise => Some(CrlReason::KeyCompromise),
            Self::CaCompromise => Some(CrlReason::CaCompromise),
            Self::AffiliationChanged => Some(CrlReason::AffiliationChanged),
            Self::Superseded => Some(CrlReason::Superseded),
            Self::CessationOfOperation => Some(CrlReason::CessationOfOperation),
        }
    }
}

impl std::str::FromStr for RevocationReason {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word).ok_or(())
    }
}

/// A revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Its serial.
    pub serial: Serial,
    /// When it was revoked.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// Everything a full revocation list is made from.
#[derive(Clone, Copy, Debug)]
pub struct CrlOrder<'a> {
    /// Whose certificates it is about.
    pub issuer: &'a IssuerCert,
    /// Greater than every number before it (RFC 5280, 5.2.3).
    pub number: u64,
    /// When it is made.
    pub this_update: Timestamp,
    /// When the next one will be there at the latest; 24 hours later by the policy (spec 04.5).
    pub next_update: Timestamp,
    /// All revoked certificates, in the order they shall stand.
    pub revoked: &'a [RevokedEntry],
}

/// A revocation list that awaits its one signature; see [`crate::PreparedCertificate`] for the discipline.
#[derive(Debug)]
pub struct PreparedCrl {
    pub(crate) tbs: ToBeSigned,
    pub(crate) issuer: IssuerCert,
    number: u64,
}

impl PreparedCrl {
    /// The bytes to be signed, to be stored first.
    pub fn tbs_der(&self) -> &[u8] {
        self.tbs.body()
    }

    /// The CRL number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Signs once, verifies the signature, and gives the list in DER.
    ///
    /// # Errors
    /// As for [`crate::sign`]; the number must not be used again.
    pub fn sign(self, key: &SigningKey) -> Result<Vec<u8>, Error> {
        self.tbs.sign(key)
    }
}

/// Builds the bytes of a full revocation list.
///
/// # Errors
/// [`Error::IssuerNotAllowed`] without cRLSign, [`Error::Validity`] for times out of order, [`Error::RepeatedSerial`].
pub fn prepare_crl(order: &CrlOrder<'_>) -> Result<PreparedCrl, Error> {
    let issuer = order.issuer;
    if !issuer.signs_crls() {
        return Err(Error::IssuerNotAllowed("its key usage lacks cRLSign"));
    }
    if order.this_update >= order.next_update {
        return Err(Error::Validity("the next update does not lie after this one"));
    }
    let key_identifier = Some(OctetString::new(issuer.key_id())?);
    let authority = AuthorityKeyIdentifier { key_identifier, ..AuthorityKeyIdentifier::default() };
    let extensions = vec![
        (&authority).to_extension(issuer.name(), &[])?,
        (&CrlNumber::try_from(order.number)?).to_extension(issuer.name(), &[])?,
    ];
    let list: TbsCertList = TbsCertList {
        version: Version::V2,
        signature: issuer.public_key().algorithm().signature().identifier(),
        issuer: issuer.name().clone(),
        this_update: instant::to_x509(order.this_update)?,
        next_update: Some(instant::to_x509(order.next_update)?),
        revoked_certificates: entries(order)?,
        crl_extensions: Some(extensions),
    };
    let tbs = ToBeSigned::new(list.to_der()?, issuer.public_key().clone());
    Ok(PreparedCrl { tbs, issuer: issuer.clone(), number: order.number })
}

/// The entries; an empty list must be absent (RFC 5280, 5.1.2.6).
fn entries(order: &CrlOrder<'_>) -> Result<Option<Vec<RevokedCert>>, Error> {
    let mut seen = HashSet::with_capacity(order.revoked.len());
    let mut entries = Vec::with_capacity(order.revoked.len());
    for revoked in order.revoked {
        if !seen.insert(&revoked.serial) {
            return Err(Error::RepeatedSerial(revoked.serial.to_hex()));
        }
        let reason = revoked.reason.code().map(|code| (&code).to_extension(order.issuer.name(), &[])).transpose()?;
        entries.push(RevokedCert {
            serial_number: revoked.serial.to_x509()?,
            revocation_date: instant::to_x509(revoked.revoked_at)?,
            crl_entry_extensions: reason.map(|extension| vec![extension]),
        });
    }
    Ok((!entries.is_empty()).then_some(entries))
}
