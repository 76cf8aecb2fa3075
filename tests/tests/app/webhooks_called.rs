//! Webhooks as a receiver outside sees them: over TLS and whom the portal believes, signatures by the documented commands, and
//! what goes on while one receiver is slow.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use services::Reach;
use tempfile::TempDir;
use time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{
    steps::{clinic, filed, mails},
    support::{on_each_database_with, on_sqlite},
    webhooks::{Receiver, SLOW, admin, at_a_portal, happens, registered, registered_at, work},
};

const HINT: &str = "bash and openssl are needed, as `cargo xtask test` installs them";

fn openssl(folder: &Path, words: &str) {
    let output = Command::new("openssl").args(words.split(' ')).current_dir(folder).output().expect(HINT);
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An authority that no machine trusts, and certificates of it: for this machine, for another name, and an expired one.
fn authority(folder: &Path) {
    let config = "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\nnew_certs_dir = .\ndefault_md = sha256\npolicy = p\n\
                  rand_serial = yes\nunique_subject = no\n[p]\ncommonName = supplied\n";
    for (name, text) in [
        ("ca.cnf", config),
        ("index.txt", ""),
        ("here", "subjectAltName = IP:127.0.0.1\n"),
        ("elsewhere", "subjectAltName = DNS:claims.example\n"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(folder, &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 3650 -subj /CN=receivers"));
    openssl(folder, &format!("req -new {key} -keyout server.key -out server.csr -subj /CN=claims"));
    for (name, extensions, end) in [
        ("good", "here", "20491231000000Z"),
        ("other", "elsewhere", "20491231000000Z"),
        ("old", "here", "20210101000000Z"),
    ] {
        openssl(
            folder,
            &format!(
                "ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in server.csr -out {name}.pem \
                 -startdate 20200101000000Z -enddate {end} -extfile {extensions}"
            ),
        );
    }
}

/// What a server shows and signs with.
fn shows(folder: &Path, name: &str) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(folder.join(format!("{name}.pem"))).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()))
}

fn reach(roots: Option<Vec<u8>>) -> Reach {
    Reach { loopback: true, roots, patience: std::time::Duration::from_secs(30), ..Reach::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_believed_by_the_authority_that_the_operator_names_and_by_its_own_name() {
    on_each_database_with(
        |settings| settings.webhooks = reach(None),
        async |house| {
            let folder = TempDir::new().unwrap();
            authority(folder.path());
            let shown = Arc::new(Mutex::new(shows(folder.path(), "good")));
            let door = shown.clone();
            let receiver = Receiver::open_behind(house, folder.path(), move |stream: TcpStream| {
                let acceptor = door.lock().unwrap().clone();
                async move { acceptor.accept(stream).await.ok() }
            });
            let receiver = receiver.await;
            let (page, secret) =
                registered_at(&admin(house).await, &format!("https://{}/hook", receiver.address)).await;
            receiver.knows(&secret);
            happens(house, 2).await;
            let ca = fs::read(folder.path().join("ca.pem")).unwrap();
            let trusting = house.with_other_settings(|settings| settings.webhooks = reach(Some(ca.clone()))).await;
            // Each is tried again, and the page says what is to be mended.
            for (number, (portal, name, words)) in [
                (house, "good", "発行した認証局を信頼できません"),
                (&trusting, "other", "アドレスのサーバーの名前のものではありません"),
                (&trusting, "old", "有効期間が終わっています"),
            ]
            .into_iter()
            .enumerate()
            {
                *shown.lock().unwrap() = shows(folder.path(), name);
                work(portal).await;
                let page = admin(house).await.get(&page).await.body;
                let tried = format!("届かない（{}回）", number + 1);
                assert!(page.contains(words) && page.contains(&tried) && page.contains("残り2件"), "{name}: {page}");
                assert_eq!(receiver.holds(), [0; 0], "{name}");
                house.clock.pass(Duration::minutes(1));
            }
            *shown.lock().unwrap() = shows(folder.path(), "good");
            work(&trusting).await;
            assert_eq!(receiver.holds(), [1, 2]);
            assert!(admin(house).await.get(&page).await.body.contains("すべて届いています"));
        },
    )
    .await;
}

/// The commands below a sentence of the document, as they are typed.
fn documented(before: &str) -> String {
    const DOCUMENT: &str = include_str!("../../../docs/operate/interfaces.md");
    let (_, rest) = DOCUMENT.split_once(before).unwrap();
    let (_, rest) = rest.split_once("```console\n").unwrap();
    let block = rest.split("```").next().unwrap();
    block.lines().map(|line| format!("{}\n", line.strip_prefix("$ ").unwrap_or(line))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_commands_find_the_signature_that_came_with_an_event() {
    on_sqlite(async |house| {
        let folder = TempDir::new().unwrap();
        let house = house.with_other_settings(|settings| settings.webhooks = reach(None)).await;
        let receiver = Receiver::open(&house, folder.path()).await;
        let (_, secret) = registered(&admin(&house).await, receiver.address).await;
        receiver.knows(&secret);
        happens(&house, 1).await;
        work(&house).await;
        let [id, timestamp, signature, body] = receiver.last.lock().unwrap().clone();
        let commands = documented("Check a signature with OpenSSL:");
        let found = |body: &str| {
            fs::write(folder.path().join("body.json"), body).unwrap();
            let mut bash = Command::new("bash");
            bash.args(["-euo", "pipefail", "-c", &commands]).current_dir(folder.path());
            bash.envs([("SECRET", &secret), ("WEBHOOK_ID", &id), ("WEBHOOK_TIMESTAMP", &timestamp)]);
            let output = bash.output().expect(HINT);
            assert!(output.status.success(), "{commands}: {}", String::from_utf8_lossy(&output.stderr));
            format!("v1,{}", String::from_utf8(output.stdout).unwrap().trim())
        };
        assert_eq!(found(&body), signature);
        assert_ne!(found(&body.replace("test", "tent")), signature, "another body");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_receiver_is_slow_mails_go_out_and_it_is_told_nothing_twice() {
    at_a_portal(async |house| {
        let house = house.with_other_settings(|settings| settings.webhooks = reach(None)).await;
        let folder = TempDir::new().unwrap();
        let receiver = Receiver::open(&house, folder.path()).await;
        let (page, secret) = registered(&admin(&house).await, receiver.address).await;
        receiver.knows(&secret);
        receiver.is(SLOW);
        happens(&house, 1).await;
        let elsewhere = async {
            receiver.asked.notified().await;
            let (_, browser) = clinic(&house, "1330100016").await;
            filed(&house, &browser).await;
            assert!(!mails(&house).await.is_empty(), "another worker sends them meanwhile");
            assert_eq!(receiver.holds(), [0; 0]);
            receiver.answers.notify_one();
        };
        tokio::join!(work(&house), elsewhere);
        assert_eq!(receiver.holds(), [1]);
        assert!(admin(&house).await.get(&page).await.body.contains("すべて届いています"));
    })
    .await;
}
