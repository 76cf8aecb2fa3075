//! GnuTLS judges every exhibit: certtool and ocsptool, with the clock at the stories' noon.

use std::process::Output;

use time::Duration;

use crate::exhibits::{Exhibits, FRIENDLY_NAME, PASSPHRASE};
use crate::support::{NOON, at, everything, run};

// "Chain verification output" or "Verification output".
const TRUSTED: &str = "erification output: Verified. The certificate is trusted.";
const CLIENT: [&str; 2] = ["--verify-purpose", "1.3.6.1.5.5.7.3.2"];
const SERVER: [&str; 2] = ["--verify-purpose", "1.3.6.1.5.5.7.3.1"];

/// Runs a program of GnuTLS, none of which can be told the time, one minute after noon.
fn at_noon(program: &str, arguments: &[&str]) -> Output {
    let clock = format!("@{}", at(NOON + Duration::MINUTE));
    run("faketime", &[&[&clock, program], arguments].concat(), "install the Debian packages faketime and gnutls-bin")
}

/// What certtool says of a certificate that comes with its issuing authority, and of two lists.
fn verdict(set: &Exhibits, root: &str, name: &str, list: &str, options: &[&str]) -> (bool, String) {
    let chain = set.joined("gnutls-chain.pem", &format!("{name}.pem"), "issuing.pem");
    let lists = set.joined("gnutls-lists.pem", &format!("{list}.pem"), "root-list.pem");
    let question = ["--verify", "--load-ca-certificate", root, "--load-crl", &lists, "--infile", &chain];
    let output = at_noon("certtool", &[&question, options].concat());
    let said = everything(&output);
    assert_eq!(output.status.success(), said.contains(TRUSTED), "{said}");
    let checked = said.matches("Checked against CRL[07]").count();
    assert!(checked == 2 || !output.status.success(), "trusted, but not after both lists: {said}");
    (output.status.success(), said)
}

#[test]
fn certtool_trusts_the_chain_of_each_terminal_until_a_list_revokes_it() {
    for (set, stranger) in Exhibits::beside_a_stranger() {
        let root = set.path("root.pem");
        for list in ["full", "shard"] {
            let (trusted, said) = verdict(set, &root, "good", list, &CLIENT);
            assert!(trusted, "{}: {said}", set.name);
            let (trusted, said) = verdict(set, &root, "stolen", list, &CLIENT);
            assert!(!trusted && said.contains("The certificate chain is revoked."), "{}: {said}", set.name);
        }
        let host = ["--verify-hostname", "closed.example.jp"];
        assert!(verdict(set, &root, "server", "full", &[SERVER, host].concat()).0, "{}", set.name);
        assert!(!verdict(set, &root, "good", "full", &SERVER).0, "{}: a terminal is no server", set.name);
        let (trusted, said) = verdict(set, &stranger, "good", "full", &CLIENT);
        assert!(!trusted && said.contains("issuer is unknown"), "{}: {said}", set.name);
    }
}

#[test]
fn certtool_verifies_each_list() {
    for (set, stranger) in Exhibits::beside_a_stranger() {
        for (list, issuer, believed) in [
            ("full", set.path("issuing.pem"), true),
            ("shard", set.path("issuing.pem"), true),
            ("root-list", set.path("root.pem"), true),
            ("root-list", stranger, false),
        ] {
            let list = set.path(&format!("{list}.pem"));
            let output = at_noon("certtool", &["--verify-crl", "--load-ca-certificate", &issuer, "--infile", &list]);
            let said = everything(&output);
            assert_eq!((output.status.success(), said.contains(TRUSTED)), (believed, believed), "{}: {said}", set.name);
            assert_eq!(said.contains("Unknown extension 2.5.29.28 (critical)"), list.ends_with("shard.pem"), "{said}");
        }
    }
}

#[test]
fn ocsptool_verifies_each_answer() {
    for (set, stranger) in Exhibits::beside_a_stranger() {
        let issuing = set.path("issuing.pem");
        for (answer, options, words) in [
            ("good-ocsp.der", ["--load-trust", &issuing], "Certificate Status: good"),
            ("stolen-ocsp.der", ["--load-trust", &issuing], "Certificate Status: revoked"),
            ("unknown-ocsp.der", ["--load-trust", &issuing], "Certificate Status: unknown"),
            ("direct-ocsp.der", ["--load-signer", &issuing], "Certificate Status: good"),
            ("good-ocsp.der", ["--load-trust", &stranger], "Failure, Signer cert is not trusted."),
            // Who does not send its certificate along must be named.
            ("direct-ocsp.der", ["--load-trust", &issuing], "Failure, Signer cert not found."),
        ] {
            let answer = set.path(answer);
            let question = ["--verify-response", "--load-response", &answer];
            let output = at_noon("ocsptool", &[&question[..], &options].concat());
            let said = everything(&output);
            assert!(said.contains(words), "{}: {said}", set.name);
            let verified = said.contains("Verifying OCSP Response: Success.");
            assert_eq!((output.status.success(), verified), (!words.starts_with("Failure"), verified), "{said}");
        }
    }
}

#[test]
fn certtool_opens_pkcs12_of_both_formats() {
    for set in Exhibits::all() {
        for (file, scheme) in [("modern.p12", "PBES2-AES256-CBC"), ("legacy.p12", "PKCS12-3DES-SHA1")] {
            let file = set.path(file);
            let open = |passphrase: &str| {
                let output =
                    at_noon("certtool", &["--p12-info", "--inder", "--infile", &file, "--password", passphrase]);
                (output.status.success(), everything(&output))
            };
            let (opened, said) = open(PASSPHRASE);
            assert!(opened && said.matches("-----BEGIN CERTIFICATE-----").count() == 3, "{}: {said}", set.name);
            assert!(said.contains(scheme) && said.contains(&format!("Friendly name: {FRIENDLY_NAME}")), "{said}");
            let (_, said) = open("Abcd-1234_~?");
            assert!(said.contains("Message Authentication Code verification failed"), "{}: {said}", set.name);
        }
    }
}
