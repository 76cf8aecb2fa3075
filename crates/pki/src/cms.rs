//! A bag of certificates without a signature: CMS SignedData as EST sends it (RFC 5652, 5; RFC 7030, 4.1.3).

use const_oid::db::rfc5911::{ID_DATA, ID_SIGNED_DATA};
use der::asn1::{Any, AnyRef, ObjectIdentifier, SetOfVec};
use der::{Decode, Encode, Sequence};

use crate::error::Error;

/// More certificates are not taken out of one bag.
const MOST: usize = 32;

/// `ContentInfo` (RFC 5652, 3).
#[derive(Sequence)]
struct ContentInfo {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: Any,
}

/// `SignedData` (RFC 5652, 5.1); nobody signs here.
#[derive(Sequence)]
struct SignedData {
    version: u8,
    digests: SetOfVec<Any>,
    content: EncapsulatedContent,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    certificates: Option<SetOfVec<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    lists: Option<SetOfVec<Any>>,
    signers: SetOfVec<Any>,
}

/// `EncapsulatedContentInfo` (RFC 5652, 5.2), left empty.
#[derive(Sequence)]
struct EncapsulatedContent {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    content: Option<Any>,
}

/// Puts certificates in DER into a bag.
///
/// # Errors
/// [`Error::Encoding`] when one of them is no DER.
pub fn certs_only(certificates: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let mut set = SetOfVec::new();
    for der in certificates {
        set.insert(Any::from(AnyRef::from_der(der)?))?;
    }
    let signed = SignedData {
        version: 1,
        digests: SetOfVec::new(),
        content: EncapsulatedContent { kind: ID_DATA, content: None },
        certificates: Some(set),
        lists: None,
        signers: SetOfVec::new(),
    };
    let content = Any::from_der(&signed.to_der()?)?;
    Ok(ContentInfo { kind: ID_SIGNED_DATA, content }.to_der()?)
}

/// The certificates of a bag in DER, in the order of the bag, which means nothing.
///
/// # Errors
/// [`Error::Encoding`] for anything else, and for more than 32 certificates.
pub fn certificates_in(der: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let info = ContentInfo::from_der(der)?;
    if info.kind != ID_SIGNED_DATA {
        return Err(Error::Encoding("no SignedData".to_owned()));
    }
    let signed: SignedData = info.content.decode_as()?;
    let certificates = signed.certificates.unwrap_or_default().into_vec();
    if certificates.len() > MOST {
        return Err(Error::Encoding("too many certificates".to_owned()));
    }
    Ok(certificates.iter().map(Encode::to_der).collect::<der::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out() {
        let (one, other) = (vec![0x30, 3, 2, 1, 7], vec![0x30, 3, 2, 1, 5]);
        let bag = certs_only(&[&one, &other]).unwrap();
        let mut found = certificates_in(&bag).unwrap();
        found.sort();
        assert_eq!(found, [other, one]);
    }

    #[test]
    fn what_is_no_bag_is_refused() {
        let bag = certs_only(&[&[0x30, 3, 2, 1, 7]]).unwrap();
        for length in 0..bag.len() {
            assert!(certificates_in(&bag[..length]).is_err(), "{length}");
        }
        assert!(certificates_in(&[bag.as_slice(), &[0]].concat()).is_err());
        assert!(certs_only(&[b"no DER"]).is_err());
    }
}
