//! Stories of PKCS#12 files, opened by OpenSSL as a terminal would (spec 04.4).

use pki::{KeyKind, Pkcs12Contents, Pkcs12Fault, Pkcs12Format, Pkcs12Passphrase, SigningKey};

use crate::support::{Authority, Folder, everything, openssl, run, try_openssl};

/// A file for a terminal whose name has a character beyond UCS-2.
fn file(authority: &Authority, kind: KeyKind, format: Pkcs12Format) -> (SigningKey, Vec<u8>) {
    let key = SigningKey::generate(kind).unwrap();
    let profile = if kind == KeyKind::P256 { "p256" } else { "rsa2048" };
    let certificate = authority.terminal(profile, key.public_key());
    let contents = Pkcs12Contents {
        friendly_name: "𠮷野 受付パソコン",
        key_pkcs8: key.pkcs8_der().unwrap(),
        certificate: &certificate.der,
        chain: &[authority.issuing.der(), authority.root.der()],
    };
    let passphrase = Pkcs12Passphrase::new("Abcd-1234_~!").unwrap();
    let bytes = contents.write(format, &passphrase).unwrap();
    (key, bytes)
}

#[test]
fn openssl_opens_both_formats_and_finds_key_and_chain() {
    let authority = Authority::open();
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        for (format, story) in [(Pkcs12Format::Modern, "p12-modern"), (Pkcs12Format::Legacy, "p12-legacy")] {
            let folder = Folder::of(&format!("{story}-{kind:?}"));
            let (key, bytes) = file(&authority, kind, format);
            let path = folder.write("terminal.p12", bytes);
            let mut arguments = vec!["pkcs12", "-in", &path, "-passin", "pass:Abcd-1234_~!", "-nodes", "-info"];
            if format == Pkcs12Format::Legacy {
                arguments.push("-legacy");
            }
            let said = openssl(&arguments);
            let scheme = match format {
                Pkcs12Format::Modern => ["MAC: sha256, Iteration 10000", "PBES2, PBKDF2, AES-256-CBC"],
                Pkcs12Format::Legacy => ["MAC: sha1, Iteration 10000", "pbeWithSHA1And3-KeyTripleDES-CBC"],
            };
            assert!(scheme.iter().all(|words| said.contains(words)), "{said}");
            assert_eq!(said.matches("-----BEGIN CERTIFICATE-----").count(), 3, "{said}");
            let private =
                format!("-----BEGIN {}", said.split_once("-----BEGIN PRIVATE KEY").map_or("", |_| "PRIVATE KEY"));
            assert!(said.contains(&private));
            let pem = folder.write("key.pem", &said);
            let public = openssl(&["pkey", "-in", &pem, "-pubout"]);
            assert_eq!(public, pki::pem::public_key(key.public_key().spki_der()));
        }
    }
}

#[test]
fn the_wrong_passphrase_opens_nothing() {
    let (authority, folder) = (Authority::open(), Folder::of("p12-wrong"));
    let path = folder.write("terminal.p12", file(&authority, KeyKind::P256, Pkcs12Format::Modern).1);
    let output = try_openssl(&["pkcs12", "-in", &path, "-passin", "pass:Abcd-1234_~?", "-nodes"]);
    assert!(!output.status.success() && everything(&output).contains("invalid password"), "{}", everything(&output));
}

#[test]
fn gnutls_opens_the_modern_format() {
    let (authority, folder) = (Authority::open(), Folder::of("p12-gnutls"));
    let path = folder.write("terminal.p12", file(&authority, KeyKind::P256, Pkcs12Format::Modern).1);
    let arguments = ["--p12-info", "--inder", "--infile", &path, "--password", "Abcd-1234_~!"];
    let output = run("certtool", &arguments, "install the Debian package gnutls-bin");
    let said = everything(&output);
    assert!(output.status.success() && said.contains("-----BEGIN CERTIFICATE-----"), "{said}");
    assert!(said.contains("Friendly name: 〓野 受付パソコン"), "{said}");
}

#[test]
fn nothing_but_key_and_certificates_goes_in() {
    let contents = Pkcs12Contents { friendly_name: "x", key_pkcs8: b"no key", certificate: b"no", chain: &[] };
    let passphrase = Pkcs12Passphrase::new("Abcd-1234").unwrap();
    assert!(matches!(contents.write(Pkcs12Format::Modern, &passphrase), Err(Pkcs12Fault::Failed(_))));
}
