//! A form that was posted after its session had ended: kept, and found again after the login.

use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use domain::ids::ApplicationId;
use serde_json::json;
use services::parked::{self, Back, Sent};

use super::{LEFT_AT, go_on};
use crate::site::{Failure, Filed, PARKED_COOKIE, Visit, answers_from, see_other};

/// Keeps the posted form and leads to the login, people and scripts. The CSRF token was checked against the ended session's cookie.
pub(super) async fn park(visit: &Visit, id: ApplicationId, sent: &Filed, script: bool) -> Result<Response, Failure> {
    let (answers, left_at) = (answers_from(&sent.posted), sent.posted.get(LEFT_AT));
    let sent = Sent { answers, left_at, left_out: sent.left_out.as_deref(), cut: sent.cut };
    let token = parked::park(&visit.ctx(), id, &sent).await?;
    let page = format!("/applications/{id}/edit");
    if script {
        let go = json!({ "go": format!("/login?next={page}") });
        return Ok((ticket(visit, token), Json(go)).into_response());
    }
    Ok(to_login(visit, token, &page))
}

/// Leads to the login with the token that finds what was kept.
pub(in crate::pages) fn to_login(visit: &Visit, token: String, page: &str) -> Response {
    (ticket(visit, token), see_other(&format!("/login?next={page}"))).into_response()
}

fn ticket(visit: &Visit, token: String) -> CookieJar {
    let cookie = Cookie::build((PARKED_COOKIE, token))
        .path("/")
        .http_only(true)
        .secure(visit.site.secure())
        .same_site(SameSite::Lax)
        .build();
    CookieJar::new().add(cookie)
}

/// After the login: puts what was typed into the form again.
pub(super) async fn resume(visit: Visit, headers: HeaderMap) -> Result<Response, Failure> {
    visit.person()?;
    let jar = CookieJar::from_headers(&headers);
    let token = jar.get(PARKED_COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    let next = match parked::unpark(&visit.ctx(), &token).await? {
        Some(Back::Case { id, left_out: Some(field), .. }) => {
            format!("/applications/{id}/edit?left_out={field}#f-{field}")
        }
        Some(Back::Case { id, go_on_at, left_out: None }) => go_on(id, go_on_at.as_deref()),
        Some(Back::Interview(step)) => format!("/together/{step}"),
        Some(Back::Inquiry(None)) => format!("/inquiries?kept={token}"),
        Some(Back::Inquiry(Some(thread))) => format!("/inquiries/{thread}?kept={token}"),
        None => "/".to_owned(),
    };
    let gone = Cookie::build((PARKED_COOKIE, "")).path("/").build();
    Ok((CookieJar::from_headers(&headers).remove(gone), see_other(&next)).into_response())
}
