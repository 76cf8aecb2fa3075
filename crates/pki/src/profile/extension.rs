//! Extensions that a profile writes out in full: what the program knows nothing about needs no code.

use const_oid::AssociatedOid;
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode};
use toml::{Table, Value};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};

/// An extension with the same value in every certificate of the profile, such as hcRole of a healthcare PKI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FixedExtension {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) critical: bool,
    /// One complete DER value.
    pub(crate) value: Vec<u8>,
}

/// What other keys of a profile write; two hands on one extension would contradict each other.
const WRITTEN_OTHERWISE: [ObjectIdentifier; 10] = [
    BasicConstraints::OID,
    KeyUsage::OID,
    ExtendedKeyUsage::OID,
    AuthorityKeyIdentifier::OID,
    SubjectKeyIdentifier::OID,
    SubjectAltName::OID,
    CertificatePolicies::OID,
    CrlDistributionPoints::OID,
    AuthorityInfoAccessSyntax::OID,
    ID_PKIX_OCSP_NOCHECK,
];

/// Reads `[{ oid = "…", critical = false, value = "hexadecimal DER" }, …]`.
///
/// # Errors
/// What is wrong with the first faulty entry, in Japanese.
pub(super) fn read(value: &Value) -> Result<Vec<FixedExtension>, String> {
    let entries = value.as_array().filter(|entries| !entries.is_empty());
    let entries = entries.ok_or("{ oid, critical, value } の表を [ ] の中に書いてください。")?;
    let mut found: Vec<FixedExtension> = Vec::with_capacity(entries.len());
    for entry in entries {
        let extension =
            entry.as_table().ok_or("{ oid, critical, value } の表を書いてください。".to_owned()).and_then(one)?;
        if found.iter().any(|earlier| earlier.oid == extension.oid) {
            return Err(format!("拡張 {} が2回あります。", extension.oid));
        }
        found.push(extension);
    }
    Ok(found)
}

fn one(entry: &Table) -> Result<FixedExtension, String> {
    if let Some(unknown) = entry.keys().find(|key| !["oid", "critical", "value"].contains(&key.as_str())) {
        return Err(format!("「{unknown}」というキーはありません。oid、critical、value だけを書けます。"));
    }
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let oid = ObjectIdentifier::new(text("oid")).map_err(|_| format!("oid「{}」はOIDではありません。", text("oid")))?;
    if WRITTEN_OTHERWISE.contains(&oid) {
        return Err(format!("拡張 {oid} は、プロファイルのほかの項目で書いてください。"));
    }
    let critical = match entry.get("critical") {
        None => false,
        Some(flag) => flag.as_bool().ok_or("critical には true か false を書いてください。")?,
    };
    let value = octets(text("value")).ok_or_else(|| format!("拡張 {oid} の value は16進数で書いてください。"))?;
    let whole = AnyRef::from_der(&value).ok().and_then(|any| any.to_der().ok());
    if whole.as_deref() != Some(&value) {
        return Err(format!("拡張 {oid} の value は1つのDERの値ではありません。"));
    }
    Ok(FixedExtension { oid, critical, value })
}

fn octets(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = hexadecimal.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (!digits.is_empty() && digits.len().is_multiple_of(2)).then(|| digits.chunks(2).map(octet).collect())?
}
