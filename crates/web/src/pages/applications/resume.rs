//! A form that was posted after its session had ended: kept, and found again after the login.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use domain::ids::ApplicationId;
use services::parked::{self, Back};

use super::{LEFT_AT, go_on};
use crate::site::{Failure, PARKED_COOKIE, Posted, Visit, answers_from, see_other};

/// Keeps the posted form and leads to the login. The CSRF token was checked against the ended session's cookie.
pub(super) async fn park(visit: &Visit, id: ApplicationId, posted: &Posted) -> Result<Response, Failure> {
    let token = parked::park(&visit.ctx(), id, &answers_from(posted), posted.get(LEFT_AT)).await?;
    Ok(to_login(visit, token, &format!("/applications/{id}/edit")))
}

/// Leads to the login with the token that finds what was kept.
pub(in crate::pages) fn to_login(visit: &Visit, token: String, page: &str) -> Response {
    let cookie = Cookie::build((PARKED_COOKIE, token))
        .path("/")
        .http_only(true)
        .secure(visit.site.secure())
        .same_site(SameSite::Lax)
        .build();
    (CookieJar::new().add(cookie), see_other(&format!("/login?next={page}"))).into_response()
}

/// After the login: puts what was typed into the form again.
pub(super) async fn resume(visit: Visit, headers: HeaderMap) -> Result<Response, Failure> {
    visit.person()?;
    let jar = CookieJar::from_headers(&headers);
    let token = jar.get(PARKED_COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    let next = match parked::unpark(&visit.ctx(), &token).await? {
        Some(Back::Case { id, go_on_at }) => go_on(id, go_on_at.as_deref()),
        Some(Back::Interview(step)) => format!("/together/{step}"),
        Some(Back::Inquiry(None)) => format!("/inquiries?kept={token}"),
        Some(Back::Inquiry(Some(thread))) => format!("/inquiries/{thread}?kept={token}"),
        None => "/".to_owned(),
    };
    let gone = Cookie::build((PARKED_COOKIE, "")).path("/").build();
    Ok((CookieJar::from_headers(&headers).remove(gone), see_other(&next)).into_response())
}
