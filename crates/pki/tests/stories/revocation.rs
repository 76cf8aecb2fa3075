//! Stories of revoking: lists and OCSP answers (RFC 5280, 5; RFC 6960).

use pki::{
    CertId, CertStatus, Certificate, CrlOrder, Error, IssuerCert, KeyKind, OcspAnswer, OcspError, OcspOrder,
    OcspRequest, Responder, RevocationReason, RevokedEntry, Serial, SigningKey, Subject, pem, prepare_crl,
    prepare_ocsp,
};
use time::Duration;

use crate::support::{Authority, Folder, NOON, at, everything, openssl, try_openssl};

fn revoked(serial: &Serial, reason: RevocationReason) -> RevokedEntry {
    RevokedEntry { serial: serial.clone(), revoked_at: NOON - Duration::hours(1), reason }
}

fn terminal(authority: &Authority) -> Certificate {
    authority.terminal("p256", SigningKey::generate(KeyKind::P256).unwrap().public_key())
}

fn list(authority: &Authority, number: u64, entries: &[RevokedEntry]) -> Vec<u8> {
    let order = CrlOrder {
        issuer: &authority.issuing,
        number,
        this_update: NOON,
        next_update: NOON + Duration::hours(24),
        revoked: entries,
        distribution_point: None,
    };
    let prepared = prepare_crl(&order).unwrap();
    assert_eq!(authority.linter.lint_crl(&prepared), []);
    assert_eq!(prepared.number(), number);
    prepared.sign(&authority.issuing_key).unwrap()
}

#[test]
fn a_revoked_terminal_is_refused_by_openssl_and_the_others_are_not() {
    let (authority, folder) = (Authority::open(), Folder::of("crl"));
    let (good, stolen) = (terminal(&authority), terminal(&authority));
    let (root, issuing) = folder.write_chain(&authority);
    let crl = list(&authority, 41, &[revoked(&stolen.serial, RevocationReason::KeyCompromise)]);
    let crl = folder.write("list.pem", pem::crl(&crl));

    let check = |name: &str, certificate: &Certificate| {
        let leaf = folder.write(name, pem::certificate(&certificate.der));
        let noon = at(NOON);
        let output = try_openssl(&[
            "verify",
            "-crl_check",
            "-CRLfile",
            &crl,
            "-attime",
            &noon,
            "-CAfile",
            &root,
            "-untrusted",
            &issuing,
            &leaf,
        ]);
        (output.status.success(), everything(&output))
    };
    let (accepted, said) = check("good.pem", &good);
    assert!(accepted, "{said}");
    let (accepted, said) = check("stolen.pem", &stolen);
    assert!(!accepted && said.contains("certificate revoked"), "{said}");
}

#[test]
fn the_list_says_number_times_and_reasons() {
    let (authority, folder) = (Authority::with_keys(KeyKind::P256, KeyKind::Rsa3072), Folder::of("crl-text"));
    let serial = |byte: u8| Serial::from_bytes(&[byte; 16]).unwrap();
    let entries: Vec<RevokedEntry> =
        RevocationReason::ALL.into_iter().zip(1..).map(|(reason, byte)| revoked(&serial(byte), reason)).collect();
    let crl = folder.write("list.pem", pem::crl(&list(&authority, 7, &entries)));
    let issuing = folder.write("issuing.pem", pem::certificate(authority.issuing.der()));
    let text = openssl(&["crl", "-in", &crl, "-noout", "-text", "-CAfile", &issuing]);
    for part in [
        "verify OK",
        "Version 2 (0x1)",
        "Last Update: May 20 03:00:00 2026 GMT",
        "Next Update: May 21 03:00:00 2026 GMT",
        "X509v3 CRL Number: \n                7\n",
        "X509v3 Authority Key Identifier",
        "Serial Number: 01010101010101010101010101010101",
        "Key Compromise",
        "CA Compromise",
        "Affiliation Changed",
        "Superseded",
        "Cessation Of Operation",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("Unspecified"), "no reason is better than that one:\n{text}");
    let empty = folder.write("empty.pem", pem::crl(&list(&authority, 8, &[])));
    assert!(openssl(&["crl", "-in", &empty, "-noout", "-text"]).contains("No Revoked Certificates"));
}

