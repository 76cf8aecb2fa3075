//! Stories of enrolment by machines: bags of certificates, requests made here, questions to an OCSP responder.

use pki::{
    CertStatus, CertificateRequest, CsrFault, Error, KeyKind, OcspAnswer, OcspOrder, OcspQuestion, OcspRequest,
    Responder, RevocationReason, SigningKey, Subject, certificates_in, certs_only, prepare_ocsp, request_for,
};
use time::Duration;

use crate::support::{Authority, Folder, NOON, openssl};

fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

#[test]
fn openssl_takes_the_certificates_out_of_a_bag() {
    let (authority, folder) = (Authority::open(), Folder::of("bag"));
    let bag = certs_only(&[authority.root.der(), authority.issuing.der()]).unwrap();
    let bag = folder.write("bag.der", bag);
    let said = openssl(&["pkcs7", "-inform", "DER", "-in", &bag, "-print_certs"]);
    assert_eq!(pki::pem::decode_all("CERTIFICATE", &said).len(), 2, "{said}");
    openssl(&["cms", "-cmsout", "-print", "-inform", "DER", "-in", &bag, "-noout"]);
    assert_eq!(certificates_in(&folder.read("bag.der")).unwrap().len(), 2);
}

#[test]
fn a_bag_of_openssl_is_read_too() {
    let (authority, folder) = (Authority::open(), Folder::of("bag-of-openssl"));
    let (root, issuing) = folder.write_chain(&authority);
    let bag = folder.path("bag.der");
    openssl(&["crl2pkcs7", "-nocrl", "-certfile", &root, "-certfile", &issuing, "-outform", "DER", "-out", &bag]);
    let mut found = certificates_in(&folder.read("bag.der")).unwrap();
    found.sort();
    let mut expected = [authority.root.der().to_vec(), authority.issuing.der().to_vec()];
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn openssl_verifies_a_request_made_here() {
    let (authority, folder) = (Authority::open(), Folder::of("own-request"));
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048] {
        let key = SigningKey::generate(kind).unwrap();
        let csr = folder.write("request.der", request_for(&key, None).unwrap());
        let said = openssl(&["req", "-inform", "DER", "-in", &csr, "-verify", "-noout", "-subject"]);
        assert!(said.contains("OK"), "{said}");
        assert_eq!(CertificateRequest::parse(&folder.read("request.der")).unwrap().public_key(), key.public_key());
    }
    let leaf = authority.terminal("p256", key().public_key()).der;
    let csr = folder.write("renewal.der", request_for(&key(), Some(&leaf)).unwrap());
    let said = openssl(&["req", "-inform", "DER", "-in", &csr, "-noout", "-subject", "-nameopt", "utf8"]);
    assert!(said.contains("オンライン資格確認パソコン"), "{said}");
}

#[test]
fn a_request_may_ask_for_the_name_it_has_or_none_and_for_no_other() {
    let (authority, folder) = (Authority::open(), Folder::of("names"));
    let own = key();
    let leaf = authority.terminal("p256", own.public_key()).der;
    let names_only = |request: &[u8]| CertificateRequest::parse(request).unwrap().names_only(&leaf);
    assert!(names_only(&request_for(&own, None).unwrap()));
    assert!(names_only(&request_for(&key(), Some(&leaf)).unwrap()));
    let key = folder.write("key.pem", pki::pem::encode("PRIVATE KEY", own.pkcs8_der().unwrap()));
    let ask = |extra: &[&str]| {
        let csr = folder.path("request.der");
        openssl(&[&["req", "-new", "-key", &key, "-outform", "DER", "-out", &csr], extra].concat());
        folder.read("request.der")
    };
    assert!(names_only(&ask(&["-subj", "/"])));
    assert!(!names_only(&ask(&["-subj", "/CN=another"])));
    assert!(!names_only(&ask(&["-subj", "/", "-addext", "subjectAltName=DNS:elsewhere.example"])));
    assert!(names_only(&ask(&["-subj", "/", "-addext", "keyUsage=digitalSignature"])));
}

