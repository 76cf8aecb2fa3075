//! Stories of hostile input: whatever comes in, there is an answer and never a panic.

use pki::{
    CertificateInfo, CertificateRequest, ChainAnchors, IssuerCert, KeyKind, OcspError, OcspRequest, Passphrase,
    Profiles, PublicKey, Serial, SigningKey, pem, verify_client_chain,
};

use crate::support::{Authority, Folder, NOON, Sequence, openssl};

/// Throws bytes at every reader.
fn read_everything(bytes: &[u8], anchors: &ChainAnchors) {
    let _ = CertificateRequest::parse(bytes).map(|request| request.names_only(bytes));
    let _ = pki::certificates_in(bytes);
    let _ = pki::key_asked_for(bytes);
    let _ = OcspRequest::parse(bytes).map(|request| {
        request.certificates().iter().map(|id| id.serial().map(|serial| serial.to_hex())).collect::<Vec<_>>()
    });
    let _ = CertificateInfo::parse(bytes);
    let _ = IssuerCert::parse(bytes);
    let _ = PublicKey::from_spki_der(bytes);
    let _ = SigningKey::from_pkcs8_der(bytes);
    let _ = Serial::from_bytes(bytes);
    let _ = verify_client_chain(bytes, anchors, NOON, false);
    let text = String::from_utf8_lossy(bytes);
    let _ = pem::decode_all("CERTIFICATE", &text);
    let _ = Profiles::parse(&text, "1.2.3");
    let _ = SigningKey::from_encrypted_pem(&text, &Passphrase::new("some passphrase").unwrap());
}

/// True samples of everything that is read.
fn samples(authority: &Authority) -> Vec<Vec<u8>> {
    let folder = Folder::of("hostile");
    let (_, issuing) = folder.write_chain(authority);
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let leaf = authority.terminal("p256", key.public_key()).der;
    let leaf_pem = folder.write("leaf.pem", pem::certificate(&leaf));
    let (key_file, csr, request) = (folder.path("key.pem"), folder.path("request.der"), folder.path("ocsp.der"));
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &key_file]);
    openssl(&["req", "-new", "-key", &key_file, "-subj", "/CN=x", "-outform", "DER", "-out", &csr]);
    openssl(&["ocsp", "-reqout", &request, "-issuer", &issuing, "-cert", &leaf_pem]);
    vec![
        leaf,
        authority.issuing.der().to_vec(),
        folder.read("request.der"),
        folder.read("ocsp.der"),
        key.public_key().spki_der().to_vec(),
        key.pkcs8_der().unwrap().to_vec(),
        include_bytes!("../../profiles/terminal.toml").to_vec(),
    ]
}

#[test]
fn noise_is_answered() {
    let authority = Authority::open();
    let anchors = ChainAnchors::new(&[authority.root.der()], &[authority.issuing.der()]).unwrap();
    let random = Sequence::from(11);
    for length in (0..300).chain([1000, 20_000, 70_000]) {
        let mut noise: Vec<u8> = (0..length).map(|_| random.next().to_le_bytes()[0]).collect();
        read_everything(&noise, &anchors);
        if let Some(first) = noise.first_mut() {
            *first = 0x30;
            read_everything(&noise, &anchors);
        }
    }
}

#[test]
fn true_samples_with_bytes_changed_cut_or_doubled_are_answered() {
    let authority = Authority::open();
    let anchors = ChainAnchors::new(&[authority.root.der()], &[authority.issuing.der()]).unwrap();
    let random = Sequence::from(12);
    for sample in samples(&authority) {
        read_everything(&sample, &anchors);
        let below = |bound: usize| usize::try_from(random.next()).unwrap_or(0) % bound.max(1);
        for _ in 0..400 {
            let mut bytes = sample.clone();
            for _ in 0..=below(3) {
                let place = below(bytes.len());
                match below(4) {
                    0 => bytes.truncate(place.max(1)),
                    1 => bytes.insert(place, random.next().to_le_bytes()[0]),
                    2 => bytes.extend_from_within(..place),
                    _ => bytes[place] = random.next().to_le_bytes()[0],
                }
            }
            read_everything(&bytes, &anchors);
        }
    }
}

#[test]
fn an_ocsp_request_that_asks_too_much_is_malformed() {
    let folder = Folder::of("ocsp-too-much");
    let authority = Authority::open();
    let (_, issuing) = folder.write_chain(&authority);
    let ask = |serials: usize| {
        let request = folder.path("request.der");
        let mut arguments =
            vec!["ocsp".to_owned(), "-reqout".to_owned(), request, "-issuer".to_owned(), issuing.clone()];
        for serial in 1..=serials {
            arguments.extend(["-serial".to_owned(), serial.to_string()]);
        }
        openssl(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        OcspRequest::parse(&folder.read("request.der"))
    };
    assert_eq!(ask(32).unwrap().certificates().len(), 32);
    assert_eq!(ask(33), Err(OcspError::MalformedRequest));
    assert_eq!(OcspRequest::parse(b""), Err(OcspError::MalformedRequest));
    assert_eq!(OcspRequest::parse(&[0x30; 20_000]), Err(OcspError::MalformedRequest));
}
