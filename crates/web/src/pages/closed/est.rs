//! Enrolment by machines: EST (RFC 7030 with the clarifications of RFC 8951; spec 04.6).
//!
//! Bodies are base64 both ways, whatever `Content-Transfer-Encoding` says (RFC 8951, 3). The only media type that is taken
//! is one that no form of a browser can send, so that no page elsewhere can renew with a terminal's certificate.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::StreamExt;
use services::{
    Error,
    authority::{self, PickupFault, RenewalFault},
};

use super::{Tls, shown};
use crate::site::{Access, Failure, Routes, Site, Visit, plain};

/// A body longer than this is not read; a request for an RSA key of 4096 bits has about 3 kB.
const LARGEST: usize = 96 * 1024;
/// How long the rest of a longer one is read.
const RUN_OUT: Duration = Duration::from_secs(60);
/// Octets in a line of base64.
const LINE: usize = 64;
/// Seconds after which a terminal asks again while the authority cannot sign.
const ASK_AGAIN: &str = "300";
const BAG: &str = "application/pkcs7-mime; smime-type=certs-only";

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/.well-known/est/cacerts", Access::Public, ca_certificates)
        .get("/.well-known/est/csrattrs", Access::Public, attributes)
        .post("/.well-known/est/simpleenroll", Access::Public, enrol)
        .post("/.well-known/est/simplereenroll", Access::Public, reenrol)
}

/// 4.1.3.
async fn ca_certificates(State(site): State<Site>) -> Result<Response, Failure> {
    Ok(encoded(BAG, &authority::ca_certificates(&site.app)?))
}

/// 4.5.2.
async fn attributes(State(site): State<Site>) -> Result<Response, Failure> {
    Ok(encoded("application/csrattrs", &authority::request_attributes(&site.app)?))
}

/// 4.2.1: with the pickup ID and the secret of the letter.
async fn enrol(visit: Visit, request: Request) -> Result<Response, Failure> {
    let Some((id, secret)) = basic(request.headers()) else {
        return Ok(unauthorised("取得IDと取得パスワードが必要です。"));
    };
    let request = match read(request).await {
        Ok(request) => request,
        Err(refusal) => return Ok(refusal),
    };
    let fault = match or_later(authority::enrol(&visit.ctx(), &id, &secret, request).await)? {
        Outcome::Later(response) => return Ok(response),
        Outcome::Now(Ok(der)) => return issued(&der),
        Outcome::Now(Err(fault)) => fault,
    };
    Ok(match fault {
        PickupFault::Refused => unauthorised(&fault.to_string()),
        PickupFault::Mode(_) => plain(StatusCode::BAD_REQUEST, &fault.to_string()),
        PickupFault::NotPosted | PickupFault::Finished | PickupFault::DeadlinePassed(_) | PickupFault::Barred(_) => {
            plain(StatusCode::FORBIDDEN, &fault.to_string())
        }
    })
}

/// 4.2.2: with the present certificate over mutual TLS.
async fn reenrol(visit: Visit, tls: Tls, request: Request) -> Result<Response, Failure> {
    let request = match read(request).await {
        Ok(request) => request,
        Err(refusal) => return Ok(refusal),
    };
    let fault = match or_later(authority::reenrol(&visit.ctx(), shown(&tls), request).await)? {
        Outcome::Later(response) => return Ok(response),
        Outcome::Now(Ok(der)) => return issued(&der),
        Outcome::Now(Err(fault)) => fault,
    };
    let of_request = matches!(fault, RenewalFault::Mode(_) | RenewalFault::OtherName | RenewalFault::SameKey);
    let status = if of_request { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    Ok(plain(status, &fault.to_string()))
}

/// What came of a request: an answer now, or one that asks to come again (4.2.3).
enum Outcome<T> {
    Now(T),
    Later(Response),
}

fn or_later<T>(outcome: Result<T, Error>) -> Result<Outcome<T>, Failure> {
    match outcome {
        Ok(value) => Ok(Outcome::Now(value)),
        // What keeps a key's token, the journal or the clock from working is in the log where it begins.
        Err(Error::CannotSign(_) | Error::Unrecorded(_) | Error::ClockInDoubt(_)) => {
            let mut response = plain(
                StatusCode::ACCEPTED,
                "いまは発行できません。しばらくしてから、同じ要求をもう一度送ってください。",
            );
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(ASK_AGAIN));
            Ok(Outcome::Later(response))
        }
        Err(error) => Err(error.into()),
    }
}

