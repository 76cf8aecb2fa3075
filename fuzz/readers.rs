//! Everything here that reads bytes of strangers, and what must hold whatever they are.
//!
//! Shared by the targets of cargo-fuzz and by the test that replays their corpus (`tests/tests/hostile.rs`). A reader
//! returns when the answer is one of those that it may give, and panics otherwise.

use std::sync::OnceLock;

use domain::accounts::EmailAddress;
use domain::applications::line_customer_id::LineCustomerId;
use domain::clock::Timestamp;
use domain::content::{
    search::{Needle, pieces, plain},
    synonyms::Synonyms,
    tokens::expression,
};
use domain::institutions::{InstitutionCode, Prefecture};
use domain::reference::ReferenceNumber;
use domain::secrets::{FilePassphrase, MembershipCode, PickupId, PickupSecret};
use domain::uploads::{LONGEST_NAME, UploadKind, clean_name};
use pki::{
    CertStatus, CertificateInfo, CertificateRequest, ChainAnchors, CsrFault, IssuerCert, Linter, OcspAnswer, OcspError,
    OcspOrder, OcspRequest, PublicKey, Responder, Serial, certificates_in, certs_only, csr_attributes, key_asked_for,
    pem, prepare_ocsp, verify_client_chain,
};
use time::Duration;

/// Takes in bytes and panics when the answer is one that may not be.
pub(crate) type Reader = fn(&[u8]);

/// Each reader with the folder of its corpus.
pub(crate) const READERS: [(&str, Reader); 10] = [
    ("csr", csr),
    ("est", est),
    ("ocsp", ocsp),
    ("certificate", certificate),
    ("typed", typed),
    ("register", register),
    ("lists", lists),
    ("bounce", bounce),
    ("reply", reply),
    ("upload", upload),
];

/// Longest request for a certificate that is read.
const LONGEST_CSR: usize = 64 * 1024;
/// More certificates are not taken out of one bag.
const MOST_CERTIFICATES: usize = 32;
/// Longest OCSP request that is read.
const LONGEST_OCSP: usize = 16 * 1024;
/// An OCSP response `malformedRequest` (RFC 6960, 4.2.1).
const MALFORMED: [u8; 5] = [0x30, 3, 0x0a, 1, 1];
/// 2026-05-20, noon in Japan, when the authority of the fixtures began.
const NOON: Timestamp = Timestamp::from_millis(1_779_246_000_000);

const ROOT: &[u8] = include_bytes!("fixtures/root.der");
const ISSUING: &[u8] = include_bytes!("fixtures/issuing.der");

/// The authority that the questions and certificates of the corpus are about.
struct Authority {
    issuing: IssuerCert,
    anchors: ChainAnchors,
    linter: Linter,
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority {
        issuing: IssuerCert::parse(ISSUING).expect("the fixture is an authority"),
        anchors: ChainAnchors::new(&[ROOT], &[ISSUING]).expect("the fixtures are certificates"),
        linter: Linter::new().expect("keys can be made"),
    })
}

/// A request for a certificate: DER, PEM, or base64 alone as EST sends it (RFC 7030, 4.2.1; RFC 8951).
pub(crate) fn csr(bytes: &[u8]) {
    match CertificateRequest::parse(bytes) {
        Ok(request) => {
            let key = request.public_key();
            assert!(bytes.len() <= LONGEST_CSR);
            assert_eq!(PublicKey::from_spki_der(key.spki_der()).as_ref(), Ok(key), "a key that can be certified");
            let text = pem::encode("CERTIFICATE REQUEST", bytes);
            // PEM may stand anywhere in a text, also in one that begins as DER does.
            let is_text = bytes.windows(5).any(|window| window == b"-----");
            if !is_text && text.len() <= LONGEST_CSR {
                assert_eq!(CertificateRequest::parse(text.as_bytes()), Ok(request), "PEM and DER say the same");
            }
        }
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            assert!(bytes.len() <= LONGEST_CSR || fault == CsrFault::Malformed);
        }
    }
}

