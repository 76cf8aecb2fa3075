//! What is said about a case without deciding it: a question to its applicant, a note among staff.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use services::applications::{self, CaseView, Decision};

use super::{Said, parts, settle, standing::Standing, target};
use crate::{
    pages::office::links::entry_of,
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError},
        frame::{Frame, Link},
    },
};

/// Longest question in characters.
const LONGEST: usize = 500;

#[derive(Template)]
#[template(path = "office/ask.html")]
struct AskPage {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    back: String,
    version: i64,
    queue: String,
    canned: Vec<ChoiceView>,
    words: String,
    error: Option<String>,
}

/// The page on which a question is written.
pub(in crate::pages::office) async fn ask_question(
    visit: Visit,
    Path(name): Path<String>,
    Query(from): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &super::DECIDE)?;
    let view = applications::case(&visit.ctx(), parts::id(&name)?).await?;
    if !Standing::of(&visit, &view).decides() {
        return Ok(see_other(&super::back(view.case.id, &from.queue)));
    }
    let nothing = Posted::default();
    Ok(Html(page(&visit, &view, &nothing, (view.case.version, &from.queue), None)).into_response())
}

/// Sends a question to the applicant.
pub(in crate::pages::office) async fn ask(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let (id, version) = target(&visit, &name, &posted)?;
    let (queue, question) = (posted.get("queue"), question(&visit, &posted));
    let outcome = match question.chars().count() > LONGEST {
        true => Ok(Decision::ReasonMissing),
        false => applications::ask(&visit.ctx(), id, version, &question).await,
    };
    if matches!(outcome, Ok(Decision::ReasonMissing)) {
        let view = applications::case(&visit.ctx(), id).await?;
        let slip = format!("質問を選ぶか、{LONGEST}文字以内で入力してください。");
        return Ok(Html(page(&visit, &view, &posted, (version, queue), Some(slip))).with_faults());
    }
    settle(&visit, id, outcome, ("ask", queue), &[question]).await
}

/// What is asked: the canned text that was chosen and one's own words.
fn question(visit: &Visit, posted: &Posted) -> String {
    let lists = visit.site.app.reference().lists;
    let canned = lists.entry("questions", posted.get("canned-question")).map(|entry| entry.label.as_str());
    let parts = [canned.unwrap_or_default(), posted.get("words-question").trim()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn page(
    visit: &Visit,
    view: &CaseView,
    posted: &Posted,
    (version, queue): (i64, &str),
    slip: Option<String>,
) -> AskPage {
    let back = super::back(view.case.id, queue);
    let mut frame = visit.office_frame("申請者に質問する", &entry_of(view.case.kind));
    let reference = view.case.reference.clone().unwrap_or_default();
    frame.breadcrumb.push(Link::new(format!("{reference}　{}", view.institution.name), &back));
    frame.has_errors = slip.is_some();
    let chosen = posted.get("canned-question");
    let lists = visit.site.app.reference().lists;
    let fits = |entry: &&domain::applications::Entry| [view.case.kind.as_str(), "all"].contains(&entry.group.as_str());
    let choice = |entry: &domain::applications::Entry| ChoiceView {
        selected: entry.value == chosen,
        ..ChoiceView::new(&entry.value, &entry.label)
    };
    let error = |message: &String| FieldError { key: "words-question".to_owned(), message: message.clone() };
    AskPage {
        frame,
        errors: ErrorSummary { errors: slip.iter().map(error).collect() },
        action: format!("/office/applications/{}/ask", view.case.id),
        back,
        version,
        queue: queue.to_owned(),
        canned: lists.entries("questions").iter().filter(fits).map(choice).collect(),
        words: posted.get("words-question").to_owned(),
        error: slip,
    }
}

/// Adds a note that only staff read.
pub(in crate::pages::office) async fn note(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[domain::permissions::Permission::WriteNotes])?;
    let id = parts::id(&name)?;
    let done = if applications::note(&visit.ctx(), id, posted.get("note")).await? { "note" } else { "" };
    Ok(see_other(&format!("{}#notes", super::address(id, done, posted.get("queue")))))
}
