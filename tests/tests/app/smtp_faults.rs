//! A mail server that has something against us, not against a mail: nothing is lost, and nobody's subscription ends.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use domain::{clock::Timestamp, ids::MailId, permissions::Role};
use services::mail::{Handover, Mailer, Smtp};
use storage::mails::Mail;
use time::Duration;

use crate::{
    notices::published,
    steps::staff,
    subscriptions::{TELLS, is_kept, subscribed},
    support::{House, on_each_database_mailing},
};

/// A mail server that answers one command with words of its own; nothing it says can be changed but that.
struct Stubborn {
    port: u16,
    /// How the command begins, and what is said to it; a greeting is a command without words.
    answer: Arc<Mutex<(&'static str, &'static str)>>,
}

impl Stubborn {
    fn start(answer: (&'static str, &'static str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::new(Mutex::new(answer));
        let told = answer.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let told = told.clone();
                std::thread::spawn(move || serve(&stream, &told));
            }
        });
        Self { port, answer }
    }

    fn mailer(&self) -> Arc<dyn Mailer> {
        Arc::new(Smtp::new(&format!("smtp://portal:p%40ss@127.0.0.1:{}", self.port)).unwrap())
    }

    fn says(&self, command: &'static str, answer: &'static str) {
        *self.answer.lock().unwrap() = (command, answer);
    }
}

/// Speaks with one client until it has said enough.
fn serve(stream: &TcpStream, told: &Mutex<(&'static str, &'static str)>) -> Option<()> {
    let said = |command: &str, usual: &'static str| {
        let (begins, answer) = *told.lock().unwrap();
        if begins == command || (!begins.is_empty() && command.starts_with(begins)) { answer } else { usual }
    };
    let mut out = stream;
    let mut lines = BufReader::new(stream).lines();
    write!(out, "{}\r\n", said("", "220 stubborn")).ok()?;
    loop {
        let line = lines.next()?.ok()?;
        let usual = match line.get(..4).unwrap_or_default() {
            "EHLO" => "250-stubborn\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "AUTH" => "235 2.7.0 welcome",
            "DATA" => "354 go on",
            _ => "250 2.0.0 fine",
        };
        let answer = said(&line, usual);
        write!(out, "{answer}\r\n").ok()?;
        if answer.starts_with("354") {
            while lines.next()?.ok()? != "." {}
            write!(out, "{}\r\n", said(".", "250 2.0.0 kept")).ok()?;
        }
    }
}

fn blank() -> Mail {
    let text = |words: &str| words.to_owned();
    Mail {
        id: "00000000-0000-0000-0000-000000000000".parse::<MailId>().unwrap(),
        recipient: text("hanako@clinic.example"),
        subject: text("お知らせ"),
        body: text("はい。"),
        state: text("queued"),
        answer: String::new(),
        message_id: text("1@madoguchi.example"),
        account_id: None,
        application_id: None,
        inquiry_id: None,
        reply_to: None,
        attachment: None,
        unsubscribe: None,
        created_at: Timestamp::from_millis(0),
        sent_at: None,
    }
}

