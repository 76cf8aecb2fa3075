//! Revocation lists, version 2 (RFC 5280, 5): prepared, recorded by the caller, signed once.

use std::collections::HashSet;

use const_oid::db::rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT;
use der::Encode;
use der::asn1::OctetString;
use domain::clock::Timestamp;
use x509_cert::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};
use x509_cert::ext::{Extension, ToExtension};

use crate::certificate::uri;
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
    /// Nobody knows whether it may be trusted, as after a restore.
    CertificateHold,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
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
            Self::CertificateHold => "certificateHold",
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
            Self::CertificateHold => Some(CrlReason::CertificateHold),
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
    /// For a list of a shard: the address that the certificates of the shard name as their distribution point. The
    /// list then covers them alone (RFC 5280, 5.2.5); none for the full list.
    pub distribution_point: Option<&'a str>,
}

/// A revocation list that awaits its one signature; see [`crate::PreparedCertificate`] for the discipline.
#[derive(Debug)]
pub struct PreparedCrl {
    pub(crate) tbs: ToBeSigned,
    pub(crate) issuer: IssuerCert,
    pub(crate) distribution_point: Option<Vec<u8>>,
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

/// Builds the bytes of a revocation list, full or of one shard; never a delta.
///
/// # Errors
/// [`Error::IssuerNotAllowed`] without cRLSign, [`Error::Validity`] for times out of order, [`Error::RepeatedSerial`],
/// [`Error::BadUrl`] for a distribution point that is no address.
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
    let mut extensions = vec![
        (&authority).to_extension(issuer.name(), &[])?,
        (&CrlNumber::try_from(order.number)?).to_extension(issuer.name(), &[])?,
    ];
    let distribution_point = order.distribution_point.map(scope).transpose()?;
    if let Some(point) = &distribution_point {
        // The library's own object identifier for this extension belongs to another one, so it is named here.
        let extn_value = OctetString::new(point.as_slice())?;
        extensions.push(Extension { extn_id: ID_CE_ISSUING_DISTRIBUTION_POINT, critical: true, extn_value });
    }
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
    Ok(PreparedCrl { tbs, issuer: issuer.clone(), distribution_point, number: order.number })
}

/// Which certificates the list of a shard covers: those that name its address.
fn scope(url: &str) -> Result<Vec<u8>, Error> {
    let point = IssuingDistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![GeneralName::UniformResourceIdentifier(uri(
            url,
        )?)])),
        only_contains_user_certs: false,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    };
    Ok(point.to_der()?)
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