#[test]
fn the_list_of_a_shard_counts_for_the_certificates_that_name_it_and_for_no_others() {
    let (authority, folder) = (Authority::open(), Folder::of("crl-shard"));
    let (good, stolen) = (terminal(&authority), terminal(&authority));
    let (root, issuing) = folder.write_chain(&authority);
    let entries = [revoked(&stolen.serial, RevocationReason::KeyCompromise)];
    let check = |point: &str, certificate: &Certificate| {
        let order = CrlOrder {
            issuer: &authority.issuing,
            number: 3,
            this_update: NOON,
            next_update: NOON + Duration::hours(24),
            revoked: &entries,
            distribution_point: Some(point),
        };
        let prepared = prepare_crl(&order).unwrap();
        assert_eq!(authority.linter.lint_crl(&prepared), []);
        let crl = folder.write("list.pem", pem::crl(&prepared.sign(&authority.issuing_key).unwrap()));
        let leaf = folder.write("leaf.pem", pem::certificate(&certificate.der));
        let noon = at(NOON);
        let chain = ["-CAfile", &root, "-untrusted", &issuing, &leaf];
        let question = ["verify", "-crl_check", "-CRLfile", &crl, "-attime", &noon];
        everything(&try_openssl(&[question.as_slice(), &chain].concat()))
    };
    let own = "http://pki.example.jp/pki/terminal-g1.crl";
    assert!(check(own, &good).trim_end().ends_with("leaf.pem: OK"), "{}", check(own, &good));
    assert!(check(own, &stolen).contains("certificate revoked"));
    let other = check("http://pki.example.jp/pki/terminal-g2.crl", &good);
    assert!(other.contains("error 44 at 0 depth"), "a list of another scope: {other}");

    let order = CrlOrder {
        issuer: &authority.issuing,
        number: 3,
        this_update: NOON,
        next_update: NOON + Duration::hours(24),
        revoked: &[],
        distribution_point: Some("no address"),
    };
    assert!(matches!(prepare_crl(&order), Err(Error::BadUrl(_))));
}

#[test]
fn a_list_that_cannot_be_is_refused() {
    let authority = Authority::open();
    let entry = revoked(&Serial::from_bytes(&[5]).unwrap(), RevocationReason::Superseded);
    let twice = [entry.clone(), entry];
    let order = CrlOrder {
        issuer: &authority.issuing,
        number: 1,
        this_update: NOON,
        next_update: NOON,
        revoked: &[],
        distribution_point: None,
    };
    assert!(matches!(prepare_crl(&order), Err(Error::Validity(_))));
    let order = CrlOrder { next_update: NOON + Duration::hours(24), revoked: &twice, ..order };
    assert_eq!(prepare_crl(&order).unwrap_err(), Error::RepeatedSerial("05".to_owned()));
    let prepared = prepare_crl(&CrlOrder { revoked: &twice[..1], ..order }).unwrap();
    assert_eq!(prepared.sign(&authority.root_key), Err(Error::WrongKey));
}

/// A register of three: one good, one revoked, everything else unknown.
struct Register {
    good: Certificate,
    revoked: Certificate,
}

impl Register {
    fn open(authority: &Authority) -> Self {
        Self { good: terminal(authority), revoked: terminal(authority) }
    }

    fn status(&self, serial: Option<Serial>) -> CertStatus {
        match serial {
            Some(serial) if serial == self.good.serial => CertStatus::Good,
            Some(serial) if serial == self.revoked.serial => {
                CertStatus::Revoked { at: NOON - Duration::hours(1), reason: RevocationReason::CessationOfOperation }
            }
            _ => CertStatus::Unknown,
        }
    }

    /// Answers as a responder does.
    fn answer(&self, authority: &Authority, request: &[u8], responder: &Responder, key: &SigningKey) -> Vec<u8> {
        let request = match OcspRequest::parse(request) {
            Ok(request) => request,
            Err(error) => return error.to_der(),
        };
        if !request.certificates().iter().all(|id| id.is_of(&authority.issuing)) {
            return OcspError::Unauthorized.to_der();
        }
        let answers: Vec<OcspAnswer> = request
            .certificates()
            .iter()
            .map(|id| OcspAnswer { certificate: id.clone(), status: self.status(id.serial()) })
            .collect();
        let order = OcspOrder {
            responder,
            answers: &answers,
            produced_at: NOON,
            next_update: NOON + Duration::hours(24),
            nonce: request.nonce(),
        };
        let prepared = prepare_ocsp(&order).unwrap();
        assert_eq!(authority.linter.lint_ocsp(&prepared), []);
        prepared.sign(key).unwrap()
    }
}

