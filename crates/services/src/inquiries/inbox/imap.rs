//! The mailbox over IMAP (RFC 3501): its folder is opened to read, nothing in it is changed.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc, time::Duration};

use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{Fetched, Mailbox, Place};
use crate::{Error, Result};

/// Largest mail that is read whole, in octets; of a larger one only the head.
const LARGEST: u32 = 4 << 20;
/// Octets of such a head.
const HEAD: u32 = 64 << 10;
/// Mails of one look.
const AT_ONCE: usize = 10;
/// Longest time that one look may take.
const LONGEST: Duration = Duration::from_secs(90);

/// How the connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first octet.
    Tls,
    /// TLS after STARTTLS.
    StartTls,
    /// None: for a server on the same machine.
    None,
}

/// Where the mailbox is.
#[derive(Clone)]
pub struct Account {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// Certificates in PEM that are trusted instead of the system's.
    pub roots: Option<Vec<u8>>,
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
    /// Folder.
    pub folder: String,
}

impl Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("host", &self.host).field("user", &self.user).finish_non_exhaustive()
    }
}

/// A mailbox over IMAP.
pub struct Imap {
    account: Account,
    tls: TlsConnector,
}

/// A connection, secured or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Wire for T {}

type Said<T> = std::result::Result<T, String>;

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Imap {
    /// A mailbox; nothing is connected yet.
    ///
    /// # Errors
    /// When no certificate can be trusted.
    pub fn new(account: Account) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        match &account.roots {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    roots.add(certificate.map_err(Error::internal)?).map_err(Error::internal)?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() && account.security != Security::None {
            return Err(Error::internal("no certificate of an authority to trust"));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(Error::internal)?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { account, tls: TlsConnector::from(Arc::new(config)) })
    }

    async fn secured(&self, tcp: TcpStream) -> Said<Box<dyn Wire>> {
        let name = ServerName::try_from(self.account.host.clone()).map_err(words)?;
        Ok(Box::new(self.tls.connect(name, tcp).await.map_err(words)?))
    }

    async fn connect(&self) -> Said<Session<Box<dyn Wire>>> {
        let account = &self.account;
        let tcp = TcpStream::connect((account.host.as_str(), account.port)).await.map_err(words)?;
        let client = match account.security {
            Security::Tls => greeted(self.secured(tcp).await?).await?,
            Security::None => greeted(Box::new(tcp) as Box<dyn Wire>).await?,
            Security::StartTls => {
                let mut plain = greeted(tcp).await?;
                plain.run_command_and_check_ok("STARTTLS", None).await.map_err(words)?;
                Client::new(self.secured(plain.into_inner()).await?)
            }
        };
        client.login(&account.user, &account.password).await.map_err(|(error, _)| words(error))
    }

    async fn look(&self, after: Option<Place>) -> Said<Vec<Fetched>> {
        let mut session = self.connect().await?;
        let folder = session.examine(&self.account.folder).await.map_err(words)?;
        let validity = folder.uid_validity.unwrap_or_default();
        let known = after.filter(|place| place.validity == validity).map_or(0, |place| place.uid);
        let found = session.uid_search(format!("UID {}:*", known.saturating_add(1))).await.map_err(words)?;
        // A range that ends with `*` holds the last mail even when that is older (RFC 3501, 6.4.8).
        let mut new: Vec<u32> = found.into_iter().filter(|uid| *uid > known).collect();
        new.sort_unstable();
        new.truncate(AT_ONCE);
        let sizes = sizes(&mut session, &new).await?;
        let mut mails = vec![];
        for uid in new {
            let whole = sizes.get(&uid).is_some_and(|size| *size <= LARGEST);
            let raw = raw(&mut session, uid, whole).await?;
            mails.push(Fetched { place: Place { validity, uid }, raw, whole });
        }
        // The mails are here; a server that does not say goodbye changes nothing.
        let _ = session.logout().await;
        Ok(mails)
    }
}

/// A client whose server has greeted.
async fn greeted<T: Wire>(stream: T) -> Said<Client<T>> {
    let mut client = Client::new(stream);
    match client.read_response().await.map_err(words)? {
        Some(_) => Ok(client),
        None => Err("the server closed the connection".to_owned()),
    }
}

async fn sizes(session: &mut Session<Box<dyn Wire>>, uids: &[u32]) -> Said<BTreeMap<u32, u32>> {
    if uids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let told = session.uid_fetch(set, "(UID RFC822.SIZE)").await.map_err(words)?;
    let told: Vec<_> = told.try_collect().await.map_err(words)?;
    Ok(told.iter().filter_map(|one| Some((one.uid?, one.size?))).collect())
}

async fn raw(session: &mut Session<Box<dyn Wire>>, uid: u32, whole: bool) -> Said<Vec<u8>> {
    let wanted = if whole { "(UID BODY.PEEK[])".to_owned() } else { format!("(UID BODY.PEEK[HEADER]<0.{HEAD}>)") };
    let told = session.uid_fetch(uid.to_string(), wanted).await.map_err(words)?;
    let told: Vec<_> = told.try_collect().await.map_err(words)?;
    // Removed meanwhile: it is taken as no mail, and not asked for again.
    let octets = told.iter().find(|one| one.uid == Some(uid)).and_then(|one| one.body().or_else(|| one.header()));
    Ok(octets.unwrap_or_default().to_vec())
}

impl Mailbox for Imap {
    fn fetch<'a>(&'a self, after: Option<Place>) -> super::Fetching<'a> {
        Box::pin(async move {
            match tokio::time::timeout(LONGEST, self.look(after)).await {
                Ok(found) => found,
                Err(_) => Err("the mail server took too long".to_owned()),
            }
        })
    }
}
