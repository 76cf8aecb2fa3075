//! Keys inside a token: made, found, and their public halves read.

use std::ffi::c_ulong;

use const_oid::db::rfc5912;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use der::asn1::{BitStringRef, Null, ObjectIdentifier, OctetStringRef, UintRef};
use der::{AnyRef, Decode, Encode};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::fault::TokenFault;
use crate::keys::algorithm::KeyKind;
use crate::keys::public_key::{PublicKey, RsaPublicKey};

/// Finds the one private key of a name.
pub(super) fn private_key(session: &Session, token: &str, name: &str) -> Result<ObjectHandle, TokenFault> {
    one(session, token, name, ObjectClass::PRIVATE_KEY)?
        .ok_or_else(|| TokenFault::KeyNotFound { token: token.to_owned(), key: name.to_owned() })
}

/// The public half of the key of a name; none when there is no such key.
pub(super) fn public_key(session: &Session, token: &str, name: &str) -> Result<Option<PublicKey>, TokenFault> {
    let Some(private) = one(session, token, name, ObjectClass::PRIVATE_KEY)? else { return Ok(None) };
    // Some tokens give public values with the private key; those that do not keep a public key beside it.
    let public = one(session, token, name, ObjectClass::PUBLIC_KEY)?.unwrap_or(private);
    read(session, token, public).map(Some)
}

fn one(session: &Session, token: &str, name: &str, class: ObjectClass) -> Result<Option<ObjectHandle>, TokenFault> {
    let template = [Attribute::Class(class), Attribute::Label(name.as_bytes().to_vec())];
    let found = session.find_objects(&template).map_err(|error| TokenFault::of(token, &error))?;
    match found.as_slice() {
        [] => Ok(None),
        [key] => Ok(Some(*key)),
        several => {
            Err(TokenFault::KeyNotUnique { token: token.to_owned(), key: name.to_owned(), count: several.len() })
        }
    }
}

/// The mechanism that makes keys of a kind, and its name.
pub(super) fn mechanism(kind: KeyKind) -> (MechanismType, &'static str) {
    match kind.rsa_bits() {
        Some(_) => (MechanismType::RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN"),
        None => (MechanismType::ECC_KEY_PAIR_GEN, "CKM_EC_KEY_PAIR_GEN"),
    }
}

/// Makes a key pair that signs and does nothing else, and whose private half never leaves the token.
pub(super) fn generate(session: &Session, token: &str, name: &str, kind: KeyKind) -> Result<PublicKey, TokenFault> {
    if let Some(other) = one(session, token, name, ObjectClass::PRIVATE_KEY)? {
        return Err(refused(token, format!("a key with the label {name} is there already ({other})")));
    }
    let named = || [Attribute::Label(name.as_bytes().to_vec()), Attribute::Id(name.as_bytes().to_vec())];
    let mut public = vec![
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::Encrypt(false),
        Attribute::Wrap(false),
    ];
    public.extend(named());
    let mechanism = match kind.rsa_bits() {
        Some(bits) => {
            public
                .extend([Attribute::ModulusBits(c_ulong::from(bits).into()), Attribute::PublicExponent(vec![1, 0, 1])]);
            Mechanism::RsaPkcsKeyPairGen
        }
        None => {
            let curve = if kind == KeyKind::P384 { rfc5912::SECP_384_R_1 } else { rfc5912::SECP_256_R_1 };
            public.push(Attribute::EcParams(curve.to_der().map_err(|error| refused(token, error))?));
            Mechanism::EccKeyPairGen
        }
    };
    let mut private = vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
    ];
    private.extend(named());
    let made = session.generate_key_pair(&mechanism, &public, &private);
    let (public, _) = made.map_err(|error| TokenFault::of(token, &error))?;
    read(session, token, public)
}

fn refused(token: &str, cause: impl std::fmt::Display) -> TokenFault {
    TokenFault::Refused { token: token.to_owned(), cause: cause.to_string() }
}

fn read(session: &Session, token: &str, key: ObjectHandle) -> Result<PublicKey, TokenFault> {
    let values =
        |wanted: &[AttributeType]| session.get_attributes(key, wanted).map_err(|error| TokenFault::of(token, &error));
    let (mut kind, mut modulus, mut exponent, mut curve, mut point) = (None, vec![], vec![], vec![], vec![]);
    for value in values(&[AttributeType::KeyType])? {
        if let Attribute::KeyType(found) = value {
            kind = Some(found);
        }
    }
    let wanted = match kind {
        Some(KeyType::RSA) => [AttributeType::Modulus, AttributeType::PublicExponent],
        Some(KeyType::EC) => [AttributeType::EcParams, AttributeType::EcPoint],
        _ => return Err(refused(token, "the key is neither RSA nor of an elliptic curve")),
    };
    for value in values(&wanted)? {
        match value {
            Attribute::Modulus(bytes) => modulus = bytes,
            Attribute::PublicExponent(bytes) => exponent = bytes,
            Attribute::EcParams(bytes) => curve = bytes,
            Attribute::EcPoint(bytes) => point = bytes,
            _ => {}
        }
    }
    let spki = if kind == Some(KeyType::RSA) { rsa_spki(&modulus, &exponent) } else { curve_spki(&curve, &point) };
    let spki = spki.map_err(|error| refused(token, format!("its public key cannot be read: {error}")))?;
    PublicKey::from_spki_der(&spki).map_err(|fault| refused(token, format!("its public key is not accepted: {fault}")))
}

fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> der::Result<Vec<u8>> {
    let key = RsaPublicKey { modulus: UintRef::new(modulus)?, exponent: UintRef::new(exponent)? }.to_der()?;
    spki_of(rfc5912::RSA_ENCRYPTION, AnyRef::from(Null), &key)
}

/// The point stands in an OCTET STRING (PKCS#11 3.0 current mechanisms, 2.3.3); older modules give it bare.
fn curve_spki(curve: &[u8], point: &[u8]) -> der::Result<Vec<u8>> {
    let curve: ObjectIdentifier = Decode::from_der(curve)?;
    let bare = <&OctetStringRef>::from_der(point).map_or(point, OctetStringRef::as_bytes);
    spki_of(rfc5912::ID_EC_PUBLIC_KEY, AnyRef::from(&curve), bare)
}

fn spki_of(oid: ObjectIdentifier, parameters: AnyRef<'_>, key: &[u8]) -> der::Result<Vec<u8>> {
    SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid, parameters: Some(parameters) },
        subject_public_key: BitStringRef::from_bytes(key)?,
    }
    .to_der()
}
