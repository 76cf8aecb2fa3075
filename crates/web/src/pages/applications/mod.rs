//! Pages of all procedures: begin, form, check, done, case. Written once for every procedure.

mod answer;
mod case;
mod certificates;
mod draft;
mod files;
mod form;
mod life;
mod renewal;
mod resume;
mod send;
mod send_again;
mod start;
mod under_way;

pub(in crate::pages) use draft::kept;
pub(in crate::pages) use resume::to_login;
pub(in crate::pages) use send::documents;
pub(in crate::pages) use under_way::UnderWay;

use domain::{
    applications::{Explanation, Kind, ReadingLine, State, line_customer_id::LineCustomerId},
    ids::ApplicationId,
};
use services::{Error, applications::Standing};

use crate::{
    site::{Access, Failure, Routes, file_views},
    view::{
        frame::Link,
        parts::{StateView, SummaryRow, Tone},
    },
};

pub(super) fn routes() -> Routes {
    use Access::{Member, Person, Preparer};
    Routes::default()
        .get("/procedures/{kind}", Member, start::begin)
        .post("/procedures/{kind}", Member, start::start)
        .get("/applications/{id}", Member, case::show)
        .get("/applications/{id}/edit", Preparer, form::show)
        .post_files("/applications/{id}/edit", Preparer, form::save)
        .get("/applications/{id}/files/{file}", Preparer, files::show)
        .post("/applications/{id}/draft", Preparer, form::autosave)
        .post("/applications/{id}/discard", Member, form::discard)
        .get("/applications/{id}/check", Preparer, send::check)
        .post("/applications/{id}/ask", Preparer, send::ask)
        .post("/applications/{id}/submit", Member, send::submit)
        .get("/applications/{id}/done", Member, send::done)
        .get("/applications/{id}/withdraw", Member, case::ask_withdraw)
        .post("/applications/{id}/withdraw", Member, case::withdraw)
        .post("/applications/{id}/answer", Member, answer::send)
        .get("/applications/{id}/send-again", Member, send_again::ask)
        .post("/applications/{id}/send-again", Member, send_again::send)
        .get("/applications/{id}/copy.pdf", Member, case::copy)
        .get("/applications/{id}/user-id-notice.pdf", Member, case::user_id_notice)
        .get("/certificates", Member, certificates::list)
        .get("/certificates/{id}/revoke", Access::Owner, certificates::ask_revoke)
        .post("/certificates/{id}/revoke", Access::Owner, certificates::revoke)
        .get("/certificates/{id}/renewal", Access::Owner, renewal::show)
        .post("/certificates/{id}/renewal", Access::Owner, renewal::decide)
        .get("/resume", Person, resume::resume)
}

/// Name of the hidden field that says at which question the person was; no question has it.
const LEFT_AT: &str = "left_at";

/// Address of the form of a case, at the question at which it goes on.
pub(super) fn go_on(id: ApplicationId, at: Option<&str>) -> String {
    format!("/applications/{id}/edit{}", at.map(|key| format!("#f-{key}")).unwrap_or_default())
}

/// The kind in an address.
fn kind(text: &str) -> Result<Kind, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// The case in an address.
fn id(text: &str) -> Result<ApplicationId, Failure> {
    text.parse().map_err(|_| Error::NotFound.into())
}

/// A state as a badge.
pub(in crate::pages) fn state_view(state: State) -> StateView {
    let tone = match state {
        State::Draft => Tone::Idle,
        State::Submitted | State::InReview | State::Approved | State::LetterPrinted | State::LetterReissued => {
            Tone::Active
        }
        State::LetterPosted | State::PickedUp => Tone::Waiting,
        State::Accepted | State::InForce | State::Installed => Tone::Done,
        State::Returned | State::LetterReturned | State::LetterLost | State::PickupExpired => Tone::Attention,
        State::Superseded | State::Rejected | State::Withdrawn | State::Cancelled => Tone::Stopped,
    };
    StateView::new(tone, state.label())
}

/// The state of a case as a badge; a certificate that was revoked or ended counts more than the state that its case
/// reached.
pub(super) fn standing_view<T>(standing: &Standing<T>, state: State) -> StateView {
    badge(&standing.explanation, state)
}

fn badge(explanation: &Explanation, state: State) -> StateView {
    explanation.over.map_or_else(|| state_view(state), |(words, _)| StateView::new(Tone::Stopped, words))
}

/// An answer as a row; a customer ID in the groups in which it is read aloud, files as links below the address of the case.
pub(in crate::pages) fn answer(line: &ReadingLine, case: &str) -> SummaryRow {
    let id = LineCustomerId::parse(&line.value).ok().filter(|_| line.key == "customer_id");
    let value = id.map_or_else(|| line.value.clone(), |id| id.groups().join(" "));
    let files = file_views(&line.files, case);
    SummaryRow { code: line.key == "customer_id", files, ..SummaryRow::new(&line.label, value) }
}

/// Path from home to the pages of a procedure.
fn trail() -> Vec<Link> {
    vec![Link::new("ホーム", "/"), Link::new("手続の一覧", "/procedures")]
}
