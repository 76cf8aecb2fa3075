//! Stories of key files: encrypted, opened by two officers, and by OpenSSL in an emergency (spec 04.4).

use pki::{KeyFileFault, KeyKind, Passphrase, SigningKey, key_file_password};

use crate::support::{Folder, Sequence, everything, openssl, try_openssl};

#[test]
fn two_officers_open_the_key_that_two_officers_closed() {
    let random = Sequence::from(1);
    let together = || Passphrase::from_halves("correct horse", "battery staple").unwrap();
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048] {
        let key = SigningKey::generate(kind).unwrap();
        let file = key.to_encrypted_pem(&together(), &random).unwrap();
        let opened = SigningKey::from_encrypted_pem(&file, &together()).unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        assert_eq!(opened.pkcs8_der(), key.pkcs8_der());
    }
}

#[test]
fn one_half_or_a_damaged_file_opens_nothing() {
    let passphrase = Passphrase::from_halves("correct horse", "battery staple").unwrap();
    let file = SigningKey::generate(KeyKind::P256).unwrap().to_encrypted_pem(&passphrase, &Sequence::from(2)).unwrap();
    let half = Passphrase::new("correct horse").unwrap();
    let swapped = Passphrase::from_halves("battery staple", "correct horse").unwrap();
    assert_eq!(SigningKey::from_encrypted_pem(&file, &half).unwrap_err(), KeyFileFault::WrongPassphrase);
    assert_eq!(SigningKey::from_encrypted_pem(&file, &swapped).unwrap_err(), KeyFileFault::WrongPassphrase);
    let headless = file.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>();
    let greedy = file.replace("m=65536", "m=4000000000");
    for damaged in [headless, greedy, file.replace("salt=", "salt=x"), String::new()] {
        assert_eq!(SigningKey::from_encrypted_pem(&damaged, &passphrase).unwrap_err(), KeyFileFault::Malformed);
    }
}

#[test]
fn openssl_reads_the_file_with_the_derived_password() {
    let folder = Folder::of("key-file");
    let passphrase = Passphrase::from_halves("correct horse", "battery staple").unwrap();
    for (kind, words) in [(KeyKind::P256, "NIST CURVE: P-256"), (KeyKind::Rsa2048, "Private-Key: (2048 bit, 2 primes)")]
    {
        let key = SigningKey::generate(kind).unwrap();
        let file = key.to_encrypted_pem(&passphrase, &Sequence::from(3)).unwrap();
        let password = format!("pass:{}", key_file_password(&file, &passphrase).unwrap().as_str());
        let path = folder.write("key.pem", file);
        let said = openssl(&["pkey", "-in", &path, "-passin", &password, "-noout", "-text", "-check"]);
        assert!(said.contains(words) && said.contains("Key is valid"), "{said}");
        let public = openssl(&["pkey", "-in", &path, "-passin", &password, "-pubout"]);
        assert_eq!(public, pki::pem::public_key(key.public_key().spki_der()));
        let refused = try_openssl(&["pkey", "-in", &path, "-passin", "pass:correct horsebattery staple", "-noout"]);
        assert!(!refused.status.success(), "the passphrase itself must not do: {}", everything(&refused));
        let scheme = openssl(&["asn1parse", "-in", &path]);
        assert!(scheme.contains(":scrypt") && scheme.contains(":aes-256-cbc"), "{scheme}");
    }
}
