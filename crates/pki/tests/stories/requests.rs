//! Stories of requests (PKCS#10): which keys are taken, which are not, and what is said about it.

use std::fmt::Write as _;

use pki::{CertificateRequest, CsrFault, KeyAlgorithm, KeyFault};

use crate::support::{Folder, openssl};

/// Makes a request with OpenSSL; `key` are the arguments of `openssl genpkey`, `extra` those of `openssl req`.
fn request(story: &str, key: &[&str], extra: &[&str]) -> Vec<u8> {
    let folder = Folder::of(story);
    openssl(&[&["genpkey", "-out", &folder.path("key.pem")], key].concat());
    request_for(&folder, extra)
}

/// A request for the key that already lies in the folder.
fn request_for(folder: &Folder, extra: &[&str]) -> Vec<u8> {
    let (key, csr) = (folder.path("key.pem"), folder.path("request.der"));
    openssl(&[&["req", "-new", "-key", &key, "-subj", "/CN=x", "-outform", "DER", "-out", &csr], extra].concat());
    folder.read("request.der")
}

const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

fn rsa(option: &str) -> Vec<&str> {
    vec!["-algorithm", "RSA", "-pkeyopt", option]
}

#[test]
fn sound_keys_of_every_kind_are_taken() {
    let p384 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
    for (story, key, expected) in [
        ("csr-p256", P256.to_vec(), KeyAlgorithm::P256),
        ("csr-p384", p384.to_vec(), KeyAlgorithm::P384),
        ("csr-rsa2048", rsa("rsa_keygen_bits:2048"), KeyAlgorithm::Rsa { bits: 2048 }),
        ("csr-rsa3072", rsa("rsa_keygen_bits:3072"), KeyAlgorithm::Rsa { bits: 3072 }),
    ] {
        let folder = Folder::of(story);
        openssl(&[&["genpkey", "-out", &folder.path("key.pem")], key.as_slice()].concat());
        for digest in ["-sha256", "-sha384", "-sha512"] {
            let request = CertificateRequest::parse(&request_for(&folder, &[digest])).unwrap();
            assert_eq!(request.public_key().algorithm(), expected, "{story} {digest}");
        }
    }
}

#[test]
fn pem_is_taken_however_it_was_pasted() {
    let folder = Folder::of("csr-pem");
    let (key, csr) = (folder.path("key.pem"), folder.path("request.pem"));
    openssl(&[&["genpkey", "-out", &key], P256.as_slice()].concat());
    openssl(&["req", "-new", "-newhdr", "-key", &key, "-subj", "/CN=x", "-out", &csr]);
    let pem = String::from_utf8(folder.read("request.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN NEW CERTIFICATE REQUEST-----"));
    for pasted in [
        pem.clone(),
        pem.replace("NEW ", ""),
        pem.replace('\n', "\r\n"),
        format!("\u{feff}  \r\n{pem}\r\n\r\n"),
        format!("メモ\n{pem}"),
        pem.lines().map(|line| format!("{line}  \n")).collect(),
    ] {
        assert!(CertificateRequest::parse(pasted.as_bytes()).is_ok(), "{pasted}");
    }
}

#[test]
fn what_windows_certreq_adds_does_not_disturb() {
    let folder = Folder::of("csr-certreq");
    let (key, csr) = (folder.path("key.pem"), folder.path("request.der"));
    openssl(&[&["genpkey", "-out", &key], P256.as_slice()].concat());
    // OS version, client information, enrolment provider and template, as certreq writes them.
    let config = "oid_section=oids\n[req]\ndistinguished_name=dn\nprompt=no\nattributes=attrs\nreq_extensions=ext\n\
        [oids]\nosVersion=1.3.6.1.4.1.311.13.2.3\nclientInfo=1.3.6.1.4.1.311.21.20\n\
        [dn]\nCN=PC-01\n[attrs]\nosVersion=10.0.22631.2\nclientInfo=certreq.exe\n\
        [ext]\nsubjectKeyIdentifier=hash\n1.3.6.1.4.1.311.21.7=ASN1:UTF8String:template\n\
        1.3.6.1.4.1.311.99.1=critical,ASN1:INTEGER:5\n";
    let config = folder.write("certreq.cnf", config);
    openssl(&["req", "-new", "-config", &config, "-key", &key, "-outform", "DER", "-out", &csr]);
    let said = openssl(&["req", "-in", &csr, "-inform", "DER", "-noout", "-text"]);
    assert!(said.contains("1.3.6.1.4.1.311.99.1"), "{said}");
    assert!(CertificateRequest::parse(&folder.read("request.der")).is_ok());
}

