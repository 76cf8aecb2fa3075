//! The answer of an applicant to a question of the reviewer, on the page of the case.

use axum::{extract::Path, response::Response};
use domain::{
    applications::Flag,
    calendar::{japanese_date, japanese_datetime},
    ids::QuestionId,
};
use services::applications::{self, Answered, ApplicantCase};

use super::{case, id};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::frame::{BannerKind, BannerView},
};

/// A question that waits for its answer.
pub(super) struct Open {
    /// The question.
    pub(super) id: QuestionId,
    /// Its words.
    pub(super) words: String,
    /// Until when it should be answered.
    pub(super) until: String,
    /// What was typed.
    pub(super) typed: String,
    /// What is wrong with it.
    pub(super) error: Option<String>,
}

/// A question that was answered.
pub(super) struct Talk {
    /// The question.
    pub(super) question: String,
    /// The answer.
    pub(super) answer: String,
    /// When, and by whom.
    pub(super) answered: String,
}

/// The question that waits for an answer, if one does.
pub(super) fn open(shown: &ApplicantCase) -> Option<Open> {
    let waits = shown.case.flag == Flag::Asked && shown.case.state.is_open_for_review();
    let question = shown.questions.iter().find(|question| waits && question.answered_at.is_none())?;
    Some(Open {
        id: question.id,
        words: question.question.clone(),
        until: japanese_date(question.until.date()),
        typed: String::new(),
        error: None,
    })
}

/// The questions that were answered, newest first.
pub(super) fn talk(shown: &ApplicantCase) -> Vec<Talk> {
    let answered = shown.questions.iter().filter_map(|question| {
        let at = question.answered_at?;
        Some(Talk {
            question: question.question.clone(),
            answer: question.answer.clone(),
            answered: format!("{}　{}", japanese_datetime(at), question.answered_name),
        })
    });
    answered.collect()
}

/// What the page before said about an answer.
pub(super) fn told(said: &str) -> Option<BannerView> {
    let (kind, title, body) = match said {
        "answered" => (
            BannerKind::Success,
            "回答を送りました。",
            "審査担当が読み、審査を続けます。結果はメールとこのポータルでお知らせします。",
        ),
        "answered_late" => (
            BannerKind::Info,
            "この質問への回答は、もう受け付けていません。",
            "すでに回答されたか、審査が終わっています。いまの状況をご確認ください。",
        ),
        _ => return None,
    };
    Some(BannerView { kind, title: title.to_owned(), body: vec![body.to_owned()], link: None })
}

/// Sends the answer.
pub(super) async fn send(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let case = id(&name)?;
    let question = posted.get("question").parse().unwrap_or(QuestionId(uuid::Uuid::nil()));
    let said = match applications::answer(&visit.ctx(), case, question, posted.get("answer")).await? {
        Answered::Noted => "answered",
        Answered::TooLate => "answered_late",
        Answered::Slip(words) => {
            let shown = applications::case_of_applicant(&visit.ctx(), case).await?;
            return slip(&visit, &shown, posted.get("answer"), words);
        }
    };
    Ok(see_other(&format!("/applications/{case}?said={said}")))
}

fn slip(visit: &Visit, shown: &ApplicantCase, typed: &str, words: String) -> Result<Response, Failure> {
    let mut page = case::page(visit, shown)?;
    page.frame.has_errors = true;
    page.answer_again(typed, words);
    Ok(Html(page).with_faults())
}
