//! OpenSSL judges every exhibit; what single stories let it judge stands beside them.

use crate::exhibits::{Exhibits, PASSPHRASE};
use crate::support::{NOON, at, everything, openssl, try_openssl};

/// What is said of a certificate for a client, with lists for every certificate below the root.
fn verdict(set: &Exhibits, root: &str, name: &str, list: &str) -> (bool, String) {
    let lists = set.joined("openssl-lists.pem", &format!("{list}.pem"), "root-list.pem");
    let (noon, issuing, leaf) = (at(NOON), set.path("issuing.pem"), set.path(&format!("{name}.pem")));
    let rules = ["verify", "-x509_strict", "-purpose", "sslclient", "-crl_check_all", "-attime", &noon];
    let output =
        try_openssl(&[&rules[..], &["-CRLfile", &lists, "-CAfile", root, "-untrusted", &issuing, &leaf]].concat());
    (output.status.success(), everything(&output))
}

#[test]
fn openssl_trusts_the_chain_of_each_terminal_until_a_list_revokes_it() {
    for (set, stranger) in Exhibits::beside_a_stranger() {
        let root = set.path("root.pem");
        for list in ["full", "shard"] {
            let (trusted, said) = verdict(set, &root, "good", list);
            assert!(trusted, "{}: {said}", set.name);
            let (trusted, said) = verdict(set, &root, "stolen", list);
            assert!(
                !trusted && said.contains("error 23 at 0 depth lookup: certificate revoked"),
                "{}: {said}",
                set.name
            );
        }
        let (trusted, said) = verdict(set, &stranger, "good", "full");
        assert!(!trusted, "{}: {said}", set.name);
    }
}

#[test]
fn openssl_verifies_each_answer() {
    for set in Exhibits::all() {
        let (root, issuing, noon) = (set.path("root.pem"), set.path("issuing.pem"), at(NOON));
        for (answer, about, words) in [
            ("good-ocsp.der", Some("good.pem"), "good.pem: good"),
            ("direct-ocsp.der", Some("good.pem"), "good.pem: good"),
            ("stolen-ocsp.der", Some("stolen.pem"), "stolen.pem: revoked"),
            // There is no certificate of that serial to ask about.
            ("unknown-ocsp.der", None, "Cert Status: unknown"),
        ] {
            let (answer, about) = (set.path(answer), about.map(|name| set.path(name)));
            let judge = ["ocsp", "-respin", &answer, "-CAfile", &root, "-verify_other", &issuing, "-attime", &noon];
            let times = ["-validity_period", "999999999", "-no_nonce", "-resp_text"];
            let question = about.iter().flat_map(|file| ["-issuer", &issuing, "-cert", file]).collect::<Vec<_>>();
            let said = openssl(&[&judge[..], &times, &question].concat());
            assert!(said.contains("Response verify OK") && said.contains(words), "{}: {said}", set.name);
        }
    }
}

#[test]
fn openssl_opens_pkcs12_of_both_formats_without_being_told_which() {
    for set in Exhibits::all() {
        for file in ["modern.p12", "legacy.p12"] {
            let file = set.path(file);
            let open = |passphrase: &str| {
                let passphrase = format!("pass:{passphrase}");
                let output = try_openssl(&["pkcs12", "-in", &file, "-passin", &passphrase, "-nodes"]);
                (output.status.success(), everything(&output))
            };
            let (opened, said) = open(PASSPHRASE);
            assert!(opened && said.matches("-----BEGIN CERTIFICATE-----").count() == 3, "{file}: {said}");
            assert!(said.contains("-----BEGIN PRIVATE KEY-----"), "{file}: {said}");
            let (opened, said) = open("Abcd-1234_~?");
            assert!(!opened && said.contains("invalid password"), "{file}: {said}");
        }
    }
}