/// What goes over the wire by EST: the body that a terminal sends, and what it is told (RFC 7030, 4.1 to 4.5).
pub(crate) fn est(bytes: &[u8]) {
    match web::request_in(bytes) {
        Ok(request) => {
            assert!(!request.is_empty());
            csr(&request);
        }
        Err(words) => assert!(!words.is_empty()),
    }
    if let Ok(request) = CertificateRequest::parse(bytes) {
        // A request for the key of another one's certificate never takes its names.
        let names = |der: &[u8]| request.names_only(der);
        assert!(!names(b"no certificate") || names(ROOT) && names(ISSUING), "without names it may stand for any");
    }
    if let Ok(mut found) = certificates_in(bytes) {
        assert!(found.len() <= MOST_CERTIFICATES);
        let parts: Vec<&[u8]> = found.iter().map(Vec::as_slice).collect();
        if let Ok(bag) = certs_only(&parts) {
            let mut again = certificates_in(&bag).expect("what was put in comes out");
            found.sort();
            again.sort();
            assert_eq!(again, found);
        }
    }
    if let Some(kind) = key_asked_for(bytes) {
        let own = csr_attributes(kind).expect("a kind that is known can be asked for");
        assert_eq!(key_asked_for(&own), Some(kind));
    }
}

/// A question to the OCSP responder, and the answer prepared for it.
pub(crate) fn ocsp(bytes: &[u8]) {
    let request = match OcspRequest::parse(bytes) {
        Ok(request) => request,
        Err(error) => return assert_eq!((error, &error.to_der()[..]), (OcspError::MalformedRequest, &MALFORMED[..])),
    };
    let (asked, nonce) = (request.certificates(), request.nonce());
    assert!(bytes.len() <= LONGEST_OCSP && (1..=32).contains(&asked.len()));
    assert!(nonce.is_none_or(|nonce| (1..=128).contains(&nonce.len())));
    for serial in asked.iter().filter_map(pki::CertId::serial) {
        assert_eq!(Serial::from_hex(&serial.to_hex()), Ok(serial), "a serial that the register can look up");
    }
    let Authority { issuing, linter, .. } = authority();
    if !asked.iter().all(|certificate| certificate.is_of(issuing)) {
        return;
    }
    // Whatever else is asked, the responder can answer: a prepared answer that is not fit to be signed would be a fault.
    let line = |certificate: &pki::CertId| OcspAnswer { certificate: certificate.clone(), status: CertStatus::Unknown };
    let answers: Vec<OcspAnswer> = asked.iter().map(line).collect();
    let (responder, next_update) = (Responder::issuer(issuing), NOON + Duration::hours(24));
    let order = OcspOrder { responder: &responder, answers: &answers, produced_at: NOON, next_update, nonce };
    let prepared = prepare_ocsp(&order).expect("what was read can be answered");
    let blocking = linter.lint_ocsp(&prepared).into_iter().filter(pki::Finding::blocks).collect::<Vec<_>>();
    assert!(blocking.is_empty(), "{blocking:?}");
}

/// A certificate that somebody shows, or that an operator brings as an authority's.
pub(crate) fn certificate(bytes: &[u8]) {
    let info = CertificateInfo::parse(bytes);
    if verify_client_chain(bytes, &authority().anchors, NOON, false).is_ok() {
        let info = info.expect("what is believed can be shown");
        assert!(info.is_current(NOON));
        assert!(verify_client_chain(bytes, &authority().anchors, NOON, true).is_err(), "a revoked one never is");
    }
    let _ = IssuerCert::parse(bytes);
    if let Ok(key) = PublicKey::from_spki_der(bytes) {
        assert_eq!(PublicKey::from_spki_der(key.spki_der()), Ok(key));
    }
    for der in pem::decode_all("CERTIFICATE", &String::from_utf8_lossy(bytes)) {
        assert_eq!(pem::decode("CERTIFICATE", &pem::certificate(&der)), Some(der));
    }
}

/// Values that people type from letters and papers: what was understood is understood again in its printed form.
pub(crate) fn typed(bytes: &[u8]) {
    macro_rules! read_back {
        ($($type:ty, $printed:ident;)+) => {$(
            match <$type>::parse(&String::from_utf8_lossy(bytes)) {
                Ok(value) => assert!(<$type>::parse(&value.$printed().to_string()).is_ok_and(|again| again == value)),
                Err(fault) => assert!(!fault.to_string().is_empty()),
            }
        )+};
    }
    read_back! {
        PickupId, grouped;
        PickupSecret, grouped;
        MembershipCode, grouped;
        FilePassphrase, grouped;
        ReferenceNumber, as_str;
        InstitutionCode, grouped;
        LineCustomerId, as_str;
        EmailAddress, as_str;
    }
    let text = String::from_utf8_lossy(bytes);
    assert!(Prefecture::parse(&text).is_none_or(|prefecture| Prefecture::parse(prefecture.name()) == Some(prefecture)));
    searched(&text);
}

