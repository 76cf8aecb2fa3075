//! Talking to the closed network: HTTP over TLS that trusts the roots it is given and nothing else.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use axum::http::{Method, Request, StatusCode, Uri, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use tokio_rustls::TlsConnector;

use super::Later;

/// An answer longer than this is not read.
const LARGEST: usize = 1 << 20;
/// How long an answer is awaited: the authority may be busy with many terminals.
const PATIENCE: Duration = Duration::from_secs(60);

/// A certificate chain in DER, leaf first, with its key in PKCS#8.
pub(super) struct Identity {
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) key: Vec<u8>,
}

/// The closed network's listener.
pub(super) struct Counter {
    address: Uri,
    tls: Arc<ClientConfig>,
}

/// What it answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Counter {
    /// The listener at an address, believed if its certificate leads to one of these roots.
    ///
    /// # Errors
    /// When the address is not `https://…`, or a root or the identity cannot be used.
    pub(super) fn new(address: &str, trusted: &[Vec<u8>], identity: Option<Identity>) -> anyhow::Result<Self> {
        let uri: Uri = address.trim_end_matches('/').parse().with_context(|| format!("{address} is no address"))?;
        let plain = uri.path() == "/" || uri.path().is_empty();
        ensure!(
            uri.scheme_str() == Some("https") && uri.host().is_some() && plain,
            "{address}: give https://HOST:PORT"
        );
        let mut roots = RootCertStore::empty();
        for root in trusted {
            roots.add(CertificateDer::from(root.clone())).context("a trusted certificate cannot be used")?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let builder = builder.with_root_certificates(roots);
        let tls = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { chain, key }) => {
                let chain = chain.into_iter().map(CertificateDer::from).collect();
                builder.with_client_auth_cert(chain, PrivateKeyDer::Pkcs8(key.into()))?
            }
        };
        Ok(Self { address: uri, tls: Arc::new(tls) })
    }

    /// Asks and waits for the whole answer.
    ///
    /// # Errors
    /// When the listener is not the one it should be; [`Later`] when it is out of reach or does not answer within a minute.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(header::HeaderName, String)],
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let exchange = self.exchange(method, path, headers, body);
        let answered = tokio::time::timeout(PATIENCE, exchange).await;
        let answered = answered.context(Later).with_context(|| format!("no answer from {}", self.address))?;
        answered.with_context(|| self.address.to_string())
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: &[(header::HeaderName, String)],
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let host = self.address.host().unwrap_or_default();
        let port = self.address.port_u16().unwrap_or(443);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = tokio::net::TcpStream::connect((bare, port)).await.map_err(unreached)?;
        let name = ServerName::try_from(bare.to_owned())?;
        let stream = TlsConnector::from(self.tls.clone()).connect(name, stream).await.map_err(unreached)?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.context(Later)?;
        let driver = tokio::spawn(connection);
        let authority = self.address.authority().map(ToString::to_string).unwrap_or_default();
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, authority);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await.context(Later)?;
        let status = answer.status();
        let retry_after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        driver.abort();
        let body = body.map_err(|error| anyhow::anyhow!("{error}").context(Later))?.to_bytes().to_vec();
        Ok(Answer { status, retry_after, body })
    }

    /// Asks for something in base64.
    ///
    /// # Errors
    /// As [`Self::ask`], and when the answer is a refusal.
    pub(super) async fn get_encoded(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        self.ask(Method::GET, path, &[], vec![]).await?.decoded()
    }
}

/// What keeps a connection from being made may be gone later, unless TLS refuses the other side.
fn unreached(error: std::io::Error) -> anyhow::Error {
    let refused = error.get_ref().is_some_and(|cause| cause.is::<rustls::Error>());
    let error = anyhow::Error::from(error);
    if refused { error } else { error.context(Later) }
}

impl Answer {
    /// What was sent in base64.
    ///
    /// # Errors
    /// With the words of the refusal when it is none, or when it is no base64.
    pub(super) fn decoded(&self) -> anyhow::Result<Vec<u8>> {
        self.done()?;
        let packed: String = String::from_utf8_lossy(&self.body).split_ascii_whitespace().collect();
        STANDARD.decode(packed).context("the answer is no base64")
    }

    /// Goes on only with what was asked for.
    ///
    /// # Errors
    /// With the words of the refusal; [`Later`] when the same request may be answered another time.
    pub(super) fn done(&self) -> anyhow::Result<()> {
        let (status, words) = (self.status, self.words());
        let later = [StatusCode::ACCEPTED, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS];
        if status == StatusCode::OK {
            Ok(())
        } else if later.contains(&status) || status.is_server_error() {
            let after = self.retry_after.as_deref().map(|after| format!(", not before {after} seconds have passed"));
            let after = after.unwrap_or_default();
            Err(anyhow::anyhow!("the counter cannot do it just now ({status}{after}): {words}").context(Later))
        } else {
            Err(anyhow::anyhow!("the counter refuses ({status}): {words}"))
        }
    }

    /// The body as text, without what could disturb a terminal.
    fn words(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.chars().filter(|letter| !letter.is_control()).take(500).collect()
    }
}
