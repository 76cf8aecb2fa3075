//! Certificate requests (PKCS#10, RFC 2986): only the key in them counts.

use der::asn1::BitStringRef;
use der::{Reader, SliceReader};
use spki::AlgorithmIdentifierRef;

use crate::keys::{KeyFault, PublicKey, SignatureAlgorithm};
use crate::pem;

/// A request longer than this is not read.
const LONGEST: usize = 64 * 1024;

/// Why a request is refused; the words are for the person who uploaded it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrFault {
    /// Neither PEM nor DER of a request, or more than 64 KiB.
    #[error("証明書署名要求（CSR）として読めません。PEM形式またはDER形式のファイルを選んでください。")]
    Malformed,
    /// The file holds a private key.
    #[error("秘密鍵のファイルです。秘密鍵は端末の外に出さず、証明書署名要求（CSR）のファイルを選んでください。")]
    PrivateKey,
    /// The file holds a certificate.
    #[error("証明書のファイルです。証明書署名要求（CSR）のファイルを選んでください。")]
    Certificate,
    /// The key in it is refused.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// Signed with SHA-1, MD5, RSA-PSS or something unknown.
    #[error("証明書署名要求（CSR）の署名方式に対応していません。SHA-256で署名して作り直してください。")]
    UnsupportedSignature,
    /// The signature does not fit the key: damaged, or made with another key.
    #[error("証明書署名要求（CSR）の署名が正しくありません。作り直してください。")]
    BadSignature,
}

/// A request whose key passed the checks and whose signature proves possession of the private half.
///
/// Subject, attributes and extensions are not read at all: whatever Windows' `certreq` or others put there neither
/// disturbs nor gets into a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    public_key: PublicKey,
}

impl CertificateRequest {
    /// Reads PEM (either label in use) or DER.
    ///
    /// # Errors
    /// The reason why the request is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, CsrFault> {
        if bytes.len() > LONGEST {
            return Err(CsrFault::Malformed);
        }
        let text = String::from_utf8_lossy(bytes);
        let from_pem =
            ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].iter().find_map(|label| pem::decode(label, &text));
        match from_pem {
            Some(der) => Self::from_der(&der),
            None if text.contains("PRIVATE KEY-----") => Err(CsrFault::PrivateKey),
            None if text.contains("BEGIN CERTIFICATE-----") => Err(CsrFault::Certificate),
            None => Self::from_der(bytes),
        }
    }

    /// The key to certify.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn from_der(der: &[u8]) -> Result<Self, CsrFault> {
        let parts = Parts::read(der).map_err(|_| CsrFault::Malformed)?;
        let public_key = PublicKey::from_spki_der(parts.key)?;
        let algorithm = SignatureAlgorithm::from_identifier(&parts.algorithm).ok_or(CsrFault::UnsupportedSignature)?;
        let signature = parts.signature.as_bytes().ok_or(CsrFault::BadSignature)?;
        if !public_key.verify(algorithm, parts.info, signature) {
            return Err(CsrFault::BadSignature);
        }
        Ok(Self { public_key })
    }
}

/// The few parts of a request that matter.
struct Parts<'a> {
    info: &'a [u8],
    key: &'a [u8],
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let (info, algorithm, signature) = reader.sequence(|request| -> der::Result<_> {
            Ok((request.tlv_bytes()?, request.decode()?, request.decode()?))
        })?;
        reader.finish()?;
        let mut reader = SliceReader::new(info)?;
        let key = reader.sequence(|info| -> der::Result<_> {
            let _version: u8 = info.decode()?;
            let _subject = info.tlv_bytes()?;
            let key = info.tlv_bytes()?;
            while !info.is_finished() {
                info.tlv_bytes()?;
            }
            Ok(key)
        })?;
        reader.finish()?;
        Ok(Self { info, key, algorithm, signature })
    }
}
