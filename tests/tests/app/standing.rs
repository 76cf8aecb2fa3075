//! Whether a certificate still counts, as programs ask: revocation lists by shard and OCSP, with OpenSSL as judge.

use std::process::Command;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::permissions::Role;
use services::{authority, jobs};
use storage::authority::Certificate;
use tempfile::TempDir;
use time::Duration;

use crate::{
    browser::{Answer, Browser},
    pickup::fetch,
    steps::{approved, clinic, posted, staff, stored},
    support::{House, on_each_database},
};

/// A clinic's certificate, and a folder with it and its authorities in PEM.
pub(crate) struct Terminal {
    folder: TempDir,
    pub(crate) record: Certificate,
}

impl Terminal {
    pub(crate) async fn of(house: &House, code: &str, number: &str) -> Self {
        let (_, browser) = clinic(house, code).await;
        let case = approved(house, &browser).await;
        let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, number).await;
        assert_eq!(fetch(&Browser::terminal(house), &paper).await.status, StatusCode::OK);
        let id = stored(house, &case).await.id;
        let mut made = storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
        let terminal = Self { folder: TempDir::new().unwrap(), record: made.remove(0) };
        let authority = &house.app.authority;
        terminal.write("terminal.pem", authority::pem(terminal.record.certificate.as_deref().unwrap()));
        terminal.write("issuing.pem", authority::pem(authority.issuing.certificate.der()));
        terminal.write("root.pem", authority::pem(authority.root.der()));
        terminal
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    fn openssl(&self, words: &[&str]) -> String {
        let output = Command::new("openssl").args(words).current_dir(self.folder.path()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    /// What OpenSSL says of the certificate with a revocation list.
    fn judged_by(&self, house: &House, list: &[u8]) -> String {
        self.write("list.crl", list);
        let at = (house.app.clock.now().as_millis() / 1000).to_string();
        self.openssl(&["crl", "-inform", "DER", "-in", "list.crl", "-out", "list.pem"]);
        let chain = ["-CAfile", "root.pem", "-untrusted", "issuing.pem", "terminal.pem"];
        self.openssl(&[["verify", "-attime", &at, "-crl_check", "-CRLfile", "list.pem"].as_slice(), &chain].concat())
    }

    /// The question that OpenSSL asks about the certificate.
    pub(crate) fn question(&self, options: &[&str]) -> Vec<u8> {
        let (issuer, certificate) = (["-issuer", "issuing.pem"], ["-cert", "terminal.pem", "-reqout", "question.der"]);
        self.openssl(&[["ocsp"].as_slice(), &issuer, options, &certificate].concat());
        std::fs::read(self.path("question.der")).unwrap()
    }

    /// What OpenSSL makes of an answer.
    pub(crate) fn hears(&self, house: &House, answer: &[u8], options: &[&str]) -> String {
        self.write("answer.der", answer);
        let at = (house.app.clock.now().as_millis() / 1000).to_string();
        // OpenSSL compares the times of an answer with the clock of the machine, which is not the story's.
        let judge =
            ["ocsp", "-respin", "answer.der", "-CAfile", "root.pem", "-verify_other", "issuing.pem", "-attime", &at];
        let about = ["-validity_period", "999999999", "-no_nonce"];
        let certificate = ["-issuer", "issuing.pem", "-cert", "terminal.pem", "-resp_text"];
        self.openssl(&[judge.as_slice(), &about, options, &certificate].concat())
    }

    async fn revoke(&self, house: &House) {
        self.revoke_for(house, "keyCompromise").await;
    }

    pub(crate) async fn revoke_for(&self, house: &House, reason: &str) {
        let officer = staff(house, Role::RaOfficer).await;
        let path = format!("/office/certificates/{}/revoke", self.record.id);
        let told = officer.post(&path, &[("reason", reason)]).await;
        assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
    }
}

/// The path of a list's address.
fn path_of(house: &House, shard: i64) -> String {
    let url = house.app.authority.issuing.crl_url(shard);
    url.strip_prefix("http://madoguchi.example").unwrap().to_owned()
}

pub(crate) async fn ask(visitor: &Browser, question: &[u8]) -> Answer {
    visitor.send(Request::post("/pki/ocsp").body(Body::from(question.to_vec())).unwrap()).await
}

#[tokio::test]
async fn a_revocation_stands_on_the_list_of_its_shard_and_on_the_full_one_and_nowhere_else() {
    on_each_database(async |house| {
        assert!(authority::publish_when_due(&house.app).await.unwrap());
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let visitor = Browser::visitor(house);
        let own = path_of(house, terminal.record.crl_shard);
        let other = path_of(house, terminal.record.crl_shard % house.app.authority.issuing.crl_shards + 1);
        let before = visitor.get(&own).await;
        assert!(terminal.judged_by(house, &before.bytes).ends_with("terminal.pem: OK\n"));
        let said = terminal.judged_by(house, &visitor.get(&other).await.bytes);
        assert!(said.contains("error 44 at 0 depth"), "{said}");
        house.clock.pass(Duration::minutes(1));
        terminal.revoke(house).await;
        jobs::work_all(&house.app, "test").await.unwrap();
        let after = visitor.get(&own).await;
        assert!(terminal.judged_by(house, &after.bytes).contains("certificate revoked"));
        let full = visitor.get(&path_of(house, 0)).await;
        assert!(terminal.judged_by(house, &full.bytes).contains("certificate revoked"));
        let number = |answer: &Answer| {
            let tag = answer.header("etag").trim_matches('"').to_owned();
            tag.rsplit('-').next().unwrap().parse::<i64>().unwrap()
        };
        assert!(number(&after) > number(&before) && number(&full) > number(&before));
        assert_eq!(number(&visitor.get(&other).await), number(&visitor.get(&other).await), "others stay as they are");
        assert!(!authority::publish_when_due(&house.app).await.unwrap(), "nothing is left to publish");
        assert_eq!(visitor.get(&path_of(house, 65)).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn openssl_hears_good_then_revoked_at_once_from_a_delegated_responder() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let visitor = Browser::visitor(house);
        for hash in ["-sha1", "-sha256"] {
            let good = ask(&visitor, &terminal.question(&[hash])).await;
            let said = terminal.hears(house, &good.bytes, &[hash]);
            assert!(said.contains("Response verify OK") && said.contains("terminal.pem: good"), "{said}");
            assert!(said.contains("OCSP No Check"), "the responder's own certificate comes with it: {said}");
        }
        house.clock.pass(Duration::minutes(1));
        terminal.revoke(house).await;
        let revoked = ask(&visitor, &terminal.question(&[])).await;
        let said = terminal.hears(house, &revoked.bytes, &[]);
        assert!(said.contains("terminal.pem: revoked") && said.contains("keyCompromise"), "{said}");
        let unknown = ask(&visitor, &terminal.question(&["-serial", "0x1234567890"])).await;
        terminal.write("answer.der", &unknown.bytes);
        let said = terminal.openssl(&["ocsp", "-respin", "answer.der", "-noverify", "-resp_text"]);
        assert!(said.contains("Cert Status: unknown") && said.contains("Cert Status: revoked"), "{said}");
        assert!(!said.contains("Cert Status: good"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn answers_are_made_before_they_are_asked_for_and_renewed_before_they_end() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let kept = async || {
            let mut conn = house.app.db.read().await.unwrap();
            let issuing = house.app.authority.issuing.id;
            storage::authority::answered(&mut conn, issuing, &terminal.record.serial).await.unwrap().unwrap()
        };
        let round = async || {
            authority::sign_ocsp_when_due(&house.app).await.unwrap();
            jobs::work_all(&house.app, "test").await.unwrap();
        };
        assert_eq!(kept().await.answer, None);
        round().await;
        let first = kept().await;
        assert_eq!(first.status.as_deref(), Some("valid"));
        round().await;
        assert_eq!(kept().await, first, "a round is one round, however often it is set");
        let served = ask(&Browser::visitor(house), &terminal.question(&["-no_nonce"])).await;
        assert_eq!(Some(served.bytes), first.answer, "what was made ahead is what is sent");
        house.clock.pass(Duration::hours(13));
        round().await;
        let second = kept().await;
        assert!(second.produced_at > first.produced_at && second.answer != first.answer);
        terminal.revoke(house).await;
        assert_eq!(kept().await.answer, None, "what is no longer true is forgotten at once");
        house.clock.pass(Duration::hours(6));
        round().await;
        assert_eq!(kept().await.status.as_deref(), Some("revoked"));
    })
    .await;
}

#[tokio::test]
async fn an_answer_asked_for_with_get_may_be_kept_and_one_asked_for_with_post_may_not() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let visitor = Browser::visitor(house);
        let question = terminal.question(&["-no_nonce"]);
        let path = format!("/pki/ocsp/{}", STANDARD.encode(&question).replace('+', "%2B").replace('/', "%2F"));
        let got = visitor.get(&path).await;
        assert_eq!((got.status, got.header("content-type")), (StatusCode::OK, "application/ocsp-response"));
        assert_eq!(got.header("cache-control"), "max-age=3600, public, no-transform, must-revalidate");
        assert_eq!(got.header("last-modified"), "Wed, 20 May 2026 01:00:00 GMT");
        assert_eq!(got.header("expires"), "Thu, 21 May 2026 01:00:00 GMT");
        assert_eq!(got.header("set-cookie"), "");
        let tag = got.header("etag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let again = Request::get(&path).header("if-none-match", &known).body(Body::empty()).unwrap();
            let again = visitor.send(again).await;
            assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        }
        let sent = ask(&visitor, &question).await;
        assert_eq!((sent.header("cache-control"), &sent.bytes), ("no-store", &got.bytes));
    })
    .await;
}

#[tokio::test]
async fn what_is_no_request_gets_the_answer_of_the_protocol() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let malformed = [0x30, 3, 10, 1, 1];
        for body in [b"".to_vec(), b"0".to_vec(), vec![0x30; 20_000], vec![0xff; 100]] {
            let answer = ask(&visitor, &body).await;
            assert_eq!((answer.status, answer.bytes.as_slice()), (StatusCode::OK, malformed.as_slice()));
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        for path in ["/pki/ocsp/!!!", "/pki/ocsp/MA%3D%3D", "/pki/ocsp/%00"] {
            assert_eq!(visitor.get(path).await.bytes, malformed, "{path}");
        }
    })
    .await;
}
