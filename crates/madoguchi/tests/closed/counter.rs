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
    steps::{Paper, approved, posted, staff, stored},
    support::House,
    tls::{Identity, closed_config},
};

/// The listener, a folder for the terminal's files, and what the clinic has.
pub(crate) struct Counter<'a> {
    pub(crate) house: &'a House,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    pub(crate) case: String,
    pub(crate) paper: Paper,
    owner: AccountId,
    handle: Handle<SocketAddr>,
}

impl<'a> Counter<'a> {
    /// Opens the listener on a free port and lets a clinic apply for a certificate, up to the letter.
    pub(crate) async fn open(house: &'a House) -> Self {
        let clinic = institution(house, "1330100016", "さくら歯科").await;
        let owner = account(house, "owner@clinic.example", &[], Some(clinic)).await;
        let case = approved(house, &Browser::of(house, owner, false).await).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
        let handle = Handle::new();
        let url = listen(house, handle.clone()).await;
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("root.pem"), pki::pem::certificate(house.app.authority.root.der())).unwrap();
        Self { house, url, folder, case, paper, owner, handle }
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

async fn listen(house: &House, handle: Handle<SocketAddr>) -> String {
    let app = &house.app;
    let operator = &app.settings.operator.name;
    let made = authority::server_certificate(&app.db, &app.authority, &*app.clock, &*app.randomness, operator).await;
    let (chain, key) = made.unwrap();
    let hints = authority::subject_names(app).into_iter().map(Into::into).collect();
    let tls = RustlsConfig::from_config(Arc::new(closed_config(Identity { chain, key }, hints).unwrap()));
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let url = format!("https://{}", socket.local_addr().unwrap());
    let server = axum_server::from_tcp_rustls(socket, tls).unwrap().handle(handle);
    let service = web::closed(Site::new(app.clone(), false)).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(server.serve(service));
    url
}

/// Runs a program in a folder and waits for it.
pub(crate) async fn run(program: &str, folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).stdin(std::process::Stdio::null());
    command.output().await.unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// Everything that a program said.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
