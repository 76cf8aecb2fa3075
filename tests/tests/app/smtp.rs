//! Mails through a real mail server: it is down, refuses, hesitates, breaks off.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration as Real,
};

use domain::permissions::Role;
use services::mail::{Bounced, Mailer, Smtp};
use storage::mails::Mail;
use tempfile::TempDir;
use time::Duration;

use crate::{
    browser::{Browser, account, institution},
    steps::{clinic, filed, staff, stored},
    support::{House, on_each_database, on_each_database_mailing},
};

const HINT: &str = "set TEST_PYTHON to a Python with aiosmtpd, as `cargo xtask test` does";

/// The mail server of the tests; it ends when it is dropped.
pub(crate) struct Sink {
    child: Child,
}

impl Sink {
    /// Starts on a port and waits until it listens.
    pub(crate) fn start(folder: &Path, port: u16) -> Self {
        let python = std::env::var("TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../xtask/tools/smtp_sink.py");
        let mut command = Command::new(python);
        command.arg(script).arg(folder).args(["--port", &port.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect(HINT);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), port.to_string(), "{HINT}");
        Self { child }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A port on which nobody listens; below those from which outgoing connections take theirs.
pub(crate) fn quiet_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(std::process::id() % 200).unwrap() * 100;
    let ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::SeqCst) % 2_000);
    ports.take(2_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

pub(crate) fn smtp(port: u16) -> Arc<dyn Mailer> {
    Arc::new(Smtp::new(&format!("smtp://127.0.0.1:{port}")).unwrap())
}

/// What the server kept, in order of arrival; waits until it is so many.
pub(crate) fn kept(folder: &Path, count: usize) -> Vec<String> {
    const LOOKS: usize = 3_000;
    for look in 1.. {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "eml")).collect();
        files.sort();
        if files.len() >= count || look == LOOKS {
            return files
                .iter()
                .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned())
                .collect();
        }
        std::thread::sleep(Real::from_millis(20));
    }
    vec![]
}

/// The Message-ID of a message as it came over the wire.
fn message_id(message: &str) -> String {
    let line = message.lines().find(|line| line.to_lowercase().starts_with("message-id:")).unwrap();
    line.split_once(':').unwrap().1.trim().trim_matches(['<', '>']).to_owned()
}

/// A clinic whose person has this address files, so that a mail with a copy waits for it.
async fn file(house: &House, code: &str, email: &str) {
    let clinic = institution(house, code, "さくら歯科").await;
    let id = account(house, email, &[], Some(clinic)).await;
    filed(house, &Browser::of(house, id, false).await).await;
}

async fn work(house: &House) {
    services::jobs::work_all(&house.app, "test").await.unwrap();
}

async fn mails(house: &House) -> Vec<Mail> {
    storage::mails::newest(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap()
}

const CODES: [&str; 3] = ["1330100016", "2730100019", "4710100019"];

#[tokio::test]
async fn mails_wait_for_a_server_that_is_down_all_night_and_go_once() {
    let port = quiet_port();
    on_each_database_mailing(&smtp(port), async |house| {
        for code in CODES {
            file(house, code, &format!("owner-{code}@clinic.example")).await;
        }
        for _ in 0..30 {
            work(house).await;
            house.clock.pass(Duration::minutes(30));
        }
        let waiting = mails(house).await;
        assert_eq!(waiting.len(), CODES.len());
        assert!(waiting.iter().all(|mail| mail.state == "queued" && !mail.answer.is_empty()), "staff see why");
        let folder = TempDir::new().unwrap();
        let sink = Sink::start(folder.path(), port);
        work(house).await;
        house.clock.pass(Duration::minutes(31));
        work(house).await;
        assert!(mails(house).await.iter().all(|mail| mail.state == "sent" && mail.answer.contains("kept")));
        house.clock.pass(Duration::days(1));
        work(house).await;
        drop(sink);
        let messages = kept(folder.path(), CODES.len());
        for message in &messages {
            let (plain, html) = (message.find("text/plain"), message.find("text/html"));
            assert!(message.contains("multipart/alternative") && plain.is_some() && plain < html, "{message}");
        }
        let arrived: Vec<String> = messages.iter().map(|mail| message_id(mail)).collect();
        let wanted: BTreeSet<String> = waiting.into_iter().map(|mail| mail.message_id).collect();
        assert_eq!(arrived.len(), wanted.len(), "none twice");
        assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), wanted, "none lost");
    })
    .await;
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_said_with_its_words_and_not_tried_again() {
    let (port, folder) = (quiet_port(), TempDir::new().unwrap());
    let _sink = Sink::start(folder.path(), port);
    on_each_database_mailing(&smtp(port), async |house| {
        file(house, CODES[0], "reject-owner@clinic.example").await;
        file(house, CODES[1], "refuse-content@clinic.example").await;
        work(house).await;
        let refused = mails(house).await;
        assert!(refused.iter().all(|mail| mail.state == "refused"), "{refused:?}");
        let words = |to: &str| refused.iter().find(|mail| mail.recipient.starts_with(to)).unwrap().answer.clone();
        assert!(words("reject").contains("no such mailbox here"), "{}", words("reject"));
        assert!(words("refuse").contains("content refused"), "{}", words("refuse"));
        house.clock.pass(Duration::days(1));
        work(house).await;
        assert_eq!(mails(house).await, refused, "nothing more happens to them");
    })
    .await;
    assert!(kept(folder.path(), 0).is_empty());
}

