//! 「通知書を送り直す」: the letter never came, is lost, or came back (spec 04.2).

use askama::Template;
use axum::{extract::Path, response::Response};
use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::ApplicationId,
};
use services::{
    Error,
    applications::{self, ApplicantCase},
    letters,
};

use super::id;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{Frame, Link},
        parts::{SummaryListView, SummaryRow},
    },
};

/// What the button is called, here and in mails and articles.
pub(super) const LABEL: &str = "通知書を送り直す";

#[derive(Template)]
#[template(path = "applications/send_again.html")]
pub(super) struct SendAgainPage {
    frame: Frame,
    facts: SummaryListView,
    lead: &'static str,
    sender_domain: String,
    action: String,
    back: String,
}

/// Whether the applicant may ask for a new letter now.
pub(super) fn offered(shown: &ApplicantCase, now: Timestamp) -> bool {
    shown.case.kind == Kind::Certificate && letters::can_be_sent_again(&shown.case, &shown.letters, now)
}

/// When one should ask for a new letter; nothing where it is clear.
const fn lead(state: State) -> &'static str {
    match state {
        State::LetterPosted => {
            "通知書は発送済みです。発送から7日たっても届かないとき、または届いた通知書をなくしたときに、送り直してください。"
        }
        State::LetterPrinted => {
            "通知書は印刷済みですが、発送の記録がありません。届いていないとき、または届いた通知書が使えないときに、送り直してください。"
        }
        _ => "",
    }
}

/// Whether asking for a new letter is what the applicant should do next.
pub(super) const fn is_next(state: State) -> bool {
    matches!(state, State::LetterReturned | State::LetterLost)
}

/// Shows where the new letter goes and what becomes of the old one.
pub(super) async fn ask(visit: Visit, Path(name): Path<String>) -> Result<Html<SendAgainPage>, Failure> {
    visit.member()?;
    let shown = applications::case_of_applicant(&visit.ctx(), id(&name)?).await?;
    if !offered(&shown, visit.ctx().now) {
        return Err(Error::ChangedMeanwhile.into());
    }
    let facts = applications::facts_of(&visit.ctx(), shown.case.institution_id, Kind::Certificate).await?;
    let back = format!("/applications/{}", shown.case.id);
    let mut frame = visit.frame(LABEL);
    frame.breadcrumb.push(Link::new(shown.case.kind.label(), &back));
    let to = &facts.institution;
    let rows = vec![
        SummaryRow::new("端末名称等", shown.case.terminal_name.clone().unwrap_or_default()),
        SummaryRow::new("宛先", format!("〒{} {}　{}", to.postal_code, to.address, to.name)),
        SummaryRow::new("宛名", format!("{} 様", shown.case.answers.get("contact"))),
    ];
    Ok(Html(SendAgainPage {
        frame,
        facts: SummaryListView { title: "新しい通知書の送り先".to_owned(), rows },
        lead: lead(shown.case.state),
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
        action: format!("{back}/send-again"),
        back,
    }))
}

/// Orders the new letter.
pub(super) async fn send(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let id = id(&name)?;
    match letters::send_again(&visit.ctx(), id).await {
        Ok(_) => {}
        Err(Error::ChangedMeanwhile) if is_ordered(&visit, id).await? => {}
        Err(error) => return Err(error.into()),
    }
    Ok(see_other(&format!("/applications/{id}?said=sent_again")))
}

/// Whether the new letter was ordered before: a double click, a reload, another tab.
async fn is_ordered(visit: &Visit, id: ApplicationId) -> Result<bool, Failure> {
    Ok(applications::case_of_applicant(&visit.ctx(), id).await?.case.state == State::LetterReissued)
}
