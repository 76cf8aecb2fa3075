//! A certificate as it lies in a register, read to be judged again long after its signature.

use der::Decode;
use x509_cert::Certificate as X509;
use x509_cert::ext::pkix::CrlDistributionPoints;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use crate::error::Error;
use crate::info::CertificateInfo;
use crate::issuer::IssuerCert;
use crate::signed;

/// A finished certificate, taken apart. Nothing is verified by reading it.
#[derive(Clone, Debug)]
pub struct Issued {
    pub(crate) der: Vec<u8>,
    /// What it says of itself.
    pub info: CertificateInfo,
    /// The bytes that were signed.
    pub tbs: Vec<u8>,
    /// The addresses of revocation lists that it names.
    pub crl_addresses: Vec<String>,
}

impl Issued {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`Error::Key`] for a key that would be refused today; others when the bytes are no certificate.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        let info = CertificateInfo::parse(der)?;
        let certificate = X509::from_der(der)?;
        let points = certificate.tbs_certificate().get_extension::<CrlDistributionPoints>()?;
        let points = points.map(|(_, points)| points.0).unwrap_or_default();
        let names = points.into_iter().filter_map(|point| match point.distribution_point {
            Some(DistributionPointName::FullName(names)) => Some(names),
            _ => None,
        });
        let address = |name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str().to_owned()),
            _ => None,
        };
        let crl_addresses = names.flatten().filter_map(address).collect();
        Ok(Self { tbs: signed::body_of(der)?, der: der.to_vec(), info, crl_addresses })
    }

    /// Whether an authority signed it, with the algorithm of its key.
    pub fn is_signed_by(&self, issuer: &IssuerCert) -> bool {
        signed::verifies(&self.der, issuer.public_key())
    }
}
