//! One signature inside a token, in the form that certificates have it.

use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use der::asn1::UintRef;
use der::{Encode, Sequence};

use super::fault::TokenFault;
use crate::digest;
use crate::keys::algorithm::KeyAlgorithm;

/// How much of a message goes to the token at a time; network tokens limit it.
const PART: usize = 16 * 1024;

/// The mechanism that keys of RSA, or else of a curve, sign with, and its name.
pub(super) const fn mechanism(rsa: bool) -> (MechanismType, &'static str) {
    if rsa { (MechanismType::SHA256_RSA_PKCS, "CKM_SHA256_RSA_PKCS") } else { (MechanismType::ECDSA, "CKM_ECDSA") }
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 5480, appendix A).
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// Signs a message: curves sign its hash, RSA lets the token hash it.
pub(super) fn sign(
    session: &Session,
    token: &str,
    key: ObjectHandle,
    algorithm: KeyAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, TokenFault> {
    let failed = |error: cryptoki::error::Error| TokenFault::of(token, &error);
    let hash = match algorithm {
        KeyAlgorithm::P256 => digest::sha256(message),
        KeyAlgorithm::P384 => digest::sha384(message),
        KeyAlgorithm::Rsa { .. } => {
            session.sign_init(&Mechanism::Sha256RsaPkcs, key).map_err(failed)?;
            message.chunks(PART).try_for_each(|part| session.sign_update(part)).map_err(failed)?;
            return session.sign_final().map_err(failed);
        }
    };
    let raw = session.sign(&Mechanism::Ecdsa, key, &hash).map_err(failed)?;
    as_der(&raw).map_err(|error| TokenFault::Refused {
        token: token.to_owned(),
        cause: format!("its signature has {} octets: {error}", raw.len()),
    })
}

/// Tokens give r and s side by side, of the same length (PKCS#11 3.0 current mechanisms, 2.3.1).
fn as_der(raw: &[u8]) -> der::Result<Vec<u8>> {
    let (r, s) = raw.split_at(raw.len() / 2);
    EcdsaSigValue { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_signature_becomes_two_shortest_integers() {
        let mut raw = [0_u8; 64];
        (raw[31], raw[32], raw[63]) = (5, 0x80, 1);
        let der = as_der(&raw).unwrap();
        assert_eq!(&der[..8], [0x30, 0x26, 0x02, 0x01, 0x05, 0x02, 0x21, 0x00], "s begins with a set bit");
        assert_eq!((der[8], der[39], der.len()), (0x80, 1, 40));
    }
}