/// Words of a search: the index is asked in letters and digits only, and marks change nothing of a text.
fn searched(text: &str) {
    assert!(!plain(text).contains('\n'));
    let Some(needle) = Needle::read(text, &Synonyms::default()) else { return };
    let asked = expression(&needle, None, false).unwrap_or_default();
    assert!(asked.0.iter().flatten().flatten().all(|token| token.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    let keys: Vec<&str> = needle.words.iter().flat_map(|word| word.keys()).collect();
    assert_eq!(pieces(text, &keys).into_iter().map(|piece| piece.text).collect::<String>(), text);
}

/// A file for the register of institutions, and a table of applications: every line is a row, a header, blank, or refused with words.
pub(crate) fn register(bytes: &[u8]) {
    let lines = bytes.split(|byte| [b'\n', b'\r'].contains(byte)).count() as u64;
    match services::reading::register(bytes) {
        Ok(rows) => {
            assert!(rows.iter().all(|row| (1..=lines).contains(&row.line)));
            assert!(rows.is_sorted_by(|one, next| one.line < next.line), "no line is read twice");
            assert!(rows.iter().all(|row| row.refused.as_ref().is_none_or(|words| !words.is_empty())));
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    match services::reading::table(bytes) {
        Ok(rows) => {
            assert!(rows.is_sorted_by(|one, next| 0 < one.0 && one.0 < next.0), "each row has a number of its own")
        }
        Err(sentence) => assert!(!sentence.is_empty()),
    }
}

/// Lists that the office uploads: numbers of registered mail, and accounts of another portal.
pub(crate) fn lists(bytes: &[u8]) {
    for list in [services::reading::registered_mail(bytes), services::reading::accounts(bytes)].into_iter().flatten() {
        assert!(list.is_sorted(), "the lines of {list:?} are in order");
        assert!(list.first().is_none_or(|line| *line > 0));
    }
}

/// A mail server's report that a mail came back.
pub(crate) fn bounce(bytes: &[u8]) {
    if let Some((message_id, words)) = services::reading::bounce(bytes) {
        assert!(!message_id.is_empty());
        assert!(!words.chars().any(char::is_control) && words.chars().count() <= 300);
    }
}

/// A reply by mail to an inquiry.
pub(crate) fn reply(bytes: &[u8]) {
    if let Some([from, subject, words, files]) = services::reading::reply(bytes) {
        for line in [from, subject].iter().map(String::as_str).chain(words.lines()).chain(files.lines()) {
            assert!(!line.chars().any(|letter| letter.is_control()), "{line:?}");
        }
        assert!(words.chars().count() <= 2_200 || words.lines().all(|line| line.chars().count() <= 200));
    }
}

/// A file that an applicant hands in: what it is, or a sentence; and its name, which is only ever shown and offered.
pub(crate) fn upload(bytes: &[u8]) {
    match services::uploads::judged(bytes) {
        Ok(kind) => {
            let begin: &[u8] = match kind {
                UploadKind::Pdf => b"%PDF-",
                UploadKind::Jpeg => b"\xff\xd8\xff",
                UploadKind::Png => b"\x89PNG",
            };
            assert!(bytes.starts_with(begin), "a file is what its first octets say");
            let runs = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
            assert!(kind != UploadKind::Pdf || !runs(b"/JavaScript"), "nothing that is taken runs");
        }
        Err(words) => assert!(words.ends_with('。'), "{words}"),
    }
    let sent = String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]);
    for kind in UploadKind::ALL {
        let name = clean_name(&sent, *kind);
        assert_eq!(clean_name(&name, *kind), name, "cleaning twice changes nothing");
        assert!(name.chars().count() <= LONGEST_NAME && !name.contains(['/', '\\', '"', '\r', '\n', '\0']), "{name:?}");
    }
}
