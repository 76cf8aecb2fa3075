//! What a request for a certificate should hold, for clients that ask (CsrAttrs; RFC 7030, 4.5.2; RFC 9908).

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1};
use der::asn1::{Any, ObjectIdentifier, SetOfVec};
use der::{Encode, Sequence};

use crate::error::Error;
use crate::keys::{KeyAlgorithm, KeyKind};

/// `Attribute` (RFC 7030, 4.5.2).
#[derive(Sequence)]
struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<Any>,
}

/// The kind of key to make and the signature to make with it, as `CsrAttrs` in DER.
///
/// # Errors
/// [`Error::Encoding`] never, unless the encoder fails.
pub fn csr_attributes(key: KeyKind) -> Result<Vec<u8>, Error> {
    let (algorithm, kind, value) = match key {
        KeyKind::P256 => (KeyAlgorithm::P256, ID_EC_PUBLIC_KEY, Any::encode_from(&SECP_256_R_1)?),
        KeyKind::P384 => (KeyAlgorithm::P384, ID_EC_PUBLIC_KEY, Any::encode_from(&SECP_384_R_1)?),
        KeyKind::Rsa2048 => rsa(2048)?,
        KeyKind::Rsa3072 => rsa(3072)?,
        KeyKind::Rsa4096 => rsa(4096)?,
    };
    let attribute = Attribute { kind, values: SetOfVec::try_from(vec![value])? };
    let list = vec![Any::encode_from(&attribute)?, Any::encode_from(&algorithm.signature().identifier().oid)?];
    Ok(list.to_der()?)
}

fn rsa(bits: u16) -> Result<(KeyAlgorithm, ObjectIdentifier, Any), Error> {
    Ok((KeyAlgorithm::Rsa { bits: bits.into() }, RSA_ENCRYPTION, Any::encode_from(&bits)?))
}

/// The kind of key that a `CsrAttrs` names, for a client; none when it names none that is known here.
pub fn key_asked_for(der: &[u8]) -> Option<KeyKind> {
    let kinds = [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096];
    let list = <Vec<Any> as der::Decode>::from_der(der).ok()?;
    let asked = |kind: &KeyKind| {
        let own = csr_attributes(*kind).ok().and_then(|der| <Vec<Any> as der::Decode>::from_der(&der).ok());
        own.and_then(|own| own.into_iter().next()).is_some_and(|attribute| list.contains(&attribute))
    };
    kinds.into_iter().find(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_of_a_curve_are_those_of_the_example_in_the_standard() {
        // RFC 7030, 4.5.2: a key on P-384, and ecdsa-with-SHA384.
        let (key, signature) = ("301206072a8648ce3d0201310706052b81040022", "06082a8648ce3d040303");
        assert_eq!(hex::encode(csr_attributes(KeyKind::P384).unwrap()), format!("301e{key}{signature}"));
    }

    #[test]
    fn a_client_reads_what_is_asked_for() {
        for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096] {
            assert_eq!(key_asked_for(&csr_attributes(kind).unwrap()), Some(kind));
        }
        assert_eq!(key_asked_for(b"\x30\x00"), None);
        assert_eq!(key_asked_for(b"nothing"), None);
    }
}