async fn all(house: &House) -> Vec<Mail> {
    services::jobs::work_all(&house.app, "test").await.unwrap();
    storage::mails::newest(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap()
}

#[tokio::test]
async fn mails_wait_while_the_login_is_refused_and_subscribers_stay() {
    let server = Stubborn::start(("AUTH", "535 5.7.8 the password has expired"));
    on_each_database_mailing(&server.mailer(), async |house| {
        server.says("AUTH", "535 5.7.8 the password has expired");
        subscribed(house, "hanako@clinic.example", 0, false).await;
        for round in 0..4 {
            let editor = staff(house, Role::Editor).await;
            published(&editor, &format!("第{round}号"), &[TELLS]).await;
            let mails = all(house).await;
            assert_eq!(mails.len(), round + 1);
            assert!(mails.iter().all(|mail| mail.state == "queued"), "{mails:?}");
            assert!(mails.iter().any(|mail| mail.answer.contains("the password has expired")), "staff see why");
            house.clock.pass(Duration::hours(2));
        }
        assert!(is_kept(house, "hanako@clinic.example").await);
        server.says("nothing", "");
        house.clock.pass(Duration::hours(2));
        let mails = all(house).await;
        assert!(mails.iter().all(|mail| mail.state == "sent"), "none was lost: {mails:?}");
        house.clock.pass(Duration::days(1));
        server.says("RCPT", "550 5.1.1 no such mailbox here");
        for round in 0..3 {
            assert!(is_kept(house, "hanako@clinic.example").await, "after {round} refusals");
            published(&staff(house, Role::Editor).await, &format!("続{round}号"), &[TELLS]).await;
            assert_eq!(all(house).await.remove(0).state, "refused");
            house.clock.pass(Duration::days(7));
        }
        assert!(!is_kept(house, "hanako@clinic.example").await, "what the mailbox itself refuses counts");
    })
    .await;
}

/// Does what is due until the mail server was asked for three days.
async fn wait_in_vain(house: &House) {
    for _ in 0..160 {
        services::jobs::work_all(&house.app, "test").await.unwrap();
        house.clock.pass(Duration::minutes(31));
    }
}

#[tokio::test]
async fn a_mail_that_no_server_took_is_given_up_tried_once_more_and_loses_its_text() {
    let server = Stubborn::start(("nothing", ""));
    on_each_database_mailing(&server.mailer(), async |house| {
        server.says("nothing", "");
        subscribed(house, "hanako@clinic.example", 0, false).await;
        server.says("AUTH", "535 5.7.8 the password has expired");
        published(&staff(house, Role::Editor).await, "最初の号", &[TELLS]).await;
        let state = async || all(house).await.remove(0).state;
        wait_in_vain(house).await;
        assert_eq!(state().await, "failed");
        assert!(staff(house, Role::Administrator).await.get("/office/mails").await.body.contains("送れずに終了"));
        let again = async || {
            let failed = storage::jobs::failed(&mut house.app.db.read().await.unwrap(), 9).await.unwrap();
            assert_eq!(failed.len(), 1, "{failed:?}");
            let administrator = staff(house, Role::Administrator).await;
            administrator.post(&format!("/office/jobs/{}/again", failed[0].id), &[]).await;
        };
        again().await;
        assert_eq!(state().await, "queued");
        wait_in_vain(house).await;
        assert_eq!(state().await, "failed");

        house.clock.pass(Duration::days(365));
        services::audit::keep_when_due(&house.app).await.unwrap();
        services::jobs::work_all(&house.app, "test").await.unwrap();
        let mail = all(house).await.remove(0);
        assert!(mail.body.is_empty() && mail.subject.contains("最初の号"), "{mail:?}");
        server.says("nothing", "");
        again().await;
        assert_eq!(state().await, "failed", "nothing is sent without its text");
        assert!(storage::jobs::failed(&mut house.app.db.read().await.unwrap(), 9).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn only_an_answer_to_the_recipient_or_to_the_content_is_a_refusal() {
    let server = Stubborn::start(("nothing", ""));
    let (mailer, mail) = (server.mailer(), blank());
    let from = "portal@madoguchi.example";
    assert!(matches!(mailer.send(from, &mail, None).await, Handover::Taken(_)));
    for (command, answer) in [
        ("MAIL", "550 5.7.1 sender not permitted"),
        ("MAIL", "530 5.7.0 authentication required"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("RCPT", "530 authentication required"),
        ("RCPT", "450 4.2.0 not now"),
        ("DATA", "421 4.3.2 going down"),
        ("AUTH", "534 5.7.9 mechanism too weak"),
        ("EHLO", "550 5.7.1 no"),
        ("", "554 5.3.2 no service here"),
    ] {
        server.says(command, answer);
        let outcome = mailer.send(from, &mail, None).await;
        assert!(matches!(&outcome, Handover::Later(words) if words.contains(&answer[4..])), "{command}: {outcome:?}");
    }
    for answer in ["550 5.1.1 no such mailbox", "550 unknown", "552 5.2.2 full"] {
        server.says("RCPT", answer);
        let outcome = mailer.send(from, &mail, None).await;
        assert!(matches!(&outcome, Handover::NoRecipient(words) if words.contains(&answer[4..])), "{outcome:?}");
    }
    for command in ["DATA", "."] {
        server.says(command, "554 5.6.0 content refused");
        assert!(matches!(mailer.send(from, &mail, None).await, Handover::Refused(_)), "{command}");
    }
}