/// The arguments by which OpenSSL asks about files, serials and with what options.
fn question(folder: &Folder, issuing: &str, asked: &[&str]) -> Vec<String> {
    // Options for the hash must stand before the certificate they are for.
    let mut about: Vec<String> =
        asked.iter().filter(|word| word.starts_with('-')).map(|word| (*word).to_owned()).collect();
    about.extend(["-issuer".to_owned(), issuing.to_owned()]);
    for one in asked.iter().filter(|word| !word.starts_with('-')) {
        match one.strip_prefix("serial:") {
            Some(serial) => about.extend(["-serial".to_owned(), serial.to_owned()]),
            None => about.extend(["-cert".to_owned(), folder.path(one)]),
        }
    }
    about
}

/// Lets OpenSSL ask about certificates, answers, and lets OpenSSL judge.
fn dialogue(
    story: &str,
    authority: &Authority,
    register: &Register,
    asked: &[&str],
    responder: &Responder,
    key: &SigningKey,
) -> String {
    let folder = Folder::of(story);
    let (root, issuing) = folder.write_chain(authority);
    folder.write("good.pem", pem::certificate(&register.good.der));
    folder.write("revoked.pem", pem::certificate(&register.revoked.der));
    let (request, response) = (folder.path("request.der"), folder.path("response.der"));
    let about = question(&folder, &issuing, asked);
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    openssl(&[&["ocsp", "-reqout", &request], about.as_slice()].concat());
    folder.write("response.der", register.answer(authority, &folder.read("request.der"), responder, key));
    let judge = [
        "ocsp",
        "-respin",
        &response,
        "-reqin",
        &request,
        "-CAfile",
        &root,
        "-verify_other",
        &issuing,
        "-attime",
        &at(NOON),
        "-validity_period",
        "999999999",
        // Keep the nonce of the request as it is.
        "-no_nonce",
    ];
    openssl(&[judge.as_slice(), about.as_slice()].concat())
}

#[test]
fn openssl_hears_good_then_revoked_then_unknown() {
    let authority = Authority::open();
    let register = Register::open(&authority);
    let responder = Responder::issuer(&authority.issuing);
    for hash in ["-sha1", "-sha256"] {
        let story = format!("ocsp{hash}");
        let asked = [hash, "good.pem", "revoked.pem", "serial:0x1234567890"];
        let said = dialogue(&story, &authority, &register, &asked, &responder, &authority.issuing_key);
        assert!(said.contains("Response verify OK"), "{said}");
        assert!(said.contains("good.pem: good"), "{said}");
        assert!(said.contains("revoked.pem: revoked") && said.contains("Reason: cessationOfOperation"), "{said}");
        assert!(said.contains("0x1234567890: unknown"), "{said}");
        assert!(!said.contains("WARNING"), "the nonce comes back: {said}");
    }
}

#[test]
fn one_answer_made_ahead_serves_requests_with_either_hash() {
    let authority = Authority::open();
    let register = Register::open(&authority);
    let answers = CertId::both(&authority.issuing, &register.good.serial)
        .unwrap()
        .map(|certificate| OcspAnswer { certificate, status: CertStatus::Good });
    assert!(answers.iter().all(|answer| answer.certificate.serial().as_ref() == Some(&register.good.serial)));
    let responder = Responder::issuer(&authority.issuing);
    let next_update = NOON + Duration::hours(24);
    let order = OcspOrder { responder: &responder, answers: &answers, produced_at: NOON, next_update, nonce: None };
    let ahead = prepare_ocsp(&order).unwrap();
    assert_eq!(authority.linter.lint_ocsp(&ahead), []);
    let folder = Folder::of("ocsp-ahead");
    let (root, issuing) = folder.write_chain(&authority);
    let leaf = folder.write("good.pem", pem::certificate(&register.good.der));
    let response = folder.write("response.der", ahead.sign(&authority.issuing_key).unwrap());
    for hash in ["-sha1", "-sha256"] {
        let noon = at(NOON);
        let judge = ["ocsp", "-respin", &response, "-CAfile", &root, "-verify_other", &issuing, "-attime", &noon];
        let about = ["-validity_period", "999999999", "-no_nonce", hash, "-issuer", &issuing, "-cert", &leaf];
        let said = openssl(&[judge.as_slice(), &about].concat());
        assert!(said.contains("Response verify OK") && said.contains("good.pem: good"), "{hash}: {said}");
    }
}

