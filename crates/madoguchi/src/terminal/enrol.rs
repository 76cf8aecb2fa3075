//! `terminal enroll` and `terminal renew`.

use std::{fs, path::Path};

use anyhow::{Context, bail, ensure};
use axum::http::{Method, StatusCode, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::clock::Clock;
use pki::{
    CertificateInfo, ChainAnchors, IssuerCert, KeyKind, Pkcs12Contents, Pkcs12Format, Pkcs12Passphrase, SigningKey,
    certificates_in, key_asked_for, request_for, verify_client_chain,
};

use super::{
    Enroll, Renew,
    counter::{Counter, Identity},
    folder::{Current, Folder, read_root},
    setup::Setup,
};
use crate::clock::SystemClock;

const EST: &str = "/.well-known/est";

/// Fetches the first certificate, or completes what an earlier run left.
pub(super) async fn enroll(options: Enroll) -> anyhow::Result<()> {
    let root = read_root(&options.root, &options.fingerprint)?;
    let folder = Folder::open(&options.place.dir)?;
    if folder.has_current() {
        ensure!(!folder.is_tested(), "this terminal has a certificate already; use `terminal renew`");
        return Setup::noted(folder, &options.place, Some(&options.uses))?.finish().await;
    }
    let setup = Setup::first(folder, &options, root)?;
    let counter = setup.counter(None)?;
    let (id, secret) = letter(options.letter.as_deref())?;
    let credentials = (header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
    let exchange = Exchange { setup: &setup, counter: &counter, renews: None };
    exchange.run("simpleenroll", vec![credentials]).await
}

/// Completes what an earlier run left, then renews when it is time.
pub(super) async fn renew(options: Renew) -> anyhow::Result<()> {
    let folder = Folder::open(&options.place.dir)?;
    let setup = Setup::noted(folder, &options.place, Some(&options.uses))?;
    setup.passphrase()?;
    let current = setup.folder.current()?;
    // One that has ended passes no test any more, and can be renewed all the same.
    if !setup.folder.is_tested() && SystemClock.now() <= current.info.validity.not_after {
        setup.finish().await?;
    }
    let left = days_left(&current.info);
    if left >= options.days {
        println!("{left} days remain; nothing to do before fewer than {} remain", options.days);
        return Ok(());
    }
    let counter = setup.counter(Some(current.identity()?))?;
    let exchange = Exchange { setup: &setup, counter: &counter, renews: Some(&current.certificate) };
    exchange.run("simplereenroll", vec![]).await
}

/// Whole days in Japan until a certificate ends; negative once it has.
pub(super) fn days_left(info: &CertificateInfo) -> i64 {
    (info.validity.not_after.date() - SystemClock.now().date()).whole_days()
}

impl Current {
    /// What TLS shows of it.
    pub(super) fn identity(&self) -> anyhow::Result<Identity> {
        let key = self.key.pkcs8_der().context("the key cannot be used")?.to_vec();
        let chain = std::iter::once(&self.certificate).chain(self.chain.first()).cloned().collect();
        Ok(Identity { chain, key })
    }
}

/// Pickup ID and secret, from a file or asked for; never from the command line, which others on the machine can read.
fn letter(path: Option<&Path>) -> anyhow::Result<(String, String)> {
    if let Some(path) = path {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
        let (Some(id), Some(secret)) = (lines.next(), lines.next()) else {
            bail!("{}: pickup ID in the first line, secret in the second", path.display());
        };
        return Ok((id, secret));
    }
    let mut id = String::new();
    eprint!("Pickup ID: ");
    std::io::stdin().read_line(&mut id)?;
    Ok((id.trim().to_owned(), rpassword::prompt_password("Secret (not shown): ")?.trim().to_owned()))
}

/// One exchange: a request goes out, a certificate comes in.
struct Exchange<'a> {
    setup: &'a Setup,
    counter: &'a Counter,
    renews: Option<&'a [u8]>,
}

impl Exchange<'_> {
    async fn run(&self, operation: &str, mut headers: Vec<(header::HeaderName, String)>) -> anyhow::Result<()> {
        let Setup { folder, root, .. } = self.setup;
        let bundle = self.setup.passphrase()?;
        let authorities = certificates_in(&self.counter.get_encoded(&format!("{EST}/cacerts")).await?)?;
        let (key, request) = self.key_and_request().await?;
        headers.push((header::CONTENT_TYPE, "application/pkcs10".to_owned()));
        let body = STANDARD.encode(&request).into_bytes();
        let answer = self.counter.ask(Method::POST, &format!("{EST}/{operation}"), &headers, body).await?;
        if answer.status == StatusCode::BAD_REQUEST {
            folder.give_up()?;
        }
        let (certificate, chain) = chosen(&answer.decoded()?, &authorities, root, &key)?;
        let packed = bundle.map(|passphrase| packed(&certificate, &chain, &key, &passphrase)).transpose()?;
        folder.receive(&certificate, &chain, packed.as_deref())?;
        self.setup.finish().await
    }

    /// What was begun, or a new key of the kind that the counter asks for, laid down before it is sent.
    async fn key_and_request(&self) -> anyhow::Result<(SigningKey, Vec<u8>)> {
        if let Some(begun) = self.setup.folder.begun()? {
            return Ok(begun);
        }
        let wanted = self.counter.get_encoded(&format!("{EST}/csrattrs")).await?;
        let key = SigningKey::generate(key_asked_for(&wanted).unwrap_or(KeyKind::P256))?;
        let request = request_for(&key, self.renews)?;
        self.setup.folder.begin(&key, &request)?;
        Ok((key, request))
    }
}

/// The certificate for the key, and the authorities above it, if they lead to the root.
fn chosen(
    bag: &[u8],
    authorities: &[Vec<u8>],
    root: &[u8],
    key: &SigningKey,
) -> anyhow::Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let own = key.public_key().key_hash();
    let named = |der: &Vec<u8>| CertificateInfo::parse(der).is_ok_and(|info| info.key_hash == own);
    let certificate =
        certificates_in(bag)?.into_iter().find(named).context("no certificate for this key in the answer")?;
    let issuers: Vec<&[u8]> = authorities.iter().map(Vec::as_slice).filter(|der| *der != root).collect();
    let anchors = ChainAnchors::new(&[root], &issuers)?;
    verify_client_chain(&certificate, &anchors, SystemClock.now(), false)?;
    let issuer = CertificateInfo::parse(&certificate)?.issuer_text;
    let above = |der: &&[u8]| IssuerCert::parse(der).is_ok_and(|authority| authority.subject() == issuer);
    let mut chain: Vec<Vec<u8>> = issuers.into_iter().filter(above).map(<[u8]>::to_vec).collect();
    chain.push(root.to_vec());
    Ok((certificate, chain))
}

fn packed(
    certificate: &[u8],
    chain: &[Vec<u8>],
    key: &SigningKey,
    passphrase: &Pkcs12Passphrase,
) -> anyhow::Result<Vec<u8>> {
    let name = CertificateInfo::parse(certificate)?.subject.common_name.unwrap_or_default();
    let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    let key_pkcs8 = key.pkcs8_der().context("the key cannot be written")?;
    let contents = Pkcs12Contents { friendly_name: &name, key_pkcs8, certificate, chain: &chain };
    Ok(contents.write(Pkcs12Format::Modern, passphrase)?)
}
