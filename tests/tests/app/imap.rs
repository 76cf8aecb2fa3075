//! The inquiries' mailbox on a real IMAP server: read over TLS, on from the last mail, and never changed.

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration as Real,
};

use domain::inquiries::StrayReason;
use services::inquiries::inbox::{Account, Imap, Mailbox, Security, read_mailbox};
use tempfile::TempDir;

use crate::{
    inbox::{asking, reply, with_replies},
    inquiries::now,
    support::{on_each_database_with, on_sqlite},
};

const HINT: &str = "dovecot-imapd and openssl are needed, as `cargo xtask test` installs them";
const PASSWORD: &str = "hush hush \"quoted\\";

/// A dovecot with one mailbox; it ends when it is dropped.
struct Server {
    child: Child,
    folder: TempDir,
    plain: u16,
    secure: u16,
}

fn run(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().expect(HINT);
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn config(folder: &Path, (plain, secure): (u16, u16), (internal, login): (&str, &str)) -> String {
    let here = folder.display();
    format!(
        "protocols = imap\nbase_dir = {here}/run\nlog_path = {here}/log\nssl = yes\nssl_cert = <{here}/cert.pem\n\
         ssl_key = <{here}/key.pem\ndisable_plaintext_auth = no\nmail_location = maildir:{here}/mail\n\
         default_internal_user = {internal}\ndefault_internal_group = {internal}\ndefault_login_user = {login}\n\
         first_valid_uid = 1\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    address = 127.0.0.1\n    port = {plain}\n  }}\n\
         \x20 inet_listener imaps {{\n    address = 127.0.0.1\n    port = {secure}\n    ssl = yes\n  }}\n}}\n\
         service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\n\
         passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN {here}/users\n}}\n\
         userdb {{\n  driver = static\n  args = uid={internal} gid={internal} home={here}/home\n}}\n"
    )
}

impl Server {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        for place in ["mail/new", "mail/cur", "mail/tmp", "home"] {
            std::fs::create_dir_all(path.join(place)).unwrap();
        }
        let file = |name: &str| path.join(name).display().to_string();
        let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
        let leaf = "basicConstraints=critical,CA:FALSE";
        let key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-addext", leaf];
        run("openssl", &[&key[..], &subject, &["-keyout", &file("key.pem"), "-out", &file("cert.pem")]].concat());
        std::fs::write(path.join("users"), format!("desk:{PASSWORD}\n")).unwrap();
        let root = run("id", &["-u"]) == "0";
        let me = run("id", &["-un"]);
        // Debian's accounts for it; without root everything runs as whoever tests.
        let users = if root { ("dovecot", "dovenull") } else { (me.as_str(), me.as_str()) };
        let (plain, secure) = (free_port(), free_port());
        std::fs::write(path.join("dovecot.conf"), config(path, (plain, secure), users)).unwrap();
        if root {
            run("chown", &["-R", "dovecot:dovecot", &file("mail"), &file("home")]);
        }
        let dovecot =
            ["/usr/sbin/dovecot", "dovecot"].into_iter().find(|name| Path::new(name).exists()).unwrap_or("dovecot");
        let mut command = Command::new(dovecot);
        command.args(["-F", "-c", &file("dovecot.conf")]).stdin(Stdio::null());
        let child = command.spawn().expect(HINT);
        let server = Self { child, folder, plain, secure };
        server.wait();
        server
    }

    fn wait(&self) {
        let answers = || std::net::TcpStream::connect(("127.0.0.1", self.secure)).is_ok();
        let started = (0..200).any(|_| {
            std::thread::sleep(Real::from_millis(50));
            answers()
        });
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(started, "dovecot did not start: {log}\n{HINT}");
    }

    /// Delivers a mail as a mail server on the same machine does.
    fn deliver(&self, name: &str, raw: &[u8]) {
        let mail = self.folder.path().join("mail");
        std::fs::write(mail.join("tmp").join(name), raw).unwrap();
        std::fs::set_permissions(mail.join("tmp").join(name), std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::rename(mail.join("tmp").join(name), mail.join("new").join(name)).unwrap();
    }

    fn account(&self, security: Security) -> Account {
        Account {
            host: "localhost".to_owned(),
            port: if security == Security::Tls { self.secure } else { self.plain },
            security,
            roots: Some(std::fs::read(self.folder.path().join("cert.pem")).unwrap()),
            user: "desk".to_owned(),
            password: PASSWORD.to_owned(),
            folder: "INBOX".to_owned(),
        }
    }

    fn mailbox(&self, security: Security) -> Imap {
        Imap::new(self.account(security)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end, it takes its own processes along.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn replies_in_a_mailbox_reach_their_thread_over_every_kind_of_connection() {
    on_each_database_with(with_replies, async |house| {
        let server = Server::start();
        let (_, thread, mail) = asking(house).await;
        let to = mail.reply_to.unwrap();
        let owner = "owner-1330100016@clinic.example";
        let ways = [Security::Tls, Security::StartTls, Security::None];
        for (number, security) in (1..).zip(ways) {
            let more = format!("Message-ID: <{number}@clinic.example>\r\n");
            server.deliver(&number.to_string(), &reply(owner, &to, &more, &format!("{number}番目です。")));
            let read = read_mailbox(&house.app, &server.mailbox(security)).await.unwrap();
            assert_eq!(read, 1, "{security:?}");
        }
        let many = (4..21).map(|number: u32| {
            let more = format!("Message-ID: <{number}@clinic.example>\r\n");
            server.deliver(&number.to_string(), &reply(owner, &to, &more, "続き"));
        });
        assert_eq!(many.count(), 17);
        assert_eq!(read_mailbox(&house.app, &server.mailbox(Security::Tls)).await.unwrap(), 17, "more than one look");
        assert_eq!(read_mailbox(&house.app, &server.mailbox(Security::Tls)).await.unwrap(), 0);
        let huge = reply(owner, &to, "Message-ID: <huge@clinic.example>\r\n", &"x".repeat(5 << 20));
        server.deliver("huge", &huge);
        assert_eq!(read_mailbox(&house.app, &server.mailbox(Security::Tls)).await.unwrap(), 1);
        let strays = storage::inquiries::strays(&mut house.app.db.read().await.unwrap(), None, 50).await.unwrap();
        assert_eq!(strays.last().map(|stray| stray.reason), Some(StrayReason::TooLarge), "{strays:?}");
        assert_eq!(now(house, thread.id).await.messages, 21);
        let unread = std::fs::read_dir(server.folder.path().join("mail/cur")).unwrap().flatten();
        let seen = unread.filter(|file| file.file_name().to_string_lossy().contains(":2,S")).count();
        assert_eq!(seen, 0, "the mailbox stays as it was");
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_mailbox_is_said_in_words() {
    let server = Server::start();
    on_sqlite(async |house| {
        let wrong = Account { password: "guess".to_owned(), ..server.account(Security::Tls) };
        let words = Imap::new(wrong).unwrap().fetch(None).await.unwrap_err();
        assert!(words.contains("Authentication failed"), "{words}");
        let wrong = Account { folder: "Nowhere".to_owned(), ..server.account(Security::Tls) };
        let words = Imap::new(wrong).unwrap().fetch(None).await.unwrap_err();
        assert!(words.contains("Nowhere"), "{words}");
        let stranger = Account { host: "127.0.0.1".to_owned(), ..server.account(Security::Tls) };
        let words = Imap::new(stranger).unwrap().fetch(None).await.unwrap_err();
        assert!(words.contains("certificate"), "another name than the certificate's: {words}");
        let closed = Account { port: free_port(), ..server.account(Security::Tls) };
        let failed = read_mailbox(&house.app, &Imap::new(closed).unwrap()).await;
        assert!(failed.is_err_and(|error| error.to_string().contains("refused")));
    })
    .await;
}
