//! Certificates: prepared, recorded by the caller, signed once.

mod extensions;

pub(crate) use extensions::uri;

use std::net::IpAddr;
use std::sync::Arc;

use der::Decode;
use domain::clock::Timestamp;
use signature::Keypair;
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef,
};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use crate::digest;
use crate::error::Error;
use crate::instant;
use crate::issuer::IssuerCert;
use crate::keys::{PublicKey, SigningKey};
use crate::names::{self, Subject};
use crate::profile::Profile;
use crate::serial::Serial;
use crate::signed::ToBeSigned;

/// First and last second of a certificate's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub not_before: Timestamp,
    /// Last second, inclusive.
    pub not_after: Timestamp,
}

/// Addresses that go into a certificate, as far as its profile publishes them; http or https.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls {
    /// Where the revocation list lies that will name this certificate (its shard, once there are shards).
    pub crl: Option<String>,
    /// Where the OCSP responder answers.
    pub ocsp: Option<String>,
    /// Where the issuer's certificate lies, in DER.
    pub issuer: Option<String>,
    /// Where the CP/CPS is published.
    pub cps: Option<String>,
}

/// A name of a server besides its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    /// A DNS name.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
}

impl AlternativeName {
    /// The host of an address such as `https://closed.example.jp:8443`: a DNS name in small letters, or an IP address.
    ///
    /// # Errors
    /// When there is none that a certificate can name.
    pub fn of_url(url: &str) -> Result<Self, Error> {
        let place = url.split_once("://").map_or(url, |(_, place)| place).split(['/', '?', '#']).next().unwrap_or("");
        let bracketed = place.strip_prefix('[').and_then(|place| place.split_once(']'));
        let host = bracketed.map_or_else(|| place.split(':').next().unwrap_or(""), |(host, _)| host);
        match host.parse() {
            Ok(address) => Ok(Self::Ip(address)),
            Err(_) if extensions::is_dns_name(host) => Ok(Self::Dns(host.to_ascii_lowercase())),
            Err(_) => Err(Error::BadDnsName(host.to_owned())),
        }
    }
}

impl std::fmt::Display for AlternativeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// Everything a certificate is made from.
#[derive(Clone, Debug)]
pub struct CertificateOrder<'a> {
    /// What it shall look like.
    pub profile: &'a Arc<Profile>,
    /// Who issues it; none for a self-signed root.
    pub issuer: Option<&'a IssuerCert>,
    /// Its serial, never used before.
    pub serial: &'a Serial,
    /// Values for the subject.
    pub subject: &'a Subject,
    /// Alternative names, only and at least one for profiles that have them.
    pub alternative_names: &'a [AlternativeName],
    /// The key it certifies.
    pub public_key: &'a PublicKey,
    /// When it is valid; see [`Profile::validity`].
    pub validity: Validity,
    /// Addresses to publish.
    pub urls: &'a Urls,
}

/// A certificate that awaits its one signature.
///
/// Store [`tbs_der`](Self::tbs_der) before signing. The value cannot be cloned, and stored bytes cannot be turned back
/// into one: after a crash nobody can know whether they were signed, so that serial is given up.
#[derive(Debug)]
pub struct PreparedCertificate {
    pub(crate) tbs: ToBeSigned,
    pub(crate) profile: Arc<Profile>,
    pub(crate) issuer: Option<IssuerCert>,
    pub(crate) public_key: PublicKey,
    serial: Serial,
    key_hash: String,
    validity: Validity,
}

impl PreparedCertificate {
    /// The bytes to be signed, to be stored first.
    pub fn tbs_der(&self) -> &[u8] {
        self.tbs.body()
    }

    /// The serial.
    pub fn serial(&self) -> &Serial {
        &self.serial
    }

    /// SHA-256 of the certified SubjectPublicKeyInfo, 64 hexadecimal digits.
    pub fn key_hash(&self) -> &str {
        &self.key_hash
    }

    /// When it will be valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }
}

#[cfg(test)]
impl PreparedCertificate {
    /// The same facts around other bytes, to show the linter something unsound.
    pub(crate) fn around(&self, tbs: ToBeSigned) -> Self {
        Self {
            tbs,
            profile: Arc::clone(&self.profile),
            issuer: self.issuer.clone(),
            public_key: self.public_key.clone(),
            serial: self.serial.clone(),
            key_hash: self.key_hash.clone(),
            validity: self.validity,
        }
    }
}

/// A signed certificate and what a register keeps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// Its serial.
    pub serial: Serial,
    /// SHA-256 of its SubjectPublicKeyInfo, 64 hexadecimal digits.
    pub key_hash: String,
    /// SHA-256 of the whole certificate, 64 hexadecimal digits.
    pub fingerprint: String,
    /// When it is valid.
    pub validity: Validity,
}