#[test]
fn a_private_key_or_a_certificate_in_place_of_a_request_is_called_by_its_name() {
    let authority = Authority::open();
    let own = key();
    assert_eq!(CertificateRequest::parse(own.pkcs8_der().unwrap()), Err(CsrFault::PrivateKey));
    let leaf = authority.terminal("p256", own.public_key()).der;
    assert_eq!(CertificateRequest::parse(&leaf), Err(CsrFault::Certificate));
    let request = request_for(&own, None).unwrap();
    assert_eq!(CertificateRequest::parse(&[request.clone(), request].concat()), Err(CsrFault::Malformed));
}

/// An answer to a question.
fn answer(question: &OcspQuestion, responder: &Responder, key: &SigningKey, status: CertStatus) -> Vec<u8> {
    let request = OcspRequest::parse(&question.to_der().unwrap()).unwrap();
    let answers = [OcspAnswer { certificate: request.certificates()[0].clone(), status }];
    let order = OcspOrder {
        responder,
        answers: &answers,
        produced_at: NOON,
        next_update: NOON + Duration::hours(1),
        nonce: None,
    };
    prepare_ocsp(&order).unwrap().sign(key).unwrap()
}

#[test]
fn only_an_answer_that_is_proved_and_of_now_is_believed() {
    let authority = Authority::open();
    let (leaf, other) =
        (authority.terminal("p256", key().public_key()), authority.terminal("p256", key().public_key()));
    let question = OcspQuestion::about(&leaf.der, &authority.issuing).unwrap();
    let issuer = Responder::issuer(&authority.issuing);
    let good = answer(&question, &issuer, &authority.issuing_key, CertStatus::Good);
    assert_eq!(question.read(&good, NOON), Ok(CertStatus::Good));
    assert!(question.read(&good, NOON + Duration::hours(2)).is_err(), "too old");
    assert!(question.read(&good, NOON - Duration::hours(2)).is_err(), "of tomorrow");
    let at = NOON - Duration::days(1);
    let revoked = CertStatus::Revoked { at, reason: RevocationReason::KeyCompromise };
    assert_eq!(question.read(&answer(&question, &issuer, &authority.issuing_key, revoked), NOON), Ok(revoked));
    let elsewhere = OcspQuestion::about(&other.der, &authority.issuing).unwrap();
    assert!(elsewhere.read(&good, NOON).is_err(), "about another certificate");
    for place in [good.len() - 1, good.len() / 2] {
        let mut forged = good.clone();
        forged[place] ^= 1;
        assert!(question.read(&forged, NOON).is_err(), "{place}");
    }
    let stranger = Authority::open();
    let forged = answer(&question, &Responder::issuer(&stranger.issuing), &stranger.issuing_key, CertStatus::Good);
    assert_eq!(question.read(&forged, NOON), Err(Error::BadSignature));
    assert!(OcspQuestion::about(&leaf.der, &authority.root).is_err());
}

#[test]
fn a_delegate_is_believed_if_the_issuer_made_it_one() {
    let authority = Authority::open();
    let leaf = authority.terminal("p256", key().public_key());
    let question = OcspQuestion::about(&leaf.der, &authority.issuing).unwrap();
    let own = key();
    let subject = Subject::operator("まどぐち運営機構", "OCSP");
    let delegate = authority.issue("ocsp", &subject, own.public_key(), &[]);
    let responder = Responder::delegated(&authority.issuing, &delegate.der).unwrap();
    let good = answer(&question, &responder, &own, CertStatus::Good);
    assert_eq!(question.read(&good, NOON), Ok(CertStatus::Good));
    let stranger = Authority::open();
    let fake = stranger.issue("ocsp", &subject, own.public_key(), &[]);
    let responder = Responder::delegated(&stranger.issuing, &fake.der).unwrap();
    let forged = answer(&question, &responder, &own, CertStatus::Good);
    assert_eq!(
        question.read(&forged, NOON),
        Err(Error::BadSignature),
        "a delegate of somebody else with the same name"
    );
}
