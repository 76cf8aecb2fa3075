//! OCSP over HTTP (RFC 6960, appendix A; RFC 5019, 5 and 6).

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, OriginalUri, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use services::authority::{self, OcspReply};

use super::files::{Life, Octets, kept};
use crate::site::{Access, Routes, Site};

const RESPONSE: &str = "application/ocsp-response";
/// A request longer than this is not read.
const LONGEST: usize = 16 * 1024;
/// What stands before a request in an address.
const BEFORE: &str = "/pki/ocsp/";
/// Some leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn routes() -> Routes {
    let routes =
        Routes::default().post("/pki/ocsp", Access::Public, posted).get("/pki/ocsp/{*request}", Access::Public, got);
    Routes { router: routes.router.layer(DefaultBodyLimit::max(LONGEST)), ..routes }
}

/// A body that is too long or breaks off is a malformed request.
async fn posted(State(site): State<Site>, body: Result<Bytes, BytesRejection>) -> Response {
    match answer(&site, &body.unwrap_or_default()).await {
        Ok(reply) => plain(reply),
        Err(unavailable) => unavailable,
    }
}

/// The request in base64 as the rest of the path; those between may keep the answer. What cannot be read is malformed.
async fn got(State(site): State<Site>, headers: HeaderMap, OriginalUri(address): OriginalUri) -> Response {
    let request = address.path().strip_prefix(BEFORE).and_then(decoded).unwrap_or_default();
    let reply = match answer(&site, &request).await {
        Ok(reply) => reply,
        Err(unavailable) => return unavailable,
    };
    let Some(ends) = reply.next_update else { return plain(reply) };
    let life = Life { now: site.app.clock.now(), made: reply.produced_at, ends };
    let tag = format!("\"{}\"", reply.tag);
    kept(RESPONSE, &headers, life, &tag, octets(reply))
}

/// The octets of a request in an address. Programs escape all of it, some of it or nothing, and break lines of base64.
fn decoded(path: &str) -> Option<Vec<u8>> {
    let mut parts = path.split('%');
    let mut text = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        text.push(u8::from_str_radix(digits, 16).ok()?);
        text.extend_from_slice(rest.as_bytes());
    }
    text.retain(|octet| !octet.is_ascii_whitespace());
    BASE64.decode(text).ok().filter(|request| request.len() <= LONGEST)
}

async fn answer(site: &Site, request: &[u8]) -> Result<Arc<OcspReply>, Response> {
    authority::answer_ocsp(&site.app, request).await.map_err(|error| {
        tracing::error!(%error, "an OCSP request could not be answered");
        (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")]).into_response()
    })
}

fn octets(reply: Arc<OcspReply>) -> Bytes {
    Bytes::from_owner(Octets(reply, |reply| &reply.der))
}

fn plain(reply: Arc<OcspReply>) -> Response {
    let mut response = Body::from(octets(reply)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(RESPONSE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
