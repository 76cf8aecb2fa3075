//! OCSP answers when things happen at the same time, and to whoever asks in another way.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use services::{
    authority::{Authority, publish_when_due, sign_ocsp_when_due},
    jobs,
};
use storage::{
    Conn,
    authority::{NewAnswer, answered, prepare_answer, store_answer},
    keys::Known,
};
use time::Duration;

use crate::{
    browser::Browser,
    ladder::go_to,
    refused::{by_ocsp, is_listed, without},
    standing::{Terminal, ask},
    support::{House, founding::started_again, on_each_database},
};

/// A number that the database counts.
pub(crate) async fn counted(house: &House, text: &'static str) -> i64 {
    match &mut house.app.db.read().await.unwrap() {
        Conn::Sqlite(conn) => sqlx::query_scalar(text).fetch_one(&mut *conn).await.unwrap(),
        Conn::Postgres(conn) => sqlx::query_scalar(text).fetch_one(&mut **conn).await.unwrap(),
    }
}

async fn round(house: &House) {
    sign_ocsp_when_due(&house.app).await.unwrap();
    jobs::work_all(&house.app, "test").await.unwrap();
}

#[tokio::test]
async fn good_is_neither_recorded_nor_signed_for_a_certificate_that_was_revoked_meanwhile() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let (certificate, produced_at) = (terminal.record.id, house.app.clock.now());
        let next_update = produced_at + Duration::hours(24);
        let good = |tbs| NewAnswer { certificate, status: "valid", reason: None, tbs, produced_at, next_update };
        let prepare = async |answer: NewAnswer<'_>| {
            let mut tx = house.app.db.write().await.unwrap();
            let recorded = prepare_answer(&mut tx, &answer).await.unwrap();
            tx.commit().await.unwrap();
            recorded
        };
        let store = async |tbs: &[u8]| {
            let mut tx = house.app.db.write().await.unwrap();
            let stored = store_answer(&mut tx, certificate, tbs, b"signed").await.unwrap();
            tx.commit().await.unwrap();
            stored
        };
        assert!(prepare(good(b"first")).await && store(b"first").await);
        assert!(prepare(good(b"second")).await);
        // What forgets the answer is another's statement, and came before the record on a server with several writers.
        let mut tx = house.app.db.write().await.unwrap();
        assert!(storage::authority::revoke(&mut tx, certificate, "superseded", produced_at).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!store(b"second").await, "it was recorded while the certificate was valid, and is not stored");
        assert!(!prepare(good(b"third")).await);
        let revoked = |reason| NewAnswer { status: "revoked", reason: Some(reason), ..good(b"fourth") };
        assert!(!prepare(revoked("keyCompromise")).await, "nor is another reason");
        assert!(prepare(revoked("superseded")).await && store(b"fourth").await);
    })
    .await;
}

