//! Certificate requests (PKCS#10, RFC 2986): only the key in them counts.

use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::asn1::BitStringRef;
use der::{Decode, Encode, Reader, SliceReader};
use pkcs8::PrivateKeyInfoRef;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoOwned};
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::request::{CertReqInfo, Version};

use crate::error::Error;
use crate::keys::{KeyFault, PublicKey, SignatureAlgorithm, SigningKey};
use crate::pem;
use crate::signed::ToBeSigned;

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
/// Subject, attributes and extensions never get into a certificate: whatever Windows' `certreq` or others put there does
/// not disturb. They are only looked at by [`Self::names_only`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    public_key: PublicKey,
    info: Vec<u8>,
    subject: Vec<u8>,
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
        // First as DER: text inside a request, PEM of another one even, is not the request.
        if let Ok(parts) = Parts::read(bytes) {
            return Self::from_parts(&parts);
        }
        let text = String::from_utf8_lossy(bytes);
        let from_pem =
            ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].iter().find_map(|label| pem::decode(label, &text));
        match from_pem {
            Some(der) => Parts::read(&der).map_err(|_| CsrFault::Malformed).and_then(|parts| Self::from_parts(&parts)),
            None if text.contains("PRIVATE KEY-----") => Err(CsrFault::PrivateKey),
            None if text.contains("BEGIN CERTIFICATE-----") => Err(CsrFault::Certificate),
            None if PrivateKeyInfoRef::from_der(bytes).is_ok() => Err(CsrFault::PrivateKey),
            None if Certificate::from_der(bytes).is_ok() => Err(CsrFault::Certificate),
            None => Err(CsrFault::Malformed),
        }
    }

    /// The key to certify.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Whether it asks for no other name than a certificate has, or for none at all (RFC 7030, 4.2.2): its subject is
    /// empty or the same, and it wants no alternative names, which certificates of terminals do not have.
    pub fn names_only(&self, certificate_der: &[u8]) -> bool {
        let own = Certificate::from_der(certificate_der).ok();
        let own = own.and_then(|certificate| certificate.tbs_certificate().subject().to_der().ok());
        let same = self.subject == EMPTY_NAME || own.is_some_and(|own| own == self.subject);
        same && !asks_for_alternative_names(&self.info)
    }

    fn from_parts(parts: &Parts<'_>) -> Result<Self, CsrFault> {
        let public_key = PublicKey::from_spki_der(parts.key)?;
        let algorithm = SignatureAlgorithm::from_identifier(&parts.algorithm).ok_or(CsrFault::UnsupportedSignature)?;
        let signature = parts.signature.as_bytes().ok_or(CsrFault::BadSignature)?;
        if !public_key.verify(algorithm, parts.info, signature) {
            return Err(CsrFault::BadSignature);
        }
        Ok(Self { public_key, info: parts.info.to_vec(), subject: parts.subject.to_vec() })
    }
}

/// A name without any attribute.
const EMPTY_NAME: [u8; 2] = [0x30, 0];

fn asks_for_alternative_names(info: &[u8]) -> bool {
    let Ok(info) = CertReqInfo::from_der(info) else { return false };
    let requests = info.attributes.iter().filter(|attribute| attribute.oid == ID_EXTENSION_REQ);
    let lists = requests.flat_map(|request| request.values.iter()).map(|value| value.decode_as::<Vec<Extension>>());
    lists.flatten().flatten().any(|extension| extension.extn_id == ID_CE_SUBJECT_ALT_NAME)
}

/// A request for a certificate in DER, signed with the key that it is for; with the subject of a certificate that is to be
/// renewed, or with an empty one: the authority knows the name.
///
/// # Errors
/// [`Error::Encoding`] when the certificate cannot be read, [`Error::Crypto`] when the key cannot sign.
pub fn request_for(key: &SigningKey, renews: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let subject = match renews {
        Some(der) => Certificate::from_der(der)?.tbs_certificate().subject().clone(),
        None => Name::default(),
    };
    let public_key = SubjectPublicKeyInfoOwned::from_der(key.public_key().spki_der())?;
    let info = CertReqInfo { version: Version::V1, subject, public_key, attributes: Default::default() };
    ToBeSigned::new(info.to_der()?, key.public_key().clone()).sign(key)
}

/// The few parts of a request that matter.
struct Parts<'a> {
    info: &'a [u8],
    subject: &'a [u8],
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
        let (subject, key) = reader.sequence(|info| -> der::Result<_> {
            let _version: u8 = info.decode()?;
            let subject = info.tlv_bytes()?;
            let key = info.tlv_bytes()?;
            while !info.is_finished() {
                info.tlv_bytes()?;
            }
            Ok((subject, key))
        })?;
        reader.finish()?;
        Ok(Self { info, subject, key, algorithm, signature })
    }
}