#[test]
fn a_delegated_responder_answers_with_its_own_certificate() {
    let authority = Authority::with_keys(KeyKind::P384, KeyKind::P384);
    let register = Register::open(&authority);
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let subject = Subject::operator("まどぐち運営機構", "OCSPレスポンダ 1");
    let certificate = authority.issue("ocsp", &subject, key.public_key(), &[]);
    let responder = Responder::delegated(&authority.issuing, &certificate.der).unwrap();
    let said = dialogue("ocsp-delegated", &authority, &register, &["good.pem"], &responder, &key);
    assert!(said.contains("Response verify OK") && said.contains("good.pem: good"), "{said}");
    let folder = Folder::of("ocsp-delegated-text");
    let leaf = folder.write("responder.pem", pem::certificate(&certificate.der));
    let text = openssl(&["x509", "-in", &leaf, "-noout", "-text"]);
    assert!(text.contains("OCSP No Check") && text.contains("OCSP Signing"), "{text}");

    let not_a_responder = terminal(&authority);
    assert!(matches!(Responder::delegated(&authority.issuing, &not_a_responder.der), Err(Error::IssuerNotAllowed(_))));
    assert!(matches!(Responder::delegated(&authority.root, &certificate.der), Err(Error::IssuerNotAllowed(_))));
}

#[test]
fn an_authority_with_an_rsa_key_answers_without_a_nonce_too() {
    let authority = Authority::with_keys(KeyKind::P256, KeyKind::Rsa3072);
    let register = Register::open(&authority);
    let responder = Responder::issuer(&authority.issuing);
    let asked = ["-no_nonce", "revoked.pem"];
    let said = dialogue("ocsp-rsa", &authority, &register, &asked, &responder, &authority.issuing_key);
    assert!(said.contains("Response verify OK") && said.contains("revoked.pem: revoked"), "{said}");
}

#[test]
fn a_request_about_somebody_elses_certificate_is_turned_away() {
    let (ours, theirs) = (Authority::open(), Authority::open());
    let folder = Folder::of("ocsp-stranger");
    let (_, issuing) = folder.write_chain(&theirs);
    let leaf = folder.write("leaf.pem", pem::certificate(&terminal(&theirs).der));
    let request = folder.path("request.der");
    openssl(&["ocsp", "-reqout", &request, "-issuer", &issuing, "-cert", &leaf]);
    let responder = Responder::issuer(&ours.issuing);
    let register = Register::open(&ours);
    let response = register.answer(&ours, &folder.read("request.der"), &responder, &ours.issuing_key);
    let response = folder.write("response.der", response);
    let said = everything(&try_openssl(&["ocsp", "-respin", &response, "-noverify", "-resp_text"]));
    assert!(said.contains("unauthorized (6)"), "{said}");
}

#[test]
fn every_refusal_is_an_ocsp_response_that_openssl_reads() {
    let folder = Folder::of("ocsp-errors");
    for (error, words) in [
        (OcspError::MalformedRequest, "malformedrequest (1)"),
        (OcspError::InternalError, "internalerror (2)"),
        (OcspError::TryLater, "trylater (3)"),
        (OcspError::Unauthorized, "unauthorized (6)"),
    ] {
        let path = folder.write("response.der", error.to_der());
        let said = everything(&try_openssl(&["ocsp", "-respin", &path, "-noverify"]));
        assert!(said.contains(words), "{error}: {said}");
    }
}

#[test]
fn an_issuer_must_be_an_authority() {
    let authority = Authority::open();
    assert!(matches!(IssuerCert::parse(&terminal(&authority).der), Err(Error::IssuerNotAllowed(_))));
    assert!(matches!(IssuerCert::parse(b"no certificate"), Err(Error::Encoding(_))));
    assert!(authority.issuing.subject().contains("端末認証局"));
}
