//! What stands around every page: headers, the visitor's cookie, failures as pages.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use services::secrets::new_token;

use super::{
    ANONYMOUS_COOKIE, Site,
    failure::{self, Listener},
    visit::VisitorToken,
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What browsers are told with every answer.
pub(crate) const SECURITY_HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
];

/// Gives a visitor a cookie for their forms and sets the security headers.
pub(crate) async fn guard(State(site): State<Site>, mut request: Request<Body>, next: Next) -> Response {
    let jar = CookieJar::from_headers(request.headers());
    let present = jar.get(ANONYMOUS_COOKIE).map(|cookie| cookie.value().to_owned()).filter(|value| value.len() >= 40);
    let shows = matches!(*request.method(), Method::GET | Method::HEAD);
    let fresh = (present.is_none() && shows).then(|| new_token(&*site.app.randomness));
    let newcomer = fresh.is_some();
    let token = present.or_else(|| fresh.clone()).unwrap_or_default();
    request.extensions_mut().insert(VisitorToken { token, newcomer });
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if site.secure() {
        let always = HeaderValue::from_static("max-age=63072000");
        response.headers_mut().entry(header::STRICT_TRANSPORT_SECURITY).or_insert(always);
    }
    let page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if page {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    match fresh.filter(|_| page) {
        Some(token) => (CookieJar::new().add(visitor_cookie(&site, token)), response).into_response(),
        None => response,
    }
}

fn visitor_cookie(site: &Site, token: String) -> Cookie<'static> {
    Cookie::build((ANONYMOUS_COOKIE, token))
        .path("/")
        .http_only(true)
        .secure(site.secure())
        .same_site(SameSite::Lax)
        .build()
}

/// Turns failures of pages into pages of their listener.
pub(crate) async fn render_failures(
    State((site, listener)): State<(Site, Listener)>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let again = failure::again(&request);
    let cookies = request.headers().get(header::COOKIE).cloned();
    let response = next.run(request).await;
    failure::page_for((&site, listener), (path, again), cookies, response).await
}
