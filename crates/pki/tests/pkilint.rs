//! The foreign linter pkilint finds nothing above INFO on anything issued here (spec 04.4).
//!
//! The programs are looked for in the folder that `PKILINT_BIN` names, else in `PATH`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

#[expect(dead_code, reason = "the stories use the rest of it")]
#[path = "stories/exhibits.rs"]
mod exhibits;
#[expect(dead_code, reason = "the stories use the rest of it")]
#[path = "stories/support.rs"]
mod support;

use std::path::Path;

use exhibits::Exhibits;
use pki::{
    AlternativeName, CertId, CertStatus, CrlOrder, KeyKind, OcspAnswer, OcspOrder, OcspRequest, Responder,
    RevocationReason, RevokedEntry, SigningKey, Subject, pem, prepare_crl, prepare_ocsp,
};
use support::{Authority, Folder, NOON, everything, openssl, run};
use time::Duration;

const HINT: &str = "make a virtual environment (python3 -m venv DIR), install pkilint into it (DIR/bin/pip install \
                    pkilint), and set PKILINT_BIN=DIR/bin";

/// What one of pkilint's programs finds above INFO; it must be able to read the files at all.
fn findings(program: &str, options: &[&str], files: &[&str]) -> String {
    let program = std::env::var("PKILINT_BIN")
        .map_or_else(|_| program.to_owned(), |folder| Path::new(&folder).join(program).to_str().unwrap().to_owned());
    let arguments = [&["lint", "-s", "NOTICE"], options, files].concat();
    let output = run(&program, &arguments, HINT);
    let said = everything(&output).trim().to_owned();
    assert_eq!(output.status.success(), said.is_empty(), "the exit code counts the findings: {said}");
    said
}

fn judge_certificate(folder: &Folder, name: &str, der: &[u8]) {
    let path = folder.write(&format!("{name}.pem"), pem::certificate(der));
    assert_eq!(findings("lint_pkix_cert", &[], &[&path]), "", "{name}");
}

#[test]
fn every_profile_passes() {
    for (story, root, issuing) in
        [("pkilint-ec", KeyKind::P384, KeyKind::P256), ("pkilint-rsa", KeyKind::Rsa3072, KeyKind::Rsa3072)]
    {
        let (authority, folder) = (Authority::with_keys(root, issuing), Folder::of(story));
        judge_certificate(&folder, "root", authority.root.der());
        judge_certificate(&folder, "issuing", authority.issuing.der());
        let (ec, rsa) = (SigningKey::generate(KeyKind::P256).unwrap(), SigningKey::generate(KeyKind::Rsa2048).unwrap());
        judge_certificate(&folder, "p256", &authority.terminal("p256", ec.public_key()).der);
        judge_certificate(&folder, "rsa2048", &authority.terminal("rsa2048", rsa.public_key()).der);
        let longer = SigningKey::generate(KeyKind::Rsa3072).unwrap();
        judge_certificate(&folder, "rsa3072", &authority.terminal("rsa3072", longer.public_key()).der);
        let names = [AlternativeName::Dns("closed.example.jp".to_owned()), AlternativeName::Ip([192, 0, 2, 1].into())];
        let server = Subject::operator("まどぐち運営機構", "closed.example.jp");
        judge_certificate(
            &folder,
            "server",
            &authority.issue("closed-network-server", &server, ec.public_key(), &names).der,
        );
        let responder = Subject::operator("まどぐち運営機構", "OCSPレスポンダ 1");
        judge_certificate(&folder, "ocsp", &authority.issue("ocsp", &responder, ec.public_key(), &[]).der);

        for (issuer, subject) in [("root", "issuing"), ("issuing", "p256"), ("issuing", "rsa2048")] {
            let files = [folder.path(&format!("{issuer}.pem")), folder.path(&format!("{subject}.pem"))];
            let found = findings("lint_pkix_signer_signee_cert_chain", &[], &[&files[0], &files[1]]);
            assert_eq!(found, "", "{subject} under {issuer}");
        }
    }
}

#[test]
fn a_profile_with_an_extension_of_its_own_passes() {
    let (authority, folder) = (Authority::like_hpki(), Folder::of("pkilint-hpki"));
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    judge_certificate(&folder, "hpki-like", &authority.terminal("hpki-like", key.public_key()).der);
}

#[test]
fn the_address_of_the_cps_is_noted_and_nothing_else() {
    let (authority, folder) = (Authority::stating_its_practice(), Folder::of("pkilint-cps"));
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let path = folder.write("leaf.pem", pem::certificate(&authority.terminal("p256", key.public_key()).der));
    let found = findings("lint_pkix_cert", &[], &[&path]);
    assert!(found.contains("pkix.certificate_policies_policy_has_qualifier (NOTICE)"), "{found}");
    assert_eq!(found.lines().count(), 2, "{found}");
}

