//! Checks the chain of a client's certificate, as the closed network's listener must (RFC 5280, 6).

use der::Decode;
use domain::clock::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error as Fault, KeyUsage, aws_lc_rs as algorithms};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage as Usage};

use crate::error::Error;
use crate::issuer::IssuerCert;

const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] =
    &[algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA384, algorithms::RSA_PKCS1_2048_8192_SHA256];

/// Why a client's certificate is not accepted; the words may be shown to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Not a certificate.
    #[error("証明書として読めません。")]
    Malformed,
    /// It, or an authority above it, has expired.
    #[error("端末の電子証明書か、それを発行した認証局の有効期間が過ぎています。")]
    Expired,
    /// It, or an authority above it, is not valid yet.
    #[error("端末の電子証明書か、それを発行した認証局の有効期間がまだ始まっていません。端末の時計も確認してください。")]
    NotYetValid,
    /// Nobody known here issued it.
    #[error("この窓口で発行した端末の電子証明書ではありません。")]
    UnknownIssuer,
    /// It is not for client authentication, or is an authority's.
    #[error("端末の認証に使う証明書ではありません。")]
    WrongUsage,
    /// A signature in the chain is not right.
    #[error("証明書の署名が正しくありません。")]
    BadSignature,
    /// It was revoked.
    #[error("この端末の電子証明書は失効しています。")]
    Revoked,
    /// Another rule of RFC 5280 is broken.
    #[error("証明書の検証に失敗しました。")]
    Invalid,
}

/// The roots that are trusted and the issuing authorities below them.
#[derive(Debug, Clone)]
pub struct ChainAnchors {
    roots: Vec<TrustAnchor<'static>>,
    issuers: Vec<CertificateDer<'static>>,
}

impl ChainAnchors {
    /// From certificates in DER. An issuer that may not sign certificates vouches for nobody and is left out: `webpki` does
    /// not look at the key usage of authorities (RFC 5280, 6.1.4 (n)).
    ///
    /// # Errors
    /// [`Error::Encoding`] when a root cannot be read.
    pub fn new(roots: &[&[u8]], issuers: &[&[u8]]) -> Result<Self, Error> {
        let anchor = |der: &&[u8]| {
            let certificate = CertificateDer::from(*der);
            webpki::anchor_from_trusted_cert(&certificate)
                .map(|anchor| anchor.to_owned())
                .map_err(|fault| Error::Encoding(fault.to_string()))
        };
        Ok(Self {
            roots: roots.iter().map(anchor).collect::<Result<_, _>>()?,
            issuers: issuers
                .iter()
                .filter(|der| IssuerCert::parse(der).is_ok())
                .map(|der| CertificateDer::from(der.to_vec()))
                .collect(),
        })
    }
}

/// Whether a certificate is good for a client at this instant.
///
/// `revoked` is what the register says about its serial; it is looked at last, so that a forged certificate is never
/// called revoked.
///
/// # Errors
/// The reason why it is not accepted.
pub fn verify_client_chain(
    leaf_der: &[u8],
    anchors: &ChainAnchors,
    now: Timestamp,
    revoked: bool,
) -> Result<(), ChainFault> {
    let der = CertificateDer::from(leaf_der);
    let leaf = EndEntityCert::try_from(&der).map_err(fault)?;
    let seconds = u64::try_from(now.as_seconds()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds));
    leaf.verify_for_usage(ALGORITHMS, &anchors.roots, &anchors.issuers, time, KeyUsage::client_auth(), None, None)
        .map_err(fault)?;
    if !is_for_clients(leaf_der) {
        return Err(ChainFault::WrongUsage);
    }
    if revoked { Err(ChainFault::Revoked) } else { Ok(()) }
}

/// RFC 5280 lets a certificate without extended key usage pass for every use, and `webpki` does not look at the key usage:
/// here it must name client authentication and digital signatures (RFC 5280, 4.2.1.3 and 4.2.1.12).
fn is_for_clients(der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::from_der(der) else { return false };
    let tbs = certificate.tbs_certificate();
    let signs = tbs.get_extension::<Usage>().ok().flatten().is_some_and(|(_, usage)| usage.digital_signature());
    let usages = tbs.get_extension::<ExtendedKeyUsage>().ok().flatten();
    signs && usages.is_some_and(|(_, usages)| usages.0.contains(&const_oid::db::rfc5280::ID_KP_CLIENT_AUTH))
}

fn fault(fault: Fault) -> ChainFault {
    match fault {
        Fault::CertExpired { .. } => ChainFault::Expired,
        Fault::CertNotValidYet { .. } => ChainFault::NotYetValid,
        Fault::UnknownIssuer => ChainFault::UnknownIssuer,
        Fault::RequiredEkuNotFoundContext(_) | Fault::CaUsedAsEndEntity | Fault::EmptyEkuExtension => {
            ChainFault::WrongUsage
        }
        Fault::InvalidSignatureForPublicKey
        | Fault::SignatureAlgorithmMismatch
        | Fault::UnsupportedSignatureAlgorithmContext(_)
        | Fault::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => ChainFault::BadSignature,
        Fault::BadDer | Fault::BadDerTime | Fault::TrailingData(_) => ChainFault::Malformed,
        _ => ChainFault::Invalid,
    }
}