/// Builds the bytes to be signed. Nothing is signed and nothing is remembered here.
///
/// # Errors
/// The first thing in the order that cannot be: key, subject, validity, addresses, or an issuer that may not.
pub fn prepare(order: &CertificateOrder<'_>) -> Result<PreparedCertificate, Error> {
    check(order)?;
    let subject = names::compose(&order.profile.subject, order.subject)?;
    let blueprint = Blueprint {
        issuer: order.issuer.map_or_else(|| subject.clone(), |issuer| issuer.name().clone()),
        extensions: extensions::build(order, &subject)?,
        subject,
    };
    let signer = order.issuer.map_or(order.public_key, IssuerCert::public_key);
    let validity = x509_cert::time::Validity::new(
        instant::to_x509(order.validity.not_before)?,
        instant::to_x509(order.validity.not_after)?,
    );
    let key = SubjectPublicKeyInfoOwned::from_der(order.public_key.spki_der())?;
    let mut builder = CertificateBuilder::new(blueprint, order.serial.to_x509()?, validity, key)?;
    let body = builder.finalize(&AbsentSigner(signer))?;
    Ok(PreparedCertificate {
        tbs: ToBeSigned::new(body, signer.clone()),
        profile: Arc::clone(order.profile),
        issuer: order.issuer.cloned(),
        public_key: order.public_key.clone(),
        serial: order.serial.clone(),
        key_hash: order.public_key.key_hash(),
        validity: order.validity,
    })
}

/// Signs once, verifies the signature, and gives the certificate. Store it at once: from here on only forward.
///
/// # Errors
/// [`Error::WrongKey`] when the key is not the issuer's, [`Error::Crypto`] or [`Error::BadSignature`] when signing
/// fails. The prepared value is gone either way; its serial must not be used again.
pub fn sign(prepared: PreparedCertificate, key: &SigningKey) -> Result<Certificate, Error> {
    let PreparedCertificate { tbs, serial, key_hash, validity, .. } = prepared;
    let der = tbs.sign(key)?;
    Ok(Certificate { fingerprint: digest::sha256_hex(&der), der, serial, key_hash, validity })
}

fn check(order: &CertificateOrder<'_>) -> Result<(), Error> {
    let profile = order.profile;
    if profile.self_signed != order.issuer.is_none() {
        return Err(Error::IssuerMismatch(profile.name.clone()));
    }
    if !profile.accepts(order.public_key.algorithm()) {
        let key = order.public_key.algorithm().to_string();
        return Err(Error::KeyNotInProfile { profile: profile.name.clone(), key });
    }
    if profile.alternative_names == order.alternative_names.is_empty() {
        return Err(Error::AlternativeNames(profile.name.clone()));
    }
    let Validity { not_before, not_after } = order.validity;
    if not_before >= not_after {
        return Err(Error::Validity("it ends before it begins"));
    }
    if profile.latest_end(not_before).is_none_or(|latest| not_after > latest) {
        return Err(Error::Validity("it is longer than the term of the profile"));
    }
    order.issuer.map_or(Ok(()), |issuer| check_issuer(order, issuer))
}

fn check_issuer(order: &CertificateOrder<'_>, issuer: &IssuerCert) -> Result<(), Error> {
    let bounds = issuer.validity();
    if order.validity.not_before < bounds.not_before || order.validity.not_after > bounds.not_after {
        return Err(Error::Validity("it is not within the issuer's"));
    }
    if issuer.public_key() == order.public_key {
        return Err(Error::IssuerNotAllowed("the key is the issuer's own"));
    }
    if order.profile.authority {
        match (issuer.path_length(), order.profile.path_length) {
            (Some(0), _) => return Err(Error::IssuerNotAllowed("its path length forbids authorities below it")),
            (Some(above), Some(below)) if below >= above => {
                return Err(Error::IssuerNotAllowed("the path length is not below the issuer's"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the builder asks for, worked out beforehand.
struct Blueprint {
    issuer: Name,
    subject: Name,
    extensions: Vec<Extension>,
}

impl BuilderProfile for Blueprint {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _key: SubjectPublicKeyInfoRef<'_>,
        _issuer_key: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

/// Stands in for the signer while the bytes are laid out: only its public half is needed for that.
struct AbsentSigner<'a>(&'a PublicKey);

impl Keypair for AbsentSigner<'_> {
    type VerifyingKey = PublicKey;

    fn verifying_key(&self) -> PublicKey {
        self.0.clone()
    }
}

impl DynSignatureAlgorithmIdentifier for AbsentSigner<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.0.algorithm().signature().identifier())
    }
}