#[tokio::test]
async fn a_leak_that_is_known_late_blocks_the_key_and_becomes_the_reason_everywhere() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let (own, other) = (&terminal.record, domain::ids::ApplicationId(sqlx::types::Uuid::max()));
        let known = async || {
            let mut conn = house.app.db.read().await.unwrap();
            storage::keys::known(&mut conn, &own.key_hash, other).await.unwrap()
        };
        let reason = async || {
            jobs::work_all(&house.app, "test").await.unwrap();
            let answer = ask(&Browser::visitor(house), &terminal.question(&[])).await;
            let said = terminal.hears(house, &answer.bytes, &[]);
            let stored =
                storage::authority::find(&mut house.app.db.read().await.unwrap(), own.id).await.unwrap().unwrap();
            let reason = stored.revocation_reason.unwrap();
            assert!(said.contains("terminal.pem: revoked") && said.contains(&reason), "{said}");
            (reason, stored.revoked_at)
        };
        terminal.revoke_for(house, "superseded").await;
        let (first, at) = reason().await;
        assert_eq!((first.as_str(), known().await), ("superseded", Known::UsedElsewhere));
        let lists = async || counted(house, "SELECT MAX(crl_number) FROM authorities").await;
        let before = lists().await;
        house.clock.pass(Duration::hours(1));
        terminal.revoke_for(house, "keyCompromise").await;
        assert_eq!(reason().await, ("keyCompromise".to_owned(), at), "the instant stays");
        assert_eq!(known().await, Known::Blocked("keyCompromise".to_owned()));
        assert_eq!(lists().await, before + 2, "the list of its shard and the full one");
        for reason in ["keyCompromise", "superseded"] {
            terminal.revoke_for(house, reason).await;
        }
        assert_eq!((reason().await.0.as_str(), lists().await), ("keyCompromise", before + 2), "nothing is new");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_certificate_stays_on_the_list_until_one_was_made_after_its_end() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let (own, end) = (&terminal.record, terminal.record.not_after);
        go_to(house, end, 0);
        terminal.revoke_for(house, "superseded").await;
        house.clock.set(end + Duration::hours(25));
        assert!(publish_when_due(&house.app).await.unwrap());
        assert!(is_listed(house, own).await, "no list that was made after its end had named it");
        house.clock.set(end + Duration::hours(49));
        assert!(publish_when_due(&house.app).await.unwrap());
        assert!(!is_listed(house, own).await, "and then it goes");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_told_of_keeps_no_other_from_its_answer() {
    on_each_database(async |house| {
        let broken = Terminal::of(house, "1330100016", "12345678901").await;
        let sound = Terminal::of(house, "2730100019", "12345678902").await;
        let (text, id) = ("UPDATE certificates SET serial = 'no serial' WHERE id = $1", broken.record.id.0);
        let mut tx = house.app.db.write().await.unwrap();
        match &mut *tx {
            Conn::Sqlite(conn) => drop(sqlx::query(text).bind(id).execute(&mut *conn).await.unwrap()),
            Conn::Postgres(conn) => drop(sqlx::query(text).bind(id).execute(&mut **conn).await.unwrap()),
        }
        tx.commit().await.unwrap();
        round(house).await;
        let (mut conn, issuing) = (house.app.db.read().await.unwrap(), house.app.authority.issuing.id);
        let kept = answered(&mut conn, issuing, &sound.record.serial).await.unwrap().unwrap();
        assert!(kept.answer.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_question_in_an_address_is_understood_however_it_is_written() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let visitor = Browser::visitor(house);
        let mut padded = 0;
        for hash in ["-sha1", "-sha256"] {
            let question = terminal.question(&[hash, "-no_nonce"]);
            let expected = ask(&visitor, &question).await.bytes;
            let plain = STANDARD.encode(&question);
            let escaped: String = plain.bytes().map(|octet| format!("%{octet:02x}")).collect();
            padded += usize::from(plain.ends_with('='));
            let broken = format!("{}%0D%0A{}%20", &plain[..20], &plain[20..]);
            for way in [plain.trim_end_matches('=').to_owned(), plain.replace('=', "%3D"), plain, escaped, broken] {
                assert_eq!(visitor.get(&format!("/pki/ocsp/{way}")).await.bytes, expected, "{way}");
            }
        }
        assert!(padded > 0, "one of the two is padded");
        let mut other = terminal.question(&["-sha1", "-no_nonce"]);
        let length = other.len();
        other[length - 9..].fill(0xff);
        let slashes = STANDARD.encode(&other);
        assert!(slashes.contains("//"));
        let unknown = visitor.get(&format!("/pki/ocsp/{slashes}")).await;
        assert_eq!(
            (unknown.status, unknown.bytes.len() > 100),
            (StatusCode::OK, true),
            "an answer about another serial"
        );
        for path in ["/pki/ocsp/%ff", "/pki/ocsp/MA%3", "/pki/ocsp/%zz", "/pki/ocsp//"] {
            let told = visitor.get(path).await;
            assert_eq!(
                (told.status, told.bytes.as_slice()),
                (StatusCode::OK, [0x30, 3, 10, 1, 1].as_slice()),
                "{path}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_for_the_head_alone_gets_the_same_head() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let visitor = Browser::visitor(house);
        publish_when_due(&house.app).await.unwrap();
        let question = STANDARD.encode(terminal.question(&["-no_nonce"])).replace('/', "%2F");
        for path in [format!("/pki/ocsp/{question}"), "/pki/issuing.crl".to_owned()] {
            let whole = visitor.get(&path).await;
            let head = visitor.send(Request::head(&path).body(Body::empty()).unwrap()).await;
            assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0), "{path}");
            for name in ["content-type", "etag", "cache-control", "expires", "last-modified"] {
                assert!(!head.header(name).is_empty() && head.header(name) == whole.header(name), "{path}: {name}");
            }
            assert_eq!(head.header("content-length"), whole.bytes.len().to_string(), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_nonce_is_echoed_where_the_operator_chose_so_and_nowhere_else() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let question = terminal.question(&[]);
        let said = |answer: &[u8]| terminal.hears(house, answer, &[]);
        let plain = ask(&Browser::visitor(house), &question).await;
        assert!(!said(&plain.bytes).contains("OCSP Nonce"));
        let echoing = Authority { ocsp_nonce: true, ..house.app.authority.clone() };
        let echoing = &started_again(house, echoing).await;
        let visitor = Browser::visitor(echoing);
        let answer = ask(&visitor, &question).await;
        let told = said(&answer.bytes);
        assert!(told.contains("OCSP Nonce") && told.contains("terminal.pem: good"), "{told}");
        assert_eq!(answer.header("cache-control"), "no-store");
        terminal.revoke_for(echoing, "superseded").await;
        let told = said(&ask(&visitor, &question).await.bytes);
        assert!(told.contains("OCSP Nonce") && told.contains("terminal.pem: revoked"), "{told}");
    })
    .await;
}

const RESPONDERS: &str = "SELECT COUNT(*) FROM certificates WHERE profile = 'ocsp' AND state = 'valid'";
const WAITING: &str = "SELECT COUNT(*) FROM certificates WHERE state = 'prepared'";
const AUDITED: &str = "SELECT COUNT(*) FROM audit WHERE actor = 'system:authority'
    AND action IN ('certificate.prepare', 'certificate.issue')";

#[tokio::test]
async fn the_responder_renews_itself_in_the_middle_of_its_life_and_is_audited() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        assert_eq!(counted(house, RESPONDERS).await, 0, "none before somebody asks");
        for (days, responders) in [(0, 1), (14, 1), (3, 2), (14, 2), (4, 3)] {
            house.clock.pass(Duration::days(days));
            sign_ocsp_when_due(&house.app).await.unwrap();
            assert_eq!(by_ocsp(house, &terminal.record).await, Some(pki::CertStatus::Good));
            assert_eq!(counted(house, RESPONDERS).await, responders, "after {days} days more");
            assert_eq!(counted(house, AUDITED).await, 2 * responders);
        }
    })
    .await;
}

#[tokio::test]
async fn a_responder_that_cannot_be_stored_is_given_up_at_once() {
    on_each_database(async |house| {
        let terminal = Terminal::of(house, "1330100016", "12345678901").await;
        let about = ("certificates", "UPDATE", "NEW.state = 'valid'");
        assert_eq!(without(house, about, async || by_ocsp(house, &terminal.record).await).await, None);
        assert_eq!((counted(house, WAITING).await, counted(house, RESPONDERS).await), (0, 0));
        assert_eq!(counted(house, "SELECT COUNT(*) FROM certificates WHERE state = 'abandoned'").await, 1);
        assert_eq!(by_ocsp(house, &terminal.record).await, Some(pki::CertStatus::Good));
    })
    .await;
}
