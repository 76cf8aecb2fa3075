//! Enrolment by machines (RFC 7030): what is given, what is refused, and that nothing a stranger sends does harm.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{applications::State, permissions::Role};
use pki::{KeyKind, SigningKey, certificates_in, request_for};

use crate::{
    browser::Browser,
    steps::{Paper, approved, clinic, posted, staff, stored},
    support::{House, on_each_database},
};

/// An answer to a machine.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The certificates in the answer.
    pub(crate) fn certificates(&self) -> Vec<Vec<u8>> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/pkcs7-mime; smime-type=certs-only");
        assert_eq!(self.headers["content-transfer-encoding"], "base64");
        certificates_in(&unpacked(&self.body)).unwrap()
    }

    /// A refusal in words.
    pub(crate) fn refused(&self, status: StatusCode, words: &str) {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8", "{text}");
        assert!(text.contains(words), "{text}");
    }
}

fn unpacked(body: &[u8]) -> Vec<u8> {
    let text: String = String::from_utf8(body.to_vec()).unwrap().split_ascii_whitespace().collect();
    STANDARD.decode(text).unwrap()
}

pub(crate) async fn ask(terminal: &Browser, request: Request<Body>) -> Reply {
    let response = terminal.ask(request).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec();
    Reply { status, headers, body }
}

/// Sends a request for a certificate.
pub(crate) async fn send(terminal: &Browser, operation: &str, paper: Option<&Paper>, body: impl Into<Body>) -> Reply {
    let path = format!("/.well-known/est/{operation}");
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/pkcs10");
    if let Some(Paper { id, secret }) = paper {
        let credentials = STANDARD.encode(format!("{id}:{secret}"));
        request = request.header(header::AUTHORIZATION, format!("Basic {credentials}"));
    }
    ask(terminal, request.body(body.into()).unwrap()).await
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

/// A request as it goes over the wire.
pub(crate) fn wire(key: &SigningKey) -> String {
    STANDARD.encode(request_for(key, None).unwrap())
}

async fn letter(house: &House) -> (String, Paper) {
    let (_, browser) = clinic(house, "1330100016").await;
    let case = approved(house, &browser).await;
    let paper = posted(house, &staff(house, Role::DispatchClerk).await, &case, "12345678901").await;
    (case, paper)
}

#[tokio::test]
async fn everybody_gets_the_authoritys_certificates_and_what_a_request_should_hold() {
    on_each_database(async |house| {
        let terminal = Browser::terminal(house);
        let get = |path: &str| Request::get(format!("/.well-known/est/{path}")).body(Body::empty()).unwrap();
        let mut given = ask(&terminal, get("cacerts")).await.certificates();
        given.sort();
        let authority = &house.app.authority;
        let mut expected = [authority.root.der().to_vec(), authority.issuing.certificate.der().to_vec()];
        expected.sort();
        assert_eq!(given, expected);
        let wanted = ask(&terminal, get("csrattrs")).await;
        assert_eq!(wanted.headers[header::CONTENT_TYPE], "application/csrattrs");
        assert_eq!(pki::key_asked_for(&unpacked(&wanted.body)), Some(KeyKind::P256));
        for unknown in ["fullcmc", "serverkeygen", "label/cacerts", ""] {
            let told = ask(&terminal, get(unknown)).await;
            assert!([StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&told.status), "{unknown}");
        }
        let portal = ask(&Browser::visitor(house), get("cacerts")).await;
        assert_eq!(portal.status, StatusCode::NOT_FOUND, "EST belongs to the closed network");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_enrols_with_the_letter_and_again_until_it_is_installed() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let (terminal, own) = (Browser::terminal(house), key());
        let first = send(&terminal, "simpleenroll", Some(&paper), wire(&own)).await.certificates();
        assert_eq!(first.len(), 1, "only the certificate that was issued");
        assert_eq!(pki::CertificateInfo::parse(&first[0]).unwrap().key_hash, own.public_key().key_hash());
        assert_eq!(stored(house, &case).await.state, State::PickedUp);
        let again = send(&terminal, "simpleenroll", Some(&paper), wire(&own)).await.certificates();
        assert_ne!(first, again, "the same request gets a new certificate, and the first one ends");
        let old = terminal_result(house, &first[0]).await;
        assert!(old.contains("失効しています"), "{old}");
        let new = terminal_result(house, &again[0]).await;
        assert!(new.contains("\"installed_now\":true"), "{new}");
        assert_eq!(stored(house, &case).await.state, State::Installed);
        let late = send(&terminal, "simpleenroll", Some(&paper), wire(&own)).await;
        late.refused(StatusCode::FORBIDDEN, "この通知書での取得は終わっています");
    })
    .await;
}

async fn terminal_result(house: &House, certificate: &[u8]) -> String {
    Browser::terminal(house).showing(certificate).get("/connection-test/result").await.body
}

#[tokio::test]
async fn without_the_right_secret_nobody_enrols_and_the_tries_are_counted() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let (terminal, own) = (Browser::terminal(house), key());
        let nobody = send(&terminal, "simpleenroll", None, wire(&own)).await;
        nobody.refused(StatusCode::UNAUTHORIZED, "取得IDと取得パスワード");
        assert!(nobody.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Basic realm="));
        let other = if paper.secret.starts_with('A') { "C" } else { "A" };
        let wrong = Paper { id: paper.id.clone(), secret: format!("{other}{}", &paper.secret[1..]) };
        for _ in 0..10 {
            let told = send(&terminal, "simpleenroll", Some(&wrong), wire(&own)).await;
            told.refused(StatusCode::UNAUTHORIZED, "取得IDまたは取得パスワードが正しくありません");
            told.refused(StatusCode::UNAUTHORIZED, "取得期限が過ぎた通知書と、送り直しを頼む前の通知書は使えません");
            assert!(told.headers.contains_key(header::WWW_AUTHENTICATE));
        }
        let late = send(&terminal, "simpleenroll", Some(&paper), wire(&own)).await;
        late.refused(StatusCode::UNAUTHORIZED, "取得IDまたは");
        assert_eq!(stored(house, &case).await.state, State::LetterPosted);
    })
    .await;
}

