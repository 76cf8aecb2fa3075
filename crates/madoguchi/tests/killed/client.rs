//! A client that knows whether it was answered: an answer that is cut off is none.

use std::{
    io::{Error, ErrorKind, Read, Result, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned,
    client::WantsClientCert,
    pki_types::{PrivateKeyDer, ServerName},
};

/// How long an answer may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(300);

const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=b";

/// A field of a form in parts.
pub(crate) fn part((key, value): &(&str, &str)) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n")
}

/// The begin of a file in a form in parts.
pub(crate) fn begin_of_file(field: &str, name: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n")
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) body: Vec<u8>,
    cookies: Vec<String>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of an input of the page.
    pub(crate) fn value(&self, name: &str) -> String {
        let page = self.text();
        let after = page.split_once(&format!("name=\"{name}\" value=\"")).map(|(_, after)| after.to_owned());
        after.and_then(|after| after.split_once('"').map(|(value, _)| value.to_owned())).unwrap_or_default()
    }
}

/// Someone with cookies at one of the two listeners.
#[derive(Clone)]
pub(crate) struct Client {
    port: u16,
    tls: Option<Arc<ClientConfig>>,
    cookies: Vec<(String, String)>,
}

fn trusting(root: &[u8]) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(root.to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots)
}

impl Client {
    /// At the portal.
    pub(crate) fn plain(port: u16) -> Self {
        Self { port, tls: None, cookies: vec![] }
    }

    /// At the closed network, trusting one root.
    pub(crate) fn secure(port: u16, root: &[u8]) -> Self {
        Self { port, tls: Some(Arc::new(trusting(root).with_no_client_auth())), cookies: vec![] }
    }

    /// At the closed network, showing a certificate.
    pub(crate) fn showing(port: u16, root: &[u8], certificate: &[u8], key: &PrivateKeyDer<'static>) -> Self {
        let shown = (vec![certificate.to_vec().into()], key.clone_key());
        let config = trusting(root).with_client_auth_cert(shown.0, shown.1).unwrap();
        Self { port, tls: Some(Arc::new(config)), cookies: vec![] }
    }

    /// The same person at a copy of the installation on another port.
    pub(crate) fn at(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// The same with a session.
    pub(crate) fn with_session(mut self, token: &str) -> Self {
        self.cookies.push(("mg_session".to_owned(), token.to_owned()));
        self
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        self.exchange("GET", path, (FORM, b""))
    }

    /// Opens the page of a form and sends it.
    pub(crate) fn send(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let form = self.get(page)?;
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let csrf = form.value("csrf");
        let version = form.value("version");
        let own = [("csrf", csrf.as_str()), ("version", version.as_str())];
        let pairs = own.iter().chain(fields).map(|(key, value)| format!("{}={}", encode(key), encode(value)));
        self.exchange("POST", action, (FORM, pairs.collect::<Vec<_>>().join("&").as_bytes()))
    }

    /// Opens the page of a form and sends it with a file.
    pub(crate) fn hand_in(&mut self, page: &str, fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> Result<Answer> {
        let csrf = self.get(page)?.value("csrf");
        let own = [("csrf", csrf.as_str())];
        let mut body: Vec<u8> = own.iter().chain(fields).map(part).collect::<String>().into_bytes();
        let (field, name, content) = file;
        body.extend_from_slice(begin_of_file(field, name).as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--b--\r\n");
        self.exchange("POST", page, (PARTS, &body))
    }

    /// Sends a form that says that it is so long, as far as it goes: a begin, and octets without end behind it. Reads the answer
    /// only afterwards, as browsers do.
    pub(crate) fn pour(&self, path: &str, begin: &str, (says, sends): (u64, usize)) -> Result<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(self.head("POST", path, PARTS, says).as_bytes())?;
        stream.write_all(begin.as_bytes())?;
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..sends {
            stream.write_all(&piece)?;
        }
        converse(stream, b"")
    }

    /// The head of a request.
    fn head(&self, method: &str, path: &str, kind: &str, length: u64) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (port, cookies) = (self.port, cookies.join("; "));
        format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nCookie: {cookies}\r\n\
            Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        )
    }

    fn exchange(&mut self, method: &str, path: &str, (kind, body): (&str, &[u8])) -> Result<Answer> {
        let mut request = self.head(method, path, kind, body.len() as u64).into_bytes();
        request.extend_from_slice(body);
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let answer = match &self.tls {
            None => converse(stream, &request),
            Some(config) => {
                let name = ServerName::try_from("127.0.0.1").map_err(Error::other)?;
                let connection = ClientConnection::new(config.clone(), name).map_err(Error::other)?;
                converse(StreamOwned::new(connection, stream), &request)
            }
        };
        // A process that dies closes its connections; one that only says nothing lives.
        let hangs = |error: &Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!answer.as_ref().is_err_and(hangs), "no answer to {method} {path} within {PATIENCE:?}");
        let answer = answer?;
        for cookie in &answer.cookies {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).unwrap_or_default();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        Ok(answer)
    }
}

/// Sends a request and reads a whole answer.
fn converse(mut stream: impl Read + Write, request: &[u8]) -> Result<Answer> {
    stream.write_all(request)?;
    stream.flush()?;
    let (mut received, mut part) = (vec![], [0; 16 * 1024]);
    loop {
        if let Some(answer) = whole(&received) {
            return Ok(answer);
        }
        match stream.read(&mut part)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => received.extend_from_slice(&part[..count]),
        }
    }
}

/// The answer, once all of it is there.
fn whole(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let body = &received[end + 4..];
    let of = |name: &str| -> Vec<String> {
        let pairs = head.lines().filter_map(|line| line.split_once(": "));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
    };
    let length: usize = of("content-length").first()?.parse().ok()?;
    (body.len() >= length).then(|| Answer {
        status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(),
        location: of("location").pop().unwrap_or_default(),
        body: body[..length].to_vec(),
        cookies: of("set-cookie"),
    })
}
