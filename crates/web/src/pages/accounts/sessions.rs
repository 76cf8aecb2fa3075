//! Where one is logged in: list, end, go on.

use askama::Template;
use axum::{
    Json,
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{accounts::browser_name, calendar::japanese_datetime};
use services::{
    Error,
    accounts::{session_of, sessions},
};

use super::{done, trail, way::Wanted};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::Frame,
};

/// A session as the page shows it.
struct Line {
    id: String,
    device: String,
    since: String,
    seen: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "accounts/sessions.html")]
pub(super) struct SessionsPage {
    frame: Frame,
    lines: Vec<Line>,
}

/// The list of one's own sessions.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<SessionsPage>, Failure> {
    visit.person()?;
    let lines = sessions::list(&visit.ctx()).await?.into_iter().map(|line| Line {
        device: if line.device.is_empty() { "不明な機器".to_owned() } else { browser_name(&line.device) },
        since: japanese_datetime(line.since),
        seen: japanese_datetime(line.seen_at),
        current: line.current,
        id: line.id,
    });
    let banners = if wanted.done == "ended" { done("ログアウトしました", &[]) } else { vec![] };
    let frame = Frame { breadcrumb: trail(), banners, ..visit.frame("ログイン中の機器") };
    Ok(Html(SessionsPage { frame, lines: lines.collect() }))
}

/// Ends one session, or all but the present one.
pub(super) async fn end(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    let ctx = visit.ctx();
    if posted.get("others") == "yes" {
        sessions::end_others(&ctx).await?;
    } else {
        match sessions::end(&ctx, posted.get("id")).await {
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(see_other("/account/sessions?done=ended"))
}

/// Says when the session ends now that it was used: the answer to 「ログインを続ける」.
pub(super) async fn extend(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    visit.session().ok_or(Error::LoginRequired)?;
    let session = match &visit.token {
        Some(token) => session_of(&visit.site.app, token).await?,
        None => None,
    };
    let ends_at = session.ok_or(Error::LoginRequired)?.expires_at.as_millis();
    Ok(Json(serde_json::json!({ "ends_at": ends_at })).into_response())
}