fn issued(der: &[u8]) -> Result<Response, Failure> {
    let mut response = encoded(BAG, &authority::bag_of(der)?);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Base64 in lines, which every reader of base64 takes; the header is for clients older than RFC 8951.
fn encoded(kind: &'static str, der: &[u8]) -> Response {
    let whole = STANDARD.encode(der);
    let mut text = String::with_capacity(whole.len() + whole.len() / LINE + 1);
    for (place, letter) in whole.char_indices() {
        if place > 0 && place % LINE == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push('\n');
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(HeaderName::from_static("content-transfer-encoding"), HeaderValue::from_static("base64"));
    response
}

fn unauthorised(sentence: &str) -> Response {
    let mut response = plain(StatusCode::UNAUTHORIZED, sentence);
    let challenge = HeaderValue::from_static("Basic realm=\"madoguchi\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// Name and password of HTTP Basic (RFC 7617).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    let decoded = STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

/// The request for a certificate in the body, or the answer that says what is wrong with it.
async fn read(request: Request) -> Result<Vec<u8>, Response> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/pkcs10") {
        let sentence = "Content-Type は application/pkcs10 にしてください。";
        return Err(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
    }
    let body = whole(request.into_body()).await.ok_or_else(|| {
        plain(StatusCode::PAYLOAD_TOO_LARGE, "送られた内容が大きすぎます。証明書の要求（CSR）を1つだけ送ってください。")
    })?;
    decode(&body).map_err(|sentence| plain(StatusCode::BAD_REQUEST, sentence))
}

/// A body that is not too long. The rest of one that is, is read for a while and not kept: over HTTP/2, curl takes an answer for
/// broken whose stream ends while it still sends.
async fn whole(body: Body) -> Option<Vec<u8>> {
    let (mut pieces, mut held) = (body.into_data_stream(), vec![]);
    while let Some(piece) = pieces.next().await {
        held.extend_from_slice(&piece.ok()?);
        if held.len() > LARGEST {
            let rest = async move { while let Some(Ok(_)) = pieces.next().await {} };
            tokio::spawn(tokio::time::timeout(RUN_OUT, rest));
            return None;
        }
    }
    Some(held)
}

/// Base64 of one request in DER, with or without blanks and line ends; one PEM block is understood, too.
pub(crate) fn decode(body: &[u8]) -> Result<Vec<u8>, &'static str> {
    let text = String::from_utf8_lossy(body);
    match text.matches("-----BEGIN ").count() {
        0 => {
            let packed: String = text.split_ascii_whitespace().collect();
            if packed.is_empty() {
                return Err("証明書の要求（CSR）が空です。");
            }
            STANDARD
                .decode(packed)
                .map_err(|_| "base64 として読めません。証明書の要求（CSR）のDERを、base64で送ってください。")
        }
        1 => Ok(body.to_vec()),
        _ => Err("証明書の要求（CSR）は、1つだけ送ってください。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_the_authority_cannot_sign_the_terminal_is_asked_to_come_again() {
        let later = or_later::<()>(Err(Error::CannotSign("token".to_owned()))).unwrap();
        let Outcome::Later(response) = later else { panic!("an answer") };
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        assert_eq!(response.headers()[header::RETRY_AFTER], ASK_AGAIN);
        assert!(or_later::<()>(Err(Error::ChangedMeanwhile)).is_err());
    }

    #[test]
    fn name_and_password_are_read_as_the_standard_says() {
        let of = |value: &str| basic(&HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]));
        let pair = |name: &str, word: &str| Some((name.to_owned(), word.to_owned()));
        assert_eq!(of("Basic QTpC"), pair("A", "B"));
        assert_eq!(of("basic QTpCOkM="), pair("A", "B:C"));
        for value in ["Basic", "Basic QQ==", "Bearer QTpC", "Basic ===", "Basic /////w=="] {
            assert_eq!(of(value), None, "{value}");
        }
    }

    #[test]
    fn one_request_is_read_however_its_base64_is_laid_out() {
        assert_eq!(decode(b"MAA="), Ok(vec![0x30, 0]));
        assert_eq!(decode(b" MA\r\nA=\r\n"), Ok(vec![0x30, 0]));
        for body in [&b""[..], b"  \n", b"M", b"MAA=MAA=", b"\xff\xfe", b"-----BEGIN A-----\n-----BEGIN A-----\n"] {
            assert!(decode(body).is_err(), "{body:?}");
        }
    }
}
