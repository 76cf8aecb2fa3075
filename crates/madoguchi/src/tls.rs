//! TLS of the two listeners: the portal's asks for nothing, the closed network's asks for a client certificate.
//!
//! On the closed network the certificate is asked for, not demanded. The handshake proves that the client holds the key of the certificate it shows; whether that certificate is good is
//! decided by the connection test, which can say in words what is wrong with it. Pages without a certificate work too.

use std::sync::Arc;

use rustls::{
    ConfigBuilder, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime},
    server::{
        WantsServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

/// Accepts any certificate whose key the client proves to hold.
#[derive(Debug)]
struct ProofOfKey {
    algorithms: WebPkiSupportedAlgorithms,
    hints: Vec<DistinguishedName>,
}

impl ClientCertVerifier for ProofOfKey {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What a listener shows of itself: chain in DER, leaf first, and the key in PKCS#8 DER.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Certificate chain, leaf first.
    pub(crate) chain: Vec<Vec<u8>>,
    /// Private key.
    pub(crate) key: Vec<u8>,
}

/// The configuration of the portal's listener: browsers are never asked for a certificate.
///
/// # Errors
/// When the key does not belong to the chain or cannot be read.
pub(crate) fn portal_config(identity: Identity) -> anyhow::Result<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    with_identity(builder.with_no_client_auth(), identity)
}

/// The configuration of the closed network's listener, with the subjects of the authorities whose certificates
/// browsers should offer.
///
/// # Errors
/// When the key does not belong to the chain or cannot be read.
pub(crate) fn closed_config(identity: Identity, authorities: Vec<DistinguishedName>) -> anyhow::Result<ServerConfig> {
    let provider = provider();
    let verifier = ProofOfKey { algorithms: provider.signature_verification_algorithms, hints: authorities };
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    with_identity(builder.with_client_cert_verifier(Arc::new(verifier)), identity)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn with_identity(
    builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    identity: Identity,
) -> anyhow::Result<ServerConfig> {
    let chain = identity.chain.into_iter().map(CertificateDer::from).collect();
    let mut config = builder.with_single_cert(chain, PrivateKeyDer::Pkcs8(identity.key.into()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
#[path = "tls/tests.rs"]
pub(crate) mod tests;
