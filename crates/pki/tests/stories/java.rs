//! Java judges every exhibit: keytool, as whoever runs a receipt computer on Java would.

use pki::RevocationReason;

use crate::exhibits::{Exhibits, FRIENDLY_NAME, PASSPHRASE};
use crate::support::{Folder, everything, run};

/// Of the key stores that keytool makes here.
const OWN: [&str; 2] = ["-storepass", "Own-store-1"];

/// Whether keytool went well, and what it said, in English whatever the machine speaks.
fn try_keytool(arguments: &[&str]) -> (bool, String) {
    let program =
        ["LC_ALL=C.UTF-8", "keytool", "-J-Duser.language=en", "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"];
    let output = run("env", &[&program, arguments].concat(), "install the Debian package default-jre-headless");
    (output.status.success(), everything(&output))
}

fn keytool(arguments: &[&str]) -> String {
    let (well, said) = try_keytool(arguments);
    assert!(well, "{arguments:?}: {said}");
    said
}

/// Takes a PKCS#12 file into a key store of keytool's own, which comes to trust a root; gives its path.
fn key_store(set: &Exhibits, name: &str, file: &str, root: &str) -> String {
    let store = Folder::of(&format!("java-{}-{name}", set.name)).path("store");
    let source = ["-srckeystore", &set.path(file), "-srcstoretype", "PKCS12", "-srcstorepass", PASSPHRASE];
    let target = ["-noprompt", "-destkeystore", &store, "-deststorepass", OWN[1]];
    let said = keytool(&[&["-importkeystore"], &source[..], &target].concat());
    assert!(said.contains("1 entries successfully imported, 0 entries failed"), "{}: {said}", set.name);
    keytool(&[&["-importcert", "-noprompt", "-alias", "root", "-file", root, "-keystore", &store], &OWN[..]].concat());
    store
}

#[test]
fn keytool_prints_each_certificate() {
    for set in Exhibits::all() {
        let said = keytool(&["-printcert", "-file", &set.path("good.pem")]);
        for part in [
            "Owner: SERIALNUMBER=C7KM-4X8P-2, CN=オンライン資格確認パソコン, OU=1330100016, O=医療法人社団 𠮷野歯科医院, C=JP",
            "Issuer: CN=まどぐち 端末認証局 G1, O=まどぐち運営機構, C=JP",
            "clientAuth",
            "[URIName: http://pki.example.jp/pki/terminal-g1.crl]",
        ] {
            assert!(said.contains(part), "{}: {part:?} is not in\n{said}", set.name);
        }
    }
}

#[test]
fn keytool_opens_pkcs12_of_both_formats() {
    for set in Exhibits::all() {
        for file in ["modern.p12", "legacy.p12"] {
            let file = set.path(file);
            let list = ["-list", "-v", "-storetype", "PKCS12", "-keystore", &file, "-storepass"];
            let said = keytool(&[&list[..], &[PASSPHRASE]].concat());
            for part in [&format!("Alias name: {FRIENDLY_NAME}"), "PrivateKeyEntry", "Certificate chain length: 3"] {
                assert!(said.contains(part), "{}: {part:?} is not in\n{said}", set.name);
            }
            let (opened, said) = try_keytool(&[&list[..], &["Abcd-1234_~?"]].concat());
            assert!(!opened && said.contains("keystore password was incorrect"), "{}: {said}", set.name);
        }
    }
}

#[test]
fn keytool_follows_the_chain_up_to_a_root_it_trusts() {
    for (set, stranger) in Exhibits::beside_a_stranger() {
        let chain = set.joined("java-chain.pem", "good.pem", "issuing.pem");
        for (file, root, trusted) in [
            ("modern.p12", set.path("root.pem"), true),
            ("legacy.p12", set.path("root.pem"), true),
            ("modern.p12", stranger, false),
        ] {
            let store = key_store(set, &format!("{file}-{trusted}"), file, &root);
            let reply = ["-importcert", "-alias", FRIENDLY_NAME, "-file", &chain, "-keystore", &store];
            let (_, said) = try_keytool(&[&reply, &OWN[..]].concat());
            let words =
                if trusted { "Certificate reply was installed" } else { "is not trusted. Install reply anyway?" };
            assert!(said.contains(words), "{}: {said}", set.name);
        }
    }
}

#[test]
fn keytool_verifies_each_list() {
    for (set, stranger) in Exhibits::beside_a_stranger() {
        let store = Folder::of(&format!("java-{}-lists", set.name)).path("store");
        let stolen = 1 + RevocationReason::ALL.len();
        for (alias, file) in [("root", set.path("root.pem")), ("issuing", set.path("issuing.pem")), ("other", stranger)]
        {
            let import = ["-importcert", "-noprompt", "-alias", alias, "-file", &file, "-keystore", &store];
            keytool(&[&import, &OWN[..]].concat());
        }
        for (list, alias, revoked) in
            [("full", "issuing", stolen), ("shard", "issuing", stolen), ("root-list", "root", 0)]
        {
            let file = set.path(&format!("{list}.der"));
            let said = keytool(&[&["-printcrl", "-file", &file, "-keystore", &store], &OWN[..]].concat());
            assert!(said.contains(&format!("Verified by {alias} in keystore")), "{} {list}: {said}", set.name);
            assert_eq!(said.matches("SerialNumber: ").count(), revoked, "{} {list}: {said}", set.name);
        }
        let damaged = set.folder.write("java-damaged.der", flipped(set.folder.read("full.der")));
        let said = keytool(&[&["-printcrl", "-file", &damaged, "-keystore", &store], &OWN[..]].concat());
        assert!(said.contains("WARNING: not verified."), "{}: {said}", set.name);
    }
}

/// The last bit, which belongs to the signature, turned round.
fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}
