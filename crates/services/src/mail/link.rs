//! The conversation with a mail server, step by step: only what it says of a recipient or of a mail is a refusal. What it says
//! of us — at its greeting, at the login, of the sender — is a fault that somebody mends, and the mail waits.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::{
    Message,
    transport::smtp::{
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Tls, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use percent_encoding::percent_decode_str;
use tokio::time::Instant;
use url::Url;

use super::Handover;
use crate::{Error, Result};

/// Connections that are kept for the next mail at most.
const CONNECTIONS: usize = 16;
/// How long one is kept.
const IDLE: Duration = Duration::from_secs(60);
/// How long the server may take to be reached.
const REACHED: Duration = Duration::from_secs(15);
/// Answers that are about who we are, at whatever step they come (RFC 4954, RFC 5321 4.2.2).
const OUR_FAULT: [u16; 7] = [500, 502, 503, 530, 534, 535, 538];

/// A mail server, and the connections to it that wait for the next mail.
pub(super) struct Link {
    host: String,
    port: u16,
    tls: Tls,
    hello: ClientId,
    login: Option<Credentials>,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

/// What went wrong.
type Fault = lettre::transport::smtp::Error;

fn later(error: Fault) -> Handover {
    Handover::Later(error.to_string())
}

/// Whether an answer refuses a recipient or a mail for good, and is not about who we are.
fn is_refusal(error: &Fault) -> bool {
    error.is_permanent() && error.status().is_some_and(|code| !OUR_FAULT.contains(&code.into()))
}

/// Whether it speaks of what we may do, such as having mails passed on, rather than of a mailbox (RFC 3463, `X.7.Z`).
fn is_policy(error: &Fault) -> bool {
    std::error::Error::source(error).is_some_and(|words| words.to_string().starts_with("5.7."))
}

impl Link {
    /// A link to an address such as `smtp://user:password@host:587/our-name?tls=required`; nothing is connected yet.
    pub(super) fn new(address: &str) -> Result<Self> {
        let url = Url::parse(address).map_err(Error::internal)?;
        let tls = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let host = url.host_str().ok_or_else(|| Error::internal("no mail server in its address"))?.to_owned();
        let parameters = || TlsParameters::new(host.clone()).map_err(Error::internal);
        let (tls, port) = match (url.scheme(), tls.as_deref()) {
            ("smtp", None) => (Tls::None, 25),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), 587),
            ("smtp", Some("opportunistic")) => (Tls::Opportunistic(parameters()?), 587),
            ("smtps", _) => (Tls::Wrapper(parameters()?), 465),
            _ => return Err(Error::internal("the address of a mail server begins with smtp:// or smtps://")),
        };
        let decoded = |text| percent_decode_str(text).decode_utf8().map(String::from).map_err(Error::internal);
        let login = match url.password() {
            Some(password) => Some(Credentials::new(decoded(url.username())?, decoded(password)?)),
            None => None,
        };
        let hello = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), tls, hello, login, idle: Mutex::default() })
    }

    /// Hands a mail over.
    pub(super) async fn send(&self, message: &Message) -> Handover {
        let mut conn = match self.connection().await {
            Ok(conn) => conn,
            Err(error) => return later(error),
        };
        match converse(&mut conn, message).await {
            Ok(answer) => {
                self.keep(conn);
                Handover::Taken(answer.message().collect::<Vec<_>>().join(" "))
            }
            Err(outcome) => {
                conn.abort().await;
                outcome
            }
        }
    }

    /// A connection that is ready for a mail: one that is still there, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Fault> {
        while let Some((mut conn, since)) = self.waiting() {
            if since.elapsed() < IDLE && conn.test_connected().await {
                return Ok(conn);
            }
            conn.abort().await;
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let at_once = if let Tls::Wrapper(parameters) = &self.tls { Some(parameters.clone()) } else { None };
        let place = (self.host.as_str(), self.port);
        let mut conn = AsyncSmtpConnection::connect_tokio1(place, Some(REACHED), &self.hello, at_once, None).await?;
        match &self.tls {
            Tls::Required(parameters) => conn.starttls(parameters.clone(), &self.hello).await?,
            Tls::Opportunistic(parameters) if conn.can_starttls() => {
                conn.starttls(parameters.clone(), &self.hello).await?;
            }
            _ => {}
        }
        if let Some(login) = &self.login {
            conn.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(conn)
    }

    fn waiting(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, conn: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < CONNECTIONS {
            idle.push((conn, Instant::now()));
        }
    }
}

/// Sender, recipient, content; what the server says against each of them means something else.
async fn converse(conn: &mut AsyncSmtpConnection, message: &Message) -> Result<Response, Handover> {
    let (envelope, octets) = (message.envelope(), message.formatted());
    let mut options = vec![];
    let wide = envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii());
    for (needed, extension, option) in [
        (wide, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight),
        (!octets.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)),
    ] {
        if needed && !conn.server_info().supports_feature(extension) {
            return Err(Handover::Later(format!("the mail server does not support {extension}")));
        }
        options.extend(needed.then_some(option));
    }
    conn.command(Mail::new(envelope.from().cloned(), options)).await.map_err(later)?;
    for recipient in envelope.to() {
        let unknown = |error: Fault| match is_refusal(&error) && !is_policy(&error) {
            true => Handover::NoRecipient(error.to_string()),
            false => later(error),
        };
        conn.command(Rcpt::new(recipient.clone(), vec![])).await.map_err(unknown)?;
    }
    let refused = |error: Fault| match is_refusal(&error) {
        true => Handover::Refused(error.to_string()),
        false => later(error),
    };
    conn.command(Data).await.map_err(refused)?;
    conn.message(&octets).await.map_err(refused)
}
