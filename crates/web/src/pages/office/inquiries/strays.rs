//! Mails that reached the inquiries' mailbox and belong to no thread, or came from a stranger.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, ids::StrayId, permissions::Permission as P};
use serde::Deserialize;
use services::{Error, inquiries::inbox, rows::Stray};

use super::{LIST, told};
use crate::{
    pages::office::parts,
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{Frame, Link},
};

/// Which part of the list is shown, and what was just done.
#[derive(Deserialize)]
pub(in crate::pages::office) struct Wanted {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// A mail as a block of the page.
struct StrayView {
    id: StrayId,
    sender: String,
    subject: String,
    reason: &'static str,
    at: String,
    lines: Vec<String>,
    files: Vec<String>,
    thread: Option<Link>,
}

#[derive(Template)]
#[template(path = "office/strays.html")]
struct StraysPage {
    frame: Frame,
    mails: Vec<StrayView>,
    next: Option<String>,
    read: bool,
    answers: bool,
}

/// Mails that wait, oldest first.
pub(in crate::pages::office) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInquiries])?;
    let found = inbox::strays(&visit.ctx(), parts::after::<StrayId>(&wanted.after)).await?;
    let last = found.last().filter(|_| found.len() == parts::PAGE);
    let next = last.map(|last| parts::after_text(last.received_at, last.id));
    let mut frame = visit.office_frame("お問い合わせに入らなかったメール", LIST);
    frame.breadcrumb.push(Link::new("お問い合わせ", LIST));
    frame.banners.extend(told(&wanted.done));
    Ok(Html(StraysPage {
        frame,
        mails: found.into_iter().map(view).collect(),
        next: next.map(|after| parts::address(&format!("{LIST}/strays"), &[("after", &after)])),
        read: visit.site.app.settings.replies.is_some(),
        answers: parts::may(&visit, P::AnswerInquiries),
    })
    .into_response())
}

fn view(stray: Stray) -> StrayView {
    StrayView {
        id: stray.id,
        sender: stray.sender,
        subject: if stray.subject.is_empty() { "（件名なし）".to_owned() } else { stray.subject },
        reason: stray.reason.label(),
        at: japanese_datetime(stray.received_at),
        lines: stray.body.lines().map(str::to_owned).collect(),
        files: stray.attachments.lines().map(str::to_owned).collect(),
        thread: stray.inquiry_id.map(|id| Link::new("このお問い合わせを開く", format!("{LIST}/{id}"))),
    }
}

/// Notes that somebody dealt with a mail.
pub(in crate::pages::office) async fn done(
    visit: Visit,
    Path(name): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::AnswerInquiries])?;
    match inbox::stray_done(&visit.ctx(), parts::id(&name)?).await {
        Ok(()) | Err(Error::ChangedMeanwhile) => Ok(see_other(&format!("{LIST}/strays?done=done"))),
        Err(error) => Err(error.into()),
    }
}
