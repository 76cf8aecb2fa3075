//! docs/operate/est.md, word for word: each block of commands is run as it stands there, with curl and OpenSSL alone.

use std::{fs, os::unix::fs::PermissionsExt};

use pki::CertificateInfo;

use crate::{
    counter::{Counter, run, said},
    support::on_each_database_today,
};

const DOCUMENT: &str = include_str!("../../../../docs/operate/est.md");
const FOR_USERS: &str = include_str!("../../../../docs/user/terminal-client.md");

/// Sends what no request for a certificate can be.
const HUGE: &str = "curl --silent --show-error --cacert \"$TLS_CA\" --config letter.conf --data-binary @huge --output answer \\
    --header 'Content-Type: application/pkcs10' --write-out 'answered %{http_code}' \"$SERVER/.well-known/est/simpleenroll\"\n";

/// The blocks of commands below a heading of a document.
fn blocks(document: &str, heading: &str) -> Vec<String> {
    let (_, after) = document.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = after.split("\n## ").next().unwrap();
    section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The first lines of the document, with the address of this counter.
fn settings(counter: &Counter<'_>) -> String {
    let first = DOCUMENT.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(first.contains("SERVER=https://closed.example.jp\n"), "{first}");
    first.replace("https://closed.example.jp", &counter.named)
}

/// Pastes blocks into one shell, as a person does: it goes on after a block that failed. Gives the exit code of the last.
async fn paste(counter: &Counter<'_>, blocks: &[String]) -> (i32, String) {
    let script = format!("{}{}", settings(counter), blocks.concat());
    let output = run("bash", counter.folder.path(), &["-c", &script]).await;
    (output.status.code().unwrap(), said(&output))
}

async fn enrol(counter: &Counter<'_>) -> String {
    let (id, secret) = (&counter.paper.id, &counter.paper.secret);
    counter.write("letter.conf", &format!("user = \"{id}:{secret}\"\n"));
    let all = [blocks(DOCUMENT, "Certificates of the authority"), blocks(DOCUMENT, "Enrolment")].concat();
    let (code, text) = paste(counter, &all).await;
    assert_eq!(code, 0, "{text}");
    text
}

/// Saves the script, with another address and perhaps another number of days, and runs it.
async fn renew(counter: &Counter<'_>, days: &str) -> (i32, String) {
    let script = blocks(DOCUMENT, "Renewal").concat();
    assert!(script.starts_with("#!/usr/bin/env bash\n") && script.contains("\nDAYS=30\n"), "one whole file");
    let script = script.replace("https://closed.example.jp", &counter.named).replace("DAYS=30", days);
    counter.write("renew.sh", &script);
    let output = run("bash", counter.folder.path(), &["renew.sh"]).await;
    (output.status.code().unwrap(), said(&output))
}

fn kept(counter: &Counter<'_>) -> String {
    fs::read_to_string(counter.path("terminal.pem")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_enrols_and_renews_with_the_documented_commands() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        let text = enrol(&counter).await;
        assert!(text.contains("certificate.next.pem: OK") && text.contains("\"installed_now\":true"), "{text}");
        assert!(text.contains(":prime256v1"), "what a request should hold: {text}");
        fs::write(counter.path("huge"), vec![b'A'; 5_000_000]).unwrap();
        let (code, text) = paste(&counter, &[HUGE.to_owned()]).await;
        assert!(code == 0 && text.contains("answered 413"), "the answer arrives, however much was sent: {code} {text}");
        let mode = fs::metadata(counter.path("terminal.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let made = counter.certificates().await;
        assert!(made.len() == 1 && made[0].installed_at.is_some());
        let (first, (code, text)) = (kept(&counter), paste(&counter, &blocks(DOCUMENT, "Enrolment")[..1]).await);
        assert!(code == 1 && text.contains("is there already"), "{code} {text}");

        let (code, text) = renew(&counter, "DAYS=30").await;
        assert!(code == 0 && counter.certificates().await.len() == 1, "more days remain: {text}");
        let (code, text) = renew(&counter, "DAYS=90").await;
        assert!(code == 1 && text.contains("not renewed: 403") && text.contains("同意がありません"), "{code} {text}");
        assert_eq!(kept(&counter), first, "without consent the key stays");
        counter.agree().await;
        house.clock.leap(time::Duration::hours(2));
        let (code, text) = renew(&counter, "DAYS=90").await;
        assert!(code == 1 && text.contains("not renewed: 202"), "{code} {text}");
        assert_eq!(kept(&counter), first, "while the authority cannot sign the key stays");
        house.clock.leap(-time::Duration::hours(2));

        // What brings it to where it is used fails at first.
        counter.write("install.sh", "test -e store && cp \"$1\" store/\n");
        let (code, text) = renew(&counter, "DAYS=90").await;
        assert!(code == 1 && !text.contains("installed_now"), "{code} {text}");
        assert_eq!(kept(&counter), first);
        assert_eq!(counter.certificates().await[1].installed_at, None, "nobody believes that it is in use");
        fs::create_dir(counter.path("store")).unwrap();
        let (code, text) = renew(&counter, "DAYS=90").await;
        assert!(code == 0 && text.contains("\"installed_now\":true"), "{code} {text}");
        let made = counter.certificates().await;
        assert_eq!(made.len(), 2, "the run went on with what it had");
        assert_eq!(made[1].renews, Some(made[0].id));
        assert!(made[0].key_hash != made[1].key_hash && made[1].installed_at.is_some());
        assert!(kept(&counter) != first && !counter.path("terminal.next.pem").exists());
        assert_eq!(fs::read_to_string(counter.path("store/terminal.next.pem")).unwrap(), kept(&counter));
        counter.close();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_script_for_windows_hands_a_file_with_everything_to_its_store() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        enrol(&counter).await;
        let script = blocks(FOR_USERS, "Windowsの端末").concat();
        assert!(script.contains("Import-PfxCertificate") && script.contains("renew.sh"), "{script}");
        counter.write("install.sh", &script);
        // Windows is not here: what stands in for its store opens the file with the passphrase it is told.
        let stands_in = "#!/bin/sh\necho \"$*\" > told\nopenssl pkcs12 -in terminal.pfx -passin env:PFX_PASSWORD -nodes -out opened\n";
        let program = counter.write("powershell.exe", stands_in);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let path = format!("PATH={}:$PATH bash install.sh terminal.pem", counter.folder.path().display());
        let output = run("bash", counter.folder.path(), &["-c", &path]).await;
        assert!(output.status.success(), "{}", said(&output));
        let opened = fs::read_to_string(counter.path("opened")).unwrap();
        let inside = pki::pem::decode_all("CERTIFICATE", &opened);
        assert_eq!(inside.len(), 1, "Windows would ask about a root");
        let serial = CertificateInfo::parse(&inside[0]).unwrap().serial.to_hex();
        assert!(serial == counter.certificates().await[0].serial && opened.contains("PRIVATE KEY"));
        assert!(!counter.path("terminal.pfx").exists(), "the file does not stay");
        fs::write(&program, "#!/bin/sh\nexit 1\n").unwrap();
        assert!(!run("bash", counter.folder.path(), &["-c", &path]).await.status.success(), "the store refused it");
        counter.close();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_with_another_certificate_names_its_authority() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open_with_another_authority(house).await;
        let first = blocks(DOCUMENT, "Certificates of the authority");
        let (code, text) = paste(&counter, &first[..1]).await;
        assert!(code == 60 || text.contains("certificate"), "{code} {text}");
        assert_ne!(code, 0, "the root is not believed for it");
        let told = ["TLS_CA=other.pem\n".to_owned(), first[0].clone()];
        let (code, text) = paste(&counter, &told).await;
        assert!(code == 0 && text.contains("cacerts.pem: OK"), "{code} {text}");
        counter.close();
    })
    .await;
}
