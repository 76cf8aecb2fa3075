//! What readers said of articles: what waits, and what was dealt with.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use domain::{calendar::japanese_datetime, clock::Timestamp, ids::AnswerId};
use serde::Deserialize;
use services::{content, rows::ArticleAnswer};

use super::{LIST, editor, frame};
use crate::{
    pages::office::parts,
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{BannerKind, Frame},
};

const ANSWERS: &str = "/office/articles/feedback";
/// The word of the list of what was dealt with.
const HANDLED: &str = "handled";

/// Which answers are shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::pages::office) struct Wanted {
    state: String,
    after: String,
    done: String,
}

/// An answer with words.
struct Said {
    id: String,
    article: String,
    title: String,
    helpful: bool,
    lines: Vec<String>,
    when: String,
    handled: String,
}

#[derive(Template)]
#[template(path = "office/article_answers.html")]
pub(in crate::pages::office) struct AnswersPage {
    frame: Frame,
    handled: bool,
    answers: Vec<Said>,
    next: String,
}

/// Answers with words, newest first.
pub(in crate::pages::office) async fn answers(
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Html<AnswersPage>, Failure> {
    editor(&visit)?;
    let handled = wanted.state == HANDLED;
    let found = content::answers(&visit.ctx(), handled, parts::after::<AnswerId>(&wanted.after)).await?;
    let last = found.last().filter(|_| found.len() == parts::PAGE);
    let next = last.map(|last| {
        let after = parts::after_text(Timestamp::from_millis(last.said_at), AnswerId(last.id));
        parts::address(ANSWERS, &[("state", &wanted.state), ("after", &after)])
    });
    let mut frame = frame(&visit, "読者の声", "");
    if !wanted.done.is_empty() {
        frame.banners.push(parts::banner(BannerKind::Success, "対応済みにしました。", &[]));
    }
    let answers = found.into_iter().map(said).collect();
    Ok(Html(AnswersPage { frame, handled, answers, next: next.unwrap_or_default() }))
}

fn said(answer: ArticleAnswer) -> Said {
    let at = answer.handled_at.map(|at| japanese_datetime(Timestamp::from_millis(at)));
    Said {
        id: AnswerId(answer.id).to_string(),
        article: format!("{LIST}/{}", answer.number),
        title: answer.title,
        helpful: answer.helpful,
        lines: answer.words.lines().map(str::to_owned).collect(),
        when: japanese_datetime(Timestamp::from_millis(answer.said_at)),
        handled: at.map(|at| format!("{at}　{}", answer.handler_name)).unwrap_or_default(),
    }
}

/// Marks an answer as dealt with.
pub(in crate::pages::office) async fn handle(
    visit: Visit,
    Path(id): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    editor(&visit)?;
    content::handle_answer(&visit.ctx(), parts::id(&id)?).await?;
    Ok(see_other(&format!("{ANSWERS}?done=1")))
}
