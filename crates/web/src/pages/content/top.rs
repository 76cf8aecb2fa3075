//! The top page for visitors (manual 1-1): what this site is, important notices, the ways in.

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::content::notices::Audience;
use services::content;

use super::notices::{Line, line};
use crate::{
    site::{Failure, Html, Visit},
    view::frame::Frame,
};

/// Notices that are looked at, and those that are shown.
const LOOKED_AT: usize = 20;
const SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "content/top.html")]
struct Top {
    frame: Frame,
    notices: Vec<Line>,
}

/// The page; important notices come first, each kind newest first.
pub(crate) async fn top(visit: &Visit) -> Result<Response, Failure> {
    let newest = content::newest_notices(&visit.ctx()).await?;
    let everybody = content::concerning(&newest, Audience::default(), visit.ctx().now);
    let mut found: Vec<_> = everybody.take(LOOKED_AT).collect();
    found.sort_by_key(|notice| !notice.important);
    let notices = found.into_iter().take(SHOWN).map(line).collect();
    let frame = Frame { breadcrumb: vec![], ..visit.frame("") };
    Ok(Html(Top { frame, notices }).into_response())
}
