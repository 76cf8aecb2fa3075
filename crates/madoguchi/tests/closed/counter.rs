//! A house whose closed network listens, and a clinic with a letter.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Output,
    sync::Arc,
};

use axum_server::{Handle, tls_rustls::RustlsConfig};
use domain::{ids::AccountId, permissions::Role};
use services::authority;
use storage::authority::Certificate;
use tempfile::TempDir;
use tokio::process::Command;
use web::Site;

use crate::{
    browser::{Browser, account, institution},
    own_tls::OwnTls,
    steps::{Paper, approved, posted, staff, stored},
    support::House,
    tls::{Identity, closed_config},
};

/// The listener, a folder for the terminal's files, and what the clinic has.
pub(crate) struct Counter<'a> {
    pub(crate) house: &'a House,
    pub(crate) url: String,
    /// The same by the name in the configuration, as curl finds it.
    pub(crate) named: String,
    pub(crate) folder: TempDir,
    pub(crate) case: String,
    pub(crate) paper: Paper,
    owner: AccountId,
    handle: Handle<SocketAddr>,
}

impl<'a> Counter<'a> {
    /// Opens the listener on a free port and lets a clinic apply for a certificate, up to the letter.
    pub(crate) async fn open(house: &'a House) -> Self {
        let own = OwnTls::make(&house.app).await.unwrap().unwrap();
        Self::with(house, TempDir::new().unwrap(), own.config()).await
    }

    /// The same with a certificate for the listener from elsewhere; its authority is in `other.pem`.
    pub(crate) async fn open_with_another_authority(house: &'a House) -> Self {
        let folder = TempDir::new().unwrap();
        let identity = from_elsewhere(folder.path()).await;
        let hints = authority::subject_names(&house.app).into_iter().map(Into::into).collect();
        let tls = RustlsConfig::from_config(Arc::new(closed_config(identity, hints).unwrap()));
        Self::with(house, folder, tls).await
    }

    async fn with(house: &'a House, folder: TempDir, tls: RustlsConfig) -> Self {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let owner = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let case = approved(house, &Browser::of(house, owner, false).await).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        let handle = Handle::new();
        let port = listen(house, handle.clone(), tls).await.port();
        let (url, named) = (format!("https://127.0.0.1:{port}"), format!("{}:{port}", house.app.settings.closed_url));
        std::fs::write(folder.path().join("root.pem"), pki::pem::certificate(house.app.authority.root.der())).unwrap();
        let host = named.strip_prefix("https://").unwrap();
        std::fs::write(folder.path().join(".curlrc"), format!("resolve = \"{host}:127.0.0.1\"\n")).unwrap();
        Self { house, url, named, folder, case, paper, owner, handle }
    }

    /// The listener is gone.
    pub(crate) fn close(&self) {
        self.handle.shutdown();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the terminal.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// A second later, the owner agrees to renewals by the terminal itself.
    pub(crate) async fn agree(&self) {
        self.house.clock.pass(time::Duration::SECOND);
        let plan = format!("/certificates/{}/renewal", self.certificates().await[0].id);
        let fields = [("act", "automatic"), ("automatic_consent", "agree")];
        let done = Browser::of(self.house, self.owner, false).await.post(&plan, &fields).await;
        assert_eq!(done.location, format!("{plan}?done=automatic"), "{}", done.body);
    }

    /// All certificates of the terminal, oldest first.
    pub(crate) async fn certificates(&self) -> Vec<Certificate> {
        let id = stored(self.house, &self.case).await.id;
        storage::authority::of_application(&mut self.house.app.db.read().await.unwrap(), id).await.unwrap()
    }
}

/// Serves the closed network on a free port.
pub(crate) async fn listen(house: &House, handle: Handle<SocketAddr>, tls: RustlsConfig) -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let address = socket.local_addr().unwrap();
    let server = axum_server::from_tcp_rustls(socket, tls).unwrap().handle(handle);
    let site = Site::new(house.app.clone(), false);
    tokio::spawn(server.serve(web::closed(site).into_make_service_with_connect_info::<SocketAddr>()));
    address
}

/// A certificate for the listener as an operator gets it from another authority.
async fn from_elsewhere(folder: &Path) -> Identity {
    std::fs::write(folder.join("names"), "subjectAltName=DNS:closed.madoguchi.example,IP:127.0.0.1\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for words in [
        format!("req -x509 {key} -keyout other.key -subj /CN=other -days 9 -out other.pem"),
        format!("req {key} -keyout closed.key -subj /CN=closed -out closed.csr"),
        "x509 -req -in closed.csr -CA other.pem -CAkey other.key -set_serial 7 -days 9 -extfile names -out closed.pem"
            .to_owned(),
    ] {
        let output = run("openssl", folder, &words.split(' ').collect::<Vec<_>>()).await;
        assert!(output.status.success(), "{words}: {}", said(&output));
    }
    let read = |name: &str, label: &str| {
        pki::pem::decode(label, &std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    Identity { chain: vec![read("closed.pem", "CERTIFICATE")], key: read("closed.key", "PRIVATE KEY") }
}

/// Runs a program in a folder and waits for it.
pub(crate) async fn run(program: &str, folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .args(words)
        .current_dir(folder)
        .env("CURL_HOME", folder)
        .env("HOME", folder)
        .stdin(std::process::Stdio::null());
    command.output().await.unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// Everything that a program said.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
