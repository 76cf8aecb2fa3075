//! What both listeners answer while an installation is not yet believed, because it was restored or its database is older than
//! its journal: nothing but that.
//!
//! No page of the portal works: what the register says of certificates, cases and letters may be older than what
//! people hold in their hands, and whatever they would do now would rest on it.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};

use super::assets::asset;
use crate::{
    site::{Html, SECURITY_HEADERS},
    view::frame::{Brand, Frame},
};

/// Seconds after which it is worth asking again.
const AGAIN: HeaderValue = HeaderValue::from_static("300");

#[derive(Template)]
#[template(path = "home/quarantine.html")]
struct Closed {
    frame: Frame,
}

/// Why an installation is closed, in words for programs and for those who watch over it.
fn cause(found: bool) -> &'static str {
    if found {
        "quarantine: the database is older than its journal, which was not yet replayed\n"
    } else {
        "quarantine: restored from a backup, not yet released\n"
    }
}

/// What the answers need.
struct Closing {
    brand: Arc<Brand>,
    cause: &'static str,
}

/// The routes of both listeners during a quarantine; `found` when the database was found older than its journal.
pub(crate) fn router(operator: &services::Operator, found: bool) -> Router {
    let brand = Brand {
        name: operator.brand.clone(),
        contact_name: operator.name.clone(),
        contact_phone: operator.phone.clone(),
        contact_hours: operator.hours.clone(),
        contact_mail: operator.mail.clone(),
    };
    Router::new()
        .route("/assets/{version}/{*path}", get(asset))
        .fallback(closed)
        .layer(map_response(guarded))
        .with_state(Arc::new(Closing { brand: Arc::new(brand), cause: cause(found) }))
}

async fn guarded(mut response: Response) -> Response {
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn closed(State(closing): State<Arc<Closing>>, uri: Uri) -> Response {
    let path = uri.path();
    if path == "/pki/ocsp" || path.starts_with("/pki/ocsp/") {
        // RFC 6960, 2.3: an error is told inside of an answer that went well.
        let kind = [(header::CONTENT_TYPE, "application/ocsp-response"), (header::CACHE_CONTROL, "no-store")];
        return (kind, services::authority::ocsp_try_later()).into_response();
    }
    let mut response = if path.starts_with("/pki/") || path.starts_with("/.well-known/") || path == "/healthz" {
        (StatusCode::SERVICE_UNAVAILABLE, closing.cause).into_response()
    } else {
        let brand = closing.brand.clone();
        let frame = Frame { brand, title: "ただいま復旧の作業中です".to_owned(), ..Frame::default() };
        (StatusCode::SERVICE_UNAVAILABLE, Html(Closed { frame })).into_response()
    };
    response.headers_mut().insert(header::RETRY_AFTER, AGAIN);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
