//! The certificate that the authority makes for the closed network's listener.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
};

use axum_server::Handle;
use pki::{CertificateInfo, pem};
use tempfile::TempDir;
use time::Duration;

use crate::{
    counter::{listen, run, said},
    own_tls::{OwnTls, hang_up},
    support::{House, on_each_database_today},
};

/// What OpenSSL says of the listener, asked by a name.
async fn shown(place: SocketAddr, folder: &Path, name: &str) -> String {
    let (place, check) = (place.to_string(), if name.parse::<std::net::IpAddr>().is_ok() { "ip" } else { "hostname" });
    let check = format!("-verify_{check}");
    let words = ["s_client", "-connect", &place, "-CAfile", "root.pem", "-servername", "x", &check, name];
    said(&run("openssl", folder, &words).await)
}

/// The serial number of what it shows.
async fn serial(place: SocketAddr, folder: &Path) -> String {
    let text = shown(place, folder, "localhost").await;
    let der = pem::decode("CERTIFICATE", &text).unwrap_or_else(|| panic!("{text}"));
    CertificateInfo::parse(&der).unwrap().serial.to_hex()
}

fn folder(house: &House) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("root.pem"), pem::certificate(house.app.authority.root.der())).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_names_the_host_by_which_terminals_reach_it_and_this_machine() {
    on_each_database_today(2, async |house| {
        let (handle, folder) = (Handle::new(), folder(house));
        let own = OwnTls::make(&house.app).await.unwrap().unwrap();
        let place = listen(house, handle.clone(), own.config()).await;
        for name in ["closed.madoguchi.example", "localhost", "127.0.0.1"] {
            let text = shown(place, folder.path(), name).await;
            assert!(text.contains("Verify return code: 0 (ok)"), "{name}: {text}");
        }
        let text = shown(place, folder.path(), "other.example").await;
        assert!(text.contains("mismatch"), "{text}");
        handle.shutdown();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_renewed_at_half_of_its_term_while_the_listener_runs_and_kept_while_nothing_can_be_signed() {
    on_each_database_today(2, async |house| {
        let (handle, folder) = (Handle::new(), folder(house));
        let mut own = OwnTls::make(&house.app).await.unwrap().unwrap();
        let place = listen(house, handle.clone(), own.config()).await;
        let first = serial(place, folder.path()).await;
        house.clock.pass(Duration::days(190));
        own.renew_when_due(&house.app).await.unwrap();
        assert_eq!(serial(place, folder.path()).await, first, "half of thirteen months is not over");

        // The clock leaps to a day after half of the term, so nothing is signed.
        house.clock.leap(Duration::days(20));
        own.renew_when_due(&house.app).await.unwrap_err();
        assert!(OwnTls::make(&house.app).await.unwrap().is_none(), "the listener would wait");
        assert_eq!(serial(place, folder.path()).await, first);
        house.clock.leap(-Duration::days(20));
        house.clock.pass(Duration::days(20));
        own.renew_when_due(&house.app).await.unwrap();
        let second = serial(place, folder.path()).await;
        assert_ne!(second, first, "new connections get the new one");
        own.renew_when_due(&house.app).await.unwrap();
        assert_eq!(serial(place, folder.path()).await, second, "once");
        let mut conn = house.app.db.read().await.unwrap();
        let known = storage::authority::by_serial(&mut conn, &second).await.unwrap().unwrap();
        assert_eq!((known.profile.as_str(), known.state.as_str()), ("closed-network-server", "valid"));
        assert_eq!(known.subject, "closed.madoguchi.example");
        drop(conn);
        handle.shutdown();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_cannot_open_nobody_is_kept_waiting() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let place = format!("https://{}/", socket.local_addr().unwrap());
    let folder = TempDir::new().unwrap();
    let words = ["--silent", "--insecure", "--max-time", "20", &place];
    let told = tokio::select! {
        told = run("curl", folder.path(), &words) => told,
        ended = hang_up(&socket) => panic!("{ended:?}"),
    };
    let code = told.status.code();
    assert!(code == Some(35) || code == Some(56), "cut off in the handshake, not 28, out of time: {code:?}");
    let (taken, _) = tokio::join!(async { tokio::net::TcpListener::from_std(socket).unwrap().accept().await }, async {
        std::net::TcpStream::connect(place.trim_start_matches("https://").trim_end_matches('/')).unwrap()
    });
    assert!(taken.is_ok(), "then the socket is the listener's alone");
}
