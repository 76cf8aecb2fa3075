use std::sync::atomic::{AtomicBool, Ordering};

use domain::clock::{Randomness, Timestamp};
use pki::{CertificateOrder, KeyKind, Profiles, Serial, SigningKey, Subject, Urls};
use rustls::{
    ClientConfig, ClientConnection, ServerConnection,
    client::{
        ResolvesClientCert,
        danger::{ServerCertVerified, ServerCertVerifier},
    },
    pki_types::ServerName,
    sign::CertifiedKey,
};

use super::*;

struct Same;

impl Randomness for Same {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x5a);
    }
}

/// A certificate that signs itself, good enough to open a connection.
pub(crate) fn identity() -> Identity {
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let profiles = Profiles::built_in("1.2.392.200999.1").unwrap();
    let profile = profiles.get("root").unwrap();
    let order = CertificateOrder {
        profile,
        issuer: None,
        serial: &Serial::generate(&Same),
        subject: &Subject::operator("手続き窓口", "localhost"),
        alternative_names: &[],
        public_key: key.public_key(),
        validity: profile.validity(Timestamp::from_millis(1_795_400_000_000), None).unwrap(),
        urls: &Urls::default(),
    };
    let signed = pki::sign(pki::prepare(&order).unwrap(), &key).unwrap();
    Identity { chain: vec![signed.der], key: key.pkcs8_der().unwrap().to_vec() }
}

/// A browser that notes whether it was asked for a certificate, and has none.
#[derive(Debug, Default)]
struct Browser {
    asked: AtomicBool,
}

impl ResolvesClientCert for Browser {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::SeqCst);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Trusts every server: this is about what the server asks for.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Opens a connection in memory and tells whether the server asked for a certificate.
fn asks_for_a_certificate(server: ServerConfig) -> bool {
    let browser = Arc::new(Browser::default());
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_client_cert_resolver(browser.clone());
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = vec![];
        client.write_tls(&mut wire).unwrap();
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
        }
        server.process_new_packets().unwrap();
        let mut wire = vec![];
        server.write_tls(&mut wire).unwrap();
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
        }
        client.process_new_packets().unwrap();
    }
    browser.asked.load(Ordering::SeqCst)
}

#[test]
fn the_portal_asks_no_browser_for_a_certificate() {
    assert!(!asks_for_a_certificate(portal_config(identity()).unwrap()));
}

#[test]
fn the_closed_network_asks_and_lets_in_who_has_none() {
    assert!(asks_for_a_certificate(closed_config(identity(), vec![]).unwrap()));
}

#[test]
fn a_key_that_belongs_to_another_chain_is_refused_at_start() {
    let mixed = Identity { key: identity().key, ..identity() };
    assert!(portal_config(mixed).is_err());
}
