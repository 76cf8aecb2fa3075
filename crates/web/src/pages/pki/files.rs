//! Certificates and revocation lists as files.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{clock::Timestamp, ids::AuthorityId};
use services::{
    Error,
    authority::{self, PublishedCrl},
};

use crate::site::{Access, Routes, Site};

const CERTIFICATE: &str = "application/pkix-cert";
const PEM: &str = "application/x-pem-file";
/// Certificates without a signature around them (RFC 5652, 5.1); what Windows calls P7B.
const BAG: &str = "application/x-pkcs7-certificates";
/// How long a file may be kept by those between, at most: what is revoked must be seen soon.
const LONGEST_KEPT: i64 = 3_600;

pub(super) fn routes() -> Routes {
    Routes::default().get("/pki/{file}", Access::Public, file).get("/pki/{authority}/{file}", Access::Public, shard)
}

/// A file of an authority, named `issuing` for the one that issues now, `root`, or by its own name.
async fn file(State(site): State<Site>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let app = &site.app;
    if name == "chain.pem" {
        return certificate(PEM, authority::chain_pem(app).into_bytes());
    }
    if name == "chain.p7b" {
        return match authority::ca_certificates(app) {
            Ok(bag) => certificate(BAG, bag),
            Err(error) => {
                tracing::error!(%error, "the authority's certificates could not be put together");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        };
    }
    let Some((name, kind)) = name.rsplit_once('.') else { return absent() };
    let found = match name {
        "root" => Some((app.authority.root.der(), app.authority.root_id)),
        "issuing" => Some((app.authority.issuing.certificate.der(), app.authority.issuing.id)),
        _ => app.authority.named(name).map(|issuing| (issuing.certificate.der(), issuing.id)),
    };
    match (found, kind) {
        (Some((der, _)), "cer") => certificate(CERTIFICATE, der.to_vec()),
        (Some((der, _)), "pem") => certificate(PEM, authority::pem(der).into_bytes()),
        (Some((_, id)), "crl") => list(&site, &headers, id, authority::crl(app, id, 0).await),
        _ => absent(),
    }
}

/// The list of a shard.
async fn shard(State(site): State<Site>, headers: HeaderMap, Path((name, file)): Path<(String, String)>) -> Response {
    let number = file.strip_suffix(".crl").and_then(|shard| shard.parse::<i64>().ok()).filter(|shard| *shard > 0);
    match (site.app.authority.named(&name), number) {
        (Some(issuing), Some(shard)) => {
            list(&site, &headers, issuing.id, authority::crl(&site.app, issuing.id, shard).await)
        }
        _ => absent(),
    }
}

fn absent() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

fn certificate(kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=86400"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, bytes).into_response()
}

fn list(site: &Site, asked: &HeaderMap, of: AuthorityId, found: Result<Arc<PublishedCrl>, Error>) -> Response {
    let list = match found {
        Ok(list) => list,
        Err(Error::NotFound) => return absent(),
        Err(error) => {
            tracing::error!(%error, "a revocation list could not be read");
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")], "try again later\n")
                .into_response();
        }
    };
    let life = Life { now: site.app.clock.now(), made: list.this_update, ends: list.next_update };
    // Numbers are those of one authority, and an address may come to stand for the next one.
    let tag = format!("\"{of}-{}\"", list.number);
    kept("application/pkix-crl", asked, life, &tag, Bytes::from_owner(Octets(list, |list| &list.der)))
}

/// When something was made, and until when it may be relied upon.
#[derive(Clone, Copy)]
pub(super) struct Life {
    pub(super) now: Timestamp,
    pub(super) made: Timestamp,
    pub(super) ends: Timestamp,
}

/// Octets of something shared, sent without copying them.
pub(super) struct Octets<T>(pub(super) Arc<T>, pub(super) fn(&T) -> &[u8]);

impl<T> AsRef<[u8]> for Octets<T> {
    fn as_ref(&self) -> &[u8] {
        self.1(&self.0)
    }
}

/// An answer with the headers of RFC 5019, 6.2; without its body when the asker has it already.
pub(super) fn kept(kind: &'static str, asked: &HeaderMap, life: Life, tag: &str, body: Bytes) -> Response {
    let seconds = (life.ends - life.now).whole_seconds().clamp(0, LONGEST_KEPT);
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|tags| {
        // Compared weakly (RFC 9110, 13.1.2): proxies that pack answers mark tags as weak.
        let same = |one: &str| one.trim_start_matches("W/") == tag || one == "*";
        tags.to_str().is_ok_and(|tags| tags.split(',').map(str::trim).any(same))
    });
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(body).into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let values = [
        (header::CACHE_CONTROL, format!("max-age={seconds}, public, no-transform, must-revalidate")),
        (header::ETAG, tag.to_owned()),
        (header::LAST_MODIFIED, http_date(life.made)),
        (header::EXPIRES, http_date(life.ends)),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

/// An instant as HTTP writes it (RFC 9110, 5.6.7).
fn http_date(at: Timestamp) -> String {
    let since_1970 = Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(0));
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since_1970)
}
