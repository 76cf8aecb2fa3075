//! Calling a receiver: one request, one answer, no redirect, and no address of the operator's own networks.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, Uri,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HOST, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use storage::feed::receivers::Said;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
};
use tokio_rustls::TlsConnector;

use super::reach::Reach;

/// Octets of an answer that are looked at.
const LOOKED_AT: usize = 1024;
/// Characters of an answer that are kept.
const KEPT: usize = 200;

/// Calls receivers.
pub(crate) struct Outbound {
    /// One call at a time in a process: a slow receiver keeps one worker, and mails have the other.
    pub(super) places: Semaphore,
    tls: OnceLock<TlsConnector>,
}

impl Default for Outbound {
    fn default() -> Self {
        Self { places: Semaphore::new(1), tls: OnceLock::new() }
    }
}

/// A message to a receiver.
pub(super) struct Message<'a> {
    pub(super) url: &'a str,
    pub(super) headers: [(&'static str, String); 3],
    pub(super) body: String,
}

type Words<T> = Result<T, String>;

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Outbound {
    /// Calls a receiver and waits for its answer. Only an answer of success means that it took the event.
    pub(super) async fn call(&self, reach: &Reach, message: Message<'_>) -> Said {
        let answered = tokio::time::timeout(reach.patience, self.exchange(reach, message)).await;
        match answered.unwrap_or_else(|_| Err("時間内に答えがありませんでした。".to_owned())) {
            Ok((status, words)) => {
                Said { taken: (200..300).contains(&status), status: Some(status), words: kept(&words) }
            }
            Err(words) => Said { status: None, taken: false, words: kept(&words) },
        }
    }

    async fn exchange(&self, reach: &Reach, message: Message<'_>) -> Words<(u16, String)> {
        let uri: Uri = message.url.parse().map_err(words)?;
        let target = reach.target(&uri)?;
        let tcp = connected(reach, &target.host, target.port).await?;
        if target.tls {
            let name = ServerName::try_from(target.host.clone()).map_err(words)?;
            let stream = self.connector(reach)?.connect(name, tcp).await.map_err(|error| not_secured(&error))?;
            said(stream, &uri, message).await
        } else {
            said(tcp, &uri, message).await
        }
    }

    fn connector(&self, reach: &Reach) -> Words<TlsConnector> {
        if let Some(known) = self.tls.get() {
            return Ok(known.clone());
        }
        let mut roots = RootCertStore::empty();
        match &reach.roots {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    roots.add(certificate.map_err(words)?).map_err(words)?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(words)?.with_root_certificates(roots).with_no_client_auth();
        Ok(self.tls.get_or_init(|| TlsConnector::from(Arc::new(config))).clone())
    }
}

/// Why no connection by TLS came about, in words for whoever can mend it.
fn not_secured(error: &std::io::Error) -> String {
    let fault = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(fault)) => fault,
        _ => return words(error),
    };
    let sentence = match fault {
        CertificateError::UnknownIssuer => {
            "受け取り側の証明書を発行した認証局を信頼できません。組織の認証局のときは、設定（webhooks.ca）で指定してください。"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "受け取り側の証明書が、アドレスのサーバーの名前のものではありません。"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "受け取り側の証明書の有効期間が終わっています。"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "受け取り側の証明書の有効期間が、まだ始まっていません。"
        }
        _ => "受け取り側の証明書を確かめられません。",
    };
    format!("{sentence}（{error}）")
}

/// A connection to an address that may be called. The address that was judged is the one that is called: what a name means a
/// moment later does not matter.
async fn connected(reach: &Reach, host: &str, port: u16) -> Words<TcpStream> {
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(address) => vec![(address, port).into()],
        Err(_) => tokio::net::lookup_host((host, port)).await.map_err(words)?.collect(),
    };
    let allowed: Vec<SocketAddr> = found.iter().copied().filter(|place| reach.allows(place.ip())).collect();
    if allowed.is_empty() && !found.is_empty() {
        return Err("組織の内側のアドレスのため、呼び出しません。".to_owned());
    }
    TcpStream::connect(&*allowed).await.map_err(words)
}

async fn said<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: T,
    uri: &Uri,
    message: Message<'_>,
) -> Words<(u16, String)> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(words)?;
    // Dropped with this call, whatever becomes of it, and the connection with it.
    let mut driver = tokio::task::JoinSet::new();
    driver.spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let mut request = Request::post(path)
        .header(HOST, authority)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, "Madoguchi-Webhooks/1");
    for (name, value) in message.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(message.body))).map_err(words)?;
    let answer = sender.send_request(request).await.map_err(words)?;
    // Whatever else comes over this connection is no answer to anything.
    Ok((answer.status().as_u16(), beginning(answer).await))
}

/// The beginning of an answer; what breaks off after its status is no fault of the event.
async fn beginning(answer: Response<Incoming>) -> String {
    let mut body = answer.into_body();
    let mut octets = vec![];
    while octets.len() < LOOKED_AT
        && let Some(Ok(frame)) = body.frame().await
    {
        octets.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
    }
    octets.truncate(LOOKED_AT);
    String::from_utf8_lossy(&octets).into_owned()
}

/// What is kept of words: one line, without what could disturb a page or a log.
fn kept(words: &str) -> String {
    let line: String = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(KEPT).collect()
}