#[tokio::test]
async fn a_server_that_says_later_is_asked_again() {
    let (port, folder) = (quiet_port(), TempDir::new().unwrap());
    let _sink = Sink::start(folder.path(), port);
    let databases = std::sync::atomic::AtomicUsize::new(0);
    on_each_database_mailing(&smtp(port), async |house| {
        let round = databases.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        file(house, CODES[0], &format!("greylist-{round}@clinic.example")).await;
        file(house, CODES[1], "defer@clinic.example").await;
        work(house).await;
        assert!(mails(house).await.iter().all(|mail| mail.state == "queued"));
        house.clock.pass(Duration::minutes(1));
        work(house).await;
        let states: Vec<(String, String)> =
            mails(house).await.into_iter().map(|mail| (mail.recipient, mail.state)).collect();
        assert!(states.contains(&(format!("greylist-{round}@clinic.example"), "sent".to_owned())), "{states:?}");
        assert!(states.contains(&("defer@clinic.example".to_owned(), "queued".to_owned())), "{states:?}");
        let arrived = kept(folder.path(), round + 1).pop().unwrap();
        assert!(arrived.contains("application/pdf"), "the copy of what was filed goes with it");
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_mail_was_taken_may_double_it_but_under_one_name() {
    let (port, folder) = (quiet_port(), TempDir::new().unwrap());
    let _sink = Sink::start(folder.path(), port);
    on_each_database_mailing(&smtp(port), async |house| {
        file(house, CODES[0], "drop@clinic.example").await;
        work(house).await;
        house.clock.pass(Duration::minutes(1));
        work(house).await;
        let mail = mails(house).await.remove(0);
        assert_eq!(mail.state, "queued", "nobody knows that it was taken");
        let copies = kept(folder.path(), 2);
        let own = copies.iter().filter(|copy| message_id(copy) == mail.message_id).count();
        assert!(own >= 2, "mail programs show the copies as one");
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_comes_back_is_shown_to_staff_and_to_the_person() {
    on_each_database(async |house| {
        let (_, browser) = clinic(house, CODES[0]).await;
        let case = filed(house, &browser).await;
        let (db, now) = (&house.app.db, house.app.clock.now());
        let waiting = mails(house).await.remove(0);
        let report = format!(
            "From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.2.2\r\n\
             Diagnostic-Code: smtp; 552 mailbox full\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             Message-ID: <{}>\r\n--b--\r\n",
            waiting.message_id
        );
        let early = services::mail::bounced(db, now, report.as_bytes()).await.unwrap();
        assert_eq!(early, Bounced::Nothing, "what was not sent cannot come back");
        work(house).await;
        let id = stored(house, &case).await.id;
        assert_eq!(services::mail::bounced(db, now, report.as_bytes()).await.unwrap(), Bounced::Noted(Some(id)));
        assert_eq!(services::mail::bounced(db, now, report.as_bytes()).await.unwrap(), Bounced::Nothing, "once");
        assert!(browser.get(&case).await.body.contains("届かずに戻ってきました"));
        let desk = staff(house, Role::CallCentreAgent).await.get("/office/mails").await.body;
        assert!(desk.contains("届かずに戻った") && desk.contains("552 mailbox full"), "{desk}");
    })
    .await;
}