#[test]
fn a_request_that_carries_the_text_of_another_one_is_the_outer_one() {
    let folder = Folder::of("csr-inside");
    let (inner, outer) = (folder.path("inner.pem"), folder.path("outer.der"));
    for key in ["inner.key", "outer.key"] {
        openssl(&[&["genpkey", "-out", &folder.path(key)], P256.as_slice()].concat());
    }
    openssl(&["req", "-new", "-key", &folder.path("inner.key"), "-subj", "/CN=x", "-out", &inner]);
    let text = String::from_utf8(folder.read("inner.pem")).unwrap().replace('\n', "");
    let extension = format!("1.3.6.1.4.1.311.21.7=ASN1:UTF8String:{text}");
    let request = ["-subj", "/CN=x", "-addext", &extension, "-outform", "DER", "-out", &outer];
    openssl(&[&["req", "-new", "-key", &folder.path("outer.key")], request.as_slice()].concat());
    let key = |path: &str| CertificateRequest::parse(&folder.read(path)).unwrap().public_key().clone();
    assert!(folder.read("outer.der").windows(text.len()).any(|window| window == text.as_bytes()));
    assert_ne!(key("outer.der"), key("inner.pem"));
    let public = openssl(&["pkey", "-in", &folder.path("outer.key"), "-pubout"]);
    assert_eq!(pki::pem::public_key(key("outer.der").spki_der()), public);
}

#[test]
fn weak_and_strange_keys_are_refused_with_the_reason() {
    let refused = |story: &str, key: &[&str]| CertificateRequest::parse(&request(story, key, &[])).unwrap_err();
    let curve = |name: &'static str| vec!["-algorithm", "EC", "-pkeyopt", name];
    assert_eq!(refused("csr-1024", &rsa("rsa_keygen_bits:1024")), CsrFault::Key(KeyFault::RsaTooShort { bits: 1024 }));
    for name in ["ec_paramgen_curve:secp256k1", "ec_paramgen_curve:P-521", "ec_paramgen_curve:brainpoolP256r1"] {
        assert_eq!(refused("csr-curve", &curve(name)), CsrFault::Key(KeyFault::UnsupportedCurve), "{name}");
    }
    let mut explicit = P256.to_vec();
    explicit.extend(["-pkeyopt", "ec_param_enc:explicit"]);
    assert_eq!(refused("csr-explicit", &explicit), CsrFault::Key(KeyFault::UnsupportedCurve));
    assert_eq!(refused("csr-ed25519", &["-algorithm", "ED25519"]), CsrFault::Key(KeyFault::UnsupportedAlgorithm));
    let words = CsrFault::Key(KeyFault::RsaTooShort { bits: 1024 }).to_string();
    assert_eq!(words, "RSAの鍵が短すぎます（1024ビット）。2048ビット以上の鍵を使ってください。");
}

/// An RSA SubjectPublicKeyInfo around a modulus and an exponent, through OpenSSL's own encoder.
fn rsa_spki(story: &str, modulus: &str, exponent: &str) -> Vec<u8> {
    let folder = Folder::of(story);
    let mut config = String::from("asn1=SEQUENCE:spki\n[spki]\na=SEQUENCE:alg\nk=BITWRAP,SEQUENCE:key\n");
    config += "[alg]\no=OID:rsaEncryption\np=NULL\n";
    let _ = write!(config, "[key]\nn=INTEGER:0x{modulus}\ne=INTEGER:{exponent}\n");
    let (config, out) = (folder.write("key.cnf", config), folder.path("key.der"));
    openssl(&["asn1parse", "-genconf", &config, "-noout", "-out", &out]);
    folder.read("key.der")
}

