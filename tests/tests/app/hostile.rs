//! Hostile bodies over HTTP: an answer in the words of the protocol, and nothing longer than its limit is taken in.

use std::path::Path;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use crate::{browser::Browser, support::on_each_database};

/// Longest body of any page, in bytes.
const LONGEST: usize = 32 * 1024 * 1024;

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

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    on_each_database(async |house| {
        let post = |path: &str, length: usize| Request::post(path).body(Body::from(vec![b'a'; length])).unwrap();
        for (browser, path) in [(Browser::terminal(house), "/pickup"), (Browser::visitor(house), "/login")] {
            let told = browser.send(post(path, LONGEST + 1)).await;
            assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            assert!(told.body.contains("送られた内容が大きすぎます"), "{}", told.body);
            assert_ne!(browser.send(post(path, LONGEST)).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            let told = browser.post_file(path, "request", &vec![b'a'; LONGEST]).await;
            assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{path} with a file");
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