#[test]
fn revocation_lists_pass() {
    let (authority, folder) = (Authority::open(), Folder::of("pkilint-crl"));
    let entries: Vec<RevokedEntry> = RevocationReason::ALL
        .into_iter()
        .map(|reason| RevokedEntry { serial: authority.terminal_serial(), revoked_at: NOON, reason })
        .collect();
    for (revoked, point) in
        [(&entries[..], None), (&[], None), (&entries[..], Some("http://pki.example.jp/pki/issuing/7.crl"))]
    {
        let next_update = NOON + Duration::hours(24);
        let order = CrlOrder {
            issuer: &authority.issuing,
            number: 3,
            this_update: NOON,
            next_update,
            revoked,
            distribution_point: point,
        };
        let crl = prepare_crl(&order).unwrap().sign(&authority.issuing_key).unwrap();
        let path = folder.write("list.pem", pem::crl(&crl));
        assert_eq!(findings("lint_crl", &["-t", "CRL", "-p", "PKIX"], &[&path]), "");
    }
}

#[test]
fn ocsp_answers_pass() {
    let (authority, folder) = (Authority::open(), Folder::of("pkilint-ocsp"));
    let (_, issuing) = folder.write_chain(&authority);
    let request = folder.path("request.der");
    let [one, two, three] = [(); 3].map(|()| format!("0x{}", authority.terminal_serial()));
    openssl(&["ocsp", "-reqout", &request, "-issuer", &issuing, "-serial", &one, "-serial", &two, "-serial", &three]);
    let request = OcspRequest::parse(&folder.read("request.der")).unwrap();
    let revoked = CertStatus::Revoked { at: NOON, reason: RevocationReason::KeyCompromise };
    let answers: Vec<OcspAnswer> = request
        .certificates()
        .iter()
        .zip([CertStatus::Good, revoked, CertStatus::Unknown])
        .map(|(id, status)| OcspAnswer { certificate: id.clone(), status })
        .collect();
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let subject = Subject::operator("まどぐち運営機構", "OCSPレスポンダ 1");
    let certificate = authority.issue("ocsp", &subject, key.public_key(), &[]);
    let delegated = Responder::delegated(&authority.issuing, &certificate.der).unwrap();
    for (responder, key) in [(Responder::issuer(&authority.issuing), &authority.issuing_key), (delegated, &key)] {
        for nonce in [request.nonce(), None] {
            let next_update = NOON + Duration::hours(24);
            let order = OcspOrder { responder: &responder, answers: &answers, produced_at: NOON, next_update, nonce };
            let response = prepare_ocsp(&order).unwrap().sign(key).unwrap();
            let path = folder.write("response.der", response);
            assert_eq!(findings("lint_ocsp_response", &[], &[&path]), "");
        }
        let serial = authority.terminal_serial();
        let ids = CertId::both(&authority.issuing, &serial).unwrap();
        let ahead = ids.map(|certificate| OcspAnswer { certificate, status: CertStatus::Good });
        let next_update = NOON + Duration::hours(24);
        let order = OcspOrder { responder: &responder, answers: &ahead, produced_at: NOON, next_update, nonce: None };
        let path = folder.write("ahead.der", prepare_ocsp(&order).unwrap().sign(key).unwrap());
        assert_eq!(findings("lint_ocsp_response", &[], &[&path]), "");
    }
}

#[test]
fn chains_of_every_profile_under_authorities_of_every_kind_pass() {
    for set in Exhibits::all() {
        let file = |name: &str| set.path(&format!("{name}.pem"));
        for name in ["root", "issuing", "good", "server", "responder"] {
            assert_eq!(findings("lint_pkix_cert", &[], &[&file(name)]), "", "{} {name}", set.name);
        }
        for (issuer, subject) in
            [("root", "issuing"), ("issuing", "good"), ("issuing", "server"), ("issuing", "responder")]
        {
            let found = findings("lint_pkix_signer_signee_cert_chain", &[], &[&file(issuer), &file(subject)]);
            assert_eq!(found, "", "{}: {subject} under {issuer}", set.name);
        }
    }
}

#[test]
fn lists_and_answers_of_authorities_of_every_kind_pass() {
    for set in Exhibits::all() {
        for list in ["full.pem", "shard.pem", "root-list.pem"] {
            let found = findings("lint_crl", &["-t", "CRL", "-p", "PKIX"], &[&set.path(list)]);
            assert_eq!(found, "", "{} {list}", set.name);
        }
        for answer in ["good-ocsp.der", "stolen-ocsp.der", "unknown-ocsp.der", "direct-ocsp.der"] {
            assert_eq!(findings("lint_ocsp_response", &[], &[&set.path(answer)]), "", "{} {answer}", set.name);
        }
    }
}
