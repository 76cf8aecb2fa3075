//! The top page for visitors (manual 1-1): what this site is, important notices, the ways in.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::notices::{Line, line};
use crate::{
    site::{Failure, Html, Visit},
    view::frame::Frame,
};

/// Notices that are looked at, and those that are shown.
const LOOKED_AT: i64 = 20;
const SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "content/top.html")]
struct Top {
    frame: Frame,
    notices: Vec<Line>,
}

/// The page; important notices come first, each kind newest first.
pub(crate) async fn top(visit: &Visit) -> Result<Response, Failure> {
    let mut found = services::content::notices(&visit.ctx(), LOOKED_AT).await?;
    found.sort_by_key(|notice| !notice.important);
    let notices = found.iter().take(SHOWN).map(line).collect();
    let frame = Frame { breadcrumb: vec![], ..visit.frame("") };
    Ok(Html(Top { frame, notices }).into_response())
}