/// Bodies that are no request, each with the status that it gets and a word of the reason.
fn hostile(own: &SigningKey) -> Vec<(Vec<u8>, StatusCode, &'static str)> {
    use StatusCode as S;
    let request = request_for(own, None).unwrap();
    let encode = |der: &[u8]| STANDARD.encode(der).into_bytes();
    let mut forged = request.clone();
    *forged.last_mut().unwrap() ^= 1;
    let pem = pki::pem::encode("CERTIFICATE REQUEST", &request);
    let private = pki::pem::encode("PRIVATE KEY", own.pkcs8_der().unwrap());
    let openssl = |kind: &str| {
        let words = format!("req -new -newkey {kind} -noenc -keyout /dev/null -subj / -outform DER");
        std::process::Command::new("openssl").args(words.split(' ')).output().unwrap().stdout
    };
    let other_kind = "この窓口で使えない種類の鍵です。ECDSA P-256、RSA（2048ビット以上）の鍵で";
    vec![
        (vec![], S::BAD_REQUEST, "空です"),
        (b"   \r\n".to_vec(), S::BAD_REQUEST, "空です"),
        (b"====".to_vec(), S::BAD_REQUEST, "base64"),
        (vec![0xff; 100], S::BAD_REQUEST, "base64"),
        (request.clone(), S::BAD_REQUEST, "base64"),
        (encode(&request)[..40].to_vec(), S::BAD_REQUEST, "CSR"),
        (encode(&request[..request.len() - 5]), S::BAD_REQUEST, "CSR"),
        (encode(&[request.clone(), request.clone()].concat()), S::BAD_REQUEST, "CSR"),
        (encode(&forged), S::BAD_REQUEST, "署名が正しくありません"),
        (encode(own.pkcs8_der().unwrap()), S::BAD_REQUEST, "秘密鍵"),
        (private.into_bytes(), S::BAD_REQUEST, "秘密鍵"),
        (format!("{pem}{pem}").into_bytes(), S::BAD_REQUEST, "1つだけ"),
        (encode(&[0x30; 3_000]), S::BAD_REQUEST, "CSR"),
        (encode(&openssl("rsa:1024")), S::BAD_REQUEST, "RSAの鍵が短すぎます"),
        (encode(&openssl("ec -pkeyopt ec_paramgen_curve:P-521")), S::BAD_REQUEST, other_kind),
        (encode(&openssl("ed25519")), S::BAD_REQUEST, other_kind),
        (vec![b'A'; 200 * 1024], S::PAYLOAD_TOO_LARGE, "大きすぎます"),
    ]
}

#[tokio::test]
async fn hostile_bodies_are_answered_in_words_and_consume_nothing() {
    on_each_database(async |house| {
        let (case, paper) = letter(house).await;
        let (terminal, own) = (Browser::terminal(house), key());
        for operation in ["simpleenroll", "simplereenroll"] {
            for (body, status, words) in hostile(&own) {
                let body_said = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
                let told = send(&terminal, operation, Some(&paper), body).await;
                if operation == "simpleenroll" || status == StatusCode::PAYLOAD_TOO_LARGE || words.contains("base64") {
                    told.refused(status, words);
                } else {
                    assert!(told.status.is_client_error(), "{body_said}: {}", told.text());
                }
            }
            let form = Request::post(format!("/.well-known/est/{operation}"))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode("a:b")));
            let told = ask(&terminal, form.body(Body::from(wire(&own))).unwrap()).await;
            told.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/pkcs10");
        }
        assert_eq!(stored(house, &case).await.state, State::LetterPosted);
        let pem = pki::pem::encode("CERTIFICATE REQUEST", &request_for(&own, None).unwrap());
        assert_eq!(
            send(&terminal, "simpleenroll", Some(&paper), pem).await.certificates().len(),
            1,
            "one in PEM will do"
        );
    })
    .await;
}

#[tokio::test]
async fn every_route_of_the_closed_network_answers_those_who_have_nothing() {
    on_each_database(async |house| {
        let terminal = Browser::terminal(house);
        let routes = web::routes_of_closed();
        assert!(routes.iter().any(|route| route.path == "/.well-known/est/simplereenroll"));
        for route in routes {
            let path = route.path.replace("{file}", "nothing").replace("{*request}", "AAAA");
            let request = match route.method {
                "GET" => Request::get(path).body(Body::empty()),
                _ => Request::post(path).body(Body::from("x")),
            };
            let told = ask(&terminal, request.unwrap()).await;
            assert!(!told.status.is_server_error(), "{} {}: {}", route.method, route.path, told.status);
            if route.path.starts_with("/.well-known") && told.status != StatusCode::OK {
                assert_eq!(told.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8", "{}", route.path);
            }
        }
    })
    .await;
}
