//! The page of a link that does not work: why, and the way on.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use services::accounts::Link as MailLink;

use crate::{
    site::{Html, Visit},
    view::frame::{Frame, Link},
};

#[derive(Template)]
#[template(path = "accounts/dead_link.html")]
struct DeadLink {
    frame: Frame,
    words: &'static str,
    on: Vec<Link>,
}

/// The page of a link that was used, is too old or does not exist.
pub(super) fn dead_link<T>(visit: &Visit, link: &MailLink<T>, on: Link) -> Response {
    let status = if matches!(link, MailLink::Unknown) { StatusCode::NOT_FOUND } else { StatusCode::GONE };
    let on = vec![on, Link::new("ログインへ", "/login")];
    let page = DeadLink { frame: visit.frame("このリンクは使えません"), words: link.message(), on };
    (status, Html(page)).into_response()
}

/// The page of a registration whose address got an account meanwhile.
pub(super) fn already_registered(visit: &Visit) -> Response {
    let words = "このメールアドレスは、すでに登録されています。ログインしてお使いください。";
    let on = vec![Link::new("ログインへ", "/login"), Link::new("パスワードの再設定へ", "/password")];
    let page = DeadLink { frame: visit.frame("すでに登録されています"), words, on };
    (StatusCode::CONFLICT, Html(page)).into_response()
}
