//! The calendar: its page for members, and the file for programs that know its address.

use askama::Template;
use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use services::terminals;

use super::is_owner;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{Frame, Link},
        parts::CopyView,
    },
};

#[derive(Template)]
#[template(path = "terminals/calendar.html")]
pub(super) struct CalendarPage {
    frame: Frame,
    address: Option<CopyView>,
    owner: bool,
}

/// The address of the calendar, and the button for a new one.
pub(super) async fn show(visit: Visit) -> Result<Html<CalendarPage>, Failure> {
    visit.member()?;
    let address = terminals::calendar_address(&visit.ctx()).await?;
    let mut frame = visit.frame("有効期限をカレンダーに入れる");
    frame.breadcrumb.push(Link::new("端末の一覧", "/terminals"));
    let copy = |address: String| CopyView::new("カレンダーのアドレス", address.clone(), vec![address]);
    Ok(Html(CalendarPage { frame, address: address.map(copy), owner: is_owner(&visit) }))
}

/// Gives the calendar a new address.
pub(super) async fn renew(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    terminals::renew_calendar(&visit.ctx()).await?;
    Ok(see_other("/terminals/calendar"))
}

/// The calendar, for whoever knows its address.
pub(super) async fn file(visit: Visit, Path(token): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let feed = terminals::calendar(&visit.ctx(), &token).await?;
    let tag = format!("\"{}\"", feed.fingerprint);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let same = known.flat_map(|value| value.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag);
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], feed.text).into_response()
    };
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        own.insert(header::ETAG, tag);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn the_calendar_has_an_address_or_the_button_for_one() {
        let address = "https://portal.example/calendar/Zm9vYmFy".to_owned();
        let copy = CopyView::new("カレンダーのアドレス", address.clone(), vec![address]);
        for (name, address, owner) in [("calendar", Some(copy), true), ("calendar-none", None, false)] {
            show(name, &CalendarPage { frame: member("有効期限をカレンダーに入れる"), address, owner });
        }
    }
}
