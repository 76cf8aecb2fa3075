//! Hostile bodies over HTTP: an answer in the words of the protocol, and nothing longer than its limit is taken in.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::permissions::Role;
use futures_util::stream;

use crate::{
    browser::Browser,
    est::send,
    pickup::letter_to,
    renewal::{IN_TIME, Installed},
    steps::{Paper, staff},
    support::{on_each_database, on_sqlite},
};

/// A MiB.
const MIB: usize = 1024 * 1024;
/// Longest form, in bytes.
const LONGEST: usize = MIB;
/// Longest form with a file, of someone who is logged in.
const LONGEST_WITH_FILE: usize = 32 * MIB;

/// The status of an OCSPResponse (RFC 6960, 4.2.1), whatever follows it.
fn status_of(der: &[u8]) -> Option<u8> {
    // SEQUENCE, its length in one to three bytes, ENUMERATED of one byte.
    let status = der.windows(3).skip(2).take(3).find(|window| window.starts_with(&[10, 1]))?;
    der.starts_with(&[0x30]).then_some(status[2])
}

#[tokio::test]
async fn every_question_of_the_fuzz_corpus_gets_an_ocsp_response() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/ocsp");
        for file in std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()) {
            let body = std::fs::read(&file).unwrap();
            let understood = pki::OcspRequest::parse(&body).is_ok();
            let answer = visitor.send(Request::post("/pki/ocsp").body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", file.display());
            assert_eq!(answer.header("content-type"), "application/ocsp-response", "{}", file.display());
            // The corpus asks about an authority that is not of this house: unauthorized (6), else malformedRequest (1).
            assert_eq!(status_of(&answer.bytes), Some(if understood { 6 } else { 1 }), "{}", file.display());
            assert_eq!(answer.bytes.len(), 5, "an error is not signed");
        }
    })
    .await;
}

/// The entries of a reader's corpus as they stand.
fn bodies(reader: &str) -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(reader);
    std::fs::read_dir(corpus).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

#[tokio::test]
async fn every_request_of_the_fuzz_corpus_gets_an_answer_of_est() {
    on_each_database(async |house| {
        let own = Installed::new(house).await;
        house.clock.pass(IN_TIME);
        let (_, paper) = letter_to(house, "2730100019", "12345678902").await;
        let mut issued = 0;
        // Bodies of EST are base64 already, signing requests are not.
        let encoded = bodies("csr").iter().map(|bytes| STANDARD.encode(bytes).into_bytes()).collect();
        let sound = bodies("csr").into_iter().filter(|bytes| pki::CertificateRequest::parse(bytes).is_ok()).collect();
        for body in [encoded, sound, bodies("est")].concat() {
            let shown = body.escape_ascii();
            let readable = web::request_in(&body).is_ok_and(|request| pki::CertificateRequest::parse(&request).is_ok());
            let told = send(&Browser::terminal(house), "simpleenroll", Some(&paper), body.clone()).await;
            match told.status {
                StatusCode::OK => {
                    assert!(readable && told.certificates().len() == 1, "{shown}");
                    issued += 1;
                }
                // A key that no profile takes, or that was certified a moment ago.
                StatusCode::BAD_REQUEST => told.refused(StatusCode::BAD_REQUEST, "。"),
                status => panic!("{status} for {shown}: {}", told.text()),
            }
            let told = send(&own.terminal(house), "simplereenroll", None, body.clone()).await;
            let expected = if readable { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
            assert!([expected, StatusCode::BAD_REQUEST].contains(&told.status), "{} for {shown}", told.text());
            told.refused(told.status, "。");
        }
        assert!(issued > 2, "a good request is taken in each of its forms");
    })
    .await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    on_each_database(async |house| {
        let post = |path: &str, length: usize| Request::post(path).body(Body::from(vec![b'a'; length])).unwrap();
        for (browser, path, longest) in [
            (Browser::terminal(house), "/pickup", LONGEST),
            (Browser::terminal(house), "/renew", LONGEST),
            (Browser::visitor(house), "/login", LONGEST),
        ] {
            let told = browser.send(post(path, longest + 1)).await;
            assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            assert!(told.body.contains("送られた内容が大きすぎます"), "{}", told.body);
            assert_ne!(browser.send(post(path, longest)).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            let told = browser.post_file(path, "request", &vec![b'a'; longest]).await;
            assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{path} with a file");
        }
        let terminal = Browser::terminal(house);
        for operation in ["simpleenroll", "simplereenroll"] {
            let paper = Paper { id: "ACDE-FHJK-MNPR".to_owned(), secret: "secret".to_owned() };
            let told = send(&terminal, operation, Some(&paper), vec![b'a'; 96 * 1024 + 1]).await;
            told.refused(StatusCode::PAYLOAD_TOO_LARGE, "送られた内容が大きすぎます");
        }
        // OCSP has a limit of its own and says it in its own words.
        let visitor = Browser::visitor(house);
        for length in [16 * 1024 + 1, LONGEST + 1] {
            let answer = visitor.send(post("/pki/ocsp", length)).await;
            assert_eq!((answer.status, status_of(&answer.bytes)), (StatusCode::OK, Some(1)));
            assert_eq!(answer.header("content-type"), "application/ocsp-response");
        }
    })
    .await;
}

#[tokio::test]
async fn of_a_form_without_end_little_is_read_wherever_it_is_sent() {
    on_sqlite(async |house| {
        let visitor = Browser::visitor(house);
        let case = "/applications/01975bd8-3c00-7000-8000-000000000001/edit";
        let short = "a&".repeat(LONGEST / 2 - 1);
        for path in [case, "/office/import", "/group/new/certificate", "/together/contact", "/login"] {
            let read = Arc::new(AtomicUsize::new(0));
            let (counted, piece) = (read.clone(), Bytes::from(vec![b'a'; MIB / 4]));
            let pieces = (0..1_600).map(move |number| {
                counted.store(number, Ordering::SeqCst);
                Ok::<_, std::io::Error>(piece.clone())
            });
            let told = visitor.send(Request::post(path).body(Body::from_stream(stream::iter(pieces))).unwrap()).await;
            assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            assert!(read.load(Ordering::SeqCst) < 8, "{path}: {} pieces were read", read.load(Ordering::SeqCst));
            let told = visitor.send(Request::post(path).body(Body::from(short.clone())).unwrap()).await;
            assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}: half a million fields");
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_file_is_only_taken_of_someone_who_is_logged_in() {
    on_sqlite(async |house| {
        let (visitor, clerk) = (Browser::visitor(house), staff(house, Role::Administrator).await);
        let file = vec![b'a'; 2 * MIB];
        let told = visitor.post_file("/office/import", "file", &file).await;
        assert_eq!(told.status, StatusCode::FORBIDDEN, "nothing of it is kept: {}", told.body);
        let told = clerk.post_file("/office/import", "file", &file).await;
        assert!(told.status != StatusCode::FORBIDDEN && told.status != StatusCode::PAYLOAD_TOO_LARGE, "{}", told.body);
        let told = clerk.post_file("/office/import", "file", &vec![b'a'; LONGEST_WITH_FILE]).await;
        assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", told.body);
        let told = clerk.post_file("/login", "file", &file).await;
        assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "where no file is asked for: {}", told.body);
    })
    .await;
}