#[test]
fn rsa_keys_have_2048_to_4096_bits() {
    let of_bytes = |bytes: usize| {
        let modulus = format!("C{}1", "5".repeat(bytes * 2 - 2));
        pki::PublicKey::from_spki_der(&rsa_spki("rsa-length", &modulus, "65537")).map(|key| key.algorithm())
    };
    assert_eq!(of_bytes(255), Err(KeyFault::RsaTooShort { bits: 2040 }));
    assert_eq!(of_bytes(256), Ok(KeyAlgorithm::Rsa { bits: 2048 }));
    assert_eq!(of_bytes(512), Ok(KeyAlgorithm::Rsa { bits: 4096 }));
    assert_eq!(of_bytes(513), Err(KeyFault::RsaTooLong { bits: 4104 }));
}

#[test]
fn rsa_exponents_that_break_or_disguise_the_key_are_refused() {
    let modulus = format!("C{}1", "5".repeat(510));
    let fault =
        |exponent: &str| pki::PublicKey::from_spki_der(&rsa_spki("rsa-exponent", &modulus, exponent)).unwrap_err();
    for exponent in ["1", "2", "3", "65536", "65539", "0x10000000001"] {
        assert_eq!(fault(exponent), KeyFault::RsaExponent, "{exponent}");
    }
    let even_modulus = format!("C{}4", "5".repeat(510));
    let even = pki::PublicKey::from_spki_der(&rsa_spki("rsa-even", &even_modulus, "65537"));
    assert_eq!(even, Err(KeyFault::Malformed));
    assert!(pki::PublicKey::from_spki_der(&rsa_spki("rsa-usual", &modulus, "65537")).is_ok());
}

#[test]
fn a_point_off_the_curve_or_compressed_is_refused() {
    let folder = Folder::of("ec-point");
    let (key, public) = (folder.path("key.pem"), folder.path("public.der"));
    openssl(&[&["genpkey", "-out", &key], P256.as_slice()].concat());
    openssl(&["pkey", "-in", &key, "-pubout", "-outform", "DER", "-out", &public]);
    let mut spki = folder.read("public.der");
    assert!(pki::PublicKey::from_spki_der(&spki).is_ok());
    *spki.last_mut().unwrap() ^= 1;
    assert_eq!(pki::PublicKey::from_spki_der(&spki), Err(KeyFault::BadPoint));
    openssl(&["ec", "-in", &key, "-pubout", "-conv_form", "compressed", "-outform", "DER", "-out", &public]);
    assert_eq!(pki::PublicKey::from_spki_der(&folder.read("public.der")), Err(KeyFault::BadPoint));
}

#[test]
fn a_request_signed_badly_is_refused() {
    let good = request("csr-signature", &P256, &[]);
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(CertificateRequest::parse(&damaged), Err(CsrFault::BadSignature));
    let mut other_subject = good.clone();
    let position = good.windows(2).position(|pair| pair == [1, b'x']).unwrap();
    other_subject[position + 1] = b'y';
    assert_eq!(CertificateRequest::parse(&other_subject), Err(CsrFault::BadSignature));
    let old = request("csr-sha1", &rsa("rsa_keygen_bits:2048"), &["-sha1"]);
    assert_eq!(CertificateRequest::parse(&old), Err(CsrFault::UnsupportedSignature));
    let pss = request("csr-pss", &rsa("rsa_keygen_bits:2048"), &["-sigopt", "rsa_padding_mode:pss"]);
    assert_eq!(CertificateRequest::parse(&pss), Err(CsrFault::UnsupportedSignature));
}

#[test]
fn the_wrong_file_is_named() {
    let folder = Folder::of("csr-wrong-file");
    let key = folder.path("key.pem");
    openssl(&[&["genpkey", "-out", &key], P256.as_slice()].concat());
    assert_eq!(CertificateRequest::parse(&folder.read("key.pem")), Err(CsrFault::PrivateKey));
    let certificate = pki::pem::certificate(b"whatever");
    assert_eq!(CertificateRequest::parse(certificate.as_bytes()), Err(CsrFault::Certificate));
    assert_eq!(CertificateRequest::parse(b""), Err(CsrFault::Malformed));
    assert_eq!(CertificateRequest::parse(&vec![0x30; 100_000]), Err(CsrFault::Malformed));
}
