//! `madoguchi terminal`: enrols, renews, tells the state, and completes what was cut off.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use domain::permissions::Role;
use pki::{CertificateInfo, pem};

use crate::{
    counter::{Counter, run, said},
    steps::staff,
    support::on_each_database_today,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_madoguchi");

/// Runs `terminal …` in the terminal's folder; gives the exit code and everything that was said.
async fn terminal(counter: &Counter<'_>, words: &[&str]) -> (i32, String) {
    let words = [&["terminal"], words, &["--dir", "terminal"]].concat();
    let output = run(PROGRAM, counter.folder.path(), &words).await;
    (output.status.code().unwrap(), said(&output))
}

async fn enroll(counter: &Counter<'_>, secret: &str) -> (i32, String) {
    enroll_with(counter, secret, &[]).await
}

async fn enroll_with(counter: &Counter<'_>, secret: &str, more: &[&str]) -> (i32, String) {
    counter.write("letter.txt", &format!("{}\n{secret}\n", counter.paper.id));
    let root = pki::sha256_hex(counter.house.app.authority.root.der()).to_uppercase();
    let words = ["enroll", "--server", &counter.url, "--root", "root.pem", "--letter", "letter.txt", "--fingerprint"];
    terminal(counter, &[&words[..], &[&root], more].concat()).await
}

/// A program of the terminal.
fn program(counter: &Counter<'_>, name: &str, text: &str) {
    let path = counter.write(name, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

/// Whether a PKCS#12 file of the terminal opens.
async fn opens(counter: &Counter<'_>, passphrase: &str) -> bool {
    let pass = format!("pass:{passphrase}");
    let words = ["pkcs12", "-in", "terminal/current/terminal.p12", "-passin", &pass, "-noout"];
    run("openssl", counter.folder.path(), &words).await.status.success()
}

fn certificate(counter: &Counter<'_>, name: &str) -> CertificateInfo {
    let text = fs::read_to_string(counter.path("terminal").join(name).join("certificate.pem")).unwrap();
    CertificateInfo::parse(&pem::decode("CERTIFICATE", &text).unwrap()).unwrap()
}

/// Who may read a file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_enrols_tells_its_state_and_renews_once_its_owner_agreed() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        let (code, text) = enroll(&counter, &counter.paper.secret).await;
        assert!(code == 0 && text.contains("connection test passed"), "{code} {text}");
        for name in ["terminal/current/key.pem", "terminal/current/certificate.pem", "terminal/terminal.toml"] {
            assert_eq!(mode(&counter.path(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&counter.path("terminal")), 0o700);
        let (code, text) = enroll(&counter, &counter.paper.secret).await;
        assert!(code == 1 && text.contains("has a certificate already"), "{code} {text}");
        let (code, text) = terminal(&counter, &["status"]).await;
        assert!(code == 0 && text.contains("revocation: good"), "{code} {text}");
        assert_eq!(terminal(&counter, &["status", "--days", "90"]).await.0, 1, "renew soon");
        let (code, text) = terminal(&counter, &["renew"]).await;
        assert!(code == 0 && text.contains("nothing to do"), "{code} {text}");
        let (code, text) = terminal(&counter, &["renew", "--days", "90"]).await;
        assert!(code == 1 && text.contains("同意がありません"), "{code} {text}");
        counter.agree().await;
        let first = certificate(&counter, "current");
        let (code, text) = terminal(&counter, &["renew", "--days", "90"]).await;
        assert!(code == 0 && text.contains("connection test passed"), "{code} {text}");
        let second = certificate(&counter, "current");
        assert!(first.serial != second.serial && first.key_hash != second.key_hash);
        assert_eq!(certificate(&counter, &first.serial.to_hex()), first, "the earlier one stays");
        assert!(!counter.path("terminal/next").exists());
        let id = counter.certificates().await[1].id;
        let officer = staff(house, Role::RaOfficer).await;
        officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", "superseded")]).await;
        let (code, text) = terminal(&counter, &["status"]).await;
        assert!(code == 2 && text.contains("revoked on") && text.contains("superseded"), "{code} {text}");
        counter.close();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_trusts_only_the_root_that_was_checked() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        let words =
            ["enroll", "--server", &counter.url, "--root", "root.pem", "--letter", "none", "--fingerprint", "00:11"];
        let (code, text) = terminal(&counter, &words).await;
        assert!(code == 1 && text.contains("do not go on"), "{code} {text}");
        assert!(!counter.path("terminal").exists(), "nothing was begun");
        let own = pki::SigningKey::generate(pki::KeyKind::P256).unwrap();
        let key = pem::encode("PRIVATE KEY", own.pkcs8_der().unwrap());
        counter.write("other.key", &key);
        let words = "req -x509 -key other.key -subj /CN=other -days 9 -out other.pem";
        run("openssl", counter.folder.path(), &words.split(' ').collect::<Vec<_>>()).await;
        let other = fs::read_to_string(counter.path("other.pem")).unwrap();
        let print = pki::sha256_hex(&pem::decode("CERTIFICATE", &other).unwrap());
        counter.write("letter.txt", &format!("{}\n{}\n", counter.paper.id, counter.paper.secret));
        let words =
            ["enroll", "--server", &counter.url, "--root", "other.pem", "--letter", "letter.txt", "--fingerprint"];
        let (code, text) = terminal(&counter, &[&words[..], &[&print]].concat()).await;
        assert!(code == 1 && text.contains("certificate"), "{code} {text}");
        assert_eq!(counter.certificates().await.len(), 0, "the secret was told to nobody");
        assert_eq!(terminal(&counter, &["status"]).await.0, 3);
        assert_eq!(terminal(&counter, &["unknown"]).await.0, 64);
        counter.close();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_that_was_cut_off_anywhere_is_completed_by_running_it_again() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        let (code, text) = enroll(&counter, "AAAA-AAAA-AAAA-AAAA-AAAA").await;
        assert!(code == 1 && text.contains("401"), "{code} {text}");
        let begun = fs::read_to_string(counter.path("terminal/next/key.pem")).unwrap();
        assert_eq!(mode(&counter.path("terminal/next/key.pem")), 0o600);

        // The answer was lost: the counter issued, the terminal holds its key and request and nothing else.
        let request = fs::read(counter.path("terminal/next/request.der")).unwrap();
        let ctx = services::Ctx::visitor(&house.app, "");
        let (id, secret) = (&counter.paper.id, &counter.paper.secret);
        services::authority::enrol(&ctx, id, secret, request).await.unwrap().unwrap();
        let (code, text) = enroll(&counter, secret).await;
        assert_eq!(code, 0, "{text}");
        assert_eq!(fs::read_to_string(counter.path("terminal/current/key.pem")).unwrap(), begun, "the same key");

        // Everything had arrived, and `next` was not renamed yet.
        let (place, own) = (counter.path("terminal"), certificate(&counter, "current"));
        fs::remove_file(place.join("current")).unwrap();
        fs::rename(place.join(own.serial.to_hex()), place.join("next")).unwrap();
        assert_eq!(terminal(&counter, &["status"]).await.0, 0);
        assert_eq!(certificate(&counter, "current"), own);

        // It was renamed, and `current` was not replaced yet.
        fs::rename(place.join("current"), place.join("current.new")).unwrap();
        assert_eq!(terminal(&counter, &["status"]).await.0, 0);
        assert_eq!(certificate(&counter, "current"), own);
        counter.close();
        let (code, text) = terminal(&counter, &["status"]).await;
        assert!(code == 3 && text.contains("revocation: not known"), "{code} {text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_test_a_certificate_is_not_done_and_the_same_command_goes_on() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        let (secret, more) = (&counter.paper.secret, ["--install", "to-use.sh"]);
        program(&counter, "to-use.sh", "#!/bin/sh\nexit 1\n");
        let (code, text) = enroll_with(&counter, secret, &more).await;
        assert!(code == 1 && text.contains("to-use.sh did not put it to use"), "{code} {text}");
        assert_eq!(counter.certificates().await[0].installed_at, None, "nobody believes that it is in use");
        let (code, text) = terminal(&counter, &["status"]).await;
        assert!(code == 0 && text.contains("connection test: not passed yet"), "{code} {text}");
        program(&counter, "to-use.sh", "#!/bin/sh\ncp \"$1/certificate.pem\" in-use.pem\n");
        let (code, text) = enroll_with(&counter, secret, &more).await;
        assert!(code == 0 && text.contains("connection test passed"), "{code} {text}");
        let made = counter.certificates().await;
        assert!(made.len() == 1 && made[0].installed_at.is_some(), "it was fetched once");
        let (code, text) = enroll_with(&counter, secret, &more).await;
        assert!(code == 1 && text.contains("has a certificate already"), "{code} {text}");

        // A renewal does the same without being told, and goes on with a test that was left.
        counter.agree().await;
        program(&counter, "to-use.sh", "#!/bin/sh\nexit 1\n");
        assert_eq!(terminal(&counter, &["renew", "--days", "90"]).await.0, 1);
        assert_eq!(counter.certificates().await[1].installed_at, None);
        program(&counter, "to-use.sh", "#!/bin/sh\ncp \"$1/certificate.pem\" in-use.pem\n");
        let (code, text) = terminal(&counter, &["renew"]).await;
        assert!(
            code == 0 && text.contains("connection test passed") && text.contains("nothing to do"),
            "{code} {text}"
        );
        assert!(counter.certificates().await[1].installed_at.is_some());
        let current = fs::read(counter.path("terminal/current/certificate.pem")).unwrap();
        assert_eq!(fs::read(counter.path("in-use.pem")).unwrap(), current);
        counter.close();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_work_later_ends_with_75_and_changes_nothing() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        house.clock.leap(time::Duration::hours(2));
        let (code, text) = enroll(&counter, &counter.paper.secret).await;
        assert!(code == 75 && text.contains("202") && text.contains("300 seconds"), "{code} {text}");
        house.clock.leap(-time::Duration::hours(2));
        let (code, text) = enroll(&counter, &counter.paper.secret).await;
        assert_eq!(code, 0, "{text}");
        counter.agree().await;
        house.clock.leap(time::Duration::hours(2));
        let first = certificate(&counter, "current");
        assert_eq!(terminal(&counter, &["renew", "--days", "90"]).await.0, 75);
        assert_eq!(certificate(&counter, "current"), first);
        house.clock.leap(-time::Duration::hours(2));
        let (code, text) = terminal(&counter, &["renew", "--days", "90"]).await;
        assert!(code == 0 && certificate(&counter, "current") != first, "{code} {text}");

        // The counter is out of reach, before a renewal and before a test.
        counter.close();
        let (code, text) = terminal(&counter, &["renew", "--days", "90"]).await;
        assert!(code == 75 && text.contains("run this again later"), "{code} {text}");
        fs::remove_file(counter.path("terminal/current/tested")).unwrap();
        let (code, text) = terminal(&counter, &["renew"]).await;
        assert!(code == 75 && text.contains("connection test"), "{code} {text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browsers_store_gets_each_certificate_before_its_test() {
    const DOCUMENT: &str = include_str!("../../../../docs/user/terminal-client.md");
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        let script = DOCUMENT.split("```sh\n").find(|block| block.contains("pk12util")).unwrap();
        program(&counter, "to-nss", script.split("```").next().unwrap());
        fs::create_dir_all(counter.path(".pki/nssdb")).unwrap();
        let words = ["-N", "-d", "sql:.pki/nssdb", "--empty-password"];
        let made = run("certutil", counter.folder.path(), &words).await;
        assert!(made.status.success(), "{}", said(&made));
        fs::create_dir_all(counter.path(".config")).unwrap();
        counter.write(".config/madoguchi-passphrase", "correct-horse-9\n");
        let more = ["--p12-passphrase-file", ".config/madoguchi-passphrase", "--install", "to-nss"];
        let (code, text) = enroll_with(&counter, &counter.paper.secret, &more).await;
        assert_eq!(code, 0, "{text}");
        counter.agree().await;
        let (code, text) = terminal(&counter, &["renew", "--days", "90"]).await;
        assert_eq!(code, 0, "{text}");
        assert!(opens(&counter, "correct-horse-9").await, "the renewal wrote the file, too");
        let keys = said(&run("certutil", counter.folder.path(), &["-K", "-d", "sql:.pki/nssdb"]).await);
        assert_eq!(keys.lines().filter(|line| line.starts_with('<')).count(), 2, "both with their keys: {keys}");

        // The passphrase is not known any more: better no renewal than one that other programs do not see.
        let noted = fs::read_to_string(counter.path("terminal/terminal.toml")).unwrap();
        let rest: Vec<&str> = noted.lines().filter(|line| !line.starts_with("p12")).collect();
        counter.write("terminal/terminal.toml", &rest.join("\n"));
        let (code, text) = terminal(&counter, &["renew", "--days", "90"]).await;
        assert!(code == 1 && text.contains("--p12-passphrase-file"), "{code} {text}");
        counter.close();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_with_another_certificate_is_believed_once_its_authority_is_named() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open_with_another_authority(house).await;
        let (code, text) = enroll(&counter, &counter.paper.secret).await;
        assert!(code == 1 && text.contains("certificate"), "{code} {text}");
        let (code, text) = enroll_with(&counter, &counter.paper.secret, &["--tls-ca", "other.pem"]).await;
        assert_eq!(code, 0, "{text}");
        fs::remove_file(counter.path("other.pem")).unwrap();
        let (code, text) = terminal(&counter, &["status"]).await;
        assert!(code == 0 && text.contains("revocation: good"), "it is kept: {code} {text}");
        fs::set_permissions(counter.path("terminal"), fs::Permissions::from_mode(0o750)).unwrap();
        let (code, text) = terminal(&counter, &["renew"]).await;
        assert!(code == 1 && text.contains("chmod 700 terminal"), "{code} {text}");
        counter.close();
    })
    .await;
}
